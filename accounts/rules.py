"""What is owed, what of it is overdue and since when: sums over the fed ledger, nothing else.

Pure: dates, amounts and legal numbers come in as arguments. docs/rules.md explains each rule id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from accounts.book import ZERO, Bill, Book, Components, Movement, fold
from portal.kit.money import rounded
from portal.packs import Rule

__all__ = [
    "Bill", "Components", "Movement", "Position", "Step", "Why",
    "annual_percent", "beside", "bucket", "coming", "held", "months_before",
    "part_of_overdue", "position", "undisputed", "why",
]  # fmt: skip

MONTH_OF_DELAY = 30  # not of the law: days in one step of the banks' own M1, M2 … scale
LAST_BUCKET = 7
DAYS_A_YEAR = 365  # of the simple annual rate shown beside the daily one (CN-ACC-10)


@dataclass(frozen=True)
class Position:
    """Where an account stands at the end of `as_of`, the day of the feed."""

    currency: str
    as_of: date
    balance: Decimal
    by_component: Components
    overdue: Decimal
    overdue_by_component: Components
    since: date | None  # the due date that was missed first
    days_past_due: int
    bucket: str  # M0 to M6, M7+
    to_be_current: Decimal  # covers the overdue sum and the minimum that falls due next
    next_minimum: Decimal
    next_due_on: date | None
    interest_per_day: Decimal
    held: Decimal  # on which collection stops
    missed: int = 0  # minimum payments not received in full, in a row
    statements: int = 0
    disputed: Decimal = ZERO  # of the overdue sum: need not be paid while it is (ACC-11)

    @property
    def balance_in_favour(self) -> Decimal:
        """What the bank owes the person: a balance below zero, without its sign."""
        return max(ZERO, -self.balance)


def position(
    *,
    currency: str,
    as_of: date,
    bills: Sequence[Bill],
    movements: Sequence[Movement],
    holds: Sequence[Decimal | None],
    daily_rate: Decimal,
    interest_basis: str,
    principal_first_from: Rule,
    disputed: Decimal = ZERO,
) -> Position:
    """Return where an account stands. `holds` are the live ones; None holds the whole account.

    `disputed` is the sum of those that a dispute placed.
    """
    bills = [bill for bill in bills if bill.made_on <= as_of]
    movements = [movement for movement in movements if movement.on <= as_of]
    book = fold(bills, movements, principal_first_from=principal_first_from)
    by_component, overdue, run = Components(**book.parts), book.overdue(as_of), book.missed(as_of)
    coming = bool(bills) and bills[-1].due_on >= as_of
    next_minimum = book.missing(len(bills) - 1) if coming else ZERO
    days = book.days_past_due(as_of)
    base = _interest_base(book, movements, as_of, interest_basis, principal_first_from)
    return Position(
        currency=currency,
        as_of=as_of,
        balance=book.balance,
        by_component=by_component,
        overdue=overdue,
        overdue_by_component=part_of_overdue(overdue, by_component),
        since=bills[run[0]].due_on if run else None,
        days_past_due=days,
        bucket=bucket(days),
        to_be_current=max(overdue, next_minimum),
        next_minimum=next_minimum,
        next_due_on=bills[-1].due_on if coming else None,
        interest_per_day=rounded(base * daily_rate, currency),
        held=held(book.balance, holds),
        missed=len(run),
        statements=len(bills),
        disputed=min(overdue, disputed),
    )


def _interest_base(
    book: Book, movements: Sequence[Movement], as_of: date, basis: str, rule: Rule
) -> Decimal:
    """Return the sum that bears interest; late and other fees never do (ACC-6, CN-ACC-07).

    Nothing while the last bill past due is paid in full. Basis `full`: that bill's balance;
    `unpaid`: what is still owed.
    """
    last = book.past_due(as_of)
    if last < 0 or book.balance <= 0 or sum(book.paid[last:], ZERO) >= book.bills[last].closing:
        return ZERO
    parts = book.parts
    if basis == "full":
        before = [m for m in movements if m.on <= book.bills[last].made_on]
        parts = fold(book.bills[: last + 1], before, principal_first_from=rule).parts
    return max(ZERO, parts["principal"] + parts["interest"])


def part_of_overdue(overdue: Decimal, owed: Components) -> Components:
    """Divide the overdue sum: interest, default sum, fees first, the rest is principal (ACC-7)."""
    interest = min(overdue, owed.interest)
    default_sum = min(overdue - interest, owed.default_sum)
    fees = min(overdue - interest - default_sum, owed.fees)
    return Components(overdue - interest - default_sum - fees, interest, default_sum, fees)


def bucket(days_past_due: int) -> str:
    """Return the bank's step of delay: M0 for none, M1 for 1 to 30 days … M7+ from 181 (ACC-8)."""
    step = -(-days_past_due // MONTH_OF_DELAY)
    return f"M{step}" if step < LAST_BUCKET else f"M{LAST_BUCKET}+"


def held(balance: Decimal, holds: Sequence[Decimal | None]) -> Decimal:
    """Return the sum on which collection stops: the union of the holds, never above the balance.

    A hold without an amount holds everything (ACC-9).
    """
    if None in holds:
        return max(balance, ZERO)
    return max(ZERO, min(balance, sum((amount for amount in holds if amount), ZERO)))


@dataclass(frozen=True)
class Why:
    """What an overdue sum is made of, for wording: `minimums` payments missing since `since`."""

    minimums: int
    since: date
    interest: Decimal
    late_charges: Decimal
    other_fees: Decimal


def why(position: Position) -> Why | None:
    """Return why an account is overdue; None if it is not."""
    if position.since is None:
        return None
    parts = position.overdue_by_component
    return Why(position.missed, position.since, parts.interest, parts.default_sum, parts.fees)


class Step(NamedTuple):
    """Something that comes: `what` is due, books, plan, or report; the page has the words."""

    what: str
    on: date
    amount: Decimal | None = None


def beside(position: Position, to_come: Decimal) -> Position:
    """Return what is due apart from a plan whose payments `to_come` are not due yet.

    A bill's minimum includes what is overdue, so what the plan covers comes off both.
    """
    covered = min(position.overdue, to_come)
    overdue = position.overdue - covered
    minimum = max(ZERO, position.next_minimum - covered)
    return replace(
        position,
        overdue=overdue,
        next_minimum=minimum,
        to_be_current=max(overdue, minimum),
        disputed=min(overdue, position.disputed),
    )


def undisputed(position: Position) -> Position:
    """Return what is due apart from what is in dispute (ACC-11); `disputed` says how much that is.

    A bill's minimum includes what is overdue, so the disputed part comes off both.
    """
    overdue = position.overdue - position.disputed
    minimum = max(ZERO, position.next_minimum - position.disputed)
    return replace(
        position,
        overdue=overdue,
        overdue_by_component=part_of_overdue(overdue, position.by_component),
        next_minimum=minimum,
        to_be_current=max(overdue, minimum),
    )


def coming(position: Position, plan: Step | None = None) -> list[Step]:
    """Return what comes next, in order of date: only what is sure, or what may be (ACC-10)."""
    steps = [Step("books", position.as_of + timedelta(days=1))]
    if plan:
        steps.append(plan)
    if position.next_due_on and position.next_minimum:
        steps.append(Step("due", position.next_due_on, position.next_minimum))
    if position.overdue and position.held < position.balance:
        steps.append(Step("report", month_end(position.as_of), position.overdue))
    return sorted(steps, key=lambda step: step.on)


def month_end(on: date) -> date:
    return (on.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def months_before(on: date, months: int) -> date:
    """Return the first day of the month that lies so many months before."""
    years, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(years, month + 1, 1)


def annual_percent(daily_rate: Decimal) -> Decimal:
    """Return the simple annual rate in per cent: 0.0005 a day is 18.25 (CN-ACC-10, 单利)."""
    return (daily_rate * DAYS_A_YEAR * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
