"""The page on which an offer is read: in short, in full, and what to do if it no longer holds."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from accounts import passkey_signing
from accounts.models import CardAccount, Posting
from plans import actions, document
from plans.actions import changing
from plans.agreement import Terms
from plans.models import Offer
from tests.people import sign_in

pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture
def me(client, scene):
    return sign_in(client, scene.holder)


@pytest.fixture
def offer(scene):
    return scene.offered()


def page_of(me, offer):
    return me.get(reverse("plans:offer", args=[offer.number])).content.decode()


def send_code(offer):
    return reverse("plans:send_code", args=[offer.number])


def decline(offer):
    return reverse("plans:decline", args=[offer.number])


def test_the_facts_come_first_and_then_the_whole_text(me, offer):
    page = page_of(me, offer)
    order = [
        "Each month", "Last payment", "Annual rate", "Total to pay", "1. Who agrees",
        "What it costs", "Signing electronically", send_code(offer), decline(offer),
    ]  # fmt: skip
    places = [page.index(each) for each in order]
    assert places == sorted(places)
    assert "¥333.33, the last ¥333.34" in page and "0.00%" in page


def test_an_offer_whose_ground_has_changed_can_be_declined_and_not_signed(me, offer, scene):
    Posting.objects.create(
        ref="PAID", account=scene.account, posted_on=localdate(), transacted_on=localdate(),
        kind="repayment", amount=Decimal(-1),
    )  # fmt: skip
    CardAccount.objects.update(version=2)
    page = page_of(me, offer)
    assert "can no longer be signed" in page and send_code(offer) not in page
    assert decline(offer) in page
    answer = me.post(decline(offer), {"reason": ""}, follow=True).content.decode()
    assert "You have declined this offer" in answer
    assert Offer.objects.get(pk=offer.pk).status == "declined"


def test_a_text_that_is_not_in_the_file_is_not_shown(me, offer):
    terms = Terms.unsealed(offer.number, offer.sealed_terms)
    assert set(terms.said) == {"en", "zh-hans"}
    other = replace(terms, said=terms.said | {"en": "0" * 64})
    Offer.objects.filter(pk=offer.pk).update(sealed_terms=other.sealed())
    page = page_of(me, offer)
    assert "1. Who agrees" not in page and "please read that" in page
    assert "¥1,000.00" in page and send_code(offer) in page


def test_terms_from_before_the_marks_are_shown_as_text(me, offer):
    terms = Terms.unsealed(offer.number, offer.sealed_terms)
    older = replace(terms, said={})
    Offer.objects.filter(pk=offer.pk).update(sealed_terms=older.sealed())
    assert "1. Who agrees" in page_of(me, offer)


def test_with_a_passkey_that_may_sign_no_code_is_mailed(me, offer, monkeypatch):
    monkeypatch.setattr(passkey_signing, "keys", lambda user, *, at: ["a key"])
    page = page_of(me, offer)
    assert send_code(offer) not in page and reverse("plans:sign", args=[offer.number]) in page


def test_a_change_says_that_the_plan_goes_on_until_then(me, scene):
    old = scene.sign(scene.offered())
    request = changing.begin_change(old, by=scene.holder, at=now())
    type(request).objects.filter(pk=request.pk).update(status="under_review", taken_by=scene.agent)
    request.refresh_from_db()
    offer = scene.preparing(request)
    document.render_drafts(offer, at=now())
    page = page_of(me, offer)
    assert f"It changes your plan {old.number}" in page
    assert reverse("plans:agreement", args=[old.number]) in page
    actions.move(old, "completed", by=None, at=now())
    page = page_of(me, offer)
    assert "can no longer be signed" in page and send_code(offer) not in page


def test_an_offer_past_its_time_has_nothing_to_press(me, offer):
    Offer.objects.filter(pk=offer.pk).update(expires_at=now() - timedelta(seconds=1))
    page = page_of(me, offer)
    assert "An offer that has ended" in page
    assert send_code(offer) not in page and decline(offer) not in page
