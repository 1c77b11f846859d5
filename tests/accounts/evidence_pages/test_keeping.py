"""The cardholder's ready documents: keep them, read them line by line; and what others find."""

import re

import pytest
from django.urls import reverse
from django.utils.timezone import now

from accounts.evidence import queries
from portal.records import documents
from portal.records.models import AuditEvent, Document
from tests.accounts.books import account
from tests.accounts.evidence_pages.scene import documents_of
from tests.people import cardholder, sign_in


def url(name, *args):
    return reverse(f"accounts:evidence{name}", args=args)


@pytest.fixture
def me(client, scene):
    return sign_in(client, scene.holder)


def text(response):
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_ready_document_is_there_in_each_language_with_what_checks_it(me, scene):
    asked = scene.ready()
    page = me.get(url("_request", asked.number)).content.decode()
    for document in documents_of(asked):
        assert document.code in page and document.sha256 in page
        assert reverse("verify:document", args=[document.code]) in page
        assert url("_pdf", asked.number, document.language) in page
        assert url("_proof", asked.number, document.language) in page
    assert "CSV and JSON" in page and url("_lines", asked.number) in page
    overview = me.get(url("")).content.decode()
    assert asked.number in overview and url("_pdf", asked.number, "en") in overview


def test_each_download_is_the_document_and_is_logged_once(me, scene):
    asked = scene.ready()
    for count, document in enumerate(documents_of(asked), 1):
        response = me.get(url("_pdf", asked.number, document.language))
        data = b"".join(response.streaming_content)
        assert documents.digest(data) == document.sha256
        assert response["Content-Type"] == "application/pdf"
        assert f"{asked.number}.{document.language}.pdf" in response["Content-Disposition"]
        events = AuditEvent.objects.filter(verb="accounts.evidencerequest.downloaded")
        assert events.count() == count
        last = events.latest("pk")
        assert last.actor == f"user:{scene.holder.pk}"
        assert last.data == {
            "what": "pdf", "language": document.language, "sha256": document.sha256,
        }  # fmt: skip


def test_the_proof_pack_is_a_zip_and_is_logged(me, scene):
    asked = scene.ready(languages=["en"])
    response = me.get(url("_proof", asked.number, "en"))
    assert response["Content-Type"] == "application/zip"
    assert b"".join(response.streaming_content).startswith(b"PK")
    event = AuditEvent.objects.get(verb="accounts.evidencerequest.downloaded")
    assert event.data["what"] == "proof"


def test_what_is_not_there_yet_or_not_in_that_language_is_not_found(me, scene):
    waiting = scene.asked()
    ready = scene.ready(languages=["en"])
    for missing in (
        url("_pdf", waiting.number, "en"), url("_proof", waiting.number, "en"),
        url("_lines", waiting.number), url("_pdf", ready.number, "zh-hans"),
        url("_pdf", ready.number, "xx"), url("_line", ready.number, "P-9999"),
        url("_request", "EV-NONE"),
    ):  # fmt: skip
        assert me.get(missing).status_code == 404, missing
    assert not AuditEvent.objects.filter(verb__endswith="downloaded").exists()


def test_a_document_deleted_after_its_time_says_so(me, scene):
    asked = scene.ready(languages=["en"])
    Document.objects.update(purged_at=now())
    page = me.get(url("_request", asked.number))
    assert "as long as we may" in text(page)
    assert url("_pdf", asked.number, "en") not in page.content.decode()
    assert url("_pdf", asked.number, "en") not in me.get(url("")).content.decode()
    assert me.get(url("_pdf", asked.number, "en")).status_code == 404


# == line by line


def test_each_line_can_be_opened_and_names_document_and_hash(me, scene):
    asked = scene.ready()
    document = documents_of(asked)[0]
    page = me.get(url("_lines", asked.number)).content.decode()
    assert url("_line", asked.number, "P-0001") in page
    said = text(me.get(url("_line", asked.number, "P-0001")))
    assert "P-0001" in said and asked.number in said and document.sha256 in said
    assert "¥8,000.00" in said and "Example Grocery" in said
    assert "Something is wrong with this line" in said


def test_the_lines_come_a_page_at_a_time(me, scene, monkeypatch):
    monkeypatch.setattr("accounts.views.evidence.LINES", 1)
    asked = scene.ready(languages=["en"])
    first, second = (me.get(url("_lines", asked.number) + f"?page={n}") for n in (1, 2))
    assert "P-0001" in text(first) and "P-0002" not in text(first)
    assert "P-0002" in text(second) and "P-0001" not in text(second)


def test_older_requests_are_behind_the_first_page(me, scene, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 1)
    old, new = scene.asked(), scene.asked(purpose="court")
    first = me.get(url("")).content.decode()
    assert new.number in first and f'href="?after={new.number}' in first
    second = me.get(url("") + f"?after={new.number}").content.decode()
    assert old.number in second and 'href="?after=' not in second


# == others


def test_another_cardholder_finds_nothing(client, scene):
    asked = scene.ready()
    other = cardholder()
    account(other, "AC0009")
    client = sign_in(client, other)
    for name, *args in [
        ("_request", asked.number), ("_pdf", asked.number, "en"), ("_proof", asked.number, "en"),
        ("_lines", asked.number), ("_line", asked.number, "P-0001"), ("_ask", scene.account.ref),
    ]:  # fmt: skip
        assert client.get(url(name, *args)).status_code == 404, name
    assert client.post(url("_ask", scene.account.ref), {}).status_code == 404
    for page in (client.get(url("")), client.get(url("") + f"?after={asked.number}")):
        main = page.content.decode().partition("<main")[2].partition("</main>")[0]
        assert main and asked.number not in main  # the language button knows the address
    assert not AuditEvent.objects.filter(verb__endswith="downloaded").exists()


def test_the_account_page_and_the_menu_lead_there(me, scene):
    page = me.get(reverse("accounts:account", args=[scene.account.ref])).content.decode()
    assert url("_ask", scene.account.ref) in page and f'href="{url("")}"' in page
