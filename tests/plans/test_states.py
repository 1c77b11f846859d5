"""Every pair of states is tried: only what the tables say goes through, and leaves one event."""

from contextlib import nullcontext
from itertools import product

import pytest
from django.utils.timezone import now

from plans.actions import move
from plans.models import Agreement, Offer, PlanRequest
from plans.states import AGREEMENT, OFFER, REQUEST
from portal.kit.errors import IllegalMove, Stale
from portal.records.models import AuditEvent, Document


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


@pytest.mark.parametrize(("was", "to"), list(product(Agreement.Status, Agreement.Status)))
def test_an_agreement_moves_by_the_table(scene, was, to):
    offer, at = scene.preparing(), now()
    document = Document.objects.create(
        number=offer.number, kind="plans.agreement", subject="x", language="en", title="x",
        sha256="0" * 64, size=1, code="X", sealed=True, made_at=at,
    )  # fmt: skip
    agreement = Agreement.objects.create(
        number=offer.number, offer=offer, account=scene.account, total=1, document=document,
        status=was, accepted_sha256="0" * 64, evidence_sha256="0" * 64, method="email-code",
        accepted_at=at, accepted_by=scene.holder,
        ended_at=None if was == "active" else at,
    )  # fmt: skip
    walk(agreement, was, to, allowed=to in AGREEMENT[was])


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
