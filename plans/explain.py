"""How one payment of a plan comes about: its share of the sum, its interest, and its day. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from plans.periods import MONTH, days_between, interest_for
from plans.rules import STEPPED, TOKEN, ZERO, Choice, chosen_by, divided


@dataclass(frozen=True)
class Share:
    """Payment `position` of a plan. Amounts in the plan's currency."""

    position: int
    due_on: date
    amount: Decimal
    interest: Decimal  # of the amount
    accrued: Decimal  # the interest of its own period
    brought: Decimal  # what the payments before it left of a long first period's (PLAN-LONG)
    before: Decimal  # what of the sum was left before it
    days: int  # that its interest counts: 30 for a month
    total: Decimal
    choice: Choice
    by_months: bool  # a length was chosen, so the regular payment is the rounded level share
    day_missing: bool  # its month is too short for the day of the first payment

    @property
    def exact(self) -> Decimal:
        """The even share before it was rounded (ARITH-1): of a plan free of interest."""
        return self.after_low / (self.choice.months - self.choice.low_months)

    @property
    def after_low(self) -> Decimal:
        """What the smaller first payments leave to the regular ones, free of interest."""
        return self.total + self.minus_low

    @property
    def is_last(self) -> bool:
        return self.position == self.choice.months

    @property
    def is_low(self) -> bool:
        """One of the smaller payments that come first."""
        return self.choice.kind == STEPPED and self.position <= self.choice.low_months

    @property
    def is_token(self) -> bool:
        return self.choice.kind == TOKEN

    @property
    def regular(self) -> int:
        """How many payments share what the smaller ones leave."""
        return self.choice.months - self.choice.low_months

    @property
    def others(self) -> int:
        """How many regular payments the last one completes."""
        return self.regular - 1

    @property
    def minus(self) -> Decimal:
        """What the regular payments before the last one come to, below zero."""
        return -self.choice.each * self.others

    @property
    def minus_low(self) -> Decimal:
        """What the smaller first payments come to, below zero."""
        return -self.choice.low * self.choice.low_months

    @property
    def whole_month(self) -> bool:
        """Whether its interest is that of one month."""
        return self.days == MONTH

    @property
    def waits(self) -> Decimal:
        """What of the interest later payments meet."""
        return self.brought + self.accrued - self.interest

    @property
    def minus_waits(self) -> Decimal:
        return -self.waits

    @property
    def repaid(self) -> Decimal:
        """What of the amount repays the sum."""
        return self.amount - self.interest

    @property
    def left(self) -> Decimal:
        """What of the sum is still to come after this payment."""
        return self.before - self.repaid


def share(
    total: Decimal, choice: Choice, position: int, *, agreed_on: date, unit: Decimal
) -> Share:
    """Return how a payment comes about; the last takes the remainder (plans.rules.schedule).

    Errors: ValueError for a position that the plan does not have; Refused for a plan that is none.
    """
    if not 1 <= position <= choice.months:
        raise ValueError(position)
    dues = divided(total, choice, agreed_on=agreed_on, unit=unit)
    due, left, waits = dues[position - 1], total, ZERO
    days = days_between(agreed_on, choice.first_on)
    for each in dues[: position - 1]:
        waits += interest_for(left, choice.rate, days=days, unit=unit) - each.interest
        left, days = left - (each.amount - each.interest), MONTH
    chosen = chosen_by(
        total, choice.each, choice.months, unit=unit, rate=choice.rate, agreed_on=agreed_on,
        first_on=choice.first_on, low=choice.low, low_months=choice.low_months,
    )  # fmt: skip
    return Share(
        position=position,
        due_on=due.on,
        amount=due.amount,
        interest=due.interest,
        accrued=interest_for(left, choice.rate, days=days, unit=unit),
        brought=waits,
        before=left,
        days=days,
        total=total,
        choice=choice,
        by_months=chosen == "months" and choice.kind != TOKEN,
        day_missing=due.on.day < choice.first_on.day,
    )
