"""Instalment plans as rules: pure, to be read aloud beside the law. docs/rules.md has the ids."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from plans.periods import MONTH, YEAR, days_between, interest_for
from plans.periods import add_months as add_months
from plans.periods import annual_rate as annual_rate
from portal.kit.errors import Refused, gettext_noop
from portal.packs import Rule

ZERO, CENT = Decimal(0), Decimal("0.01")
NEVER = 1200  # months after which nobody counts on
EQUAL, STEPPED, SETTLEMENT, TOKEN = "equal", "stepped", "settlement", "token"

TOKEN_ALONE = gettext_noop(
    "Small payments until a review bear no interest: on the rest it goes on as the card contract "
    "says. Set the interest to 0. Nothing is given up before the review. Empty those boxes."
)


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
    Errors: Refused PLAN-SUM where nothing would be repaid, or more than is overdue; PLAN-TOKEN for
    a token plan that bears interest or gives something up.
    """
    total = overdue - choice.waived.total
    if choice.kind == TOKEN:
        if choice.rate or choice.waived.total:
            raise Refused("PLAN-TOKEN", TOKEN_ALONE)
        total = choice.each * choice.months
    if not 0 < total <= overdue:
        raise Refused(
            "PLAN-SUM",
            gettext_noop(
                "A plan repays some of what is overdue, and never more than that. "
                "Choose other amounts."
            ),
        )
    return total


def each_for(
    total: Decimal,
    months: int,
    *,
    unit: Decimal,
    rate: Decimal = ZERO,
    agreed_on: date | None = None,
    first_on: date | None = None,
    low: Decimal = ZERO,
    low_months: int = 0,
) -> Decimal:
    """Return the regular instalment for a number of months, rounded half up to `unit` (ARITH-1).

    With `rate` a year it is the level one (annuity), after `low_months` instalments of `low`. The
    first period runs from `agreed_on` to `first_on`; a month where they are not given. What the
    first payments leave of a long one's interest bears none itself (PLAN-LONG).
    Errors: Refused PLAN-STEP where the smaller instalments leave nothing to the regular one.
    """
    days = days_between(agreed_on, first_on) if agreed_on and first_on else MONTH
    grown = [(1 + rate / 12) ** i for i in range(months)]
    if low_months >= months:
        raise _steps()
    for first in range(1, months + 1):  # the first payment to repay some of it: nearly always 1
        interest = total * (rate * days / YEAR + rate / 12 * (first - 1))
        worth = [grown[months - max(i, first)] for i in range(1, months + 1)]  # at the end, of 1
        owed = (total + interest) * grown[months - first] - low * sum(worth[:low_months])
        if owed <= 0:
            raise _steps()
        each = owed / sum(worth[low_months:])
        if low * min(first, low_months) + each * max(first - low_months, 0) >= interest:
            break
    return each.quantize(unit, ROUND_HALF_UP)


def months_for(
    total: Decimal,
    each: Decimal,
    *,
    rate: Decimal = ZERO,
    unit: Decimal | None = None,
    agreed_on: date | None = None,
    first_on: date | None = None,
    low: Decimal = ZERO,
    low_months: int = 0,
) -> int:
    """Return how many instalments of `each` repay `total`; the last may be smaller.

    The rest as in each_for; `unit`, to which interest is rounded, is needed where there is a rate.
    Errors: Refused PLAN-INTEREST for an instalment that is not more than a month's interest.
    """
    if not rate:
        return low_months + max(math.ceil((total - low * low_months) / each), 0)
    days = days_between(agreed_on, first_on) if agreed_on and first_on else MONTH
    left, unpaid, months = total, ZERO, 0
    while left > 0 and months < NEVER:
        amount = low if months < low_months else each
        if amount <= interest_for(left, rate, days=min(days, MONTH), unit=unit or CENT):
            raise _only_interest()
        unpaid += interest_for(left, rate, days=days, unit=unit or CENT)
        met = min(unpaid, amount)
        left, unpaid, months, days = left - (amount - met), unpaid - met, months + 1, MONTH
    return months


def chosen_by(
    total: Decimal,
    each: Decimal,
    months: int,
    *,
    unit: Decimal,
    rate: Decimal = ZERO,
    agreed_on: date | None = None,
    first_on: date | None = None,
    low: Decimal = ZERO,
    low_months: int = 0,
) -> str:
    """Tell which was chosen, "months" or "amount": a length gives the rounded level share."""
    level = each_for(
        total, months, unit=unit, rate=rate, agreed_on=agreed_on, first_on=first_on,
        low=low, low_months=low_months,
    )  # fmt: skip
    return "months" if each == level else "amount"


def schedule(
    total: Decimal,
    choice: Choice,
    *,
    agreed_on: date,
    unit: Decimal,
    longest: Rule,
) -> list[Due]:
    """Divide `total` into monthly dues; the last takes the remainder.

    Units: amounts in one currency whose smallest amount is `unit`. Dues fall on the day of
    `first_on`, or on the month's last day where that is earlier. Each meets the interest of its
    period on what was left, and what a long first period left of its own, which bears none
    (PLAN-LONG); less that, they sum to `total` exactly.
    Errors: Refused with the id of `longest` (in China CN-PLAN-02) for more months than allowed or
    a last due later than that many months after `agreed_on`; PLAN-FIRST for a first due before the
    agreement; PLAN-STEP for first instalments that are not smaller; PLAN-INTEREST for an
    instalment that is not more than a month's interest; ARITH-2 for a due below `unit`.
    """
    _check_term(choice, agreed_on=agreed_on, longest=longest)
    return divided(total, choice, agreed_on=agreed_on, unit=unit)


def divided(total: Decimal, choice: Choice, *, agreed_on: date, unit: Decimal) -> list[Due]:
    """Return the dues of a plan whose length and days are known to be allowed (schedule)."""
    lower = choice.low_months if choice.kind == STEPPED else 0
    if choice.kind == STEPPED and not (0 < lower < choice.months and choice.low < choice.each):
        raise _steps()
    amounts = [choice.low] * lower + [choice.each] * (choice.months - lower)
    days, left, unpaid, dues = days_between(agreed_on, choice.first_on), total, ZERO, []
    for i, regular in enumerate(amounts):
        unpaid += interest_for(left, choice.rate, days=days, unit=unit)
        amount = left + unpaid if i == choice.months - 1 else regular
        if min(left, amount) < unit:
            raise Refused(
                "ARITH-2", gettext_noop("Each payment would be too small. Choose fewer payments.")
            )
        if amount - interest_for(left, choice.rate, days=min(days, MONTH), unit=unit) < unit:
            raise _only_interest()
        met = min(unpaid, amount)
        dues.append(Due(add_months(choice.first_on, i), amount, met))
        left, unpaid, days = left - (amount - met), unpaid - met, MONTH
    return dues


def _check_term(choice: Choice, *, agreed_on: date, longest: Rule) -> None:
    if not 1 <= choice.months <= longest.value:
        raise Refused(
            longest.id,
            gettext_noop(
                "A plan runs from 1 to %(longest)s months. "
                "Choose another length or a larger amount."
            ),
            longest=longest.value,
        )
    if choice.first_on <= agreed_on:
        raise Refused("PLAN-FIRST", gettext_noop("The first payment must be after today."))
    if add_months(choice.first_on, choice.months - 1) > add_months(agreed_on, longest.value):
        raise Refused(
            longest.id,
            gettext_noop(
                "The last payment must be within %(longest)s months from today. "
                "Choose an earlier first date or a shorter plan."
            ),
            longest=longest.value,
        )


def _steps() -> Refused:
    return Refused(
        "PLAN-STEP",
        gettext_noop(
            "The first payments must be smaller than the later ones, and there must be fewer of "
            "them than payments in all. Choose a smaller amount or fewer of them."
        ),
    )


def _only_interest() -> Refused:
    return Refused(
        "PLAN-INTEREST",
        gettext_noop(
            "Each payment must be more than the interest of one month. "
            "Choose a larger amount or fewer payments."
        ),
    )


def annual_rate_of(total: Decimal, dues: Sequence[Due], *, agreed_on: date) -> Decimal:
    """Return the simple annual rate of a plan that repays `total`, from the rounded schedule.

    What is waived is no part of `total`; a plan without interest has the rate 0. The first period
    counts in whole months and days / 30. Sources: CN-ACC-11; 12 CFR 1026 Appendix J.
    """
    whole, days = divmod(days_between(agreed_on, dues[0].on), MONTH)
    amounts = [due.amount for due in dues]
    return annual_rate(total, amounts, whole=whole, fraction=Decimal(days) / MONTH)


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
