"""How repayments meet instalments, and what follows: pure, to be read aloud."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Paid:
    """A repayment that reached the account: its day and its amount, above zero."""

    on: date
    amount: Decimal


@dataclass(frozen=True)
class Awaited:
    """An instalment as it stands: `day` is its due day, a move by the cardholder included."""

    position: int
    day: date
    amount: Decimal


@dataclass(frozen=True)
class Met:
    """How far an instalment is met."""

    awaited: Awaited
    paid: Decimal
    paid_on: date | None  # when it was met in full

    @property
    def short(self) -> Decimal:
        return self.awaited.amount - self.paid


def match(awaited: Sequence[Awaited], repayments: Sequence[Paid]) -> tuple[list[Met], Decimal]:
    """Return how far each instalment is met, in order, and what was paid beyond them all.

    A repayment meets what is due up to its day and the next instalment, in order; what is left of
    it shortens the plan from its end.
    """
    raise NotImplementedError
