"""What each kind of plan is asked for with, and the plan that follows from the answers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from accounts.rules import Position
from plans import rules
from plans.rules import EQUAL, SETTLEMENT, STEPPED, TOKEN, ZERO, Choice, Waived
from portal.kit import money

OTHER = "other"  # in the person's own words: asked for, never offered

# The boxes of each kind; every kind has first_on besides.
ASKS: dict[str, tuple[str, ...]] = {
    EQUAL: ("by", "amount", "months"),
    STEPPED: ("low", "low_months", "months"),
    SETTLEMENT: ("sum_now", "payments"),
    TOKEN: ("token", "token_months"),
}
GIVEN_UP_FIRST = ("fees", "default_sum", "interest", "principal")


def choice_of(kind: str, facts: Mapping[str, Any], position: Position) -> Choice:
    """Return the plan that the answers make of what is overdue at `position`; free of interest.

    `facts`: by the names of ASKS, and first_on. What the sum of a settlement leaves unpaid would
    be given up, in the order GIVEN_UP_FIRST. Errors: Refused PLAN-STEP (plans.rules).
    """
    unit = money.unit(position.currency)
    return MAKES[kind](facts, Choice(ZERO, 1, facts["first_on"], kind=kind), position, unit)


def _equal(facts: Mapping[str, Any], plan: Choice, at: Position, unit: Decimal) -> Choice:
    if facts["by"] == "amount":
        months = rules.months_for(at.overdue, facts["amount"])
        return replace(plan, each=facts["amount"], months=months)
    months = facts["months"]
    return replace(plan, each=rules.each_for(at.overdue, months, unit=unit), months=months)


def _stepped(facts: Mapping[str, Any], plan: Choice, at: Position, unit: Decimal) -> Choice:
    steps = {"low": facts["low"], "low_months": facts["low_months"]}
    each = rules.each_for(at.overdue, facts["months"], unit=unit, **steps)
    return replace(plan, each=each, months=facts["months"], **steps)


def _settlement(facts: Mapping[str, Any], plan: Choice, at: Position, unit: Decimal) -> Choice:
    total, payments = facts["sum_now"], facts["payments"]
    each, waived = rules.each_for(total, payments, unit=unit), waived_for(at.overdue - total, at)
    return replace(plan, each=each, months=payments, waived=waived)


def _token(facts: Mapping[str, Any], plan: Choice, at: Position, unit: Decimal) -> Choice:
    """The review is when another payment would be due."""
    months = facts["token_months"]
    review = rules.add_months(plan.first_on, months)
    return replace(plan, each=facts["token"], months=months, review_on=review)


MAKES: dict[str, Callable[[Mapping[str, Any], Choice, Position, Decimal], Choice]] = {
    EQUAL: _equal,
    STEPPED: _stepped,
    SETTLEMENT: _settlement,
    TOKEN: _token,
}


def waived_for(unpaid: Decimal, position: Position) -> Waived:
    """Return which components of what is overdue a sum gives up: fees first, principal last."""
    parts: dict[str, Decimal] = {}
    for name in GIVEN_UP_FIRST:
        parts[name] = min(max(unpaid, ZERO), getattr(position.overdue_by_component, name))
        unpaid -= parts[name]
    return Waived(**parts)


def as_filled(choice: Choice, overdue: Decimal, *, currency: str) -> dict[str, Any]:
    """Return a plan as the answers that make it: a form's first values."""
    unit = money.unit(currency)  # amounts as their boxes take them: no cents for yen
    each, months = choice.each.quantize(unit), choice.months
    total = max(overdue - choice.waived.total, unit)  # less may be owed than when it was chosen
    if choice.kind == STEPPED:
        low = choice.low.quantize(unit)
        filled = {"low": low, "low_months": choice.low_months, "months": months}
    elif choice.kind == SETTLEMENT:
        filled = {"sum_now": total.quantize(unit), "payments": months}
    elif choice.kind == TOKEN:
        filled = {"token": each, "token_months": months}
    else:
        by = rules.chosen_by(total, choice.each, months, unit=unit)
        return {"by": by, "amount": each, "months": months, "first_on": choice.first_on}
    return {**filled, "first_on": choice.first_on}
