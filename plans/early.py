"""What paying early means for a plan: pure. Interest only for the time used (CN-PLAN-14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from plans.rules import Due


@dataclass(frozen=True)
class Early:
    """What settles a plan on a day. Amounts in its currency."""

    sum_left: Decimal  # of the plan's sum
    interest: Decimal  # for the time used since the last due day, not yet paid
    interest_saved: Decimal  # against the schedule

    @property
    def payable(self) -> Decimal:
        return self.sum_left + self.interest


def settled_on(
    total: Decimal,
    dues: Sequence[Due],
    paid: Decimal,
    *,
    rate: Decimal,
    agreed_on: date,
    on: date,
    unit: Decimal,
) -> Early:
    """Return what settles a plan of `total` on a day, when `paid` has been paid so far."""
    raise NotImplementedError
