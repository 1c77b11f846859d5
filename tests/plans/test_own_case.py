"""An employee who holds a card has two sign-ins, at work and at home: never their own case."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import override

from accounts.models import CardAccount, Cardholder, User
from plans import actions
from plans.keeping import holding
from plans.models import PlanRequest
from portal.kit.errors import Refused
from tests.people import sign_in, staff
from tests.plans.kept import kept
from tests.plans.limits import giving_up, offer, proposed
from tests.plans.scene import FINDINGS, Scene

pytestmark = pytest.mark.usefixtures("drawn_once")
REASON = {"reason": "x"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture(params=["listed", "one address"])
def employee(request: Any, scene: Scene) -> User:
    """A supervisor, who may do all that an agent may, and is the cardholder of the scene."""
    holder = scene.account.cardholder
    if request.param == "listed":
        user = staff("supervisor")
        user.own_cardholders.add(holder)
    else:
        user = staff("supervisor", email="li.wei@bank.example")
        person = replace(holder.person, email="Li.Wei@Bank.example")
        Cardholder.objects.filter(pk=holder.pk).update(**Cardholder.sealed(holder.ref, person))
    scene.account = CardAccount.objects.get(pk=scene.account.pk)
    return user


def taken(scene: Scene, by: User) -> PlanRequest:
    """A request that they took before the bank knew."""
    request = scene.submitted()
    PlanRequest.objects.filter(pk=request.pk).update(status="under_review", taken_by=by)
    request.refresh_from_db()
    return request


def make_offer(scene: Scene, by: User) -> None:
    asked = taken(scene, by)
    actions.make_offer(
        asked, asked.choice, findings=FINDINGS, explanation="", by=by, at=now(),
        basis_version=scene.account.version,
    )  # fmt: skip


def return_own(scene: Scene, by: User) -> None:
    """A proposal of theirs, made before the bank knew."""
    made = proposed(scene)
    type(made).objects.filter(pk=made.pk).update(made_by=by)
    made.refresh_from_db()
    actions.return_offer(made, **REASON, by=by, at=now())


ACTS = {
    "take": lambda scene, by: actions.take(scene.submitted(), by=by, at=now()),
    "offer": make_offer,
    "ask": lambda scene, by: actions.ask_cardholder(taken(scene, by), text="?", by=by, at=now()),
    "refuse": lambda scene, by: actions.refuse(taken(scene, by), **REASON, by=by, at=now()),
    "approve": lambda scene, by: actions.approve_offer(proposed(scene), by=by, at=now()),
    "return": lambda scene, by: actions.return_offer(proposed(scene), **REASON, by=by, at=now()),
    "return one's own": return_own,
    "withdraw": lambda scene, by: actions.withdraw_offer(
        scene.preparing(), **REASON, by=by, at=now()
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_nobody_decides_on_their_own_case(scene, employee, act):
    with pytest.raises(Refused) as no:
        ACTS[act](scene, employee)
    assert no.value.rule == "DUTY-1"


def test_nobody_holds_their_own_plan(employee, scene):
    plan = kept(scene)
    facts = {"reason": "breathing_space", "until": None, "at": now()}
    with pytest.raises(Refused) as no:
        holding.place(plan.agreement, **facts, by=employee)
    assert no.value.rule == "DUTY-1"
    placed = holding.place(plan.agreement, **facts, by=scene.agent)
    with pytest.raises(Refused) as no:
        holding.lift(plan.agreement, placed.source, by=employee, at=now())
    assert no.value.rule == "DUTY-1"


def test_a_colleague_decides_as_ever(scene, employee):
    other = staff("supervisor")
    actions.approve_offer(proposed(scene), by=other, at=now())


@pytest.mark.parametrize("stage", ["submitted", "proposed", "preparing"])
def test_the_page_says_why_there_is_nothing_to_press(client, scene, employee, stage):
    asked = scene.submitted() if stage == "submitted" else scene.taken()
    if stage != "submitted":
        offer(scene, giving_up(scene) if stage == "proposed" else asked.choice, request=asked)
    sign_in(client, employee)
    for name in ("queue", "second"):
        assert client.get(reverse(f"plans:{name}")).status_code == 200
    page = client.get(reverse("plans:staff_request", args=[asked.number])).content.decode()
    acts = ("take", "offer", "approve_offer", "return_offer", "withdraw_offer", "refuse")
    addresses = [reverse(f"plans:{name}", args=[asked.number]) for name in acts]
    assert "This is your own case" in page
    assert not [address for address in addresses if f'action="{address}"' in page]
    sign_in(client, staff("supervisor"))
    page = client.get(reverse("plans:staff_request", args=[asked.number])).content.decode()
    assert "This is your own case" not in page
    assert [address for address in addresses if f'action="{address}"' in page]


def test_the_page_of_ones_own_plan_offers_no_holds(client, scene, employee):
    plan = kept(scene)
    url = reverse("plans:staff_agreement", args=[plan.agreement.number])
    form = reverse("plans:place_hold", args=[plan.agreement.number])
    page = sign_in(client, employee).get(url).content.decode()
    assert "This is your own plan" in page and form not in page
    assert form in sign_in(client, scene.agent).get(url).content.decode()
