"""Taking, assigning, asking: who may, what is told to whom, and what two at once leave."""

import pytest
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import Cardholder, ContactAttempt
from disputes import staff_queries as queries
from disputes.actions import answering, handling
from disputes.models import Decision, Dispute, Message
from plans.models import PlanRequest
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.records.models import AuditEvent, Notice
from tests.disputes.scene import Scene, Status, case, line
from tests.people import sign_in, staff
from tests.plans.scene import Scene as PlanScene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene.made()


def take(dispute, by, **facts):
    handling.take(dispute, by=by, at=now(), **{"declared": True} | facts)
    return dispute


def taken(scene, status=Status.RECEIVED, **facts):
    """A case that the scene's handler has taken through the action."""
    return take(case(scene.account, status, **facts), scene.handler)


def refused(act, *args, **facts):
    with pytest.raises(Refused) as no:
        act(*args, **facts)
    return no.value.rule


def test_taking_makes_it_ones_own_and_keeps_the_declaration(scene):
    dispute = taken(scene)
    assert (dispute.status, dispute.taken_by) == ("in_review", scene.handler)
    event = AuditEvent.objects.get(verb="disputes.dispute.in_review")
    assert event.data == {"was": "received", "declared": True}


def test_nobody_takes_a_case_without_the_declaration(client, scene):
    dispute = case(scene.account)
    assert refused(take, dispute, scene.handler, declared=False) == "DUTY-DECLARE"
    url = reverse("disputes:take", args=[dispute.number])
    assert sign_in(client, scene.handler).post(url).status_code == 422
    client.post(url, {"take-declared": "on"})
    dispute.refresh_from_db()
    assert dispute.taken_by == scene.handler


@pytest.mark.parametrize("status", [Status.UPHELD, Status.WITHDRAWN, Status.CLOSED, Status.FINAL])
def test_what_has_ended_is_not_taken(scene, status):
    with pytest.raises(IllegalMove):
        taken(scene, status)


@pytest.mark.parametrize("status", [Status.RECEIVED, Status.SECOND_REVIEW])
def test_two_handlers_taking_one_case_leave_one(scene, status):
    dispute = case(scene.account, status)
    late = queries.cases().get(pk=dispute.pk)
    take(dispute, scene.handler)
    with pytest.raises(Stale):
        take(late, staff("complaint_handler"))


def test_a_case_is_taken_over_only_with_a_reason_that_is_kept(scene):
    dispute, colleague = taken(scene), staff("complaint_handler")
    assert refused(take, dispute, colleague) == "DUTY-REASON"
    take(dispute, colleague, reason="On leave.")
    assert dispute.taken_by == colleague
    note = Message.objects.get()
    assert (note.kind, note.body) == ("note", "On leave.")
    assert "On leave" not in str(list(AuditEvent.objects.values_list("data")))


# == who has a part in the matter (CN-CMP-05)


def own(scene, dispute):
    Cardholder.objects.filter(pk=scene.account.cardholder_id).update(user=scene.handler)


def contacted(scene, dispute):
    type(scene.handler).objects.filter(pk=scene.handler.pk).update(collector_code="C7")
    ContactAttempt.objects.create(
        ref="K1", account=scene.account, at=now(), channel="call", by="C7", purpose="p", outcome="o"
    )


def acted(scene, dispute):
    plans = PlanScene(scene.holder, staff("agent"), scene.account)
    asked = plans.taken()
    PlanRequest.objects.filter(pk=asked.pk).update(taken_by=scene.handler)


def decided(dispute, by, *, round=1, **facts):
    return Decision.objects.create(
        dispute=dispute, round=round, status="made", outcome="rejected", cause="no_fault",
        proposed_by=by, proposed_at=now(), made_at=now(), **facts,
    )  # fmt: skip


def earlier_line(scene, dispute):
    line(dispute, "posting", "P1")
    before = case(scene.account, Status.REJECTED)
    line(before, "posting", "P1", open=False)
    decided(before, staff("complaint_handler"), approved_by=scene.handler)


TIES = [(own, "DUTY-1"), (contacted, "DUTY-CONTACT"), (acted, "DUTY-ACTED"),
        (earlier_line, "DUTY-EARLIER")]  # fmt: skip


@pytest.mark.parametrize(("tie", "rule"), TIES)
def test_whoever_has_a_part_in_it_cannot_take_it(scene, tie, rule):
    dispute = case(scene.account)
    tie(scene, dispute)
    scene.handler.refresh_from_db()
    fresh = queries.cases().get(pk=dispute.pk)
    assert refused(take, fresh, scene.handler) == rule
    assert refused(handling.check_assignable, fresh, scene.handler) == "ASSIGN-TIES"
    take(fresh, staff("complaint_handler"))  # and a colleague can


def test_a_tie_that_comes_later_stops_the_work(scene):
    dispute = taken(scene)
    contacted(scene, dispute)
    scene.handler.refresh_from_db()
    assert refused(handling.check_works, dispute, scene.handler) == "DUTY-CONTACT"


@pytest.mark.parametrize("part", ["handler", "proposer", "approver", "returner"])
def test_a_second_review_is_for_somebody_new(scene, part):
    """Whoever had the first round in hand, also only for a while, does not have the second."""
    from disputes.models import Deadline
    from portal.records.audit import record

    old = scene.handler
    dispute = take(case(scene.account), old if part == "handler" else staff("complaint_handler"))
    by = {"proposer": old}.get(part) or staff("complaint_handler")
    first = decided(dispute, by, approved_by=old if part == "approver" else None)
    if part == "returner":
        record("disputes.decision.returned", subject=first, by=old, at=now())
    second = Deadline.objects.get(dispute=dispute)
    again = Deadline.objects.create(
        dispute=dispute, round=2, step=0, rule="R", counted_from=second.counted_from, value=30,
        unit="calendar days", due_on=second.due_on, plan_on=second.plan_on, made_at=now(),
    )  # fmt: skip
    Dispute.objects.filter(pk=dispute.pk).update(
        status=Status.SECOND_REVIEW, taken_by=None, deadline=again, due_on=again.due_on
    )
    dispute = queries.cases().get(pk=dispute.pk)
    assert refused(take, dispute, old) == "DUTY-EARLIER"
    new = staff("complaint_handler")
    take(dispute, new)
    assert (dispute.status, dispute.taken_by) == (Status.SECOND_REVIEW, new)
    handling.check_works(dispute, new)  # having it now is no part in the first round


# == assigning


def test_assigning_many_moves_only_free_cases_and_names_the_others(client, scene):
    free, other = case(scene.account), staff("complaint_handler")
    held = case(scene.account, Status.IN_REVIEW, taken_by=other)
    url = reverse("disputes:assign_many")
    chief = sign_in(client, staff("supervisor"))
    data = {"cases": [free.number, held.number, "DP-NONE"], "to": scene.handler.pk}
    data["cases"].pop()
    page = chief.post(url, data).content.decode()
    assert "A colleague has it already." in page
    assert not Dispute.objects.filter(taken_by=scene.handler).exists()  # shown, not done
    answer = chief.post(url, data | {"confirmed": "on"}, follow=True).content.decode()
    free.refresh_from_db(), held.refresh_from_db()
    assert (free.taken_by, held.taken_by) == (scene.handler, other)
    assert f"Left as they are: {held.number}" in answer


def test_a_case_taken_meanwhile_stays_with_who_took_it(scene):
    late = case(scene.account)
    fresh = queries.cases().get(pk=late.pk)
    take(late, scene.handler)
    given, left = handling.assign_many(
        [fresh], to=staff("complaint_handler"), by=staff("supervisor"), at=now()
    )
    assert (given, [one.number for one in left]) == ([], [late.number])
    fresh.refresh_from_db()
    assert fresh.taken_by == scene.handler


def test_who_was_given_a_case_declares_before_working(scene):
    dispute = case(scene.account)
    handling.assign(dispute, to=scene.handler, by=staff("supervisor"), at=now())
    assert refused(handling.check_works, dispute, scene.handler) == "DUTY-DECLARE"
    take(dispute, scene.handler)
    handling.check_works(dispute, scene.handler)


def test_only_a_supervisor_assigns(client, scene):
    dispute = case(scene.account)
    facts = {"to": scene.handler, "by": scene.handler, "at": now()}
    assert refused(handling.assign, dispute, **facts) == "DUTY-ROLE"
    client = sign_in(client, scene.handler)
    for url in (reverse("disputes:assign", args=[dispute.number]), reverse("disputes:assign_many")):
        assert client.post(url).status_code == 403
    facts |= {"to": staff("agent"), "by": staff("supervisor")}
    assert refused(handling.assign, dispute, **facts) == "ASSIGN-ROLE"


# == what is said


def test_a_question_waits_for_the_cardholder_and_says_what_is_asked(client, scene):
    dispute = taken(scene)
    url = reverse("disputes:ask", args=[dispute.number])
    data = {"kinds": ["paper", "facts"], "body": "Do you have it?", "not_held": "on"}
    sign_in(client, scene.handler).post(url, data)
    dispute.refresh_from_db()
    assert dispute.status == Status.WAITING
    sent = Message.objects.get()
    assert sent.kind == "question" and sent.body.startswith("Do you have it?")
    assert "A paper that only you can have" in sent.body
    assert Notice.objects.filter(kind="dispute.question").count() == 1
    assert AuditEvent.objects.get(verb="disputes.dispute.waiting_for_cardholder").data["asked"] == [
        "paper", "facts",
    ]  # fmt: skip
    client.post(reverse("disputes:resume", args=[dispute.number]))
    dispute.refresh_from_db()
    assert dispute.status == Status.IN_REVIEW


def test_nothing_is_asked_while_a_decision_waits(scene):
    dispute = taken(scene)
    waits = decided(dispute, scene.handler)
    Decision.objects.filter(pk=waits.pk).update(status="proposed", made_at=None)
    facts = {"kinds": ["facts"], "body": "?", "by": scene.handler, "at": now()}
    assert refused(handling.ask, dispute, **facts) == "ASK-PROPOSED"


def test_only_the_one_who_has_it_speaks_for_the_bank(scene):
    dispute, colleague = taken(scene), staff("complaint_handler")
    facts = {"by": colleague, "at": now()}
    for act, more in (
        (handling.send_message, {"body": "x"}), (handling.resume, {}),
        (handling.ask, {"kinds": [], "body": "x"}),
    ):  # fmt: skip
        assert refused(act, dispute, **facts, **more) == "DUTY-2"
    assert not Message.objects.exists()


def test_nothing_is_said_in_a_case_that_ended_meanwhile(scene):
    dispute = taken(scene)
    Dispute.objects.filter(pk=dispute.pk).update(status=Status.WITHDRAWN, ended_at=now())
    with pytest.raises(IllegalMove):  # the page was read before
        handling.send_message(dispute, body="We look at it.", by=scene.handler, at=now())
    assert not Notice.objects.exists()


def test_who_has_the_case_hears_once_of_an_answer_until_they_look(client, scene):
    dispute, other = taken(scene), case(scene.account)
    desk, mails = sign_in(client, scene.handler), Notice.objects.filter(
        kind="dispute.answered_to_staff"
    )  # fmt: skip

    def listed():
        page = desk.get(reverse("disputes:queue")).content.decode()
        return "They wrote" in page

    answering.say(other, "Nobody has it.", by=scene.holder, at=now())
    assert not listed() and not mails.exists()
    for text in ("Here it is.", "And this."):
        answering.say(dispute, text, by=scene.holder, at=now())
    assert listed()
    mail = mails.get()
    assert mail.recipient == scene.handler.email
    assert "Here it is" not in mail.body and "Test Person" not in mail.subject + mail.body
    desk.get(reverse("disputes:staff_case", args=[dispute.number]))
    assert not listed()
    answering.say(dispute, "One more.", by=scene.holder, at=now())
    assert listed() and mails.count() == 2


def test_a_message_is_told_and_a_note_is_not(scene):
    dispute = taken(scene)
    handling.note(dispute, body="Looks odd.", by=staff("complaint_handler"), at=now())
    assert not Notice.objects.exists()
    handling.send_message(dispute, body="We look at it.", by=scene.handler, at=now())
    assert Notice.objects.get().kind == "dispute.message"
    own(scene, dispute)
    fresh = queries.cases().get(pk=dispute.pk)
    assert refused(handling.note, fresh, body="x", by=scene.handler, at=now()) == "DUTY-1"
