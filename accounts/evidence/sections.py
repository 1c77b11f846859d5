"""What several documents say: who, which account, from which books, and how to check and object."""

from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.evidence import words
from accounts.evidence.gathered import Gathered, RecordLine
from accounts.queries import PlanPast
from portal.kit.context import bank
from portal.kit.money import named
from portal.records import sealing
from portal.records.typeset import Block, Column, Facts, Heading, Paragraph, Table
from portal.records.typeset.fonts import printable


def head(facts: Gathered, *, code: str) -> list[Block]:
    """Return who certifies what to whom. Identity numbers and cards stay masked."""
    rows = [
        (_("Document number"), facts.number),
        (_("Verification code"), code),
        (_("Issued by"), bank()["name"]),
        (_("Issued on"), words.moment(facts.at)),
        (_("Sealed with"), _sealed_with()),
    ]
    if facts.from_on and facts.until_on:
        period = _("%(from)s to %(until)s, both days included")
        given = {"from": words.long_day(facts.from_on), "until": words.long_day(facts.until_on)}
        rows.append((_("Period"), period % given))
    rows += [
        (_("Cardholder"), facts.full_name),
        (_("Identity document"), facts.id_masked),
        (
            _("Card"),
            _("%(product)s, ending in %(last4)s")
            % {"product": printable(facts.product), "last4": facts.card_last4},
        ),
        (
            _("Account"),
            _("%(ref)s, opened on %(on)s")
            % {"ref": facts.account_ref, "on": words.long_day(facts.opened_on)},
        ),
        (_("Currency"), named(facts.currency)),
        (_("Purpose stated"), str(words.PURPOSES[facts.purpose])),
        (_("Books"), source(facts)),
    ]
    return [Facts(rows)]


def _sealed_with() -> str:
    """Name the certificate of the seal: whoever holds the paper may ask for this very one."""
    seal = sealing.seal_facts()
    said = _("the certificate of %(subject)s, serial number %(serial)s")
    return said % {"subject": seal.subject, "serial": seal.serial}


def source(facts: Gathered) -> str:
    """Name the system and the moment the figures were taken from."""
    said = _("The bank's card system, as of the end of %(as_of)s") % {
        "as_of": words.long_day(facts.source.as_of)
    }
    if facts.source.loaded_at is None:
        return said
    return _("%(said)s; feed %(feed)s of %(institution)s, received on %(at)s") % {
        "said": said,
        "feed": facts.source.feed_id,
        "institution": facts.source.institution,
        "at": words.moment(facts.source.loaded_at),
    }


def foot(facts: Gathered, *, verify_url: str) -> list[Block]:
    """Return how to ask, to object and to check: the same in every document."""
    return [
        Heading(_("If you have a question or see a mistake")),
        Paragraph(
            _(
                "Please call our service phone, %(phone)s. Name the number of this document and, "
                "for a single entry, its line, for example P-0001. You may object to any entry and "
                "send us what supports you: receipts, bank statements, letters. We answer in "
                "writing."
            )
            % {"phone": settings.BANK["phone"]}
        ),
        *checking(verify_url),
        Paragraph(
            _(
                "Attached to the PDF are the same facts for machines, with a description of "
                "their form. A copy of this file is kept unchanged, and every later download is "
                "logged."
            )
        ),
    ]


def checking(verify_url: str) -> list[Block]:
    """Return how anyone can check a sealed document: the same in every one, letters too."""
    return [
        Heading(_("How to check this document")),
        Paragraph(
            _(
                "Anyone may check it without an account: scan the code on any page, open "
                "%(url)s, or hand in the file at %(verify)s. The seal covers the whole file; "
                "any later change shows. A paper copy is checked by the code and has to say the "
                "same as the file."
            )
            % {"url": verify_url, "verify": f"{settings.SITE_URL}/verify/"}
        ),
    ]


def records(facts: Gathered) -> list[Block]:
    """Return what was reported to the credit bureau, every version of it."""
    rows = [_record(row, words.Money(facts.currency)) for row in facts.records or ()]
    heading = Heading(_("Reported to the credit bureau"))
    if not rows:
        return [
            heading,
            Paragraph(
                _("Our books hold no report to a credit bureau for the months of this period.")
            ),
        ]
    columns = [
        Column(_("Line"), 9), Column(_("Month"), 16), Column(_("Version"), 9),
        Column(_("Reported as"), 9), Column(_("Days past due"), 10),
        Column(_("Overdue"), 13, money=True), Column(_("Reported"), 16),
        Column(_("Cardholder told"), 14), Column(_("Mark"), 11),
    ]  # fmt: skip
    return [
        heading,
        Table(_("Reports, every version"), columns, rows),
        Paragraph(
            _(
                "A report is never overwritten: a correction is a new version of the same month. "
                "The mark disputed means that the cardholder has objected and the matter is being "
                "examined; replaced, that a later version counts. The bank has to tell the "
                "cardholder before it reports that a payment is late."
            ),
            note=True,
        ),
    ]


def _record(row: RecordLine, money: words.Money) -> tuple[str, ...]:
    reported = [words.day(row.reported_on) if row.reported_on else "", printable(row.bureau)]
    told = words.day(row.notified_on) if row.notified_on else _("no date on file")
    marks = [_("disputed") if row.disputed else "", "" if row.latest else _("replaced")]
    return (
        row.line, words.month(row.period), str(row.version), row.reported_code,
        str(row.days_past_due), money(row.overdue_amount),
        "\n".join(filter(None, reported)) or _("not reported"),
        told if row.overdue_amount or row.notified_on else "–",
        "\n".join(filter(None, marks)) or "–",
    )  # fmt: skip


def disputes(facts: Gathered) -> list[Block]:
    """Return the objections that were open in the period. Without any: only beside records."""
    heading = Heading(_("Objections by the cardholder"))
    if not facts.disputes:
        if facts.records is None or facts.disputes is None:
            return []
        return [heading, Paragraph(_("No objection to these lines was open in this period."))]
    columns = [
        Column(_("Case"), 17), Column(_("About"), 33), Column(_("Filed on"), 14),
        Column(_("State"), 22), Column(_("Answered"), 14),
    ]  # fmt: skip
    rows = [
        (
            past.number, "\n".join(_contested(kind, key, facts) for kind, key in past.lines),
            words.day(past.filed_on), str(words.DISPUTES[past.state]),
            words.day(past.settled_on) if past.settled_on else "–",
        )
        for past in facts.disputes
    ]  # fmt: skip
    return [
        heading,
        Table(_("Objections open on a day of this period"), columns, rows),
        Paragraph(
            _("As it stood when this document was made. What was corrected since shows as a "
              "movement or a later version of a report."),
            note=True,
        ),
    ]  # fmt: skip


def _contested(kind: str, key: str, facts: Gathered) -> str:
    """Name a line by its reference in this document, or as the books do if it is not in it."""
    moved = facts.movements
    if kind == "record":
        found = next(
            (r.line for r in facts.records or () if (r.period, r.latest) == (key, True)), ""
        )
        return _("report of %(month)s") % {"month": words.month(key)} + (found and f" ({found})")
    if kind == "statement":
        made = ((s.line, s.made_on.isoformat()) for s in (moved.statements if moved else ()))
        found = next((line for line, on in made if on == key), "")
        said = _("statement of %(day)s") % {"day": words.day(date.fromisoformat(key))}
        return said + (found and f" ({found})")
    found = next((p.line for p in (moved.postings if moved else ()) if p.ref == key), "")
    return found or _("movement %(ref)s") % {"ref": printable(key)}


def contacts(facts: Gathered) -> list[Block]:
    """Return each attempt to reach the cardholder about the debt, in local time."""
    heading = Heading(_("Calls, messages, letters and visits"))
    rows = [
        (
            row.line, words.short_moment(row.at), str(words.CHANNELS[row.channel]),
            printable(words.by_whom(row.by, facts.agency_name if row.by == facts.held_by else "")),
            printable(row.purpose), printable(row.outcome),
        )
        for row in facts.contacts or ()
    ]  # fmt: skip
    if not rows:
        return [heading, Paragraph(_no_contact(facts))]
    columns = [
        Column(_("Line"), 9), Column(_("When (local time)"), 19), Column(_("How"), 13),
        Column(_("By"), 18), Column(_("Why"), 22), Column(_("Outcome"), 22),
    ]  # fmt: skip
    found: list[Block] = [heading, Table(_("Contacts in this period"), columns, rows)]
    if missing := _may_be_deleted(facts):
        found.append(Paragraph(missing, note=True))
    return found


def _no_contact(facts: Gathered) -> str:
    """Say that there was none only of days whose contacts must still be there."""
    missing, kept_from = _may_be_deleted(facts), facts.contacts_from
    if not missing or not kept_from:
        return _("Our books hold no contact about this debt in this period.")
    if facts.until_on and facts.until_on < kept_from:
        return missing
    said = _("Our books hold no contact about this debt from %(on)s to the end of this period.")
    return f"{said % {'on': words.long_day(kept_from)}} {missing}"


def _may_be_deleted(facts: Gathered) -> str:
    """Say from which day contacts are kept for certain; "" if the period begins no earlier."""
    kept_from = facts.contacts_from
    if not kept_from or not facts.from_on or facts.from_on >= kept_from:
        return ""
    return _(
        "Contacts before %(on)s may have been deleted by now, as their time is over: whether "
        "there were any on earlier days of this period we cannot say."
    ) % {"on": words.long_day(kept_from)}


def plans(facts: Gathered) -> list[Block]:
    """Return every plan that was signed for the account, with its payments."""
    heading = Heading(_("Instalment plans"))
    if not facts.plans:
        return [
            heading,
            Paragraph(_("No instalment plan has been signed for this account in the portal.")),
        ]
    blocks: list[Block] = [heading]
    for plan in facts.plans:
        blocks += [_plan_facts(plan, facts), _dues(plan, facts)]
    return blocks


def _plan_facts(plan: PlanPast, facts: Gathered) -> Facts:
    return Facts(
        [
            (_("Plan"), plan.number),
            (_("Signed on"), words.long_day(plan.agreed_on)),
            (_("Sum of the plan"), words.Money(facts.currency)(plan.total)),
            (_("State"), str(plan.state_label)),
            (_("Signed document"), f"{plan.document_number}\nSHA-256 {plan.document_sha256}"),
        ]
    )


def _dues(plan: PlanPast, facts: Gathered) -> Table:
    money = words.Money(facts.currency)
    return Table(
        _("Payments of plan %(number)s") % {"number": plan.number},
        [Column(_("No."), 15), Column(_("Due"), 45), Column(_("Amount"), 40, money=True)],
        [
            (str(i), words.long_day(on), money(amount))
            for i, (on, amount) in enumerate(plan.dues, 1)
        ],
        total=("", _("Total"), money(plan.total)),
    )
