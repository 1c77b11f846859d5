"""Deciding: within the policy at once, above it by two people, beyond it by nobody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import localdate, now
from django.utils.translation import override

from accounts.actions import place_hold
from accounts.models import CardAccount, Cardholder
from plans import actions, basis, policies, queries
from plans.agreement import Terms
from plans.models import Offer, PlanQuestion, PlanRequest
from plans.rules import Choice, Waived
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.records.models import AuditEvent, Notice
from tests.people import staff
from tests.plans.limits import giving_up, offer, proposed, put_to_use
from tests.plans.scene import FINDINGS

S = Offer.Status


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


def taken_over(scene, by):
    """A request that a supervisor took over from the agent."""
    request = scene.taken()
    actions.take(request, by=by, at=now())
    return PlanRequest.objects.get(pk=request.pk)


@pytest.fixture
def waiting(scene):
    return proposed(scene)


@pytest.fixture
def chief(scene):
    return staff("supervisor")


KINDS = {
    "stepped": lambda on: Choice(
        D("266.67"), 5, on, kind="stepped", low=D(100), low_months=2
    ),
    "settlement": lambda on: Choice(
        D(988), 1, on, kind="settlement", waived=Waived(interest=D(12))
    ),
    "deferred": lambda on: Choice(D("333.33"), 3, on + timedelta(days=60)),
    "with interest": lambda on: Choice(D("86.99"), 12, on, rate=D("0.09")),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_plans_of_every_kind_within_an_agents_limits_are_offered_at_once(scene, kind):
    choice = KINDS[kind](scene.first_on)
    made = offer(scene, choice)
    assert (made.status, made.needs_second, made.second) == (S.PREPARING, False, [])
    assert made.choice == choice and made.overdue == 1000
    terms = Terms.unsealed(made.number, made.sealed_terms)
    repaid = sum(due.amount - due.interest for due in terms.dues)
    assert repaid == made.total == 1000 - choice.waived.total
    assert made.request.status == "offered" and made.request.findings == FINDINGS


def test_small_payments_until_a_review_wait_for_a_second_person(scene):
    on = scene.first_on
    made = offer(scene, Choice(D(20), 3, on, kind="token", review_on=on + timedelta(days=80)))
    assert (made.status, made.second, made.total) == (S.PROPOSED, ["least"], D(60))


def test_something_else_is_no_kind_of_plan(scene):
    with pytest.raises(Refused) as no:
        offer(scene, Choice(D("333.33"), 3, scene.first_on, kind="other"))
    assert no.value.rule == "PLAN-KIND"


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (lambda on: Choice(D(30), 34, on), "below the least allowed, ¥50.00"),
        (lambda on: Choice(D("333.33"), 3, on, rate=D("0.2")), "The rates allowed are"),
        (lambda on: Choice(D("333.33"), 3, on + timedelta(days=200)), "later than the"),
        (lambda on: Choice(D(300), 3, on, waived=Waived(principal=D(100))), "nobody may go"),
    ],
)  # fmt: skip
def test_nobody_goes_beyond_the_policy_and_the_points_are_named(scene, chief, choice, said):
    request = taken_over(scene, chief)
    with pytest.raises(Refused) as no:
        offer(scene, choice(scene.first_on), request=request, by=chief)
    assert no.value.rule == "PLAN-POLICY" and said in str(no.value)
    assert not Offer.objects.exists()


def test_above_the_limits_an_offer_waits_and_nothing_is_sent(scene, waiting):
    request = waiting.request
    assert (waiting.status, waiting.second) == (S.PROPOSED, ["waived_interest"])
    assert (request.status, request.findings) == ("under_review", FINDINGS)
    assert not queries.offers_of(scene.holder).exists()
    assert not queries.offers_to_render().exists()
    assert not Notice.objects.filter(kind__startswith="plan.offer").exists()
    assert AuditEvent.objects.filter(verb="plans.offer.proposed").count() == 1
    with pytest.raises(Refused) as no:
        offer(scene, giving_up(scene, "1"), request=request)
    assert no.value.rule == "OFFER-WAITS"
    with pytest.raises(Refused) as no:
        actions.refuse(request, reason="x", by=scene.agent, at=now())
    assert no.value.rule == "OFFER-WAITS"


def test_what_an_agent_needs_two_for_a_supervisor_offers_alone(scene, chief):
    request = taken_over(scene, chief)
    assert offer(scene, giving_up(scene), request=request, by=chief).status == S.PREPARING


def test_a_supervisor_agrees_and_the_offer_goes_its_way(scene, waiting, chief):
    actions.approve_offer(waiting, by=chief, at=now())
    waiting.refresh_from_db()
    assert (waiting.status, waiting.approved_by) == (S.PREPARING, chief)
    request = PlanRequest.objects.get(pk=waiting.request_id)
    assert (request.status, request.decided_by) == ("offered", chief)
    assert request.findings == FINDINGS
    assert queries.offers_of(scene.holder).exists()


def test_its_time_begins_when_it_is_agreed_to(scene, waiting, chief):
    later = now() + timedelta(days=2)
    actions.approve_offer(waiting, by=chief, at=later)
    policy = policies.in_force(localdate())
    assert waiting.expires_at == actions.expiry(scene.first_on, policy, at=later)
    assert localdate(waiting.expires_at) == localdate(later) + timedelta(days=14)


@pytest.mark.parametrize("rule", ["DUTY-ROLE", "DUTY-4", "DUTY-1", "DUTY-1 as a cardholder"])
def test_who_may_not_agree(scene, chief, rule):
    by = staff("agent") if rule == "DUTY-ROLE" else chief
    if rule == "DUTY-4":
        put_to_use(agent_most={})  # every sum needs two
    request = taken_over(scene, chief) if rule == "DUTY-4" else scene.taken()
    made = offer(scene, giving_up(scene), request=request, by=request.taken_by)
    if rule == "DUTY-1":
        PlanRequest.objects.filter(pk=request.pk).update(submitted_by=chief)
    if rule == "DUTY-1 as a cardholder":
        Cardholder.objects.filter(pk=scene.account.cardholder_id).update(user=chief)
    fresh = Offer.objects.get(pk=made.pk)
    for act in (actions.approve_offer, send_back):
        if rule == "DUTY-4" and act is send_back:
            continue  # who proposed it may take it back
        with pytest.raises(Refused) as no:
            act(fresh, by=by, at=now())
        assert no.value.rule == rule.split(" ")[0]
    assert Offer.objects.get(pk=made.pk).status == S.PROPOSED


def send_back(made, **facts):
    return actions.return_offer(made, reason="Too much.", **facts)


def test_the_database_too_wants_another_person(waiting):
    rows = Offer.objects.filter(pk=waiting.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(approved_by=waiting.made_by)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(status=S.OPEN)


def test_agreeing_asks_again_what_was_asked_when_it_was_proposed(scene, waiting, chief):
    CardAccount.objects.filter(pk=scene.account.pk).update(version=99)
    with pytest.raises(actions.Changed):
        actions.approve_offer(waiting, by=chief, at=now())
    CardAccount.objects.filter(pk=scene.account.pk).update(version=scene.account.version)
    late = now() + timedelta(days=13)
    Offer.objects.filter(pk=waiting.pk).update(first_on=localdate(late) + timedelta(days=1))
    with pytest.raises(Refused) as no:
        actions.approve_offer(Offer.objects.get(pk=waiting.pk), by=chief, at=late)
    assert no.value.rule == "PLAN-POLICY" and "too early" in str(no.value)
    with pytest.raises(IllegalMove):
        actions.approve_offer(waiting, by=chief, at=waiting.expires_at + timedelta(seconds=1))
    put_to_use(offer_valid=20)
    with pytest.raises(Refused) as no:
        actions.approve_offer(waiting, by=chief, at=now())
    assert no.value.rule == "POLICY-NEW"
    assert Offer.objects.get().status == S.PROPOSED


def test_sent_back_it_is_the_agents_again_and_the_cardholder_never_hears_of_it(
    scene, waiting, chief
):
    send_back(waiting, by=chief, at=now())
    waiting.refresh_from_db()
    assert (waiting.status, waiting.ending) == (S.WITHDRAWN, "Too much.")
    assert not queries.offers_of(scene.holder).exists()
    assert not Notice.objects.filter(kind="plan.offer_withdrawn").exists()
    request = PlanRequest.objects.get(pk=waiting.request_id)
    assert offer(scene, giving_up(scene, "12"), request=request).status == S.PREPARING


def test_who_proposed_it_takes_it_back_and_withdrawing_is_for_what_was_seen(scene, waiting):
    with pytest.raises(IllegalMove):
        actions.withdraw_offer(waiting, reason="x", by=scene.agent, at=now())
    send_back(waiting, by=scene.agent, at=now())
    with pytest.raises(IllegalMove):
        send_back(waiting, by=scene.agent, at=now())


def test_a_proposal_ends_with_its_time_and_with_its_request(scene, waiting):
    past = waiting.expires_at + timedelta(minutes=1)
    assert actions.expire(queries.offers_past_their_time(at=past), at=past) == 1
    assert not Notice.objects.filter(kind="plan.offer_expired").exists()
    request = PlanRequest.objects.get(pk=waiting.request_id)
    assert request.status == "under_review"
    again = offer(scene, giving_up(scene), request=request)
    actions.withdraw_request(request, by=scene.holder, at=now())
    assert Offer.objects.get(pk=again.pk).status == S.WITHDRAWN
    assert scene.draft().status == "draft"  # nothing stands against asking again


def test_one_question_at_a_time_and_it_can_be_decided_meanwhile(scene):
    request = scene.taken()
    ask = {"by": scene.agent, "at": now()}
    actions.ask_cardholder(request, text="Do you still work?", **ask)
    assert Notice.objects.filter(kind="plan.question").count() == 1
    with pytest.raises(Refused) as no:
        actions.ask_cardholder(request, text="And?", **ask)
    assert no.value.rule == "QUESTION-OPEN"
    with pytest.raises(Refused) as no:
        actions.ask_cardholder(request, text="And?", by=staff("agent"), at=now())
    assert no.value.rule == "DUTY-2"
    PlanQuestion.objects.update(answered_at=now())
    actions.ask_cardholder(request, text="Since when?", **ask)
    actions.refuse(request, reason="Call us.", **ask)
    with pytest.raises(IllegalMove):
        actions.ask_cardholder(request, text="Late", **ask)


def test_figures_travel_in_one_field_and_are_laid_side_by_side():
    was = basis.Seen(*map(D, ("10", "5", "3", "1", "1", "80", "31", "0", "0")))
    assert basis.read(was.text) == was
    assert basis.read("nonsense") is None and basis.read("x|" * 8) is None
    rows = basis.beside(was, basis.read(was.text.replace("80", "70")), "CNY")
    assert [row.was for row in rows if row.differs] == ["¥80.00"]
    assert basis.beside(None, was, "CNY")[0].was == "–"
    wild = basis.read(was.text.replace("80", "NaN"))
    assert [row.now for row in basis.beside(was, wild, "CNY") if row.differs] == ["–"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_two_who_agree_at_once_leave_one(scene):
    made = offer(scene, giving_up(scene))
    both = [staff("supervisor"), staff("supervisor")]

    def agree(by):
        try:
            actions.approve_offer(Offer.objects.get(pk=made.pk), by=by, at=now())
        except (Stale, IllegalMove):
            return None
        finally:
            connection.close()
        return by

    with ThreadPoolExecutor(2) as pool:
        done = [by for by in pool.map(agree, both) if by]
    assert len(done) == 1
    assert Offer.objects.get().approved_by == done[0]
    assert AuditEvent.objects.filter(verb="plans.offer.preparing").count() == 1


@pytest.mark.parametrize("why", ["death", "insolvency", "breathing_space"])
def test_nothing_is_offered_while_collection_stands_still(scene, why):
    request = scene.taken()
    place_hold(scene.account, reason=why, source="bank:1", amount=None, by=None, at=now())
    scene.account.refresh_from_db()
    with pytest.raises(Refused) as no:
        scene.preparing(request)
    assert no.value.rule.startswith("PLAN-") and not Offer.objects.exists()


def test_nothing_is_agreed_to_by_a_second_person_either(scene, waiting, chief):
    place_hold(scene.account, reason="death", source="bank:1", amount=None, by=None, at=now())
    Offer.objects.update(basis_version=CardAccount.objects.get().version)
    with pytest.raises(Refused) as no:
        actions.approve_offer(Offer.objects.get(), by=chief, at=now())
    assert no.value.rule == "PLAN-DEATH"
