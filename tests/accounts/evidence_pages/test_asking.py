"""What a cardholder may ask for, how often, and that the same thing asked twice is one thing."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.evidence import actions
from accounts.models import EvidenceRequest
from portal.kit.errors import Refused
from portal.records.models import AuditEvent
from tests.accounts.books import account
from tests.accounts.evidence_pages.scene import Scene, wish
from tests.people import cardholder, in_parallel

ROWS = EvidenceRequest.objects


def test_a_request_is_kept_waits_for_the_worker_and_is_recorded(scene):
    asked = scene.asked(purpose="court")
    assert asked.number.startswith("EV-") and asked.status == "requested" and asked.next_try_at
    event = AuditEvent.objects.get(subject=f"accounts.evidencerequest:{asked.pk}")
    assert event.verb == "accounts.evidencerequest.asked" and event.data["purpose"] == "court"
    assert event.actor == f"user:{scene.holder.pk}"


def test_the_same_request_asked_again_while_it_waits_is_the_same(scene):
    first = scene.asked()
    assert scene.asked().pk == first.pk
    actions.claim(first.pk, at=now())
    assert scene.asked().pk == first.pk
    assert ROWS.count() == 1 and AuditEvent.objects.filter(verb__endswith=".asked").count() == 1


@pytest.mark.parametrize(
    "changes",
    [{"kind": "overdue"}, {"purpose": "court"}, {"languages": ["en"]}, {"with_records": True},
     {"until_on": wish().until_on - timedelta(days=1)}],
)  # fmt: skip
def test_anything_else_is_another_request(scene, changes):
    scene.asked()
    scene.asked(**changes)
    assert ROWS.count() == 2


def test_once_it_is_ready_the_same_can_be_asked_for_anew(scene):
    first = scene.ready()
    assert scene.asked().pk != first.pk


def test_a_fourth_waits_until_one_of_three_is_ready(scene):
    purposes = ["own", "court", "bank"]
    made = [scene.asked(purpose=purpose) for purpose in purposes]
    with pytest.raises(Refused) as no:
        scene.asked(purpose="other")
    assert no.value.rule == "EV-WAITING"
    assert scene.asked(purpose="bank").pk == made[2].pk  # the same again is not a fourth
    ROWS.filter(pk=made[0].pk).update(status="failed", next_try_at=None)
    assert scene.asked(purpose="other")


def test_ten_a_day_and_the_next_day_more(scene):
    at = now()
    for _ in range(actions.MOST_A_DAY):
        asked = scene.asked(at=at)
        ROWS.filter(pk=asked.pk).update(status="failed", next_try_at=None)
    with pytest.raises(Refused) as no:
        scene.asked(at=at)
    assert no.value.rule == "EV-DAY"
    assert scene.asked(at=at + timedelta(days=1))


def test_the_limits_are_a_persons_not_an_accounts_and_not_everybodys(scene):
    second = account(scene.holder, "AC0002")
    for purpose in ("own", "court", "bank"):
        scene.asked(purpose=purpose)
    with pytest.raises(Refused):
        actions.ask(second, wish(), by=scene.holder, at=now())
    other = cardholder()
    assert actions.ask(account(other, "AC0003"), wish(), by=other, at=now())


def test_what_cannot_be_certified_is_refused_at_once(scene):
    with pytest.raises(Refused) as no:
        scene.asked(kind="settlement", from_on=None, until_on=None)
    assert no.value.rule.startswith("EV-") and not ROWS.exists()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_request():
    scene = Scene.made()
    numbers = in_parallel(4, lambda _: scene.asked().number)
    assert len(set(numbers)) == 1 and ROWS.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_tabs_at_once_do_not_pass_the_limit():
    scene = Scene.made()
    purposes = ["own", "court", "bank", "regulator", "other"]

    def attempt(i: int) -> str:
        try:
            return scene.asked(purpose=purposes[i]).number
        except Refused as no:
            return no.rule

    results = in_parallel(len(purposes), attempt)
    assert results.count("EV-WAITING") == 2 and ROWS.count() == actions.MOST_WAITING


@pytest.mark.django_db(transaction=True)
def test_asking_wakes_the_worker_and_a_dead_broker_is_no_harm(monkeypatch):
    from accounts import tasks

    woken = []
    monkeypatch.setattr(tasks.prepare_evidence, "delay", lambda: woken.append(1) or 1 / 0)
    asked = Scene.made().asked()
    assert woken and asked.status == "requested"
