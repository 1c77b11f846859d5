"""The repayment statement in words: balances, movements, payments, statements, times overdue."""

from datetime import timedelta
from functools import reduce

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.evidence import sections, words
from accounts.evidence.gathered import Gathered, PostingLine, StatementLine
from accounts.evidence.machine import difference
from accounts.evidence.paper_us import itemisation
from portal.records.typeset import Block, Column, Heading, Paragraph, Table
from portal.records.typeset.fonts import printable


class Repayments:
    """One statement's blocks, in the language of the moment."""

    def __init__(self, facts: Gathered) -> None:
        assert facts.movements and facts.from_on and facts.until_on  # noqa: S101
        self.facts, self.movements = facts, facts.movements
        self.from_on, self.until_on = facts.from_on, facts.until_on
        self.money = words.Money(facts.currency)
        self.reference = _("ref. %(ref)s")

    def blocks(self) -> list[Block]:
        found = [*self.balances(), *self.postings(), *self.payments(), *self.statements()]
        found += [*self.corrections(), *self.overdue()]
        if settings.JURISDICTION == "us":
            found += itemisation(self.facts)
        if self.facts.records is not None:
            found += sections.records(self.facts)
        found += sections.disputes(self.facts)
        if self.facts.contacts is not None:
            found += sections.contacts(self.facts)
        if self.facts.plans is not None:
            found += sections.plans(self.facts)
        return [*found, *self.notes()]

    def balances(self) -> list[Block]:
        moved, money = self.movements, self.money
        left = difference(moved)
        sums = (moved.opening, moved.raised, moved.lowered, moved.closing, left)
        rows = [
            (str(label), *(money(getattr(each, part)) for each in sums))
            for part, label in words.PARTS.items()
        ]
        columns = [
            Column(_("Component"), 21), Column(_("Opening"), 17, money=True),
            Column(_("Raised by"), 16, money=True), Column(_("Lowered by"), 17, money=True),
            Column(_("Closing"), 17, money=True), Column(_("Difference"), 12, money=True),
        ]  # fmt: skip
        before = self.from_on - timedelta(days=1)
        caption = _("Balance at the end of %(before)s and of %(until)s, by component") % {
            "before": words.long_day(before), "until": words.long_day(self.until_on),
        }  # fmt: skip
        total = (_("Total"), *(money(each.total) for each in sums))
        return [
            Heading(_("Balances")),
            Table(caption, columns, rows, total=total),
            Paragraph(
                _(
                    "Opening balance + movements − closing balance: difference %(difference)s. "
                    "This was checked for the total, for each component, and for each statement "
                    "that was made up to the end of the period."
                )
                % {"difference": money(left.total)}
            ),
            *self.undivided(),
        ]

    def undivided(self) -> list[Block]:
        if not self.movements.undivided:
            return []
        said = _(
            "The first statement in our books opened with %(amount)s. That sum came to us without "
            "its components and is counted as principal."
        )
        return [Paragraph(said % {"amount": self.money(self.movements.undivided)}, note=True)]

    def postings(self) -> list[Block]:
        heading, lines = Heading(_("Movements")), self.movements.postings
        if not lines:
            said = _(
                "There were no movements in this period: from %(from)s to %(until)s nothing was "
                "charged, paid or corrected on this account."
            )
            given = {"from": words.long_day(self.from_on), "until": words.long_day(self.until_on)}
            return [heading, Paragraph(said % given)]
        count = ngettext(
            "%(count)d movement, in the order of posting. Repayments received in this period, "
            "less what came back in it: %(repaid)s.",
            "%(count)d movements, in the order of posting. Repayments received in this period, "
            "less what came back in it: %(repaid)s.",
            len(lines),
        ) % {"count": len(lines), "repaid": self.money(self.movements.repaid)}
        columns = [
            Column(_("Line"), 9), Column(_("Transaction"), 14), Column(_("Posted"), 14),
            Column(_("What"), 35), Column(_("Amount"), 14, money=True),
            Column(_("Balance"), 14, money=True),
        ]  # fmt: skip
        rows = [
            (
                each.line, words.day(each.transacted_on), words.day(each.posted_on),
                self.what(each), self.money(each.amount), self.money(each.balance),
            )
            for each in lines
        ]  # fmt: skip
        return [heading, Paragraph(count), Table(_("All movements"), columns, rows)]

    def what(self, line: PostingLine) -> str:
        """Say what a movement was: its kind, for what, by which way; below, the bank's reference.

        The middle dot would stand wide in this font, so parts are set off by commas.
        """
        kind = str(words.KINDS[line.kind])
        said = dict.fromkeys(map(printable, (line.description, line.merchant, line.channel)))
        parts = [text for text in said if text and text != kind]
        if not (parts and parts[0].startswith(kind)):  # or it would say Interest: Interest of May
            parts = [_named(kind, parts[0]) if parts else kind, *parts[1:]]
        below = [self.reference % {"ref": line.ref}]
        if line.reverses:
            below.append(_("corrects %(what)s") % {"what": line.reverses_line or line.reverses})
        return f"{reduce(_listed, parts)}\n{reduce(_listed, below)}"

    def payments(self) -> list[Block]:
        lines = [line for line in self.movements.postings if line.is_credit]
        if not lines:
            return []
        columns = [
            Column(_("Line"), 9), Column(_("Value date"), 14), Column(_("Days past due"), 10),
            *(Column(str(label), 13, money=True) for label in words.PARTS.values()),
            Column(_("Order of payment"), 14),
        ]  # fmt: skip
        rows = [
            (
                line.line, words.day(line.posted_on), str(line.days_late),
                *(self.money(-getattr(line.change, part)) for part in words.PARTS),
                words.order(line.order),
            )
            for line in lines
        ]  # fmt: skip
        return [
            Heading(_("What each payment and credit was used for")),
            Table(_("Payments and credits, by component"), columns, rows),
            Paragraph(words.rule(self.movements.allocation), note=True),
        ]

    def statements(self) -> list[Block]:
        heading = Heading(_("Statements made or due in this period"))
        lines = self.movements.statements
        if not lines:
            return [heading, Paragraph(_("No statement was made or fell due in this period."))]
        columns = [
            Column(_("Line"), 8), Column(_("Made, and due"), 15),
            Column(_("Amount due"), 12, money=True), Column(_("Minimum"), 11, money=True),
            Column(_("Paid by due date"), 11, money=True),
            Column(_("Paid later"), 11, money=True), Column(_("Paid on"), 11),
            Column(_("Came back"), 10, money=True), Column(_("Shortfall"), 11, money=True),
        ]  # fmt: skip
        return [
            heading,
            Table(_("Statements"), columns, [self.statement(line) for line in lines]),
            Paragraph(
                _(
                    "As known at the end of %(until)s. Paid: repayments, waivers and corrections "
                    "in the cardholder's favour posted after the statement and up to the next "
                    "one, without what came back later; that stands under Came back. Shortfall: "
                    "what was missing of the minimum when the due date ended, at most the balance "
                    "of that day. A minimum includes earlier minimums that were not paid."
                )
                % {"until": words.long_day(self.until_on)},
                note=True,
            ),
        ]

    def statement(self, line: StatementLine) -> tuple[str, ...]:
        money = self.money
        due = _("due %(on)s") % {"on": words.day(line.due_on)}
        short = _("not due yet") if line.shortfall is None else money(line.shortfall)
        return (
            line.line, f"{words.day(line.made_on)}\n{due}", money(line.closing),
            money(line.minimum), money(line.paid_by_due), money(line.paid_later),
            "\n".join(map(words.day, line.paid_on)) or "–", money(line.came_back), short,
        )  # fmt: skip

    def corrections(self) -> list[Block]:
        heading = Heading(_("Waivers, reversals and corrections"))
        lines = [line for line in self.movements.postings if line.corrects]
        if not lines:
            return [heading, Paragraph(_("There were none in this period."))]
        columns = [
            Column(_("Line"), 9), Column(_("Posted"), 14), Column(_("Kind"), 13),
            Column(_("Corrects"), 24), Column(_("Reason"), 26),
            Column(_("Amount"), 14, money=True),
        ]  # fmt: skip
        rows = [
            (
                line.line, words.day(line.posted_on), str(words.KINDS[line.kind]),
                "\n".join(filter(None, (line.reverses_line, line.reverses))) or "–",
                printable(line.description) or _("none given in the bank's system"),
                self.money(line.amount),
            )
            for line in lines
        ]  # fmt: skip
        return [heading, Table(_("What was taken back or forgiven"), columns, rows)]

    def overdue(self) -> list[Block]:
        heading, moved = Heading(_("Times overdue")), self.movements
        blocks: list[Block] = [heading]
        if moved.spells:
            columns = [
                Column(_("First due date missed"), 40), Column(_("Made good on"), 40),
                Column(_("Days"), 20),
            ]  # fmt: skip
            rows = [
                (
                    words.long_day(spell.since),
                    words.long_day(spell.cured_on) if spell.cured_on else _("not yet"),
                    str(spell.days),
                )
                for spell in moved.spells
            ]
            given = {"until": words.long_day(self.until_on)}
            caption = _("Times overdue that touch this period, as known at the end of %(until)s")
            blocks.append(Table(caption % given, columns, rows))
        else:
            blocks.append(Paragraph(_("No minimum payment was overdue on any day of this period.")))
        if moved.month_ends:
            columns = [
                Column(_("At the end of"), 40), Column(_("Days past due"), 25),
                Column(_("Overdue"), 35, money=True),
            ]  # fmt: skip
            ends = [
                (words.long_day(end.on), str(end.days), self.money(end.overdue))
                for end in moved.month_ends
            ]
            blocks.append(
                Table(_("Days past due at the end of each month and of the period"), columns, ends)
            )
            blocks.append(
                Paragraph(
                    _(
                        "A payment that came back by the end of the period counts here as never "
                        "paid, also for the days before it came back."
                    ),
                    note=True,
                )
            )
        return blocks

    def notes(self) -> list[Block]:
        return [
            Heading(_("How to read this statement")),
            Paragraph(
                _(
                    "An amount without a sign was charged and raises what is owed; an amount with "
                    "a minus sign was paid or credited and lowers it. A balance with a minus sign "
                    "is money in the cardholder's favour. Every amount is in %(currency)s; a "
                    "purchase in another currency stands here as it was charged."
                )
                % {"currency": self.facts.currency}
            ),
            Paragraph(
                _(
                    "Components: interest; late payment charges, which are the agreed default "
                    "sum; other fees, which are annual and service fees; principal is everything "
                    "else. A movement counts from the day on which it is posted. Lines P are "
                    "movements, S statements, R reports, C contacts."
                )
            ),
        ]


def _named(kind: str, text: str) -> str:
    return _("%(kind)s: %(text)s") % {"kind": kind, "text": text}


def _listed(one: str, more: str) -> str:
    return _("%(one)s, %(more)s") % {"one": one, "more": more}
