"""Every pair of states is tried: only what the tables say goes through, and leaves one event."""

from contextlib import nullcontext
from itertools import product

import pytest
from django.utils.timezone import now

from plans.actions import move
from plans.models import Offer, PlanRequest
from plans.states import OFFER, REQUEST
from portal.kit.errors import IllegalMove, Stale
from portal.records.models import AuditEvent


@pytest.mark.parametrize(("was", "to"), list(product(PlanRequest.Status, PlanRequest.Status)))
def test_a_request_moves_by_the_table(scene, was, to):
    request = scene.draft()
    PlanRequest.objects.filter(pk=request.pk).update(status=was)
    request.refresh_from_db()
    walk(request, was, to, allowed=to in REQUEST[was])


@pytest.mark.parametrize(("was", "to"), list(product(Offer.Status, Offer.Status)))
def test_an_offer_moves_by_the_table(scene, was, to):
    offer = scene.preparing()
    Offer.objects.filter(pk=offer.pk).update(status=was)
    offer.refresh_from_db()
    walk(offer, was, to, allowed=to in OFFER[was])


def walk(thing, was, to, *, allowed):
    events = AuditEvent.objects.count()
    with nullcontext() if allowed else pytest.raises(IllegalMove):
        move(thing, to, by=None, at=now())
    thing.refresh_from_db()
    assert thing.status == (to if allowed else was)
    assert AuditEvent.objects.count() == events + allowed


def test_a_row_that_moved_meanwhile_is_left_alone(scene):
    request = scene.submitted()
    PlanRequest.objects.filter(pk=request.pk).update(status="withdrawn")
    with pytest.raises(Stale):
        move(request, "under_review", by=None, at=now())
    assert PlanRequest.objects.get(pk=request.pk).status == "withdrawn"
