"""How an offer ends without a signature, and when: its clock stands while its account is held."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from accounts.models import CardAccount, User
from plans import eligibility, policies
from plans.actions.deciding import check_duty, expiry, locked
from plans.actions.moving import move
from plans.keeping.rules import DAY, Stop, days_stopped
from plans.models import Offer, PlanRequest
from plans.notices import tell
from plans.situation.askable import OPEN_OFFERS
from portal.kit.errors import IllegalMove, Stale
from portal.records.audit import record


@transaction.atomic
def withdraw_offer(offer: Offer, *, reason: str, by: User, at: datetime) -> None:
    """The bank takes an offer back and says why. Errors: Stale if it was accepted meanwhile.

    Refused DUTY-1 for one's own, PLAN-… while the account is held; IllegalMove for one that the
    cardholder never saw: it is sent back (plans.actions.second).
    """
    locked(offer.request)
    check_duty(offer.request, by)
    if offer.status == Offer.Status.PROPOSED:
        raise IllegalMove(offer.status, Offer.Status.WITHDRAWN)
    offer.ending = reason
    move(offer, Offer.Status.WITHDRAWN, by=by, at=at, sealed_ending=offer.sealed_ending)
    tell(offer.account, "plan.offer_withdrawn", number=offer.number, at=at)


def drop_proposed(request: PlanRequest, *, by: User | None, at: datetime) -> None:
    """End an offer that waits for a second person, because its request ends. In a transaction."""
    for offer in request.offers.filter(status=Offer.Status.PROPOSED):
        move(
            offer, Offer.Status.WITHDRAWN, by=by, at=at, data={"proposed": True},
            ended_by=Offer.EndedBy.REQUEST,
        )  # fmt: skip


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


def give_days_back(account: CardAccount, *, at: datetime) -> None:
    """Move the end of an account's live offer on by the days on which it was held; a hold ended.

    Not beyond the day before its first payment. In a transaction; twice is as good as once.
    """
    holds = account.holds.filter(reason__in=eligibility.HOLDS)
    held = [
        Stop(localdate(from_at), until_at and localdate(until_at))
        for from_at, until_at in holds.values_list("from_at", "until_at")
    ]
    for offer in account.offers.filter(status__in=OPEN_OFFERS):
        began = offer.approved_at or offer.made_at
        stood = days_stopped(held, after=localdate(began) - DAY, up_to=localdate(at))
        limits = policies.in_force(localdate(began))
        until = expiry(offer.first_on, limits, at=began + timedelta(days=stood))
        rows = Offer.objects.filter(pk=offer.pk, status=offer.status, expires_at__lt=until)
        if rows.update(expires_at=until):
            data = {"days": stood, "until": until}
            record("plans.offer.time_moved", subject=offer, by=None, at=at, data=data)


def is_live(offer: Offer, *, at: datetime) -> bool:
    """Tell whether the offer can still be accepted, as far as its own row says."""
    return offer.status == Offer.Status.OPEN and at <= offer.expires_at
