"""Plans above an agent's limits, and other limits, for tests."""

from datetime import timedelta
from decimal import Decimal as D
from typing import Any

from django.utils.timezone import localdate, now

from plans import actions, rules
from plans.models import Offer, PlanRequest, PolicyVersion
from plans.policy import FIRST
from plans.rules import Choice, Waived
from tests.people import staff
from tests.plans.scene import CENT, FINDINGS, Scene


def put_to_use(**changes: Any) -> PolicyVersion:
    """A version of the policy in force today that differs from the first."""
    return PolicyVersion.objects.create(
        name="2026-9", status="approved", effective_from=localdate() - timedelta(days=1),
        data=FIRST | changes, made_by=staff("supervisor"), made_at=now(),
        approved_by=staff("supervisor"), approved_at=now(),
    )  # fmt: skip


def giving_up(scene: Scene, amount: str = "30") -> Choice:
    """Three payments, less some of the 60.00 of interest: 12.00 an agent may give up alone."""
    waived = Waived(interest=D(amount))
    each = rules.each_for(1000 - waived.total, 3, unit=CENT)
    return Choice(each, 3, scene.first_on, waived=waived)


def offer(scene: Scene, choice: Choice, *, request: PlanRequest | None = None, **facts: Any) -> Any:
    """Decide on a request as the scene's agent, or `by` another."""
    kept = {
        "findings": FINDINGS, "explanation": "", "basis_version": scene.account.version,
        "by": scene.agent, "at": now(),
    }  # fmt: skip
    return actions.make_offer(request or scene.taken(), choice, **kept | facts)


def proposed(scene: Scene) -> Offer:
    """An offer that waits for a second person."""
    return offer(scene, giving_up(scene))
