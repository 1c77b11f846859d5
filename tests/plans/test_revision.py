"""A revision: the old plan ends as the new one begins; between them no gap and no second plan."""

import pytest
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import Hold
from plans import actions
from plans.actions import changing
from plans.agreement import Terms
from plans.models import Agreement, Offer
from portal.kit.errors import Stale
from portal.records.audit import breaks
from portal.records.models import AuditEvent, Notice, OutboxEvent
from tests.people import in_parallel, sign_in
from tests.plans.scene import behind

pytestmark = pytest.mark.usefixtures("drawn_once")


def change_asked(scene, old):
    """The offer that would change a plan, ready to be read."""
    request = changing.begin_change(old, by=scene.holder, at=now())
    actions.submit(request, by=scene.holder, at=now())
    actions.take(request, by=scene.agent, at=now())
    return scene.offered(request)


@pytest.fixture
def revised(scene):
    old = scene.sign(scene.offered())
    offer = change_asked(scene, old)
    new = scene.sign(offer)
    return scene, Agreement.objects.get(pk=old.pk), new


def source(agreement):
    return f"plans.agreement:{agreement.pk}"


def test_the_old_plan_ends_with_the_new_ones_first_moment(revised):
    _, old, new = revised
    assert (old.status, new.status) == ("replaced", "active")
    assert old.ended_at == new.accepted_at
    assert (new.replaces, old.replaced_by) == (old, new)
    assert old.document.sha256 and old.instalments.count() == 3  # it stays as it was
    terms = Terms.unsealed(new.number, new.offer.sealed_terms)
    assert terms.replaces == old.number
    assert list(breaks()) == []


def test_who_takes_it_back_is_told_that_the_old_plan_stays_ended(client, revised):
    scene, old, new = revised
    page = sign_in(client, scene.holder).get(reverse("plans:take_back", args=[new.number]))
    said = f"Agreement {old.number}, which this one replaced, does not come back"
    assert said in page.content.decode()
    changing.take_back(new, by=scene.holder, at=now())
    old.refresh_from_db()
    assert old.status == "replaced"


def test_the_page_names_no_earlier_plan_where_there_was_none(client, scene):
    plan = scene.sign(scene.offered())
    page = sign_in(client, scene.holder).get(reverse("plans:take_back", args=[plan.number]))
    assert page.status_code == 200 and "does not come back" not in page.content.decode()


def test_collection_stays_stopped_without_a_gap(revised):
    scene, old, new = revised
    spans = {h.source: (h.from_at, h.until_at) for h in Hold.objects.filter(account=scene.account)}
    assert spans[source(old)][1] == spans[source(new)][0]
    assert spans[source(new)][1] is None
    told = OutboxEvent.objects.order_by("-seq").values_list("type", flat=True)[:4]
    assert list(told)[::-1] == [
        "collection.hold", "collection.resume", "plan.revised", "plan.accepted",
    ]  # fmt: skip


def test_the_bank_learns_both_numbers_and_the_new_schedule(revised):
    _, old, new = revised
    ended = OutboxEvent.objects.get(type="plan.revised").data
    assert (ended["agreement"], ended["replaced_by"]) == (old.number, new.number)
    began = OutboxEvent.objects.filter(type="plan.accepted").order_by("-seq")[0].data
    assert (began["agreement"], began["replaces"]) == (new.number, old.number)
    assert began["schedule"] == ended["schedule"]
    assert len(began["schedule"]) == new.instalments.count()
    data = AuditEvent.objects.get(verb="plans.agreement.replaced").data
    assert data["replaced_by"] == new.number
    kinds = list(Notice.objects.order_by("-pk").values_list("kind", flat=True)[:2])
    assert set(kinds) == {"plan.revised", "plan.signed"}


@pytest.mark.parametrize("status", ["completed", "broken", "withdrawn"])
def test_a_plan_that_has_ended_is_not_revised(scene, status):
    old = scene.sign(scene.offered())
    offer = change_asked(scene, old)
    actions.move(Agreement.objects.get(pk=old.pk), status, by=None, at=now())
    with pytest.raises(Stale):
        scene.sign(offer)
    assert Agreement.objects.get(pk=old.pk).status == status
    assert Agreement.objects.count() == 1


def test_a_new_plan_beside_a_running_one_is_not_signed(scene):
    """An offer that changes nothing, while a plan runs: no way leads there, and the row says no."""
    old = scene.sign(scene.offered())
    offer = change_asked(scene, old)
    type(offer.request).objects.filter(pk=offer.request_id).update(revises=None)
    with pytest.raises(Stale):
        scene.sign(Offer.objects.get(pk=offer.pk))
    assert Agreement.objects.get().status == "active"


@pytest.mark.django_db(transaction=True)
def test_two_signatures_on_a_revision_make_one():
    scene = behind()
    old = scene.sign(scene.offered())
    offer = change_asked(scene, old)

    def attempt(_: int) -> str:
        try:
            scene.sign(Offer.objects.get(pk=offer.pk))
            return "signed"
        except Stale:
            return "stale"

    assert sorted(in_parallel(3, attempt)) == ["signed", "stale", "stale"]
    assert sorted(Agreement.objects.values_list("status", flat=True)) == ["active", "replaced"]
    assert Hold.objects.filter(until_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_plan_taken_back_while_its_revision_is_signed_leaves_one_truth():
    scene = behind()
    old = scene.sign(scene.offered())
    offer = change_asked(scene, old)

    def attempt(turn: int) -> str:
        try:
            if turn:
                changing.take_back(old, by=scene.holder, at=now())
                return "withdrawn"
            scene.sign(Offer.objects.get(pk=offer.pk))
            return "replaced"
        except Stale:
            return "stale"

    won = set(in_parallel(2, attempt)) - {"stale"}
    assert won == {Agreement.objects.get(pk=old.pk).status}
    live = Agreement.objects.filter(status="active").count()
    assert live == (won == {"replaced"})
    assert Hold.objects.filter(until_at=None).count() == live
