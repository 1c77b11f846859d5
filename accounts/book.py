"""The ledger of one account, folded posting by posting: what each credit paid, and which bill.

Pure, like rules.py, which asks it for what is owed and overdue. docs/rules.md has each rule id.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portal.packs import Rule

ZERO = Decimal(0)
PART_OF = {  # where a charge goes; everything else is principal
    "interest": "interest",
    "late_fee": "default_sum",
    "annual_fee": "fees",
    "other_fee": "fees",
}
CHARGES_FIRST = ("interest", "default_sum", "fees", "principal")  # CN-ACC-01, 1 to 90 days
PRINCIPAL_FIRST = ("principal", "interest", "default_sum", "fees")  # CN-ACC-01, from day 91


class Movement(NamedTuple):
    """One posting. + raises the debt, − lowers it."""

    ref: str
    on: date
    kind: str
    amount: Decimal
    reverses: str = ""


class Bill(NamedTuple):
    """One statement. `minimum` includes earlier minimums that were not paid."""

    made_on: date
    due_on: date
    opening: Decimal
    closing: Decimal
    minimum: Decimal


@dataclass(frozen=True)
class Components:
    """A sum and what it is made of. Only `principal` can be below zero: the bank owes it then."""

    principal: Decimal = ZERO
    interest: Decimal = ZERO
    default_sum: Decimal = ZERO
    fees: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.default_sum + self.fees


@dataclass
class Book:
    """The ledger folded posting by posting: what is owed, and what was paid after each bill."""

    bills: Sequence[Bill]
    paid: list[Decimal]
    parts: dict[str, Decimal]
    part_of: dict[str, str] = field(default_factory=dict)
    credits: dict[str, tuple[int, dict[str, Decimal]]] = field(default_factory=dict)
    charged: dict[str, int] = field(default_factory=dict)  # charge → the bill it came after

    @property
    def balance(self) -> Decimal:
        return sum(self.parts.values(), ZERO)

    def bill_before(self, on: date) -> int:
        """Return the index of the last bill made before a day; −1 if there is none."""
        return bisect_left(self.bills, on, key=lambda bill: bill.made_on) - 1

    def past_due(self, on: date) -> int:
        """Return the index of the last bill whose due date has passed; −1 if there is none."""
        return bisect_left(self.bills, on, key=lambda bill: bill.due_on) - 1

    def missed(self, on: date) -> range:
        """Return the unbroken run of bills, up to the last past due, not met in full (ACC-2)."""
        last = self.past_due(on)
        if last < 0 or self.overdue(on) <= 0:
            return range(0)
        first = last
        while first and self.paid[first - 1] < self.bills[first - 1].minimum:
            first -= 1
        return range(first, last + 1)

    def overdue(self, on: date) -> Decimal:
        """Return what is missing of the last minimum past due, at most the balance (ACC-1)."""
        last = self.past_due(on)
        return self.missing(last) if last >= 0 else ZERO

    def missing(self, index: int) -> Decimal:
        short = self.bills[index].minimum - sum(self.paid[index:], ZERO)
        return max(ZERO, min(short, self.balance))

    def days_past_due(self, on: date) -> int:
        run = self.missed(on)
        return (on - self.bills[run[0]].due_on).days if run else 0

    def charge(self, movement: Movement) -> None:
        part = PART_OF.get(movement.kind, "principal")
        self.parts[part] += movement.amount
        self.part_of[movement.ref] = part
        self.charged[movement.ref] = self.bill_before(movement.on)
        self._use_credit()

    def pay(self, movement: Movement, order: Iterable[str]) -> None:
        """Spread a credit over the parts in order; what is left over makes principal negative."""
        left, spread = -movement.amount, dict.fromkeys(self.parts, ZERO)
        for part in order:
            spread[part] = min(left, max(self.parts[part], ZERO))
            left -= spread[part]
        spread["principal"] += left
        for part, amount in spread.items():
            self.parts[part] -= amount
        at = self.bill_before(movement.on)
        billed = self.charged.get(movement.reverses, -1) < at  # else no bill asks for the charge
        if at >= 0 and billed:
            self.paid[at] -= movement.amount
        self.credits[movement.ref] = (at, spread)

    def take_back(self, movement: Movement) -> None:
        """Undo a credit that came to nothing, as if it had never been paid (ACC-3)."""
        at, spread = self.credits[movement.reverses]
        left = movement.amount
        for part in PRINCIPAL_FIRST:
            back = min(left, max(spread[part], ZERO))
            self.parts[part] += back
            left -= back
        self.parts["principal"] += left
        if at >= 0:
            self.paid[at] = max(ZERO, self.paid[at] - movement.amount)
        self._use_credit()

    def spread_of(self, ref: str) -> Components | None:
        """Return what a credit paid when it was posted; None for anything else."""
        return Components(**self.credits[ref][1]) if ref in self.credits else None

    def _use_credit(self) -> None:
        """Money the bank held for the person pays a new charge at once."""
        for part in CHARGES_FIRST[:-1]:
            used = min(self.parts[part], max(ZERO, -self.parts["principal"]))
            self.parts[part] -= used
            self.parts["principal"] += used


def fold(
    bills: Sequence[Bill], movements: Iterable[Movement], *, principal_first_from: Rule
) -> Book:
    """Fold a ledger. Bills in order; the first bill's opening balance counts as principal (ACC-4).

    A credit is spread by the days past due when its day began (`principal_first_from`, CN-ACC-01).
    """
    opening = bills[0].opening if bills else ZERO
    book = Book(bills, [ZERO] * len(bills), dict.fromkeys(PRINCIPAL_FIRST, ZERO))
    book.parts["principal"] = opening
    today, late = date.min, 0
    for movement in sorted(movements, key=lambda m: (m.on, m.kind == "reversal", m.ref)):
        if movement.on != today:
            today, late = movement.on, book.days_past_due(movement.on)
        if movement.amount > 0 and movement.reverses in book.credits:
            book.take_back(movement)
        elif movement.amount > 0:
            book.charge(movement)
        elif movement.amount < 0:
            book.pay(movement, _order(movement, book, late >= principal_first_from.value))
    return book


def _order(movement: Movement, book: Book, principal_first: bool) -> tuple[str, ...]:
    """Return the order in which a credit pays: what it names, then the order of the law.

    A waiver forgives charges before principal, however late the account is (ACC-5).
    """
    rest = PRINCIPAL_FIRST if principal_first and movement.kind != "waiver" else CHARGES_FIRST
    named = book.part_of.get(movement.reverses) or PART_OF.get(movement.kind)
    return (named, *(part for part in rest if part != named)) if named else rest
