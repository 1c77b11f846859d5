"""What our own rules make of a contested line, for who handles the case."""

from functools import cached_property
from operator import attrgetter

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import queries, rules
from accounts.explained_page import Explained, Ledger, explained, ledger
from accounts.models import CardAccount
from disputes.lines import Contested
from disputes.models import Line
from portal.kit.money import formatted

Beside = tuple[object, str, str]  # a fact, as reported, as our rules have it


class Recount:
    """The books of one account, read when a line first needs them. Two queries, one for holds."""

    def __init__(self, account: CardAccount) -> None:
        self.account = account

    @cached_property
    def ledger(self) -> Ledger:
        return ledger(self.account)

    @cached_property
    def holds(self) -> list[rules.Span]:
        rows = map(attrgetter(*queries.HOLD), queries.all_holds(self.account))
        return queries.netted(rows).spans

    def movement(self, line: Line) -> Explained | None:
        """Work a movement out again; None for any other line, and for one the books lost."""
        if line.kind != Line.Kind.POSTING:
            return None
        return explained(self.ledger, line.key)

    def record(self, line: Line, now: Contested | None) -> list[Beside]:
        """Put what was reported for a month beside where the account stood at its end (ACC-1, -2).

        Empty for any other line. The books may end before the month does; then their last day.
        """
        if line.kind != Line.Kind.RECORD:
            return []
        told = now or Contested.read(line.facts)
        position = self.position(told)
        on = {"on": date_format(position.as_of, "SHORT_DATE_FORMAT")}
        reported = "–" if told.amount is None else formatted(told.amount, told.currency)
        return [
            (
                _("Overdue sum at the end of %(on)s") % on, reported,
                formatted(position.overdue, position.currency),
            ),
            (
                _("Days past due at the end of %(on)s") % on, str(told.extra.get("days", "–")),
                str(position.days_past_due),
            ),
        ]  # fmt: skip

    def position(self, told: Contested) -> rules.Position:
        account, books = self.account, self.ledger.books
        return rules.position(
            currency=account.currency,
            as_of=min(rules.month_end(told.on), account.as_of),
            bills=books.bills,
            movements=books.movements,
            holds=self.holds,
            daily_rate=account.daily_rate,
            interest_basis=account.interest_basis,
            principal_first_from=books.rule,
        )
