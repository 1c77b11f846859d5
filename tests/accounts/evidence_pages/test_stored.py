"""What is shown and logged is the file that goes out; a file that cannot go out is explained."""

import logging
import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.urls import reverse
from django.utils.timezone import now

from portal.records import documents
from portal.records.models import AuditEvent, Document
from tests.accounts.evidence_pages.scene import documents_of
from tests.people import sign_in
from tests.records import later_stamps


def url(name, *args):
    return reverse(f"accounts:evidence{name}", args=args)


@pytest.fixture
def me(client, scene):
    return sign_in(client, scene.holder)


@pytest.fixture
def ready(scene):
    return scene.ready(languages=["en"])


@pytest.fixture
def document(ready):
    (found,) = documents_of(ready)
    return found


def pages_of(ready):
    return [
        url("_pdf", ready.number, "en"), url("_proof", ready.number, "en"),
        url("_lines", ready.number), url("_line", ready.number, "P-0001"),
    ]  # fmt: skip


def test_after_a_timestamp_both_fingerprints_are_shown_wherever_one_is(me, ready, document):
    later_stamps.enter(document, later_stamps.stamp(documents.fetch(document.sha256)))
    data = b"".join(me.get(url("_pdf", ready.number, "en")).streaming_content)
    assert documents.digest(data) != document.sha256
    for page in (
        url("_request", ready.number), url("_line", ready.number, "P-0001"),
        reverse("verify:document", args=[document.code]),
    ):  # fmt: skip
        shown = re.sub(r"\s+", " ", me.get(page).content.decode())
        assert documents.digest(data) in shown, page
        assert document.sha256 in shown and f"first {document.size} bytes" in shown, page


def test_the_log_names_the_bytes_that_were_sent(me, ready, document):
    later_stamps.enter(document, later_stamps.stamp(documents.fetch(document.sha256)))
    for page in (url("_pdf", ready.number, "en"), url("_proof", ready.number, "en")):
        data = b"".join(me.get(page).streaming_content)
        event = AuditEvent.objects.filter(verb="accounts.evidencerequest.downloaded").latest("pk")
        assert event.data["sha256"] == documents.digest(data)


def test_what_one_gets_now_is_one_query_for_all(scene, django_assert_num_queries):
    found = documents_of(scene.ready())
    later_stamps.enter(found[0], later_stamps.stamp(documents.fetch(found[0].sha256)))
    with django_assert_num_queries(1):
        files = documents.newest(*found)
    assert [each.document for each in files] == found
    assert [each.stamped for each in files] == [True, False]
    assert files[1].sha256 == found[1].sha256


@pytest.mark.parametrize("fault", ["gone", "damaged"])
def test_a_file_that_cannot_be_served_is_a_kind_page_and_an_alarm(
    me, ready, document, fault, caplog
):
    caplog.set_level(logging.ERROR, "accounts.stored")
    name = documents.name_of(document.sha256)
    storages["documents"].delete(name)
    if fault == "damaged":
        storages["documents"].save(name, ContentFile(b"%PDF-1.7 other bytes"))
    for page in pages_of(ready):
        caplog.clear()
        answer = me.get(page)
        assert answer.status_code == 503, page
        said = answer.content.decode()
        assert "You have done nothing wrong" in said and ready.number in said
        assert f"{ready.number}: stored bytes {fault}: {document.sha256}" in caplog.text
        assert document.sha256 not in said
    assert not AuditEvent.objects.filter(verb__endswith="downloaded").exists()


def test_a_purge_between_the_row_and_its_bytes_is_not_found(me, ready, document, monkeypatch):
    def purge_first(sha256):
        Document.objects.update(purged_at=now())
        raise documents.Gone(sha256)

    monkeypatch.setattr(documents, "fetch", purge_first)
    for page in pages_of(ready):
        Document.objects.update(purged_at=None)
        assert me.get(page).status_code == 404, page
