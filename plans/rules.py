"""Instalment plans as rules: pure, to be read aloud beside the law. docs/rules.md has the ids."""

import math
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from portal.kit.errors import Refused, gettext_noop
from portal.packs import Rule

ZERO = Decimal(0)
EQUAL, STEPPED, SETTLEMENT, TOKEN = "equal", "stepped", "settlement", "token"


@dataclass(frozen=True)
class Due:
    """One instalment: its day and its amount in the plan's currency; of it, `interest`."""

    on: date
    amount: Decimal
    interest: Decimal = ZERO


@dataclass(frozen=True)
class Waived:
    """What the bank gives up of an overdue sum, by component, if the plan is kept."""

    principal: Decimal = ZERO
    interest: Decimal = ZERO
    default_sum: Decimal = ZERO
    fees: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.default_sum + self.fees


@dataclass(frozen=True)
class Choice:
    """What defines a plan: the regular instalment, how many, and the first day; and its kind.

    `rate`: nominal interest a year while it is kept, as a fraction. Stepped: `low_months`
    instalments of `low` come first. Token: `review_on`, when what is left is looked at again.
    """

    each: Decimal
    months: int
    first_on: date
    kind: str = EQUAL
    rate: Decimal = ZERO
    low: Decimal = ZERO
    low_months: int = 0
    waived: Waived = Waived()
    review_on: date | None = None


def plan_sum(overdue: Decimal, choice: Choice) -> Decimal:
    """Return what a plan repays, its own interest aside: what is overdue less what is waived.

    A token plan repays its small payments only; the rest waits for the review.
    """
    if choice.kind == TOKEN:
        return choice.each * choice.months
    return overdue - choice.waived.total


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def each_for(total: Decimal, months: int, *, unit: Decimal) -> Decimal:
    """Return the regular instalment for a number of months, rounded half up to `unit` (ARITH-1)."""
    return (total / months).quantize(unit, ROUND_HALF_UP)


def months_for(total: Decimal, each: Decimal) -> int:
    """Return how many instalments of `each` repay `total`; the last may be smaller."""
    return math.ceil(total / each)


def chosen_by(total: Decimal, each: Decimal, months: int, *, unit: Decimal) -> str:
    """Tell which was chosen, "months" or "amount": a length gives the rounded even share."""
    return "months" if each == each_for(total, months, unit=unit) else "amount"


def schedule(
    total: Decimal,
    choice: Choice,
    *,
    agreed_on: date,
    unit: Decimal,
    longest: Rule,
) -> list[Due]:
    """Divide `total`, free of interest, into monthly dues; the last takes the remainder.

    Units: amounts in one currency whose smallest amount is `unit`. Dues fall on the day of
    `first_on`, or on the month's last day where that is earlier. They sum to `total` exactly.
    Errors: Refused with the id of `longest` (in China CN-PLAN-02) for more months than allowed or
    a last due later than that many months after `agreed_on`; ARITH-2 for a due below `unit`;
    PLAN-FIRST for a first due before the agreement.
    """
    each, months, first_on = choice.each, choice.months, choice.first_on
    if not 1 <= months <= longest.value:
        raise Refused(
            longest.id,
            gettext_noop(
                "A plan runs from 1 to %(longest)s months. "
                "Choose another length or a larger amount."
            ),
            longest=longest.value,
        )
    if first_on <= agreed_on:
        raise Refused("PLAN-FIRST", gettext_noop("The first payment must be after today."))
    if add_months(first_on, months - 1) > add_months(agreed_on, longest.value):
        raise Refused(
            longest.id,
            gettext_noop(
                "The last payment must be within %(longest)s months from today. "
                "Choose an earlier first date or a shorter plan."
            ),
            longest=longest.value,
        )
    last = total - each * (months - 1)
    if min(each, last) < unit:
        raise Refused(
            "ARITH-2", gettext_noop("Each payment would be too small. Choose fewer payments.")
        )
    amounts = [each] * (months - 1) + [last]
    return [Due(add_months(first_on, i), amount) for i, amount in enumerate(amounts)]


def annual_rate(
    amount: Decimal,
    payments: list[Decimal],
    *,
    whole: int = 1,
    fraction: Decimal = Decimal(0),
    periods_a_year: int = 12,
) -> Decimal:
    """Return the simple annual rate of a schedule as a fraction: 0.1268 is 12.68 %.

    The actuarial method: `amount` = Σ payment_k / ((1 + fraction·i)(1 + i)^(whole + k)), and the
    rate is i times `periods_a_year`. `whole` and `fraction`: unit periods before the first payment.
    Sources: CN-ACC-11 (from the actual, rounded schedule); 12 CFR 1026 Appendix J (method).
    """

    if sum(payments) <= amount:
        return Decimal(0)  # nothing but the sum itself is repaid
    rate = Decimal(0)  # the value falls and is convex in the rate, so Newton climbs to it from 0
    for _ in range(100):
        value = slope = Decimal(0)
        for payment in reversed(payments):
            value = (value + payment) / (1 + rate)
            slope = (slope - value) / (1 + rate)
        before = (1 + fraction * rate) * (1 + rate) ** (whole - 1)
        slope = slope / value + (1 - whole) / (1 + rate) - fraction / (1 + fraction * rate)
        step = (amount / (value / before) - 1) / slope
        rate += step
        if abs(step) < Decimal("1e-15"):
            break
    return rate * periods_a_year


# What an agreement must say; the first six are items of CN-PLAN-03 (M11 art. 70(2)).
ITEMS = (
    "balance", "structure", "currency",  # (i)
    "cycle", "method", "dues",  # (ii)
    "charges",  # (iii)
    "no_new_card",  # (iv)
    "duties", "breach",  # (v)
    "other",  # (vi)
    "number", "made_on", "parties", "card", "collection_stops", "annual_rate", "total_payable",
    "total_interest", "credit_report", "disclosure", "complaints", "privacy", "e_signature",
)  # fmt: skip


def missing_items(said: dict[str, str]) -> list[str]:
    """Return the checklist's items that an agreement leaves empty. Source: CN-PLAN-03."""
    return [item for item in ITEMS if not said.get(item, "").strip()]


def check_findings(findings: list[str], *, required: Rule) -> None:
    """Require every finding of CN-PLAN-01 to be recorded. Errors: Refused with its id."""
    if set(findings) != set(required.value):
        raise Refused(required.id, gettext_noop("Record both findings before you make an offer."))


def check_decider(decider_id: int, *, asked_by_id: int | None, own_cardholder: bool) -> None:
    """Nobody decides on a request of their own. Errors: Refused DUTY-1."""
    if own_cardholder or decider_id == asked_by_id:
        raise Refused("DUTY-1", gettext_noop("You cannot decide on your own request."))
