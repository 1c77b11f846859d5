"""While collection is held the time of an offer stands, and goes on when the hold ends."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from plans import actions, queries
from plans.actions import changing
from plans.keeping import holding
from plans.models import Offer
from portal.records.models import AuditEvent, Notice
from tests.people import sign_in
from tests.plans.kept import kept

DAY = timedelta(days=1)


@pytest.fixture
def plan(db):
    return kept()


@pytest.fixture
def offer(plan):
    """An offer to change the plan, made today and good for two weeks; the first day is later."""
    scene = plan.scene
    asked = changing.begin_change(plan.agreement, by=scene.holder, at=now())
    actions.submit(asked, by=scene.holder, at=now())
    actions.take(asked, by=scene.agent, at=now())
    made = scene.preparing(asked)
    first_on = localdate() + 30 * DAY
    Offer.objects.filter(pk=made.pk).update(status="open", first_on=first_on)
    return Offer.objects.get(pk=made.pk)


def held(plan, begins, ends, *, reason="breathing_space"):
    """Hold the account from one day to another, counted from today."""
    by = plan.scene.agent
    hold = holding.place(plan.agreement, reason=reason, until=None, by=by, at=now() + begins * DAY)
    if ends is not None:
        holding.lift(plan.agreement, hold.source, by=by, at=now() + ends * DAY)
    return hold.source


def good_for(offer):
    offer.refresh_from_db()
    return (localdate(offer.expires_at) - localdate()).days


def ended_on(day):
    at = now() + day * DAY
    return actions.expire(queries.offers_past_their_time(at=at), at=at)


def test_the_days_of_a_hold_are_given_back_and_then_time_runs(plan, offer):
    assert good_for(offer) == 14
    source = held(plan, 12, None)
    assert ended_on(20) == 0 and not Notice.objects.filter(kind="plan.offer_expired").exists()
    holding.lift(plan.agreement, source, by=plan.scene.agent, at=now() + 20 * DAY)
    assert good_for(offer) == 22  # two days were left, and two are left
    assert ended_on(22) == 0 and ended_on(23) == 1
    assert Notice.objects.filter(kind="plan.offer_expired").count() == 1
    moved = AuditEvent.objects.get(verb="plans.offer.time_moved")
    assert moved.data["days"] == 8


def test_holds_at_once_count_once_and_one_after_another_each(plan, offer):
    first = held(plan, 2, None)
    held(plan, 3, 6, reason="insolvency")  # within the first
    holding.lift(plan.agreement, first, by=plan.scene.agent, at=now() + 7 * DAY)
    assert good_for(offer) == 19
    held(plan, 9, 12)
    assert good_for(offer) == 22


def test_never_beyond_the_day_before_the_first_payment(plan, offer):
    held(plan, 2, 40)
    assert good_for(offer) == 29
    assert ended_on(40) == 1


def test_a_held_offer_says_on_its_page_that_it_waits(plan, offer, client, drawn_once):
    from plans import document

    Offer.objects.filter(pk=offer.pk).update(status="preparing")
    offer.refresh_from_db()
    document.render_drafts(offer, at=now())
    me, url = sign_in(client, plan.scene.holder), reverse("plans:offer", args=[offer.number])
    source = held(plan, 0, None)
    Offer.objects.filter(pk=offer.pk).update(expires_at=now() - DAY)
    page = me.get(url).content.decode()
    assert "This offer waits until that ends" in page and "An offer that has ended" not in page
    assert reverse("plans:send_code", args=[offer.number]) not in page
    holding.lift(plan.agreement, source, by=plan.scene.agent, at=now())
    page = me.get(url).content.decode()
    assert "This offer waits" not in page and "you can accept it until" in page
