"""How a figure comes about: recomputed line by line from the account's own terms.

Pure, like rules.py. docs/rules.md has each rule id. Amounts are in the account's currency.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.book import Bill, Components, Movement


class Terms(NamedTuple):
    """What the account's contract says. Rates are fractions: 0.0005 is 0.05 % a day."""

    currency: str
    daily_rate: Decimal
    late_fee_rate: Decimal
    minimum_rate: Decimal
    interest_basis: str  # full, unpaid


class Stretch(NamedTuple):
    """Days in a row on which the same sum bore interest; both ends count."""

    first: date
    last: date
    days: int
    base: Decimal
    exact: Decimal  # base × rate × days, not rounded
    because: str = ""  # the ref of the payment that lowered the base on `first`


class Counted(NamedTuple):
    """A movement that lowers or raises a sum that is explained."""

    movement: Movement
    amount: Decimal  # what of it counts, with the sign it has in the sum


@dataclass(frozen=True)
class Charge:
    """One interest or fee posting beside what our own rules make of it.

    `ours` is None where we have no rule (a fixed fee): `reason` then says why. A code of `reason`
    is also given where nothing is due: the page has the words.
    """

    posting: Movement
    rule: str  # the id in docs/rules.md
    ours: Decimal | None
    exact: Decimal | None = None  # before it was rounded once
    rate: Decimal | None = None
    bill: Bill | None = None  # the one it was charged on
    left_out: Components | None = None  # parts of that bill which bear no interest (CN-ACC-07)
    stretches: tuple[Stretch, ...] = ()  # interest
    counted: tuple[Counted, ...] = ()  # default sum: what was paid in time of the minimum
    reason: str = ""

    @property
    def difference(self) -> Decimal | None:
        """What the bank charged above (+) or below (−) our figure; None without a figure."""
        return None if self.ours is None else self.posting.amount - self.ours


@dataclass(frozen=True)
class Due:
    """A minimum and what is missing of it: the overdue sum, or the minimum that comes next."""

    bill: Bill
    counted: tuple[Counted, ...]  # the credits that count towards it (ACC-1)
    missing: Decimal  # minimum less counted, before the cap
    capped: bool  # by the balance
    amount: Decimal


def charge(
    posting: Movement, *, bills: list[Bill], movements: list[Movement], terms: Terms
) -> Charge:
    """Recompute an interest or fee posting. Source: docs/rules.md."""
    raise NotImplementedError
