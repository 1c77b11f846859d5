"""What each kind of plan is asked for with, and the plan that follows from the answers.

The boxes are those of plans.forms.schedule.ScheduleForm; `facts` are its cleaned answers.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.rules import Position
from plans import rules
from plans.rules import EQUAL, SETTLEMENT, STEPPED, TOKEN, Choice, Waived
from portal.kit import money

ZERO = Decimal(0)
OTHER = "other"  # in the person's own words: asked for, never offered

# The boxes of each kind, review_on optional; every kind has first_on besides.
ASKS: dict[str, tuple[str, ...]] = {
    EQUAL: ("by", "amount", "months"),
    STEPPED: ("low", "low_months", "months"),
    SETTLEMENT: ("sum_now", "payments"),
    TOKEN: ("token", "token_months", "review_on"),
}
GIVEN_UP_FIRST = ("fees", "default_sum", "interest", "principal")


def choice_of(
    kind: str,
    facts: Mapping[str, Any],
    position: Position,
    *,
    on: date,
    rate: Decimal = ZERO,
    waived: Waived = Waived(),  # noqa: B008  (frozen)
) -> Choice:
    """Return the plan that the answers make of what is overdue at `position`, agreed `on` a day.

    A settlement gives up what its sum leaves unpaid, worked out in the order GIVEN_UP_FIRST,
    unless `waived` says itself what is given up: then the sum follows from it.
    Errors: Refused PLAN-SUM, PLAN-STEP, PLAN-INTEREST (plans.rules).
    """
    if kind == SETTLEMENT and not waived.total:
        waived = waived_for(position.overdue - facts["sum_now"], position)
    plan = Choice(ZERO, 1, facts["first_on"], kind=kind, rate=rate, waived=waived)
    if kind == TOKEN:
        return _token(facts, plan)
    total = rules.plan_sum(position.overdue, plan)
    terms = {"rate": rate, "unit": money.unit(position.currency), "agreed_on": on}
    return MAKES[kind](facts, plan, total, {**terms, "first_on": plan.first_on})


def _equal(facts: Mapping[str, Any], plan: Choice, total: Decimal, terms: Any) -> Choice:
    if facts["by"] == "months":
        payments = facts["months"]
        return replace(plan, each=rules.each_for(total, payments, **terms), months=payments)
    payments = rules.months_for(total, facts["amount"], **terms)
    each = facts["amount"] if payments > 1 else rules.each_for(total, 1, **terms)
    return replace(plan, each=each, months=payments)


def _stepped(facts: Mapping[str, Any], plan: Choice, total: Decimal, terms: Any) -> Choice:
    steps = {"low": facts["low"], "low_months": facts["low_months"]}
    each = rules.each_for(total, facts["months"], **terms, **steps)
    return replace(plan, each=each, months=facts["months"], **steps)


def _settlement(facts: Mapping[str, Any], plan: Choice, total: Decimal, terms: Any) -> Choice:
    each = rules.each_for(total, facts["payments"], **terms)
    return replace(plan, each=each, months=facts["payments"])


def _token(facts: Mapping[str, Any], plan: Choice) -> Choice:
    """The review is when another payment would be due, unless a day for it is given."""
    months = facts["token_months"]
    review = facts.get("review_on") or rules.add_months(plan.first_on, months)
    return replace(plan, each=facts["token"], months=months, review_on=review)


MAKES: dict[str, Callable[[Mapping[str, Any], Choice, Decimal, Any], Choice]] = {
    EQUAL: _equal,
    STEPPED: _stepped,
    SETTLEMENT: _settlement,
}


def waived_for(unpaid: Decimal, position: Position) -> Waived:
    """Return which components of what is overdue a sum gives up: fees first, principal last."""
    parts: dict[str, Decimal] = {}
    for name in GIVEN_UP_FIRST:
        parts[name] = min(max(unpaid, ZERO), getattr(position.overdue_by_component, name))
        unpaid -= parts[name]
    return Waived(**parts)


def as_filled(choice: Choice, overdue: Decimal, *, currency: str) -> dict[str, Any]:
    """Return a plan as the answers that make it: first values of the form.

    What was asked for in the person's own words is shown as equal payments.
    """
    unit = money.unit(currency)  # amounts as their boxes take them: no cents for yen
    filled: dict[str, Any] = {"first_on": choice.first_on}
    if choice.kind == STEPPED:
        steps = {"low": choice.low.quantize(unit), "low_months": choice.low_months}
        return filled | {"kind": STEPPED, "months": choice.months} | steps
    if choice.kind == SETTLEMENT:
        paid = max(overdue - choice.waived.total, unit).quantize(unit)
        return filled | {"kind": SETTLEMENT, "sum_now": paid, "payments": choice.months}
    if choice.kind == TOKEN:
        small = {"token": choice.each.quantize(unit), "token_months": choice.months}
        return filled | {"kind": TOKEN, "review_on": choice.review_on} | small
    total = max(overdue - choice.waived.total, unit)  # less is owed now than when it was agreed
    by = rules.chosen_by(total, choice.each, choice.months, unit=unit, rate=choice.rate)
    amount = choice.each.quantize(unit)
    return filled | {"kind": EQUAL, "by": by, "amount": amount, "months": choice.months}
