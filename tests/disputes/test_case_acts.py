"""Withdrawing, asking for a second review, and a person's own words beside a record."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import Hold, OverdueRecord
from disputes import effects, letters
from disputes.actions import answering
from disputes.models import Deadline, Dispute, Letter, Message, PersonalStatement
from disputes.policy import CURRENT
from disputes.views import case as case_views
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.records import outbox_files
from portal.records.models import AuditEvent, Notice, OutboxEvent
from tests import people
from tests.disputes.scene import Scene, case, line, record
from tests.disputes.test_letters import decided
from tests.people import in_parallel

pytestmark = pytest.mark.django_db
S = Dispute.Status
LATE_FEE, PERIOD = "AC0001-2", "2026-09"  # tests.plans.scene.account_of


@pytest.fixture
def scene() -> Scene:
    return Scene.made()


@pytest.fixture
def client(scene: Scene) -> Client:
    signed_in = people.sign_in(Client(), scene.holder, second_factor=False)
    signed_in.cookies["django_language"] = "en"
    return signed_in


def sent(scene: Scene, status: str = S.RECEIVED, **changes: Any) -> Dispute:
    """A case over a record and a fee, with what it changes outside while it is live."""
    record(scene.account, PERIOD)
    dispute = case(scene.account, status, **changes)
    live = status in Dispute.LIVE
    line(dispute, "record", f"AC0001:{PERIOD}", open=False)
    line(dispute, "posting", LATE_FEE, open=False, amount="40.00")
    if live:
        with transaction.atomic():
            effects.begin(dispute, by=scene.holder, at=now())
    return dispute


def kinds(dispute: Dispute) -> list[str]:
    return list(dispute.letters.order_by("pk").values_list("kind", flat=True))


def events() -> list[str]:
    return list(OutboxEvent.objects.order_by("seq").values_list("type", flat=True))


# == withdrawing


@pytest.mark.parametrize("status", [S.RECEIVED, S.IN_REVIEW, S.WAITING])
def test_a_live_case_ends_the_day_it_is_withdrawn(client, scene, status):
    dispute = sent(scene, status)
    assert Hold.objects.filter(until_at=None).exists()
    address = reverse("disputes:withdraw", args=[dispute.number])
    assert "The case ends today" in client.get(address).content.decode()
    dispute.refresh_from_db()
    assert dispute.status == status  # asking first changes nothing
    assert client.post(address).status_code == 302
    dispute.refresh_from_db()
    assert (dispute.status, bool(dispute.ended_at)) == (S.WITHDRAWN, True)
    assert not dispute.lines.filter(open=True).exists()
    assert not Hold.objects.filter(until_at=None).exists()
    assert not OverdueRecord.objects.filter(disputed=True).exists()
    assert events()[-2:] == ["record.mark_removed", "collection.resume"]
    assert kinds(dispute) == ["withdrawal"]
    assert Notice.objects.get().kind == "dispute.withdrawn"
    assert client.post(address).status_code == 302  # a second click changes nothing more
    assert kinds(dispute) == ["withdrawal"]


@pytest.mark.parametrize("status", [S.UPHELD, S.REJECTED, S.FINAL, S.CLOSED])
def test_an_answered_case_cannot_be_withdrawn(client, scene, status):
    dispute = sent(scene, status)
    address = reverse("disputes:withdraw", args=[dispute.number])
    assert client.get(address).status_code == 302
    shown = client.post(address, follow=True).content.decode()
    assert "had an answer or had ended before" in shown
    dispute.refresh_from_db()
    assert dispute.status == status
    assert not dispute.letters.exists()


def test_a_decision_that_was_first_stands(scene):
    read = sent(scene, S.IN_REVIEW)
    Dispute.objects.filter(pk=read.pk).update(status=S.REJECTED, decided_at=now())
    with pytest.raises(IllegalMove):
        answering.withdraw(read, by=scene.holder, at=now())
    assert Hold.objects.filter(until_at=None).exists()
    assert not read.letters.exists()


@pytest.mark.django_db(transaction=True)
def test_withdrawn_twice_at_once_it_ends_once():
    scene = Scene.made()
    dispute = sent(scene)
    read = [Dispute.objects.get(pk=dispute.pk) for _ in range(2)]  # both see it live

    def withdraw(i: int) -> str:
        mine = read[i]
        try:
            answering.withdraw(mine, by=scene.holder, at=now())
        except (Stale, IllegalMove) as lost:
            return type(lost).__name__
        return "withdrawn"

    ended = in_parallel(2, withdraw)
    assert ended.count("withdrawn") == 1
    assert kinds(dispute) == ["withdrawal"]


# == the second review


def rejected(scene: Scene, *, ago: int = 0, **changes: Any) -> Dispute:
    dispute = sent(scene, S.REJECTED, **changes)
    decided(dispute, "rejected")
    Dispute.objects.filter(pk=dispute.pk).update(
        decided_at=now() - timedelta(days=ago), taken_by=scene.handler, taken_at=now()
    )
    dispute.refresh_from_db()
    return dispute


def test_a_second_review_begins_anew_with_nobody_and_a_clock_of_its_own(client, scene):
    dispute = rejected(scene)
    first = dispute.deadline
    address = reverse("disputes:review", args=[dispute.number])
    assert client.get(address).status_code == 200
    assert client.post(address, {"text": "You overlooked the slip."}).status_code == 302
    dispute.refresh_from_db()
    assert (dispute.status, dispute.taken_by) == (S.SECOND_REVIEW, None)
    assert dispute.deadline.round == Deadline.REVIEW
    assert dispute.deadline != first
    assert dispute.lines.filter(open=True).count() == 2
    assert OverdueRecord.objects.get().disputed
    assert kinds(dispute) == ["review_receipt"]
    assert "You overlooked the slip." in Letter.objects.get().facts
    assert Message.objects.get().body == "You overlooked the slip."
    told = OutboxEvent.objects.get(type="complaint.escalated").data
    assert told["case"] == dispute.number
    assert told["due_on"] == dispute.deadline.due_on.isoformat()
    assert Notice.objects.get().kind == "dispute.review_received"
    shown = client.get(reverse("disputes:case", args=[dispute.number])).content.decode()
    assert "had no part in the first answer" in shown
    assert client.post(address, {"text": "Once more."}).status_code == 302  # a second click
    assert kinds(dispute) == ["review_receipt"]


@pytest.mark.parametrize(("ago", "open"), [(29, True), (45, False)])
def test_the_time_for_a_second_review_is_that_of_the_pack(client, scene, ago, open):
    dispute = rejected(scene, ago=ago)
    shown = client.get(reverse("disputes:case", args=[dispute.number])).content.decode()
    assert ("Ask for a second review" in shown) == open
    asked = client.post(reverse("disputes:review", args=[dispute.number]), {"text": "Again"},
                        follow=True)  # fmt: skip
    dispute.refresh_from_db()
    assert (dispute.status == S.SECOND_REVIEW) == open
    assert ("The time to ask for a second review is over" in asked.content.decode()) != open


@pytest.mark.parametrize("status", [S.IN_REVIEW, S.FINAL, S.WITHDRAWN, S.CLOSED])
def test_only_a_first_answer_is_reviewed(scene, status):
    dispute = case(scene.account, status, decided_at=now())
    with pytest.raises(Refused) as no:
        answering.ask_review(dispute, "Again", by=scene.holder, at=now())
    assert no.value.rule == "REVIEW-OVER"


def test_nothing_is_reviewed_while_a_line_is_in_another_case(client, scene):
    dispute = rejected(scene)
    other = case(scene.account)
    line(other, "posting", LATE_FEE)
    asked = client.post(reverse("disputes:review", args=[dispute.number]), {"text": "Look again"})
    said = asked.content.decode()
    assert asked.status_code == 422
    assert other.number in said
    assert "Look again" in said
    dispute.refresh_from_db()
    assert dispute.status == S.REJECTED  # nothing of it stayed
    assert not dispute.deadlines.filter(round=2).exists()
    assert not Message.objects.exists()


def test_a_review_says_what_it_needs(client, scene):
    dispute = rejected(scene)
    asked = client.post(reverse("disputes:review", args=[dispute.number]), {"text": " "})
    assert asked.status_code == 422
    assert "Tell us what we should look at again." in asked.content.decode()


@pytest.mark.usefixtures("development_seal")
def test_a_review_that_is_withdrawn_leaves_the_first_answer(client, scene):
    from tests.disputes.test_letters import drawn

    dispute = rejected(scene)
    answering.ask_review(dispute, "Again", by=scene.holder, at=now())
    address = reverse("disputes:withdraw", args=[dispute.number])
    assert "The first answer stands" in client.get(address).content.decode()
    client.post(address)
    dispute.refresh_from_db()
    assert dispute.status == S.WITHDRAWN
    assert not dispute.lines.filter(open=True).exists()
    letters.draw_next(at=now())
    text = drawn(dispute.letters.get(kind="withdrawal"))
    assert "The first answer of" in text
    assert "We found no error in what was reported." in text


# == one's own words beside a record (CN-CR-06)


def beside(period: str = PERIOD) -> str:
    return reverse("disputes:personal_statement", args=["AC0001", period])


def test_a_statement_is_read_again_before_it_goes_out(client, scene):
    record(scene.account, PERIOD)
    words = "I was in hospital.\nI paid when I came out."
    checked = client.post(beside(), {"text": words})
    assert "word for word" in checked.content.decode()
    assert not PersonalStatement.objects.exists()
    client.post(beside(), {"text": words, "confirmed": "on"})
    assert PersonalStatement.objects.get().text == words
    event = OutboxEvent.objects.get(type="record.statement")
    told = outbox_files.resolved(event)
    assert (told["period"], told["text"]) == (PERIOD, words)
    assert "hospital" not in str(event.data)  # the event is kept for good
    trail = AuditEvent.objects.get(verb="disputes.personalstatement.added")
    assert "hospital" not in str(trail.data)
    assert "I was in hospital." in client.get(beside()).content.decode()


def test_the_second_page_leads_back_with_what_was_typed(client, scene):
    record(scene.account, PERIOD)
    back = client.post(beside(), {"text": "Mine.", "change": "yes", "confirmed": "on"})
    assert back.context["form"]["text"].value() == "Mine."
    assert not PersonalStatement.objects.exists()


def test_own_words_stand_on_the_account_page_for_their_owner_alone(client, scene, tmp_path):
    record(scene.account, PERIOD)
    answering.add_statement(scene.account, PERIOD, "In hospital.", by=scene.holder, at=now())
    address = reverse("accounts:account", args=["AC0001"])
    page = client.get(address).content.decode()
    assert "In hospital." in page and "They are on their way to the credit bureau." in page
    outbox_files.export(tmp_path, at=now())
    assert "The bank has them for the credit bureau." in client.get(address).content.decode()
    staff = people.sign_in(Client(), people.staff("agent"))
    seen = staff.get(reverse("accounts:staff_account", args=["AC0001"])).content.decode()
    assert "In hospital." not in seen
    answering.withdraw_statement(scene.account, PERIOD, by=scene.holder, at=now())
    assert "In hospital." not in client.get(address).content.decode()


def test_own_words_are_changed_so_often_a_day(client, scene, monkeypatch):
    monkeypatch.setattr(case_views, "CURRENT", replace(CURRENT, most_statements_a_day=1))
    record(scene.account, PERIOD)
    for words in ("First.", "Second."):
        client.post(beside(), {"text": words, "confirmed": "on"})
    assert PersonalStatement.objects.get().text == "First."


def test_a_new_statement_takes_the_place_of_the_old(client, scene):
    record(scene.account, PERIOD)
    for words in ("First.", "Second."):
        answering.add_statement(scene.account, PERIOD, words, by=scene.holder, at=now())
    standing = PersonalStatement.objects.get(withdrawn_at=None)
    assert standing.text == "Second."
    told = [outbox_files.resolved(each)["text"] for each in OutboxEvent.objects.order_by("seq")]
    assert told == ["", "Second."]
    client.post(beside(), {"take_back": "on", "confirmed": "on"})
    assert not PersonalStatement.objects.filter(withdrawn_at=None).exists()
    told = [outbox_files.resolved(each)["text"] for each in OutboxEvent.objects.order_by("seq")]
    assert told == ["", "", ""]  # also those that were not handed over yet
    with pytest.raises(Stale):
        answering.withdraw_statement(scene.account, PERIOD, by=scene.holder, at=now())


@pytest.mark.parametrize(
    ("period", "text", "status"),
    [(PERIOD, "", 422), (PERIOD, "x" * 501, 422), ("2020-01", "Words", 404), ("x", "Words", 404)],
)
def test_a_statement_needs_a_record_and_words(client, scene, period, text, status):
    record(scene.account, PERIOD)
    sent = client.post(beside(period), {"text": text, "confirmed": "on"})
    assert sent.status_code == status
    assert not PersonalStatement.objects.exists()
