"""The task that prepares what is due: one at a time, the fresh before those that failed."""

import logging
from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts import tasks
from accounts.evidence import actions, facts, queries
from accounts.models import EvidenceRequest

ROWS = EvidenceRequest.objects


@pytest.fixture(autouse=True)
def quiet():
    """Failures are provoked here on purpose."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def work(times):
    for _ in range(times):
        tasks.prepare_evidence()


def test_the_task_takes_one_at_a_time_and_wakes_the_next(scene, monkeypatch):
    woken = []
    monkeypatch.setattr(actions, "wake", lambda: woken.append(1))
    for purpose in ("own", "court"):
        scene.asked(purpose=purpose, languages=["en"])
    tasks.prepare_evidence()
    assert ROWS.filter(status="ready").count() == 1 and len(woken) == 1
    tasks.prepare_evidence()
    assert ROWS.filter(status="ready").count() == 2 and len(woken) == 1
    tasks.prepare_evidence()
    assert len(woken) == 1


def test_one_that_cannot_be_made_does_not_stop_the_others(scene, monkeypatch):
    bad = scene.asked(purpose="court", languages=["en"])
    good = scene.asked(languages=["en"])
    gather = facts.gather

    def fails_for_one(asked, *, at):
        return 1 / 0 if asked.pk == bad.pk else gather(asked, at=at)

    monkeypatch.setattr(facts, "gather", fails_for_one)
    work(2)
    assert ROWS.get(pk=good.pk).status == "ready"
    assert ROWS.get(pk=bad.pk).status == "requested"


def test_what_failed_before_waits_behind_what_never_did(scene):
    late = scene.asked(purpose="court")
    ROWS.filter(pk=late.pk).update(tries=1, next_try_at=now() - timedelta(hours=1))
    fresh = scene.asked()
    assert list(queries.due(at=now())) == [fresh.pk, late.pk]
