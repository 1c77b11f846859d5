"""{% load told %}{% with about=told|described %}: what a person told, for a page to print."""

from django import template

from plans.situation.reading import Described, described
from plans.situation.rules import Told

register = template.Library()


@register.filter(name="described")
def described_filter(told: Told) -> Described:
    return described(told)
