"""The cardholder's pages of a case that was sent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now

from disputes import letters
from disputes.models import Dispute, Message, Upload
from disputes.policy import CURRENT
from disputes.rules import Representative
from disputes.views import case as case_views
from portal.records import outbox_files
from portal.records.models import AuditEvent, Notice
from tests import people
from tests.disputes.filing import NAMES, Filing
from tests.disputes.scene import Scene, case, line
from tests.disputes.test_letters import decided, with_lines
from tests.plans.scene import account_of

pytestmark = pytest.mark.django_db
S = Dispute.Status


@pytest.fixture
def scene() -> Scene:
    return Scene.made()


@pytest.fixture
def client(scene: Scene) -> Client:
    signed_in = people.sign_in(Client(), scene.holder, second_factor=False)
    signed_in.cookies["django_language"] = "en"
    return signed_in


def page(client: Client, number: str, name: str = "case", **data: Any) -> str:
    response = client.get(reverse(f"disputes:{name}", args=[number]), data)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def post(client: Client, number: str, name: str, **data: Any) -> Any:
    return client.post(reverse(f"disputes:{name}", args=[number]), data)


def say(dispute: Dispute, kind: str, body: str, by: Any) -> Message:
    message = Message(dispute=dispute, kind=kind, sent_at=now(), sent_by=by)
    message.body = body
    message.save()
    return message


def upload(dispute: Dispute, by: Any, **facts: Any) -> Upload:
    return Upload.objects.create(
        dispute=dispute, name="slip.jpg", sha256="cd" * 32, size=7, uploaded_at=now(),
        uploaded_by=by, **facts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "heading"),
    [(S.RECEIVED, "We have your case"), (S.IN_REVIEW, "Your case is being looked at"),
     (S.WAITING, "We have a question for you"), (S.UPHELD, "You are right"),
     (S.PARTLY, "You are right in part"), (S.REJECTED, "We found no error"),
     (S.UNCONFIRMED, "It could not be confirmed"), (S.WITHDRAWN, "You withdrew this case"),
     (S.SECOND_REVIEW, "Your case is being reviewed again"),
     (S.FINAL, "The second review is done"), (S.CLOSED, "This case is closed")],
)  # fmt: skip
def test_each_state_is_said_in_words(client, scene, status, heading):
    dispute = with_lines(scene, status)
    answered = status not in (S.RECEIVED, S.IN_REVIEW, S.WAITING, S.WITHDRAWN)
    if answered:
        decided(dispute, "partly_upheld")
    said = page(client, dispute.number)
    assert f"<h1>{heading}</h1>" in said
    assert dispute.number in said
    live = status in Dispute.LIVE
    assert ("Write to us about this case" in said) == live
    assert ("Withdraw the case" in said) == live
    assert ("Who else can help" in said) == (answered and not live)
    assert ("The payment of 3 September had arrived." in said) == answered
    assert ("Ask for a second review" in said) == (status in Dispute.DECIDED)


@pytest.mark.parametrize(
    ("due_in", "words"),
    [(20, "in 20 days"), (1, "in 1 day."), (0, "which is today"), (-1, "We are late")],
)
def test_the_promised_day_is_said_in_words(client, scene, due_in, words):
    assert words in page(client, case(scene.account, due_in=due_in).number)


def test_the_list_shows_what_is_live_first_and_nothing_of_others(client, scene):
    empty = client.get(reverse("disputes:index")).content.decode()
    assert "You have no case yet" in empty
    written_down = case(scene.account, S.DRAFT, channel="phone")
    closed, live = case(scene.account, S.CLOSED), case(scene.account)
    draft = case(scene.account, S.DRAFT)
    other = people.cardholder()
    foreign = case(account_of(other, ref="AC0002"))
    shown = client.get(reverse("disputes:index")).content.decode()
    assert shown.index(draft.number) < shown.index(live.number) < shown.index(closed.number)
    assert written_down.number not in shown
    assert foreign.number not in shown


def test_a_draft_has_no_page_of_its_own_yet(client, scene):
    draft = case(scene.account, S.DRAFT)
    assert client.get(reverse("disputes:case", args=[draft.number])).status_code == 404


def test_notes_of_the_staff_are_never_shown(client, scene):
    dispute = case(scene.account, S.IN_REVIEW)
    say(dispute, "note", "internal words", scene.handler)
    say(dispute, "message", "We look at the slip.", scene.handler)
    said = page(client, dispute.number)
    assert "We look at the slip." in said
    assert "internal words" not in said


# == answering


def test_an_answer_goes_with_its_files_and_the_case_goes_on(client, scene):
    dispute = case(scene.account, S.WAITING)
    question = say(dispute, "question", "On which day did you pay?", scene.handler)
    file = upload(dispute, scene.holder)
    assert "On which day did you pay?" in page(client, dispute.number)
    answered = post(client, dispute.number, "answer", text="On 3 September.")
    assert answered.status_code == 302
    dispute.refresh_from_db()
    message = Message.objects.get(kind="answer")
    assert (dispute.status, message.answers, message.body) == (
        S.IN_REVIEW, question, "On 3 September.",
    )  # fmt: skip
    file.refresh_from_db()
    assert file.message == message
    said = page(client, dispute.number)
    assert "On 3 September." in said
    assert "slip.jpg" in said
    assert "Waiting for you" not in said
    trail = AuditEvent.objects.filter(subject=f"disputes.dispute:{dispute.pk}")
    assert "On 3 September" not in str(list(trail.values_list("data", flat=True)))


def test_a_message_of_ones_own_moves_nothing(client, scene):
    dispute = case(scene.account, S.RECEIVED)
    post(client, dispute.number, "answer", text="One more thing.")
    dispute.refresh_from_db()
    assert dispute.status == S.RECEIVED
    assert Message.objects.get().kind == "message"


def test_a_second_click_sends_nothing_again(client, scene):
    dispute = case(scene.account, S.WAITING)
    say(dispute, "message", "Yes.", scene.holder)
    say(dispute, "question", "Did you pay?", scene.handler)
    for _ in range(2):  # an answer, although the same was said a moment ago
        assert post(client, dispute.number, "answer", text="Yes.").status_code == 302
    assert [each.kind for each in Message.objects.order_by("pk")][2:] == ["answer"]
    file = upload(dispute, scene.holder)
    post(client, dispute.number, "answer", text="Yes.")  # it takes the file along
    file.refresh_from_db()
    assert file.message == Message.objects.latest("pk")
    Message.objects.update(sent_at=now() - timedelta(minutes=2))
    post(client, dispute.number, "answer", text="Yes.")
    assert Message.objects.count() == 5


def test_who_writes_again_and_again_waits_an_hour(client, scene, monkeypatch):
    monkeypatch.setattr(case_views, "CURRENT", replace(CURRENT, most_messages_an_hour=1))
    dispute = case(scene.account)
    post(client, dispute.number, "answer", text="One.")
    answered = post(client, dispute.number, "answer", text="Two.")
    assert answered.status_code == 422
    assert "Write again in an hour." in answered.content.decode()
    assert "Two." in answered.content.decode()
    assert Message.objects.get().body == "One."


def test_files_of_the_first_sending_stay_with_it(client, scene):
    dispute = case(scene.account)
    file = upload(dispute, scene.holder)
    Upload.objects.update(uploaded_at=dispute.submitted_at - timedelta(minutes=1))
    post(client, dispute.number, "answer", text="One more thing.")
    file.refresh_from_db()
    assert file.message is None


@pytest.mark.parametrize(
    ("status", "text", "words"),
    [(S.WAITING, "", "Write your answer first."), (S.RECEIVED, " ", "Write your message first."),
     (S.REJECTED, "Look again", "takes no more messages")],
)  # fmt: skip
def test_what_cannot_be_sent_is_said_and_kept(client, scene, status, text, words):
    dispute = case(scene.account, status)
    if status == S.WAITING:
        say(dispute, "question", "When?", scene.handler)
    answered = post(client, dispute.number, "answer", text=text)
    assert answered.status_code == 422
    assert words in answered.content.decode()
    assert not Message.objects.exclude(kind="question").exists()


# == what was sent


@pytest.mark.parametrize(
    ("status", "lacking"), [("clean", False), ("quarantined", True), ("rejected", True)]
)
def test_who_acts_and_whether_the_paper_can_be_used(client, scene, status, lacking):
    dispute = case(scene.account, contact_by="phone")
    dispute.representative = Representative("Li", "daughter", "li@example.com").to_json()
    dispute.save()
    facts = {"copy_sha256": "ef" * 32} if status == "clean" else {"problem": "virus"}
    upload(dispute, scene.holder, purpose="authority", status=status, **facts)
    said = page(client, dispute.number)
    for words in ("By a call to the number", "daughter", "li@example.com", "slip.jpg"):
        assert words in said
    assert ("There is no paper here that we can use" in said) is lacking
    assert ("Our virus check stopped this file" in said) is lacking
    assert "id_authority_file" in said


def test_the_bureau_is_told_once_the_bank_has_the_file(tmp_path):
    made = Filing.made()
    dispute, theirs = made.sent(NAMES["record"]), made.client()
    assert "the credit bureau is being told" in page(theirs, dispute.number)
    outbox_files.export(tmp_path, at=now())
    assert "the credit bureau has been told" in page(theirs, dispute.number)


# == letters


@pytest.mark.usefixtures("development_seal")
def test_a_letter_appears_and_can_be_kept_with_its_proof(client, scene):
    dispute = with_lines(scene)
    letter = letters.write(dispute, "receipt", at=now())
    before = page(client, dispute.number)
    assert "The letter is being written" in before
    assert "?seen=0-1-" in before
    address = reverse("disputes:case", args=[dispute.number])
    htmx = {"HTTP_HX_REQUEST": "true"}
    assert client.get(f"{address}?seen=0-1-", **htmx).status_code == 204
    letters.draw_next(at=now())
    fragment = client.get(f"{address}?seen=0-1-", **htmx).content.decode()
    assert f"{letter.number}.pdf" in fragment
    assert "hx-get" not in fragment
    for name, begins in (("letter", b"%PDF"), ("proof", b"PK")):
        kept = client.get(reverse(f"disputes:{name}", args=[dispute.number, letter.number]))
        assert kept.getvalue().startswith(begins)
    told = AuditEvent.objects.filter(verb="disputes.letter.downloaded")
    assert [event.data["what"] for event in told.order_by("seq")] == ["pdf", "proof"]
    elsewhere = case(scene.account)  # a letter is found under its own case only
    assert client.get(reverse("disputes:letter", args=[elsewhere.number, letter.number])
                      ).status_code == 404  # fmt: skip


def test_a_letter_that_is_not_drawn_yet_is_a_404(client, scene):
    letter = letters.write(case(scene.account), "receipt", at=now())
    address = reverse("disputes:letter", args=[letter.dispute.number, letter.number])
    assert client.get(address).status_code == 404


def test_the_page_takes_as_many_queries_for_many_lines(
    client, scene, django_assert_max_num_queries
):
    dispute = with_lines(scene, S.REJECTED)
    for n in range(10):
        line(dispute, "posting", f"x{n}")
        say(dispute, "message", "words", scene.handler)
    decided(dispute, "rejected")
    with django_assert_max_num_queries(32):
        page(client, dispute.number)


def test_what_was_promised_and_kept_is_on_the_timeline(client, scene):
    dispute = with_lines(scene, S.FINAL)
    decided(dispute, "rejected")
    decided(dispute, "upheld", round=2)
    said = page(client, dispute.number)
    assert "The answer of the second review" in said
    assert said.index("The answer of the second review") < said.index(">Our answer<")
    assert localdate().strftime("%Y") in said
    assert not Notice.objects.exists()  # reading tells nobody anything
