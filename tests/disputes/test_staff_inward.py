"""What comes by phone, letter or at a branch about a case: words, a withdrawal, papers."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.timezone import localdate, now

from accounts.models import Cardholder
from disputes import terms
from disputes.models import Dispute, Letter, Upload
from portal.records.models import AuditEvent, Notice
from tests import hostile
from tests.disputes.scene import Scene, Status, case
from tests.people import sign_in, staff

pytestmark = pytest.mark.django_db
TODAY = localdate()


@pytest.fixture
def scene():
    return Scene.made()


@pytest.fixture
def desk(client, scene):
    return sign_in(client, scene.handler)


def earlier(days):
    return (TODAY - timedelta(days=days)).isoformat()


def backdated(dispute, days, **changes):
    """Sent (and, if it is, decided) so many days ago."""
    at = now() - timedelta(days=days)
    facts = {"submitted_at": at} | ({"decided_at": at} if dispute.decided_at else {})
    Dispute.objects.filter(pk=dispute.pk).update(**facts | changes)
    dispute.refresh_from_db()
    return dispute


def sent(desk, dispute, what, **changes):
    told = {"what": what, "channel": "phone", "received_on": TODAY.isoformat(), "text": "At noon."}
    return desk.post(reverse("disputes:inward", args=[dispute.number]), told | changes)


def test_an_answer_by_phone_ends_the_waiting_and_reads_as_theirs(desk, client, scene):
    dispute = case(scene.account, Status.WAITING)
    asked = dispute.messages.create(kind="question", sent_at=now(), sent_by=dispute.taken_by)
    assert sent(desk, dispute, "answer").status_code == 302
    dispute.refresh_from_db()
    message = dispute.messages.get(kind="answer")
    assert dispute.status == Status.IN_REVIEW and message.answers == asked
    assert message.body.startswith("By phone, received on ") and message.body.endswith("At noon.")
    assert terms.has_news(dispute)  # as if they had written it here
    told = AuditEvent.objects.get(verb="disputes.message.answer").data
    assert told["channel"] == "phone" and told["received_on"] == TODAY.isoformat()
    page = sign_in(client, scene.holder).get(reverse("disputes:case", args=[dispute.number]))
    assert "Your answer" in page.content.decode()


def test_the_same_click_twice_is_one_message(desk, scene):
    dispute = case(scene.account)
    sent(desk, dispute, "answer")
    sent(desk, dispute, "answer")
    assert dispute.messages.count() == 1


def test_a_withdrawal_by_letter_ends_the_case_the_day_it_came(desk, scene):
    dispute = backdated(case(scene.account), 5)
    sent(desk, dispute, "withdraw", channel="letter", received_on=earlier(2), text="")
    dispute.refresh_from_db()
    assert dispute.status == Status.WITHDRAWN
    assert localdate(dispute.ended_at) == TODAY - timedelta(days=2)
    assert Letter.objects.get().kind == "withdrawal" and Notice.objects.get()


def test_a_second_review_counts_from_the_day_it_was_asked_for(desk, scene):
    dispute = backdated(case(scene.account, Status.REJECTED), 5)
    sent(desk, dispute, "review", channel="counter", received_on=earlier(3))
    dispute.refresh_from_db()
    assert dispute.status == Status.SECOND_REVIEW and dispute.taken_by is None
    assert dispute.deadline.counted_from == TODAY - timedelta(days=3)
    assert dispute.messages.get().kind == "answer"
    told = json.loads(dispute.letters.get(kind="review_receipt").facts)
    assert told["asked_again"] == dispute.messages.get().body


def test_a_wish_in_time_is_in_time_though_it_is_taken_down_late(desk, scene):
    dispute = backdated(case(scene.account, Status.REJECTED), 60)
    sent(desk, dispute, "review", received_on=earlier(59))
    dispute.refresh_from_db()
    assert dispute.status == Status.SECOND_REVIEW


@pytest.mark.parametrize(
    ("status", "what", "changes"),
    [(Status.RECEIVED, "answer", {"text": " "}), (Status.RECEIVED, "answer", {"channel": "portal"}),
     (Status.RECEIVED, "review", {}), (Status.RECEIVED, "", {}),
     (Status.RECEIVED, "withdraw", {"received_on": earlier(-1)}),
     (Status.RECEIVED, "withdraw", {"received_on": earlier(6)}),
     (Status.RECEIVED, "answer", {"received_on": earlier(6)}),
     (Status.REJECTED, "review", {"received_on": earlier(6)}),
     (Status.REJECTED, "withdraw", {}), (Status.WITHDRAWN, "answer", {}),
     (Status.FINAL, "review", {})],
)  # fmt: skip
def test_what_cannot_be_is_not_taken_down(desk, scene, status, what, changes):
    dispute = backdated(case(scene.account, status), 5)
    assert sent(desk, dispute, what, **changes).status_code == 422
    dispute.refresh_from_db()
    assert dispute.status == status and not dispute.messages.exists()


@pytest.mark.parametrize("status", [Status.IN_REVIEW, Status.RECEIVED])
def test_who_has_no_sign_in_is_to_be_called(desk, scene, status):
    dispute = case(scene.account, status, contact_by="phone", taken_by=scene.handler)
    page = reverse(f"disputes:{'ask' if status == Status.IN_REVIEW else 'staff_case'}",
                   args=[dispute.number])  # fmt: skip
    assert "Nobody is told by mail" not in (shown := desk.get(page).content.decode())
    assert "By a call to the number you have for me" in shown
    Cardholder.objects.update(user=None)
    assert "Nobody is told by mail" in desk.get(page).content.decode()


def post(desk, dispute, **changes):
    file = SimpleUploadedFile("power.png", hostile.built("png"))
    url = reverse("disputes:papers", args=[dispute.number])
    return desk.post(url, {"purpose": "authority", "file": [file]} | changes)


def test_a_paper_goes_the_way_of_all_files(desk, scene):
    dispute = case(scene.account)
    assert post(desk, dispute).status_code == 302
    upload = Upload.objects.get()
    assert (upload.purpose, upload.status) == ("authority", "pending")
    assert upload.uploaded_by == scene.handler and upload.next_try_at
    page = desk.get(reverse("disputes:staff_case", args=[dispute.number])).content.decode()
    assert "power.png" in page and "Add papers" in page


def test_a_paper_that_is_none_is_refused_at_once(desk, scene):
    dispute = case(scene.account)
    page = post(desk, dispute, file=[SimpleUploadedFile("power.pdf", b"MZ nothing")])
    assert page.status_code == 422 and "power.pdf" in page.content.decode()
    assert post(desk, dispute, purpose="x").status_code == 422
    assert not Upload.objects.exists()


def test_a_case_with_an_answer_takes_no_papers(desk, scene):
    dispute = case(scene.account, Status.UPHELD)
    assert post(desk, dispute).status_code == 422 and not Upload.objects.exists()
    url = reverse("disputes:papers", args=[dispute.number])
    assert "takes no more files" in desk.get(url).content.decode()


def test_the_csrf_check_stands_before_papers_too(scene):
    from django.test import Client

    strict = sign_in(Client(enforce_csrf_checks=True), staff("supervisor"))
    assert post(strict, case(scene.account)).status_code == 403
    assert not Upload.objects.exists()
