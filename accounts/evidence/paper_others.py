"""The shorter documents in words: overdue records, settlement, agreements, holder."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.evidence import sections, words
from accounts.evidence.gathered import Gathered
from accounts.models import CardAccount
from portal.kit.context import bank
from portal.kit.money import ZERO
from portal.records.typeset import Block, Column, Facts, Heading, Paragraph, Table
from portal.records.typeset.fonts import printable


def overdue(facts: Gathered) -> list[Block]:
    """Return the reports to the credit bureau and what the law gives the cardholder."""
    blocks = [*sections.records(facts), *sections.disputes(facts)]
    if facts.contacts is not None:
        blocks += sections.contacts(facts)
    if facts.plans is not None:
        blocks += sections.plans(facts)
    return [
        *blocks,
        Heading(_("If a report is wrong")),
        Paragraph(
            _(
                "The cardholder may object to any of these lines with us or with the credit "
                "bureau. We then mark the report as disputed, examine it and answer in writing. "
                "If it was wrong, we correct it and tell the bureau."
            )
        ),
    ]


def settlement(facts: Gathered) -> list[Block]:
    """Return the certificate that nothing is owed, component by component."""
    assert facts.settlement  # noqa: S101
    done, money = facts.settlement, words.Money(facts.currency)
    as_of = words.long_day(facts.source.as_of)
    if done.settled_on:
        said = _(
            "%(bank)s certifies that this account is settled: on %(as_of)s nothing was owed on it. "
            "The balance last came down to zero on %(settled)s."
        )
    else:
        said = _(
            "%(bank)s certifies that on %(as_of)s nothing was owed on this account, and that our "
            "books show no debt on it before."
        )
    settled = words.long_day(done.settled_on) if done.settled_on else ""
    given = {"bank": bank()["name"], "as_of": as_of, "settled": settled}
    rows = [(str(label), money(getattr(done.owed, part))) for part, label in words.PARTS.items()]
    columns = [Column(_("Component"), 60), Column(_("Owed"), 40, money=True)]
    blocks: list[Block] = [
        Paragraph(said % given),
        Table(
            _("What is owed at the end of %(as_of)s") % {"as_of": as_of},
            columns, rows, total=(_("Total"), money(done.owed.total)),
        ),
        Facts(
            [
                (_("Repayments received in total"), money(done.repaid)),
                (_("Waived in total"), money(done.waived)),
            ]
        ),
    ]  # fmt: skip
    if done.in_favour > ZERO:
        said = _("The bank owes the cardholder %(amount)s: more was paid than was owed.")
        blocks.append(Paragraph(said % {"amount": money(done.in_favour)}))
    if facts.status != CardAccount.Status.CLOSED:
        blocks.append(
            Paragraph(
                _(
                    "This speaks of everything posted up to that day. While the account is not "
                    "closed, later purchases or charges may be posted on it; they are not part of "
                    "this certificate."
                ),
                note=True,
            )
        )
    return blocks


def agreements(facts: Gathered) -> list[Block]:
    """Return the list of signed agreements; the PDFs themselves are attached."""
    copies = facts.copies or ()
    count = ngettext(
        "%(bank)s certifies that the agreement listed here was signed for this account, and that "
        "the file attached to this document is the very file that was signed.",
        "%(bank)s certifies that the %(count)d agreements listed here were signed for this "
        "account, and that the files attached to this document are the very files that were "
        "signed.",
        len(copies),
    ) % {"bank": bank()["name"], "count": len(copies)}
    blocks: list[Block] = [Paragraph(count), Heading(_("Agreements"))]
    for copy in copies:
        plan = copy.plan
        attached = f"{plan.document_number}.pdf"
        if not copy.data:
            attached = _("no longer kept: the time for which it had to be kept is over")
        blocks.append(
            Facts(
                [
                    (_("Agreement"), plan.number),
                    (_("Signed on"), words.long_day(plan.agreed_on)),
                    (_("Sum of the plan"), words.Money(facts.currency)(plan.total)),
                    (_("State today"), str(plan.state_label)),
                    (_("Attached file"), attached),
                    ("SHA-256", plan.document_sha256),
                ]
            )
        )
    return [
        *blocks,
        Paragraph(
            _(
                "To see an attached file, open the list of attachments in your PDF reader (the "
                "paper clip). Each carries its own seal and can be checked on its own."
            ),
            note=True,
        ),
    ]


def holder(facts: Gathered) -> list[Block]:
    """Return who may collect on the account, as of the feed: the bank or one of its agencies."""
    as_of = words.long_day(facts.source.as_of)
    name = bank()["name"]
    if facts.held_by == "bank":
        who = _(
            "%(bank)s certifies that it holds this account itself: no agency was asked to collect "
            "on it, as of the end of %(as_of)s."
        ) % {"bank": name, "as_of": as_of}
        rows = [(_("Held by"), name)]
    else:
        agency = printable(facts.agency_name or facts.held_by)
        who = _(
            "%(bank)s certifies that it asked %(agency)s to collect on this account in the bank's "
            "name, as of the end of %(as_of)s."
        ) % {"bank": name, "agency": agency, "as_of": as_of}
        rows = [(_("Held by"), agency), (_("Agency's code"), printable(facts.held_by))]
    return [
        Paragraph(who),
        Facts(rows),
        *_not_sold(facts),
        Paragraph(
            _(
                "Payments go only to the bank's own account: %(payee)s, %(number)s, %(at)s. Please "
                "pay nobody in cash and nobody who names another account."
            )
            % {
                "payee": settings.BANK["payee"],
                "number": settings.BANK["payee_account"],
                "at": settings.BANK["payee_bank"],
            }
        ),
        Paragraph(
            _(
                "Our books do not say since when it is held this way; this is what the feed of "
                "%(as_of)s shows. Whoever calls or visits has to say for whom they come. If "
                "anybody else asks for money, call our service phone, %(phone)s."
            )
            % {"as_of": as_of, "phone": settings.BANK["phone"]}
        ),
    ]


def _not_sold(facts: Gathered) -> list[Block]:
    """Say what the books show of a sale; of a debt written off they may not show it."""
    if facts.status == CardAccount.Status.WRITTEN_OFF:
        return []
    said = _("The debt is a debt to %(bank)s: our books show no sale of it.")
    return [Paragraph(said % {"bank": bank()["name"]})]
