"""What our own rules make of a contested line, for who handles the case."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.evidence.walk import walk
from accounts.explained_page import Explained, Ledger, explained, ledger
from accounts.models import CardAccount
from accounts.months.count import Count
from disputes.lines import Contested
from disputes.models import Line
from portal.kit.money import formatted


class Beside(NamedTuple):
    """A fact as reported, and as our rules have it: "–" where they cannot tell."""

    name: str
    reported: str
    ours: str
    differs: bool


@dataclass(frozen=True)
class Stood:
    """A reported month beside our own count of its end. `why`: what cannot be compared, if so."""

    facts: list[Beside]
    why: str


class Recount:
    """The books of one account, read when a line first needs them. Two queries."""

    def __init__(self, account: CardAccount) -> None:
        self.account = account

    @cached_property
    def ledger(self) -> Ledger:
        return ledger(self.account)

    @cached_property
    def count(self) -> Count:
        """The month ends that the cardholder's page of months shows too (EV-E)."""
        books = self.ledger.books
        walked = walk(books.bills, books.movements, until=books.as_of, rule=books.rule)
        return Count.of(walked, books.bills, books.as_of)

    def movement(self, line: Line) -> Explained | None:
        """Work a movement out again; None for any other line, and for one the books lost."""
        if line.kind != Line.Kind.POSTING:
            return None
        return explained(self.ledger, line.key)

    def record(self, line: Line, now: Contested | None) -> Stood | None:
        """Put what was reported for a month beside our own count of its end; None for others."""
        if line.kind != Line.Kind.RECORD:
            return None
        told = now or Contested.read(line.facts)
        own = self.count.at(told.on)
        days, end = told.extra.get("days"), own.end
        apart, other = own.differs(int(days or 0), told.amount)
        on = {"on": date_format(own.on, "SHORT_DATE_FORMAT")}
        reported = "–" if told.amount is None else formatted(told.amount, told.currency)
        overdue = formatted(end.overdue, self.account.currency) if end else "–"
        late = str(end.days) if end and own.with_days else "–"
        facts = [
            Beside(_("Overdue sum at the end of %(on)s") % on, reported, overdue, other),
            Beside(
                _("Days past due at the end of %(on)s") % on, "–" if days is None else str(days),
                late, apart,
            ),
        ]  # fmt: skip
        return Stood(facts, own.why)
