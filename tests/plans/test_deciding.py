"""Deciding: within the policy at once, above it by two people, beyond it by nobody."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from threading import Event

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import localdate, now
from django.utils.translation import override

from accounts.actions import lift_hold, place_hold
from accounts.models import CardAccount, Cardholder, Hold
from plans import actions, basis, policies, queries
from plans.actions import deciding
from plans.agreement import Terms
from plans.models import Offer, PlanQuestion, PlanRequest
from plans.rules import Choice, Waived
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
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
    partly = replace(was, days=None, held=None)
    assert basis.read(partly.text) == partly


@pytest.mark.parametrize(
    "wild", ["NaN", "1E+30", "1E+3000000", "9" * 16, "0.0001", "٣", "Infinity"]
)
def test_figures_that_no_page_carries_are_not_known(wild):
    """1E+3000000 written out is three million digits, and takes minutes."""
    assert basis.read("|".join([wild, *["1"] * 8])) is None


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


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_a_request_is_not_refused_while_an_offer_is_proposed_on_it(scene, monkeypatch):
    request, proposing, looked = scene.taken(), Event(), Event()
    really_written, really_checked = deciding.written, deciding.check_none_proposed

    def written(*args, **facts):
        made = really_written(*args, **facts)
        proposing.set()
        looked.wait(1)  # without the lock, who refuses has looked by then
        return made

    def checked(request):
        really_checked(request)
        if proposing.is_set():
            looked.set()

    monkeypatch.setattr(deciding, "written", written)
    monkeypatch.setattr(deciding, "check_none_proposed", checked)

    def propose():
        try:
            return offer(scene, giving_up(scene), request=PlanRequest.objects.get(pk=request.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(propose)
        assert proposing.wait(10)
        with pytest.raises(Refused) as no:
            actions.refuse(request, reason="No.", by=scene.agent, at=now())
        assert made.result(10).status == S.PROPOSED
    assert no.value.rule == "OFFER-WAITS"
    assert PlanRequest.objects.get(pk=request.pk).status == "under_review"


def hold(scene, why="breathing_space", at=None):
    source = f"bank:{why}"
    place_hold(scene.account, reason=why, source=source, amount=None, by=None, at=at or now())
    scene.account.refresh_from_db()
    return source


@pytest.mark.parametrize(
    ("why", "rule"),
    [("death", "PLAN-DEATH"), ("insolvency", "PLAN-INSOLVENCY"),
     ("breathing_space", "PLAN-BREATHING")],
)  # fmt: skip
def test_nothing_is_decided_or_sent_while_collection_stands_still(scene, why, rule):
    request, by = scene.taken(), {"by": scene.agent, "at": now()}
    hold(scene, why)
    sent = Notice.objects.count()
    for act in (
        lambda: scene.preparing(request),
        lambda: actions.ask_cardholder(request, text="Why?", **by),
        lambda: actions.refuse(request, reason="No.", **by),
    ):
        with pytest.raises(Refused) as no:
            act()
        assert no.value.rule == rule and str(Hold.Reason(why).label) in said(no.value)
    assert not Offer.objects.exists() and Notice.objects.count() == sent
    assert PlanRequest.objects.get(pk=request.pk).status == "under_review"


def test_a_held_offer_is_not_written_out_taken_back_or_ended_by_its_time(scene):
    made = scene.preparing()
    hold(scene)
    sent, past = Notice.objects.count(), made.expires_at + timedelta(days=40)
    assert not queries.offers_to_render().exists()
    assert not queries.offers_past_their_time(at=past).exists()
    with pytest.raises(Refused) as no:
        actions.withdraw_offer(made, reason="x", by=scene.agent, at=now())
    assert no.value.rule == "PLAN-BREATHING" and Notice.objects.count() == sent
    lift_hold("bank:breathing_space", by=None, at=now())
    assert queries.offers_to_render().exists()
    assert queries.offers_past_their_time(at=past).exists()


def test_nothing_is_offered_on_an_account_that_the_bank_no_longer_lists(scene, waiting, chief):
    CardAccount.objects.update(closed_by_feed=True)
    with pytest.raises(Refused) as no:
        actions.approve_offer(waiting, by=chief, at=now())
    assert no.value.rule == "PLAN-GONE"
    send_back(waiting, by=chief, at=now())
    request = PlanRequest.objects.get(pk=waiting.request_id)
    with pytest.raises(Refused) as no:
        offer(scene, giving_up(scene), request=request)
    assert no.value.rule == "PLAN-GONE"
    actions.refuse(request, reason="Talk to us.", by=scene.agent, at=now())  # this way is open


def test_a_refusal_rests_on_the_account_as_it_was_read(scene):
    request = scene.taken()
    assert request.account.version  # read
    CardAccount.objects.update(version=99)
    with pytest.raises(actions.Changed):
        actions.refuse(request, reason="You owe too little.", by=scene.agent, at=now())
    assert not Notice.objects.filter(kind="plan.refused").exists()


def test_nothing_is_agreed_to_by_a_second_person_either(scene, waiting, chief):
    hold(scene, "death")
    Offer.objects.update(basis_version=CardAccount.objects.get().version)
    with pytest.raises(Refused) as no:
        actions.approve_offer(Offer.objects.get(), by=chief, at=now())
    assert no.value.rule == "PLAN-DEATH"
