"""What staff see of documents that are held back, who may try again, and that looks are logged."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import EvidenceRequest
from portal.records.models import AuditEvent, StaffView
from tests.people import sign_in, staff

INDEX = reverse("accounts:staff_evidence")
READERS = ["agent", "complaint_handler", "supervisor", "auditor"]


def page_of(asked):
    return reverse("accounts:staff_evidence_request", args=[asked.number])


def retry_of(asked):
    return reverse("accounts:retry_evidence", args=[asked.number])


@pytest.fixture
def agent(client, scene):
    return sign_in(client, scene.agent)


def test_nothing_held_back_says_so(agent):
    assert "Nothing is held back" in agent.get(INDEX).content.decode()


@pytest.mark.parametrize("role", READERS)
def test_each_reader_sees_what_is_held_back_why_and_the_look_is_logged(client, scene, role):
    asked = scene.failed()
    client = sign_in(client, staff(role))
    page = client.get(INDEX).content.decode()
    assert asked.number in page and "EV-1: total: 0.01" in page
    assert StaffView.objects.filter(page="accounts:staff_evidence").count() == 1
    page = client.get(page_of(asked)).content.decode()
    assert "do not add up" in page and "EV-1: total: 0.01" in page
    assert "Test Person" not in page and "T****" in page
    look = StaffView.objects.get(page="accounts:staff_evidence_request")
    assert look.subject == f"accounts.cardholder:{scene.account.cardholder_id}"
    assert (retry_of(asked) in page) == (role in ("agent", "supervisor"))


@pytest.mark.parametrize("problem", ["EV-GLYPH: 𰻝", "EV-LOST: 8", "EV-ERROR: OSError"])
def test_each_kind_of_problem_says_what_to_do(agent, scene, problem):
    asked = scene.failed(problem)
    page = agent.get(page_of(asked)).content.decode()
    assert problem in page and "ell the operators" in page


def test_trying_again_gives_it_back_to_the_worker_with_fresh_tries(agent, scene):
    asked = scene.failed()
    EvidenceRequest.objects.update(tries=8)
    assert agent.post(retry_of(asked)).url == page_of(asked)
    asked.refresh_from_db()
    assert (asked.status, asked.tries, asked.problem) == ("requested", 0, "")
    event = AuditEvent.objects.get(verb="accounts.evidencerequest.requested")
    assert event.actor == f"user:{scene.agent.pk}" and event.role == "agent"


def test_the_second_of_two_retries_changes_nothing(agent, scene):
    asked = scene.failed()
    agent.post(retry_of(asked))
    page = agent.post(retry_of(asked), follow=True).content.decode()
    assert "A colleague was first" in page
    assert AuditEvent.objects.filter(verb="accounts.evidencerequest.requested").count() == 1


@pytest.mark.parametrize("role", ["complaint_handler", "auditor"])
def test_who_only_reads_cannot_retry(client, scene, role):
    asked = scene.failed()
    assert sign_in(client, staff(role)).post(retry_of(asked)).status_code == 403
    asked.refresh_from_db()
    assert asked.status == "failed"


def test_a_look_changes_nothing(agent, scene):
    asked = scene.failed()
    assert agent.get(retry_of(asked)).status_code == 405
    assert agent.post(page_of(asked)).status_code == 405
    asked.refresh_from_db()
    assert asked.status == "failed"


def test_a_ready_document_shows_its_code_and_its_history(agent, scene):
    asked = scene.ready(languages=["en"])
    page = agent.get(page_of(asked)).content.decode()
    assert "It was sealed and filed." in page and "The document was asked for." in page
    assert reverse("verify:index") in page


def test_the_first_staff_page_counts_what_is_held_back(agent, scene):
    assert "held back" not in agent.get(reverse("staff_home")).content.decode()
    scene.failed()
    assert "1 held back" in agent.get(reverse("staff_home")).content.decode()


def many_failed(scene, count, series="Z"):
    EvidenceRequest.objects.bulk_create(
        EvidenceRequest(
            number=f"EV-{series}{i:03}", account=scene.account, kind="holder", languages=["en"],
            requested_at=now(), requested_by=scene.holder, status="failed",
            problem="EV-1: total: 0.01" if i % 4 else "EV-LOST: 8",
        )
        for i in range(count)
    )  # fmt: skip


def held_back_on(page):
    table = page.partition("</table>")[0]
    return re.findall(r">(EV-Z\d+)</a>", table)


def test_the_list_of_what_is_held_back_comes_in_pages(agent, scene):
    many_failed(scene, 70)
    first = agent.get(INDEX).content.decode()
    assert held_back_on(first) == [f"EV-Z{i:03}" for i in range(50)]
    assert "Held back: 70." in first and "EV-1 × 52" in first and "EV-LOST × 18" in first
    after = re.search(r'href="(\?after=[^"]+)"', first)[1]
    second = agent.get(INDEX + after).content.decode()
    assert held_back_on(second) == [f"EV-Z{i:03}" for i in range(50, 70)]
    assert 'href="?after=' not in second and "Held back: 70." in second
    assert "Held back: 70." in agent.get(INDEX + "?after=EV-Z069").content.decode()


def test_above_a_hundred_nothing_is_counted_exactly(agent, scene):
    many_failed(scene, 99)
    assert "99 held back" in agent.get(reverse("staff_home")).content.decode()
    many_failed(scene, 5, series="Y")
    assert "100 or more held back" in agent.get(reverse("staff_home")).content.decode()
    page = agent.get(INDEX).content.decode()
    assert "Held back: 100 or more." in page and "104" not in page


@pytest.mark.parametrize("page", ["accounts:staff_evidence", "staff_home"])
def test_nothing_is_read_or_counted_without_a_bound(agent, scene, page):
    with CaptureQueriesContext(connection) as made:
        agent.get(reverse(page))
    sent = [query["sql"] for query in made if "accounts_evidencerequest" in query["sql"]]
    assert sent and all(" LIMIT " in sql for sql in sent)


def test_a_longer_list_takes_no_more_queries(agent, scene):
    many_failed(scene, 3)
    agent.get(INDEX)  # the first look of a session asks more
    with CaptureQueriesContext(connection) as few:
        agent.get(INDEX)
    EvidenceRequest.objects.all().delete()
    many_failed(scene, 150)
    with CaptureQueriesContext(connection) as many:
        agent.get(INDEX)
    assert len(many) == len(few)
