"""Every pair of states is tried: only what the table says goes through, and leaves one event."""

from contextlib import nullcontext
from itertools import product

import pytest
from django.utils.timezone import now

from accounts.evidence.actions import move
from accounts.evidence.states import REQUEST
from accounts.models import EvidenceRequest
from portal.kit.errors import IllegalMove, Stale
from portal.records.models import AuditEvent
from tests.accounts.evidence_pages.scene import SECOND

S = EvidenceRequest.Status
WITH = {  # what the database wants beside a status
    S.REQUESTED: lambda: {"next_try_at": now()},
    S.PREPARING: lambda: {"next_try_at": now()},
    S.READY: lambda: {"next_try_at": None, "ready_at": now()},
    S.FAILED: lambda: {"next_try_at": None},
    S.DECLINED: lambda: {"next_try_at": None},
}


@pytest.mark.parametrize(("was", "to"), list(product(S, S)))
def test_a_request_moves_by_the_table(scene, was, to):
    asked = scene.asked()
    EvidenceRequest.objects.filter(pk=asked.pk).update(status=was, **WITH[was]())
    asked.refresh_from_db()
    allowed, events = to in REQUEST[was], AuditEvent.objects.count()
    with nullcontext() if allowed else pytest.raises(IllegalMove):
        move(asked, to, by=None, at=now(), **WITH[to]())
    asked.refresh_from_db()
    assert asked.status == (to if allowed else was)
    assert AuditEvent.objects.count() == events + allowed


@pytest.mark.parametrize("elsewhere", [{"status": "preparing"}, {"next_try_at": now() + SECOND}])
def test_a_row_that_changed_meanwhile_is_left_alone(scene, elsewhere):
    asked = scene.asked()
    EvidenceRequest.objects.filter(pk=asked.pk).update(**elsewhere)
    events = AuditEvent.objects.count()
    with pytest.raises(Stale):
        move(asked, "preparing", by=None, at=now(), next_try_at=now())
    assert AuditEvent.objects.count() == events
