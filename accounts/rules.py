"""What is owed, what of it is overdue and since when: sums over the fed ledger, nothing else.

Pure: dates, amounts and legal numbers come in as arguments. docs/rules.md explains each rule id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import NamedTuple

from accounts.book import ZERO, Bill, Book, Components, Movement, fold, in_order
from portal.kit.money import rounded
from portal.packs import Rule

__all__ = [
    "NOT_LIFTED", "Bill", "Components", "InterestBase", "Movement", "Position", "Span", "Step",
    "Why", "annual_percent", "beside", "bucket", "coming", "contested", "held", "interest_base",
    "live", "months_before", "part_of_overdue", "position", "undisputed", "why",
]  # fmt: skip

MONTH_OF_DELAY = 30  # not of the law: days in one step of the banks' own M1, M2 … scale
LAST_BUCKET = 7
DAYS_A_YEAR = 365  # of the simple annual rate shown beside the daily one (CN-ACC-10)
DAY = timedelta(days=1)
NOT_LIFTED = date.max  # as the day on which holds are looked at: only those without an end are live


class Span(NamedTuple):
    """A hold and its days: from the day it was placed to the day before it was lifted."""

    amount: Decimal | None  # None holds the whole account
    from_on: date
    until_on: date | None = None  # the day it was lifted; None: it was not
    disputed: bool = False  # a dispute placed it


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
    days_past_due: int  # by the calendar, as certificates and the bureau count
    bucket: str  # M0 to M6, M7+, by the days aged
    to_be_current: Decimal  # covers the overdue sum and the minimum that falls due next
    next_minimum: Decimal
    next_due_on: date | None
    interest_per_day: Decimal
    held: Decimal  # on which collection stops
    missed: int = 0  # minimum payments not received in full, in a row
    statements: int = 0
    disputed: Decimal = ZERO  # of the overdue sum: need not be paid while it is (ACC-11)
    days_aged: int = 0  # days past due less those on which holds covered all of it (ACC-14)

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
    holds: Sequence[Span],
    daily_rate: Decimal,
    interest_basis: str,
    principal_first_from: Rule,
    held_on: date | None = None,
    book: Book | None = None,
) -> Position:
    """Return where an account stood at the end of any day. `holds`: all it ever had.

    Those live on `held_on` count, or on `as_of`. The books end before the holds do: NOT_LIFTED asks
    for those that are live now. A `book` is these very movements, up to `as_of`, folded before.
    """
    bills = [bill for bill in bills if bill.made_on <= as_of]
    movements = [movement for movement in movements if movement.on <= as_of]
    book = book or fold(bills, movements, principal_first_from=principal_first_from)
    spans = live(holds, held_on or as_of)
    by_component, overdue, run = Components(**book.parts), book.overdue(as_of), book.missed(as_of)
    coming = bool(bills) and bills[-1].due_on >= as_of
    next_minimum = book.missing(len(bills) - 1) if coming else ZERO
    since = bills[run[0]].due_on if run else None
    days = (as_of - since).days if since else 0
    aged = days - _days_stopped(bills, movements, since, as_of, holds) if since else 0
    base = interest_base(book, movements, as_of, interest_basis, principal_first_from).amount
    return Position(
        currency=currency,
        as_of=as_of,
        balance=book.balance,
        by_component=by_component,
        overdue=overdue,
        overdue_by_component=part_of_overdue(overdue, by_component),
        since=since,
        days_past_due=days,
        bucket=bucket(aged),
        to_be_current=max(overdue, next_minimum),
        next_minimum=next_minimum,
        next_due_on=bills[-1].due_on if coming else None,
        interest_per_day=rounded(base * daily_rate, currency),
        held=held(book.balance, spans),
        missed=len(run),
        statements=len(bills),
        disputed=contested(overdue, spans),
        days_aged=aged,
    )


class InterestBase(NamedTuple):
    """The sum that bears interest today and what it is part of: late and other fees bear none."""

    amount: Decimal
    of: Components | None = None  # amount = its principal and interest; None: see `reason`
    bill: Bill | None = None  # the last one past due
    reason: str = ""  # why nothing bears interest: no_bill, nothing_owed, paid_in_full


def interest_base(
    book: Book, movements: Sequence[Movement], as_of: date, basis: str, rule: Rule
) -> InterestBase:
    """Return the sum that bears interest; late and other fees never do (ACC-6, CN-ACC-07).

    Nothing while the last bill past due is paid in full. Basis `full`: that bill's balance;
    `unpaid`: what is still owed.
    """
    last = book.past_due(as_of)
    if last < 0:
        return InterestBase(ZERO, reason="no_bill")
    bill = book.bills[last]
    if book.balance <= 0:
        return InterestBase(ZERO, bill=bill, reason="nothing_owed")
    if sum(book.paid[last:], ZERO) >= bill.closing:
        return InterestBase(ZERO, bill=bill, reason="paid_in_full")
    parts = book.parts
    if basis == "full":
        before = [m for m in movements if m.on <= bill.made_on]
        parts = fold(book.bills[: last + 1], before, principal_first_from=rule).parts
    amount = max(ZERO, parts["principal"] + parts["interest"])
    return InterestBase(amount, Components(**parts), bill, "" if amount else "nothing_owed")


def part_of_overdue(overdue: Decimal, owed: Components) -> Components:
    """Divide the overdue sum: interest, default sum, fees first, the rest is principal (ACC-7)."""
    interest = min(overdue, owed.interest)
    default_sum = min(overdue - interest, owed.default_sum)
    fees = min(overdue - interest - default_sum, owed.fees)
    return Components(overdue - interest - default_sum - fees, interest, default_sum, fees)


def bucket(days_aged: int) -> str:
    """Return the bank's step of delay: M0 for none, M1 for 1 to 30 days … M7+ from 181 (ACC-8)."""
    step = -(-days_aged // MONTH_OF_DELAY)
    return f"M{step}" if step < LAST_BUCKET else f"M{LAST_BUCKET}+"


def live(spans: Sequence[Span], on: date) -> list[Span]:
    """Return the holds that stand at the end of a day."""
    return [s for s in spans if s.from_on <= on and (s.until_on is None or on < s.until_on)]


def held(balance: Decimal, spans: Sequence[Span]) -> Decimal:
    """Return the sum on which collection stops: the union of the holds, never above the balance.

    A hold without an amount holds everything (ACC-9).
    """
    amounts = [span.amount for span in spans]
    if None in amounts:
        return max(balance, ZERO)
    return max(ZERO, min(balance, sum((amount for amount in amounts if amount), ZERO)))


def contested(overdue: Decimal, spans: Sequence[Span]) -> Decimal:
    """Return what of the overdue sum is in dispute: what disputes hold of it (ACC-11)."""
    return held(overdue, [span for span in spans if span.disputed])


def _days_stopped(
    bills: Sequence[Bill],
    movements: Sequence[Movement],
    since: date,
    as_of: date,
    spans: Sequence[Span],
) -> int:
    """Count the days past due on which the holds covered all that was overdue then (ACC-14).

    What was overdue is taken as it was known on the day. Walks only where there was a hold.
    """
    ends = [min(span.until_on or date.max, as_of + DAY) for span in spans]
    if not any(max(s.from_on, since + DAY) < end for s, end in zip(spans, ends, strict=True)):
        return 0
    turns = {since + DAY, as_of + DAY, *ends, *(span.from_on for span in spans)}
    turns |= {m.on for m in movements} | {bill.due_on + DAY for bill in bills}
    book, coming, stopped = Book.opened(bills), in_order(movements)[::-1], 0
    for first, after in pairwise(sorted(on for on in turns if since < on <= as_of + DAY)):
        while coming and coming[-1].on <= first:
            book.post(coming.pop(), principal_first=False)  # the parts do not matter here
        spans_then = live(spans, first)
        if spans_then and held(book.balance, spans_then) >= book.overdue(first):
            stopped += (after - first).days
    return stopped


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
