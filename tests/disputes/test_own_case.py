"""A complaint handler who holds a card has two sign-ins: their own case is for a colleague."""

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from disputes import corrections
from disputes import staff_queries as queries
from disputes.actions import deciding, handling
from disputes.models import Correction, Decision
from portal.kit.errors import Refused
from tests.disputes.scene import Scene, Status, case
from tests.people import cardholder, sign_in, staff
from tests.plans.scene import account_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    """Its handler is its cardholder: the bank has said so."""
    scene = Scene.made()
    scene.handler.own_cardholders.add(scene.holder.cardholder)
    return scene


def refused(act, *args, **facts):
    with pytest.raises(Refused) as no:
        act(*args, **facts)
    return no.value.rule


def test_nobody_handles_their_own_case(scene):
    dispute = queries.cases().get(pk=case(scene.account).pk)
    taking = {"declared": True, "by": scene.handler, "at": now()}
    assert refused(handling.take, dispute, **taking) == "DUTY-1"
    assert refused(handling.check_assignable, dispute, scene.handler) == "ASSIGN-TIES"
    assert refused(handling.note, dispute, body="x", by=scene.handler, at=now()) == "DUTY-1"
    handling.take(dispute, **taking | {"by": staff("complaint_handler")})


def test_who_had_it_before_the_bank_knew_goes_no_further(scene):
    scene.handler.own_cardholders.clear()
    dispute = queries.cases().get(pk=case(scene.account).pk)
    handling.take(dispute, declared=True, by=scene.handler, at=now())
    handling.check_works(dispute, scene.handler)
    scene.handler.own_cardholders.add(scene.holder.cardholder)
    assert refused(handling.check_works, dispute, scene.handler) == "DUTY-1"


def test_nobody_approves_or_settles_in_their_own_case(scene):
    """Another proposed it, so that this tie alone is in the way."""
    chief, dispute = staff("supervisor"), case(scene.account, Status.IN_REVIEW)
    chief.own_cardholders.add(scene.holder.cardholder)
    decision = Decision.objects.create(
        dispute=dispute, round=1, status="proposed", outcome="upheld", cause="system",
        proposed_by=staff("complaint_handler"), proposed_at=now(),
    )  # fmt: skip
    assert refused(deciding.approve, decision, basis="", by=chief, at=now()) == "DUTY-1"
    correction = Correction.objects.create(
        ruling=decision.rulings.create(outcome="upheld"), seq=1, kind="posting.correct",
        asked_at=now(), due_on=localdate(),
    )  # fmt: skip
    settling = {"reason": "x", "refs": [], "by": chief, "at": now()}
    assert refused(corrections.settle_otherwise, correction, **settling) == "DUTY-1"


def test_nobody_reads_their_own_case_as_staff(client, scene):
    dispute = case(scene.account, words="It is mine.")
    other = case(account_of(cardholder(), ref="AC0002"))
    sign_in(client, scene.handler)
    url = reverse("disputes:staff_case", args=[dispute.number])
    assert client.get(url).status_code == 403
    queue = client.get(reverse("disputes:queue"), {"tab": "open"}).content.decode()
    assert dispute.number in queue and url not in queue
    assert reverse("disputes:staff_case", args=[other.number]) in queue
