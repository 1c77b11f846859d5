"""What a version of the policy would have changed: offers and requests judged as of their day."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import override

from accounts.actions import lift_hold, place_hold
from accounts.models import CardAccount
from plans import actions, policies, simulation
from plans.actions import automatic
from plans.models import Agreement, Offer, PlanRequest, PolicyVersion
from plans.policy import Policy, as_data, read
from plans.situation import actions as situation
from portal.kit import crypto
from tests.people import sign_in, staff
from tests.plans.limits import put_to_use
from tests.plans.scene import Scene, account_of
from tests.plans.telling import tell
from tests.plans.test_automatic import (
    LITTLE,
    in_dispute,
    in_need,
    not_sure,
    with_a_plan_on_another_card,
    with_an_offer_on_another_card,
)

pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


def changed(**changes: Any) -> Policy:
    """The first policy with other limits."""
    return read("n", {**as_data(policies.first()), **changes})


def at_once(**changes: Any) -> int:
    """How many requests a policy with offers at once would have answered, by the simulation."""
    return simulation.of_requests(policies.first(), changed(auto=True, **changes)).at_once_new


# Offers.


def test_offers_are_judged_by_both_versions(scene):
    offer = scene.preparing()
    old = policies.first()
    assert simulation.of_offers(old, old).changed == []
    found = simulation.of_offers(old, changed(agent_most={"CNY": "999.99"}, longest=2))
    assert (found.looked, found.gone) == (1, 0)
    one = found.changed[0]
    assert (one.number, one.was, one.becomes) == (offer.number, "ok", "no")
    assert [name for name, _said in one.points] == ["Length", "Sum of the plan"]


def test_offers_whose_terms_are_gone_are_left_out(scene):
    offer = scene.preparing()
    for terms in ("", crypto.encrypt("{}", bound_to="terms:another")):
        Offer.objects.filter(pk=offer.pk).update(sealed_terms=terms)
        found = simulation.of_offers(policies.first(), policies.first())
        assert (found.looked, found.gone) == (0, 1)


def test_a_waiver_is_judged_by_how_late_the_account_was_then(scene):
    """A waiver's limit depends on the bucket of the offer's day, not on today's."""
    offer = scene.preparing()
    Offer.objects.filter(pk=offer.pk).update(waived_default_sum=Decimal(40))
    later = localdate() + timedelta(days=100)
    CardAccount.objects.update(as_of=later)  # M5 by now, M2 then
    waivers = as_data(policies.first())["waivers"]
    kinder = [{**one, "from_bucket": 2 if one["from_bucket"] else 0} for one in waivers]
    found = simulation.of_offers(policies.first(), changed(waivers=kinder)).changed
    assert [(one.was, one.becomes) for one in found] == [("second", "ok")]


# Requests: what a policy would have answered at once.


def test_a_clear_request_counts_for_the_version_that_offers_at_once(scene):
    tell(scene.account, **LITTLE)
    scene.submitted(months=4)
    old = policies.first()
    found = simulation.of_requests(old, changed(auto=True))
    assert (found.looked, found.at_once, found.at_once_new) == (1, 0, 1)
    turned = simulation.of_requests(changed(auto=True), old)
    assert (turned.at_once, turned.at_once_new) == (1, 0)


def enough(scene):
    tell(scene.account)


def little(scene):
    tell(scene.account, **LITTLE)


def nothing(scene):
    pass


@pytest.mark.parametrize(
    ("prepare", "policy"),
    [
        (little, {}),
        (nothing, {}),
        (enough, {}),  # 1,000.00 is left: the sum could be repaid
        (little, {"auto_longest": 3}),
        (little, {"auto_most": {"CNY": "999"}}),
        (little, {"share": "0.4"}),
        (in_need, {}),
        (in_dispute, {}),
        (not_sure, {}),
        (with_an_offer_on_another_card, {}),
        (with_a_plan_on_another_card, {}),
    ],
)
def test_it_counts_exactly_what_was_answered_at_once(scene, prepare, policy):
    prepare(scene)
    put_to_use(auto=True, **policy)
    before = at_once(**policy)  # what the other card's plan came from is a request, too
    request = PlanRequest.objects.get(pk=scene.submitted(months=4).pk)
    answered = request.status == "offered"
    assert answered == (prepare is little and not policy)
    assert at_once(**policy) - before == answered


def sent(scene: Scene) -> PlanRequest:
    """A request that is taken back, so that another can be sent."""
    scene.account.refresh_from_db()
    request = scene.submitted(months=4)
    actions.withdraw_request(request, by=scene.holder, at=now())
    return request


def other(scene: Scene) -> Scene:
    """Another card, in a currency in which nothing is offered from this budget."""
    account = account_of(scene.holder, ref="AC0002", currency="USD")
    return Scene(scene.holder, scene.agent, account)


def settled(scene: Scene) -> None:
    assert lift_hold("disputes.dispute:1:1", by=None, at=now())


def signed(scene: Scene) -> None:
    card = other(scene)
    card.sign(card.offered(card.taken(months=4)))


def taken_back(scene: Scene) -> None:
    actions.move(Agreement.objects.get(), "withdrawn", by=scene.holder, at=now())


def offered(scene: Scene) -> None:
    other(scene).preparing()


def offer_over(scene: Scene) -> None:
    actions.withdraw_offer(Offer.objects.get(), reason="x", by=scene.agent, at=now())


@pytest.mark.parametrize(
    ("begin", "end"), [(in_dispute, settled), (signed, taken_back), (offered, offer_over)]
)
def test_what_wants_a_person_counts_while_it_was_so(scene, begin, end):
    """Not before it began, nor after it was over: each request is judged as of when it was sent."""
    tell(scene.account, **LITTLE)
    sent(scene)
    assert at_once() == 1
    begin(scene)
    sent(scene)
    assert at_once() == 1
    end(scene)
    assert at_once() == 1
    sent(scene)
    assert at_once() == 2


def test_contact_that_was_stopped_is_no_dispute(scene):
    tell(scene.account, **LITTLE)
    place_hold(
        scene.account, reason="dispute", source="disputes.dispute:1:1", amount=None, by=None,
        at=now(), contact_only=True,
    )  # fmt: skip
    sent(scene)
    assert at_once() == 1


def test_a_change_of_a_plan_is_not_counted(scene):
    tell(scene.account, **LITTLE)
    request = sent(scene)
    assert at_once() == 1
    signed(scene)
    PlanRequest.objects.filter(pk=request.pk).update(revises=Agreement.objects.get())
    assert at_once() == 0


def test_a_request_for_which_a_person_was_asked_is_not_counted(scene):
    tell(scene.account, **LITTLE)
    put_to_use(auto=True)
    scene.submitted(months=4)
    assert at_once() == 1
    automatic.ask_person(Offer.objects.get(), by=scene.holder, at=now())
    found = simulation.of_requests(policies.first(), changed(auto=True))
    assert (found.looked, found.at_once_new) == (2, 1)


def test_what_is_no_plan_by_the_rules_is_not_counted(scene):
    tell(scene.account, **LITTLE)
    sent(scene)
    PlanRequest.objects.update(months=61)
    assert at_once(longest=99, auto_longest=99) == 0


def test_support_that_is_told_of_now_counts_and_is_not_counted_once_it_is_deleted(scene):
    """It is kept in no request: who tells of it, or takes it back, is judged by that."""
    tell(scene.account, **LITTLE)
    sent(scene)
    in_need(scene)
    assert at_once() == 0
    situation.forget_needs(scene.account.cardholder, by=scene.holder, at=now())
    assert at_once() == 1


# The page.


def proposed(**changes: Any) -> PolicyVersion:
    return PolicyVersion.objects.create(
        name="2026-9", status="proposed", effective_from=localdate() + timedelta(days=1),
        data=as_data(changed(**changes)), made_by=staff("supervisor"), made_at=now(),
    )  # fmt: skip


def page(client: Any) -> str:
    sign_in(client, staff("supervisor"))
    return client.get(reverse("plans:policy_simulation", args=["2026-9"])).content.decode()


def test_the_page_says_how_many_offers_change(client, scene):
    scene.preparing()
    proposed(longest=2, terms=[1], settlement_payments=2, token_months=2)
    text = page(client)
    assert "This version would have changed 1 of the last 1 offer." in text
    assert scene.holder.cardholder.ref not in text


def test_the_page_says_what_cannot_be_known_of_that_day(client, scene):
    tell(scene.account, **LITTLE)
    sent(scene)
    proposed(auto=True)
    text = page(client)
    assert "would have answered 0 at once, without an agent; this version 1." in text
    assert "Support needs are not kept with a request, so those told today count." in text
