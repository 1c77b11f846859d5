"""United States: what is owed, counted from one day, as Regulation F has it (US-06)."""

from django.utils.translation import gettext as _

from accounts.evidence import words
from accounts.evidence.gathered import Gathered, PostingLine
from portal.kit.money import ZERO
from portal.records.typeset import Block, Column, Heading, Paragraph, Table

FEES = frozenset({"late_fee", "annual_fee", "other_fee"})


def itemisation(facts: Gathered) -> list[Block]:
    """Return the table from the last statement's day on; nothing where the period begins later.

    Source: 12 CFR 1006.34(b)(3), (c); it binds third-party collectors, a bank may give it too.
    """
    moved, from_on = facts.movements, facts.from_on
    made = (
        [line for line in moved.statements if line.made_on >= from_on] if moved and from_on else []
    )
    if not moved or not made:
        return []
    last, money = made[-1], words.Money(facts.currency)
    since = [line for line in moved.postings if line.posted_on > last.made_on]
    sums = dict.fromkeys(("interest", "fees", "other", "payments", "credits"), ZERO)
    for line in since:
        sums[_group(line)] += line.amount
    given = {"on": words.long_day(last.made_on)}
    rows = [
        (_("Owed on %(on)s, the itemisation date") % given, money(last.closing)),
        (_("Interest since then"), money(sums["interest"])),
        (_("Fees since then"), money(sums["fees"])),
        (_("Purchases and other charges since then"), money(sums["other"])),
        (_("Payments since then"), money(sums["payments"])),
        (_("Credits since then"), money(sums["credits"])),
    ]
    columns = [Column(_("Item"), 65), Column(_("Amount"), 35, money=True)]
    total = (_("Owed now"), money(last.closing + sum(sums.values(), ZERO)))
    return [
        Heading(_("Itemisation of the debt")),
        Table(_("From the last statement on"), columns, rows, total=total),
        Paragraph(
            _("The itemisation date is the day of the last statement (12 CFR 1006.34(b)(3))."),
            note=True,
        ),
    ]


def _group(line: PostingLine) -> str:
    if line.is_repayment:
        return "payments"
    if line.amount < 0:
        return "credits"
    if line.kind in FEES:
        return "fees"
    return "interest" if line.kind == "interest" else "other"
