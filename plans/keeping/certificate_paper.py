"""What the certificate of a kept plan says, block by block: this plan's sum, and nothing else."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.evidence import sections, words
from accounts.masking import masked
from plans.agreement import Terms
from plans.keeping.looking import Seen
from plans.models import Kind
from portal.kit.context import bank
from portal.kit.money import named
from portal.records import sealing
from portal.records.typeset import Block, Column, Facts, Heading, Paper, Paragraph, Table
from portal.records.typeset.fonts import printable

ZERO = Decimal(0)


def paper_of(seen: Seen, *, number: str, code: str, language: str, at: datetime) -> Paper:
    """Return the certificate of a completed plan, in the language of the moment."""
    agreement = seen.agreement
    terms = Terms.unsealed(agreement.number, agreement.offer.sealed_terms)
    verify_url = f"{settings.SITE_URL}/verify/{code}/"
    title = _("Settlement certificate for an instalment plan")
    if terms.kind == Kind.TOKEN:
        title = _("Certificate that a plan was kept")
    return Paper(
        number=number,
        code=code,
        verify_url=verify_url,
        language=language,
        bank=bank()["name"],
        title=title,
        made_at=at,
        is_test=sealing.seal_facts().is_test,
        blocks=[
            _head(seen, number=number, code=code, at=at),
            *(_kept(seen) if terms.kind == Kind.TOKEN else _settled(seen, terms)),
            *_foot(verify_url),
        ],
    )


def settled_on(seen: Seen) -> str:
    days = [due.paid_on for due in seen.dues if due.paid_on]
    return words.long_day(max(days, default=seen.as_of))


def _head(seen: Seen, *, number: str, code: str, at: datetime) -> Facts:
    agreement, account = seen.agreement, seen.agreement.account
    person, last4 = account.cardholder.person, account.card_last4
    card = _("%(product)s, ending in %(last4)s")
    signed = _("%(number)s, signed on %(on)s")
    books = _("The bank's card system, as of the end of %(as_of)s")
    on = words.long_day(localdate(agreement.accepted_at))
    return Facts(
        [
            (_("Document number"), number),
            (_("Verification code"), code),
            (_("Issued by"), bank()["name"]),
            (_("Issued on"), words.moment(at)),
            (_("Cardholder"), person.full_name),
            (_("Identity document"), masked(person.id_number, start=2, end=2)),
            (_("Card"), card % {"product": printable(account.product), "last4": last4}),
            (_("Account"), account.ref),
            (_("Currency"), named(account.currency)),
            (_("Agreement"), signed % {"number": agreement.number, "on": on}),
            (_("Books"), books % {"as_of": words.long_day(seen.as_of)}),
        ]
    )


def _settled(seen: Seen, terms: Terms) -> list[Block]:
    """Certify that the plan's sum is settled, component by component."""
    agreement, money = seen.agreement, words.Money(terms.currency)
    said = _(
        "%(bank)s certifies that the sum of this agreement, %(total)s, is settled: on %(settled)s "
        "everything that was agreed had been paid, and by the books of %(as_of)s nothing of it is "
        "left."
    ) % {
        "bank": bank()["name"], "total": money(agreement.total), "settled": settled_on(seen),
        "as_of": words.long_day(seen.as_of),
    }  # fmt: skip
    blocks: list[Block] = [Paragraph(said), _components(seen, terms, money)]
    if waived := terms.overdue - agreement.total:
        given_up = _(
            "When the agreement was made, the bank gave up %(waived)s for a plan that is kept. The "
            "plan was kept, and the bank does not ask for this any more."
        )
        blocks.append(Paragraph(given_up % {"waived": money(waived)}))
    return [*blocks, _paid(seen, money), *_scope()]


def _components(seen: Seen, terms: Terms, money: words.Money) -> Table:
    paid = sum((each.amount for each in seen.repayments), ZERO) - seen.beyond
    rows = [
        (str(label), getattr(terms, part), getattr(terms, f"waived_{part}"))
        for part, label in words.PARTS.items()
    ]
    rows.append((_("Interest of the plan"), paid - terms.total, ZERO))
    columns = [
        Column(_("Component"), 28), Column(_("In the agreement"), 18, money=True),
        Column(pgettext("of a component", "Waived"), 18, money=True),
        Column(pgettext("of a component", "Repaid"), 18, money=True),
        Column(pgettext("of a component", "Left"), 18, money=True),
    ]  # fmt: skip
    sums = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return Table(
        _("The sum of the agreement, and what is left of it"),
        columns,
        [
            (label, money(whole), money(waived), money(whole - waived), money(ZERO))
            for label, whole, waived in rows
        ],
        total=(
            _("Total"), money(sums[0]), money(sums[1]), money(sums[0] - sums[1]), money(ZERO),
        ),
    )  # fmt: skip


def _kept(seen: Seen) -> list[Block]:
    """Certify that small payments were kept; what they were not meant to settle stays."""
    money = words.Money(seen.agreement.account.currency)
    said = _(
        "%(bank)s certifies that every payment of this agreement, %(total)s in all, was paid by "
        "%(settled)s. These were small payments until a review: they did not settle the whole of "
        "what was overdue, and this certificate says nothing about the rest."
    ) % {
        "bank": bank()["name"], "total": money(seen.agreement.total), "settled": settled_on(seen),
    }  # fmt: skip
    return [Paragraph(said), _paid(seen, money), *_scope()]


def _paid(seen: Seen, money: words.Money) -> Facts:
    paid = sum((each.amount for each in seen.repayments), ZERO) - seen.beyond
    return Facts(
        [
            (_("Payments agreed"), str(len(seen.dues))),
            (_("Received for the plan in total"), money(paid)),
            (_("Settled on"), settled_on(seen)),
        ]
    )


def _scope() -> list[Block]:
    return [
        Heading(_("What this certificate is about")),
        Paragraph(
            _(
                "It is about the sum of this agreement only. What else is on the card, such as a "
                "balance that was not part of the agreement or later purchases, is not part of "
                "this certificate. For the whole account, ask for a settlement certificate of the "
                "account when its balance is zero."
            )
        ),
    ]


def _foot(verify_url: str) -> list[Block]:
    asked = _("Please call our service phone, %(phone)s, and name the number of this document.")
    return [
        Heading(_("If you have a question or see a mistake")),
        Paragraph(asked % {"phone": settings.BANK["phone"]}),
        *sections.checking(verify_url),
    ]
