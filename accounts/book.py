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
    standing: dict[str, Decimal] = field(default_factory=dict)  # credit → what did not come back
    counted: dict[str, tuple[int, Decimal]] = field(default_factory=dict)  # ref → bill, and how
    kept: dict[str, dict[str, Decimal]] = field(default_factory=dict)  # of a spread that came back

    @classmethod
    def opened(cls, bills: Sequence[Bill]) -> "Book":
        """Return the book before any posting: it owes what the first bill opened with (ACC-4)."""
        book = cls(bills, [ZERO] * len(bills), dict.fromkeys(PRINCIPAL_FIRST, ZERO))
        book.parts["principal"] = bills[0].opening if bills else ZERO
        return book

    def post(self, movement: Movement, *, principal_first: bool) -> None:
        """Take one posting in; `principal_first` is the order of a credit that names nothing."""
        if movement.amount > 0 and movement.reverses in self.credits:
            self.take_back(movement)
        elif movement.amount > 0:
            self.charge(movement)
        elif movement.amount < 0:
            named = [part for part in (self.named_by(movement),) if part]
            rest = _rest(movement, principal_first)
            self.pay(movement, (*named, *(part for part in rest if part not in named)))

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

    def order_of(self, movement: Movement, *, principal_first: bool) -> str:
        """Return the order in which post() spreads a credit: a code; "" for anything else."""
        if movement.amount >= 0:
            return ""
        if self.named_by(movement):
            return "named_first"
        rest = _rest(movement, principal_first)
        return "principal_first" if rest is PRINCIPAL_FIRST else "charges_first"

    def named_by(self, movement: Movement) -> str | None:
        """Return the part that a credit corrects; None if it names no charge that we know."""
        return self.part_of.get(movement.reverses) or PART_OF.get(movement.kind)

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
        at = at if billed else -1
        self._count(movement, at, movement.amount)
        self.credits[movement.ref] = (at, spread)
        self.standing[movement.ref] = -movement.amount

    def take_back(self, movement: Movement) -> None:
        """Undo a credit that came to nothing, as if it had never been paid (ACC-3)."""
        at, spread = self.credits[movement.reverses]
        kept = self.kept.setdefault(movement.reverses, dict(spread))  # a second return finds less
        left = movement.amount
        for part in PRINCIPAL_FIRST:
            back = min(left, kept[part])
            self.parts[part] += back
            kept[part] -= back
            left -= back
        self.parts["principal"] += left
        undone = min(movement.amount, self.standing[movement.reverses])
        self.standing[movement.reverses] -= undone
        self._count(movement, at, undone)
        self._use_credit()

    def counted_since(self, index: int) -> dict[str, Decimal]:
        """Return by reference what moved the sum still asked for by a bill (ACC-1): − lowers it."""
        return {ref: amount for ref, (at, amount) in self.counted.items() if at >= index}

    def spread_of(self, ref: str) -> Components | None:
        """Return what a credit paid when it was posted; None for anything else."""
        return Components(**self.credits[ref][1]) if ref in self.credits else None

    def _count(self, movement: Movement, at: int, amount: Decimal) -> None:
        """Count a credit for the bill it came after, or its return against that one (ACC-1)."""
        if at >= 0 and amount:
            self.paid[at] -= amount
            self.counted[movement.ref] = (at, amount)

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
    book = Book.opened(bills)
    today, late = date.min, 0
    for movement in in_order(movements):
        if movement.on != today:
            today, late = movement.on, book.days_past_due(movement.on)
        book.post(movement, principal_first=late >= principal_first_from.value)
    return book


def in_order(movements: Iterable[Movement]) -> list[Movement]:
    """Return movements as the ledger takes them: by day, reversals last, then by reference."""
    return sorted(movements, key=lambda m: (m.on, m.kind == "reversal", m.ref))


def _rest(movement: Movement, principal_first: bool) -> tuple[str, ...]:
    """Return the order of the law, in which a credit pays what it does not name.

    A waiver forgives charges before principal, however late the account is (ACC-5).
    """
    return PRINCIPAL_FIRST if principal_first and movement.kind != "waiver" else CHARGES_FIRST
