"""Offers made by rule: only where all is clear, said so, and a person is always there."""

from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from accounts.actions import place_hold
from plans import actions, document, weighing
from plans.actions import automatic
from plans.models import Offer, PlanRequest
from plans.policy import FIRST
from portal.kit.errors import IllegalMove
from portal.records.models import AuditEvent, Notice
from tests.people import sign_in
from tests.plans.limits import put_to_use
from tests.plans.scene import Scene, account_of
from tests.plans.telling import row, tell

pytestmark = pytest.mark.usefixtures("drawn_once")
LITTLE = {"income": {"wages": row("5600.00")}}  # leaves 600.00 of the 1,000.00 overdue


@pytest.fixture
def asked(scene):
    """Send a request with a budget while the policy allows offers at once."""

    def send(*, policy=None, budget=LITTLE):
        if policy is not None:
            put_to_use(auto=True, **policy)
        if budget is not None:
            tell(scene.account, **budget)
        return scene.submitted(months=4)

    return send


def test_it_is_off_unless_the_bank_turns_it_on(asked):
    assert FIRST["auto"] is False
    assert asked().status == "submitted"


def test_what_is_clear_is_offered_at_once_with_its_facts(asked):
    request = asked(policy={})
    made = Offer.objects.get()
    assert (made.status, made.made_by, made.choice) == ("preparing", None, request.choice)
    request = PlanRequest.objects.get(pk=request.pk)
    assert (request.status, request.decided_by) == ("offered", None)
    assert request.findings == ["exceeds_ability", "still_willing"]
    event = AuditEvent.objects.get(verb="plans.offer.made_by_rule")
    told = event.data["exceeds_ability"]
    assert D(told.pop("overdue")) == 1000
    assert told == {"told": request.number}  # where the budget is: no figure of it in the trail


def in_need(scene):
    tell(scene.account, **LITTLE, needs={"needs": [], "words": "I am ill."})


def not_sure(scene):
    tell(scene.account, **LITTLE, living={"food": row("1500.00", unsure=True)})


def with_an_offer_on_another_card(scene):
    tell(scene.account, **LITTLE)
    Scene(scene.holder, scene.agent, account_of(scene.holder, ref="AC0002")).preparing()


def with_a_plan_on_another_card(scene):
    tell(scene.account, **LITTLE)
    other = Scene(scene.holder, scene.agent, account_of(scene.holder, ref="AC0002"))
    other.sign(other.offered(other.taken(months=4)))


def in_dispute(scene):
    tell(scene.account, **LITTLE)
    place_hold(
        scene.account, reason="dispute", source="disputes.dispute:1:1", amount=D(100), by=None,
        at=now(),
    )  # fmt: skip
    scene.account.refresh_from_db()


@pytest.mark.parametrize(
    ("policy", "prepare"),
    [
        ({}, None),  # no budget
        ({}, lambda scene: tell(scene.account)),  # 1,000.00 is left: the sum could be repaid
        ({"auto_longest": 3}, lambda scene: tell(scene.account, **LITTLE)),
        ({"auto_most": {"CNY": "999"}}, lambda scene: tell(scene.account, **LITTLE)),
        ({"share": "0.4"}, lambda scene: tell(scene.account, **LITTLE)),
        ({}, in_need),
        ({}, in_dispute),
        ({}, not_sure),
        ({}, with_an_offer_on_another_card),
        ({}, with_a_plan_on_another_card),
    ],
)
def test_what_needs_judgement_waits_for_a_person(scene, asked, policy, prepare):
    if prepare:
        prepare(scene)
    assert asked(policy=policy, budget=None).status == "submitted"
    assert not Offer.objects.filter(account=scene.account).exists()


def test_only_what_was_just_sent_is_offered(scene):
    put_to_use(auto=True)
    assert automatic.offer_at_once(scene.draft(), at=now()) is None


def test_a_person_can_be_had_instead_and_nothing_is_declined(scene, asked):
    request = asked(policy={})
    made = Offer.objects.get()
    copy = automatic.ask_person(made, by=scene.holder, at=now())
    assert Offer.objects.get().status == "withdrawn"
    assert (copy.status, copy.choice, copy.total) == ("submitted", request.choice, 1000)
    assert copy.sealed_situation and copy.number != request.number
    assert Notice.objects.filter(kind="plan.received").count() == 1
    assert AuditEvent.objects.filter(verb="plans.planrequest.person_asked").count() == 1
    with pytest.raises(IllegalMove):
        automatic.ask_person(Offer.objects.get(), by=scene.holder, at=now())


def test_the_way_to_a_person_is_for_offers_made_by_rule(scene):
    made = scene.preparing()
    with pytest.raises(IllegalMove):
        automatic.ask_person(made, by=scene.holder, at=now())
    made.refresh_from_db()
    assert made.status == "preparing"


def test_the_page_of_the_offer_says_how_it_came_about(scene, asked):
    from plans.templatetags.deciding import by_rule

    asked(policy={})
    made = Offer.objects.get()
    document.render_drafts(made, at=now())
    weighed = by_rule(made, True)["weighed"]
    assert weighed.verdict == "ok" and (weighed.left, weighed.share) == (600, 42)
    made.made_by = scene.agent
    assert by_rule(made, True) == {}


def test_asking_for_a_person_from_the_page(client, scene, asked):
    asked(policy={})
    made = Offer.objects.get()
    document.render_drafts(made, at=now())
    client = sign_in(client, scene.holder)
    answer = client.post(reverse("plans:ask_person", args=[made.number]))
    copy = PlanRequest.objects.get(status="submitted")
    assert answer.headers["Location"] == reverse("plans:request_page", args=[copy.number])
    again = client.post(reverse("plans:ask_person", args=[made.number]), follow=True)
    assert "moved on" in again.content.decode()
    page = client.get(reverse("plans:offer", args=[made.number])).text
    assert "Ended at the cardholder&#x27;s wish" in page and "by the bank" not in page
    assert PlanRequest.objects.filter(status="submitted").count() == 1
    actions.take(copy, by=scene.agent, at=now())
    history = sign_in(client, scene.agent).get(reverse("plans:staff_request", args=[copy.number]))
    assert "asked for a person" in history.content.decode()


@pytest.mark.parametrize(("currency", "code"), [("CNY", "share_beside"), ("USD", "share")])
def test_what_is_left_is_spent_once_for_all_cards(scene, currency, code):
    """Half of the 600.00 that is left may be taken, less half of the 250.00 of another plan."""
    tell(scene.account, **LITTLE)
    other = Scene(scene.holder, scene.agent, account_of(scene.holder, ref="AC2", currency=currency))
    other.sign(other.offered(other.taken(months=4)))
    request = scene.taken(months=4)
    ground = weighing.ground(request, scene.account, on=localdate())
    weighed = weighing.weigh(request.choice, ground, role="agent")
    found = {check.code: check for check in weighed.found}
    free = D(350) if currency == "CNY" else D(600)
    assert found[code].limit == free / 2
    assert found[code].verdict == ("second" if currency == "CNY" else "ok")
