"""How one payment of a plan comes about: its share of the sum, and its day. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from plans.rules import Choice, add_months, chosen_by


@dataclass(frozen=True)
class Share:
    """Payment `position` of a plan free of interest. Amounts in the plan's currency."""

    position: int
    due_on: date
    amount: Decimal
    total: Decimal
    choice: Choice
    by_months: bool  # a length was chosen, so the regular payment is the rounded even share
    day_missing: bool  # its month is too short for the day of the first payment

    @property
    def exact(self) -> Decimal:
        """The even share before it was rounded (ARITH-1)."""
        return self.total / self.choice.months

    @property
    def is_last(self) -> bool:
        return self.position == self.choice.months

    @property
    def others(self) -> int:
        """How many regular payments the last one completes."""
        return self.choice.months - 1

    @property
    def minus(self) -> Decimal:
        """What the payments before the last one come to, below zero."""
        return -self.choice.each * self.others

    @property
    def left(self) -> Decimal:
        """What of the sum is still to come after this payment."""
        paid = self.total if self.is_last else self.choice.each * self.position
        return self.total - paid


def share(total: Decimal, choice: Choice, position: int, *, unit: Decimal) -> Share:
    """Return how a payment comes about; the last takes the remainder (plans.rules.schedule).

    Errors: ValueError for a position that the plan does not have.
    """
    if not 1 <= position <= choice.months:
        raise ValueError(position)
    due_on = add_months(choice.first_on, position - 1)
    last = total - choice.each * (choice.months - 1)
    return Share(
        position=position,
        due_on=due_on,
        amount=last if position == choice.months else choice.each,
        total=total,
        choice=choice,
        by_months=chosen_by(total, choice.each, choice.months, unit=unit) == "months",
        day_missing=due_on.day < choice.first_on.day,
    )
