"""The second person: agrees to an offer above the limits, or sends it back."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from accounts.models import User
from accounts.models.people import Role
from plans import weighing
from plans.actions.deciding import check_duty, expiry, render_soon, to_offer_on
from plans.actions.moving import move
from plans.models import Offer, PlanRequest
from plans.situation import papers
from portal.kit.errors import IllegalMove, Refused, Stale, gettext_noop


def check_second(offer: Offer, by: User) -> None:
    """Only a supervisor with no part in it agrees. Errors: Refused DUTY-ROLE, DUTY-1, DUTY-4."""
    if by.role != Role.SUPERVISOR:
        raise Refused("DUTY-ROLE", gettext_noop("Only a supervisor agrees to offers."))
    check_duty(offer.request, by)
    if offer.made_by_id == by.pk:
        raise Refused(
            "DUTY-4",
            gettext_noop("You proposed this yourself. Another supervisor must look at it."),
        )


@transaction.atomic
def approve_offer(offer: Offer, *, files: str | None = None, by: User, at: datetime) -> None:
    """Agree to a proposed offer; the worker then renders it, and its time begins.

    Errors: Refused DUTY-…, POLICY-NEW if another policy is in force by now, PLAN-… if it is no
    longer allowed; Changed if the account changed since it was proposed; Stale; IllegalMove.
    """
    check_second(offer, by)
    request = offer.request
    account = to_offer_on(request, offer.basis_version)
    if files not in (None, papers.seen(request)):
        raise Stale(offer.pk)
    if at > offer.expires_at:
        raise IllegalMove(Offer.Status.EXPIRED, Offer.Status.PREPARING)
    ground = weighing.ground(request, account, on=localdate(at))
    if ground.policy.version != offer.policy_version:
        raise Refused(
            "POLICY-NEW",
            gettext_noop(
                "Another version of the policy is in force since this was proposed. Send it back."
            ),
        )
    weighed = weighing.weigh(offer.choice, ground, role=weighing.role_of(offer.made_by))
    weighing.check_within(weighed)
    move(
        offer, Offer.Status.PREPARING, by=by, at=at, approved_by=by, approved_at=at,
        expires_at=expiry(offer.first_on, ground.policy, at=at),
    )  # fmt: skip
    move(request, PlanRequest.Status.OFFERED, by=by, at=at, decided_by=by, decided_at=at)
    render_soon()


@transaction.atomic
def return_offer(offer: Offer, *, reason: str, by: User, at: datetime) -> None:
    """Send a proposed offer back to the agent, who reads why; who proposed it may take it back.

    The cardholder never learns of it. Errors: Refused DUTY-…; IllegalMove; Stale.
    """
    check_duty(offer.request, by)
    if offer.made_by_id != by.pk:
        check_second(offer, by)
    if offer.status != Offer.Status.PROPOSED:
        raise IllegalMove(offer.status, Offer.Status.WITHDRAWN)
    offer.ending = reason
    move(
        offer, Offer.Status.WITHDRAWN, by=by, at=at, sealed_ending=offer.sealed_ending,
        data={"proposed": True},
    )  # fmt: skip
