"""{% load deciding %}: a rate in percent, and how an offer came about that no person made."""

from typing import Any

from django import template

from plans import weighing
from plans.models import Offer
from portal.kit.exact import percent

register = template.Library()
register.filter("rate", percent)


@register.inclusion_tag("plans/_by_rule.html")
def by_rule(offer: Offer, live: bool) -> dict[str, Any]:
    """Say how an offer came about that was made by rule; nothing of one that a person made."""
    if offer.made_by_id:
        return {}
    return {"offer": offer, "live": live, "weighed": weighing.of_offer(offer)}
