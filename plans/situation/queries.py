"""How what a person told is read and kept."""

from accounts.models import Cardholder
from plans.models import PlanRequest
from plans.situation.rules import Told


def told_by(cardholder: Cardholder) -> Told:
    """Return what the person told so far; empty if nothing."""
    return Told()


def told_with(request: PlanRequest) -> Told | None:
    """Return what was told when the request was sent; None for requests without a budget."""
    return None


def sealed_for(request: PlanRequest) -> str:
    """Return what is told now as encrypted JSON for a request that is being sent; "" if nothing."""
    return ""
