"""How an offer ends without a signature."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from plans.actions.moving import move
from plans.models import Offer, PlanRequest
from plans.notices import tell
from portal.kit.errors import IllegalMove, Stale


@transaction.atomic
def withdraw_offer(offer: Offer, *, reason: str, by: User, at: datetime) -> None:
    """The bank takes an offer back and says why. Errors: Stale if it was accepted meanwhile.

    IllegalMove for one that the cardholder never saw: it is sent back (plans.actions.second).
    """
    if offer.status == Offer.Status.PROPOSED:
        raise IllegalMove(offer.status, Offer.Status.WITHDRAWN)
    offer.ending = reason
    move(offer, Offer.Status.WITHDRAWN, by=by, at=at, sealed_ending=offer.sealed_ending)
    tell(offer.account, "plan.offer_withdrawn", number=offer.number, at=at)


def drop_proposed(request: PlanRequest, *, by: User | None, at: datetime) -> None:
    """End an offer that waits for a second person, because its request ends. In a transaction."""
    for offer in request.offers.filter(status=Offer.Status.PROPOSED):
        move(offer, Offer.Status.WITHDRAWN, by=by, at=at, data={"proposed": True})


@transaction.atomic
def decline(offer: Offer, *, reason: str, by: User, at: datetime) -> None:
    """The cardholder says no thank you, and why if they like; they can ask again at once."""
    offer.ending = reason
    move(offer, Offer.Status.DECLINED, by=by, at=at, sealed_ending=offer.sealed_ending)


def expire(offers: Iterable[Offer], *, at: datetime) -> int:
    """End offers whose time is over; each in its own transaction."""
    done = 0
    for offer in offers:
        try:
            with transaction.atomic():
                known = offer.status != Offer.Status.PROPOSED  # else no cardholder heard of it
                move(offer, Offer.Status.EXPIRED, by=None, at=at)
                if known:
                    tell(offer.account, "plan.offer_expired", number=offer.number, at=at)
            done += 1
        except (Stale, IllegalMove):
            continue
    return done


def is_live(offer: Offer, *, at: datetime) -> bool:
    """Tell whether the offer can still be accepted, as far as its own row says."""
    return offer.status == Offer.Status.OPEN and at <= offer.expires_at
