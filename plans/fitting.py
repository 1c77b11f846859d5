"""Which plans fit what a person has left each month: pure, to be read aloud."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from plans.rules import Choice, Due
from portal.packs import Rule


@dataclass(frozen=True)
class Option:
    """A plan as it is compared: the same facts in the same order. Amounts in one currency."""

    choice: Choice
    dues: list[Due]
    payable: Decimal  # all that is paid, interest of the plan included
    interest: Decimal  # of it
    annual_rate: Decimal  # worked out from the rounded schedule, as a fraction
    suggested: bool  # the one nearest below the share of what is left

    @property
    def last_on(self) -> date:
        return self.dues[-1].on


def options(
    overdue: Decimal,
    left: Decimal | None,
    *,
    share: Decimal,
    terms: Sequence[int],
    least: Decimal,
    on: date,
    first_on: date,
    unit: Decimal,
    longest: Rule,
) -> list[Option]:
    """Return up to three plans free of interest, the most affordable first.

    With `left` (what is left each month): the shortest term whose instalment is at most `share`
    of it, and the two next shorter; without: the middle, a shorter and a longer term.
    """
    raise NotImplementedError
