"""Which plans fit what a person has left each month: pure, to be read aloud."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from plans.rules import ZERO, Choice, Due, annual_rate_of, each_for, schedule
from portal.kit.errors import Refused
from portal.packs import Rule


@dataclass(frozen=True)
class Option:
    """A plan as it is compared: the same facts in the same order. Amounts in one currency."""

    choice: Choice
    dues: list[Due]
    payable: Decimal  # all that is paid, interest of the plan included
    interest: Decimal  # of it
    annual_rate: Decimal  # worked out from the rounded schedule, as a fraction
    suggested: bool  # nearest below the share of what is left; the middle where that is not told

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
    of it, and the two next shorter, or longer ones where there are no shorter; where none is that
    small, the longest first and none suggested. Without: the middle, suggested, between a longer
    and a shorter term. A debt too small for any of the `terms` is divided into fewer payments, one
    where not even two reach `least`.
    """

    def possible(lengths: Iterable[int]) -> list[Option]:
        """The plans that rule and policy allow, short to long."""
        made = (
            _option(overdue, months, least=least, on=on, first_on=first_on, unit=unit, rule=longest)
            for months in sorted(set(lengths))
        )
        return [option for option in made if option]

    found = possible(terms) or possible(range(1, min(terms, default=longest.value)))
    if not found:
        return []
    if left is None:
        best = len(found) // 2
        shown = found[max(best - 1, 0) : best + 2]
        suggested: Option | None = found[best]
    else:
        fitting = (option for option in found if _largest(option) <= share * left)
        suggested = next(fitting, None)
        best = found.index(suggested) if suggested else len(found) - 1
        shown = found[max(best - 2, 0) : max(best + 1, 3)]
    return [replace(each, suggested=each is suggested) for each in reversed(shown)]


def _option(
    overdue: Decimal,
    months: int,
    *,
    least: Decimal,
    on: date,
    first_on: date,
    unit: Decimal,
    rule: Rule,
) -> Option | None:
    each = each_for(overdue, months, unit=unit)
    if each < least and months > 1:
        return None
    choice = Choice(each, months, first_on)
    try:
        dues = schedule(overdue, choice, agreed_on=on, unit=unit, longest=rule)
    except Refused:
        return None
    return compared(overdue, choice, dues, agreed_on=on)


def compared(total: Decimal, choice: Choice, dues: list[Due], *, agreed_on: date) -> Option:
    """Return any plan that repays `total` as it is compared with others, not suggested."""
    interest = sum((due.interest for due in dues), ZERO)
    rate = annual_rate_of(total, dues, agreed_on=agreed_on)
    return Option(choice, dues, total + interest, interest, rate, suggested=False)


def _largest(option: Option) -> Decimal:
    return max(due.amount for due in option.dues)
