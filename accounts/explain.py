"""How a figure comes about: what is due, what is owed and what a payment paid, line by line.

Pure, like rules.py. docs/rules.md has each rule id. Amounts are in the account's currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from accounts.book import ZERO, Bill, Components, Movement, fold
from accounts.charges import DAY, Books, Charge, Counted, Stretch, Terms, charge, taken_back
from accounts.rules import InterestBase, Span, contested, held, interest_base, live
from portal.kit.money import rounded

__all__ = [
    "Balance", "Books", "Charge", "Counted", "Due", "PerDay", "Split", "Stretch", "Terms",
    "balance", "charge", "minimum", "overdue", "per_day", "split", "taken_back",
]  # fmt: skip


@dataclass(frozen=True)
class Due:
    """A minimum and what is missing of it: the overdue sum, or the minimum that comes next.

    minimum + counted = missing; `amount` is that, not below 0 nor above the balance; and
    planned + disputed + left = amount.
    """

    bill: Bill
    counted: tuple[Counted, ...]  # the credits that count towards it (ACC-1)
    missing: Decimal  # before the cap; below zero if more was paid
    capped: bool  # by the balance
    amount: Decimal
    planned: Decimal = ZERO  # of it, what a plan divides over days to come
    disputed: Decimal = ZERO  # of the rest, what need not be paid while it is in dispute (ACC-11)
    held: Decimal = ZERO  # of it, on how much collection stops (ACC-9), for whatever reason

    @property
    def left(self) -> Decimal:
        """What is due apart from the plan and the dispute."""
        return self.amount - self.planned - self.disputed


def overdue(
    books: Books,
    *,
    holds: Sequence[Span] = (),
    held_on: date | None = None,
    to_come: Decimal = ZERO,
) -> Due | None:
    """Return the overdue sum with its lines; None while no bill is past due. Source: ACC-1.

    `to_come`: payments of a plan that are not due yet (rules.beside).
    """
    at = books.folded.past_due(books.as_of)
    return _due(books, at, live(holds, held_on or books.as_of), to_come) if at >= 0 else None


def minimum(
    books: Books,
    *,
    holds: Sequence[Span] = (),
    held_on: date | None = None,
    to_come: Decimal = ZERO,
) -> Due | None:
    """Return what is missing of the newest bill; None if its due date has passed, or without one.

    A bill's minimum includes what is overdue, so the same plan and dispute come off both.
    """
    if not books.bills or books.bills[-1].due_on < books.as_of:
        return None
    spans = live(holds, held_on or books.as_of)
    found = _due(books, len(books.bills) - 1, spans, to_come)
    late = overdue(books, holds=holds, held_on=held_on, to_come=to_come)
    planned, disputed = (late.planned, late.disputed) if late else (ZERO, ZERO)
    planned = min(found.amount, planned)
    return replace(found, planned=planned, disputed=min(found.amount - planned, disputed))


def _due(books: Books, at: int, spans: Sequence[Span], to_come: Decimal) -> Due:
    counted, bill = books.counted(at), books.bills[at]
    missing = bill.minimum + sum((c.amount for c in counted), ZERO)
    balance = books.folded.balance
    amount = max(ZERO, min(missing, balance))
    planned = min(amount, to_come)
    return Due(
        bill=bill, counted=counted, missing=missing, capped=missing > max(ZERO, balance),
        amount=amount, planned=planned, disputed=contested(amount - planned, spans),
        held=held(amount, spans),
    )  # fmt: skip


@dataclass(frozen=True)
class Balance:
    """What is owed: the first bill's opening balance and all movements since, by kind."""

    opening: Decimal
    by_kind: tuple[tuple[str, Decimal, int], ...]  # kind, sum, how many
    closing: Decimal
    parts: Components  # the same sum by what it is made of (ACC-4)


def balance(books: Books) -> Balance:
    """Return the balance as opening and sums by kind: charges first, then what lowered it."""
    sums: dict[str, tuple[Decimal, int]] = {}
    for movement in books.movements:
        total, number = sums.get(movement.kind, (ZERO, 0))
        sums[movement.kind] = (total + movement.amount, number + 1)
    rows = sorted(((kind, *found) for kind, found in sums.items()), key=lambda row: -row[1])
    opening = books.bills[0].opening if books.bills else ZERO
    return Balance(opening, tuple(rows), books.folded.balance, Components(**books.folded.parts))


@dataclass(frozen=True)
class PerDay:
    """The interest of one day at a steady balance (ACC-6): base × rate, rounded once."""

    base: InterestBase
    rate: Decimal
    exact: Decimal
    amount: Decimal


def per_day(books: Books, terms: Terms) -> PerDay:
    base = interest_base(
        books.folded, books.movements, books.as_of, terms.interest_basis, books.rule
    )
    exact = base.amount * terms.daily_rate
    return PerDay(base, terms.daily_rate, exact, rounded(exact, terms.currency))


@dataclass(frozen=True)
class Split:
    """What a credit paid, and why in this order (CN-ACC-01, ACC-5)."""

    credit: Movement
    parts: Components  # sums to the credit, without its sign
    days_late: int  # when its day began
    order: str  # charges_first, principal_first; named_first: it names what it corrects
    named: str  # the part it corrects, or ""
    bill: Bill | None  # towards whose minimum it counts; None: to none
    came_back: Decimal = ZERO  # of it, by now (ACC-3)


def split(credit: Movement, *, books: Books) -> Split | None:
    """Return what a credit paid when it was posted; None for a posting that is none."""
    parts = books.folded.spread_of(credit.ref)
    if parts is None:
        return None
    before = books.until(credit.on - DAY)
    days = fold(books.bills, before.movements, principal_first_from=books.rule).days_past_due(
        credit.on
    )
    book, at = books.folded, books.folded.credits[credit.ref][0]
    return Split(
        credit=credit,
        parts=parts,
        days_late=days,
        order=book.order_of(credit, principal_first=days >= books.rule.value),
        named=book.named_by(credit) or "",
        bill=books.bills[at] if at >= 0 else None,
        came_back=-credit.amount - book.standing[credit.ref],
    )
