"""{% load saying %}: a request or an offer in words. Its `account` is read for the currency."""

from decimal import Decimal

from django import template

from plans import rules, saying
from plans.models import Offer, PlanRequest

register = template.Library()


def _overdue(plan: PlanRequest | Offer) -> Decimal:
    overdue: Decimal = plan.overdue if isinstance(plan, Offer) else plan.total
    return overdue


@register.filter
def in_words(plan: PlanRequest | Offer) -> str:
    return saying.in_words(plan.choice, _overdue(plan), plan.account.currency)


@register.filter
def repaid(plan: PlanRequest | Offer) -> Decimal:
    """What the plan repays of the overdue sum, its own interest aside."""
    return rules.plan_sum(_overdue(plan), plan.choice)
