import io
import re
import threading
from html import unescape

import pikepdf
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from accounts.models import EvidenceRequest
from portal import verify
from portal.records import apart, documents
from portal.records.models import Document
from portal.records.verification import LARGEST
from tests.plans.scene import behind
from tests.records import later_stamps, samples, signed
from tests.records.samples import AT, CODE, NAME, draft, file, sealed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]
INDEX = "/verify/"
PAGE = f"/verify/{CODE}/"


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A busy machine may take long to start the child: only its processor time is bounded here."""
    monkeypatch.setattr(apart, "PATIENCE", 60)


@pytest.fixture(autouse=True)
def in_english():
    with override("en"):
        yield


@pytest.fixture
def visitor():
    return Client(headers={"accept-language": "en"})


def send(client, data: bytes, *, to: str = INDEX, name: str = "paper.pdf"):
    upload = SimpleUploadedFile(name, data, content_type="application/pdf")
    return client.post(to, {"file": upload})


def test_anyone_gets_the_page_and_the_address_has_a_name(visitor):
    response = visitor.get(INDEX)
    assert response.status_code == 200
    assert b'enctype="multipart/form-data"' in response.content
    assert reverse("verify:index") == INDEX
    assert reverse("verify:document", args=[CODE]) == PAGE


VERDICTS = {
    "valid": (lambda d: d, 200, "Unchanged, with a test seal"),
    "altered": (samples.flip_page, 200, "Altered: do not rely on this file"),
    "partly": (samples.add_page, 200, "Only partly covered by the seal"),
    "stripped": (samples.strip_seal, 200, "Not a document of ours"),
    "unreadable": (lambda d: b"junk", 422, "We cannot read this file"),
    "empty": (lambda d: b"", 422, "We cannot read this file"),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_each_verdict_is_said_in_plain_words(visitor, case):
    make, status, heading = VERDICTS[case]
    file(sealed())
    response = send(visitor, make(sealed()))
    assert response.status_code == status
    text = response.content.decode()
    assert heading in re.search(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)[1]
    assert ("TEST SEAL" in text) == (case in ("valid", "altered", "partly"))
    assert ("no legal effect" in text) == (case in ("valid", "altered", "partly"))


def test_a_valid_file_shows_who_when_and_by_which_clock(visitor):
    file(sealed())
    text = send(visitor, sealed()).content.decode()
    assert "AG-2026-000123" in text
    assert "Instalment agreement" in text
    assert "own clock" in text
    assert "15:38" in text
    assert "We have kept nothing of your file." in text


CODE_WAY = {"format": "arrears-portal/acceptance/1", "method": "email-code"}
PERSON = {
    "passkey": (signed.by_passkey, "a passkey: the signature fits this document."),
    "another key": (signed.by_another_key, "but the signature does not fit this document."),
    "code": (
        lambda: signed.sealed_with(signed.record_of(draft(), **CODE_WAY)),
        "holds no signature of the cardholder's own, and the seal is the bank's alone."),
    "no such record": (sealed, ""),
}  # fmt: skip


@pytest.mark.parametrize("how", PERSON)
def test_the_cardholders_own_act_is_told_from_the_banks_seal(visitor, how):
    make, says = PERSON[how]
    data = make()
    file(data)
    text = unescape(send(visitor, data).content.decode())
    assert says in text and ("<dt>The cardholder</dt>" in text) == bool(says)
    assert ("The cardholder's acceptance does not fit" in text) == (how == "another key")
    if how == "passkey":
        text = unescape(send(visitor, samples.add_page(data)).content.decode())
        assert "fits the document as we sealed it." in text


def test_pages_added_after_the_seal_are_named(visitor):
    assert "The number of pages" in send(visitor, samples.add_page(sealed())).content.decode()


def test_a_test_seal_cannot_be_overlooked(visitor):
    file(sealed())
    text = send(visitor, sealed()).content.decode()
    assert text.index('class="test-seal"') < text.index("<h1")
    assert "<strong>TEST SEAL</strong>" in text


@pytest.mark.parametrize("case", VERDICTS)
def test_whoever_gets_a_bad_answer_is_told_what_to_do(visitor, case):
    file(sealed())
    text = send(visitor, VERDICTS[case][0](sealed())).content.decode()
    assert ("What you can do now" in text) == (case != "valid")
    assert ("call us" in text) == (case != "valid")


def test_a_longer_file_leads_to_the_document_it_came_from(visitor):
    file(sealed())
    text = send(visitor, samples.add_page(sealed())).content.decode()
    assert f'href="{PAGE}"' in text and "AG-2026-000123" in text
    assert "begins with a document that is in it, byte for byte" in text


def test_a_strangers_timestamp_is_not_made_to_look_worse_than_it_is(visitor):
    file(sealed())
    text = send(visitor, later_stamps.stamp(sealed())).content.decode()
    assert "Our document, with a timestamp of someone else" in text
    assert "Only a timestamp: a proof that the file existed" in text
    assert "What you read in it is what we sealed." in text


def test_a_trusted_timestamp_is_named_with_its_time(visitor, settings, tmp_path):
    settings.TSA_ROOTS = later_stamps.roots_file(tmp_path)
    later_stamps.enter(file(sealed()), later_stamps.archived(sealed()))
    text = send(visitor, later_stamps.archived(sealed())).content.decode()
    assert f"The timestamp authority {later_stamps.AUTHORITY}" in text and "15:40" in text
    assert "own clock" not in text


def test_our_file_under_its_own_code_is_that_document_with_timestamps_too(visitor):
    later_stamps.enter(file(sealed()), later_stamps.archived(sealed()))
    for data in (sealed(), later_stamps.archived(sealed())):
        text = send(visitor, data, to=PAGE).content.decode()
        assert "This file is document AG-2026-000123." in text
    text = send(visitor, samples.add_page(sealed()), to=PAGE).content.decode()
    assert "This file is document" not in text


def test_a_purged_document_is_said_to_have_been_issued_and_deleted(visitor):
    document = file(sealed())
    Document.objects.filter(pk=document.pk).update(purged_at=AT)
    text = visitor.get(PAGE).content.decode()
    assert "issued a document with this code. Its retention time is over" in text
    assert document.sha256 in text and "Our copy deleted on" in text
    assert "your own copy can still be checked" in text
    text = send(visitor, sealed(), to=PAGE).content.decode()
    assert "Unchanged, with a test seal" in text and "we deleted our own copy on" in text


@pytest.mark.parametrize("kind", EvidenceRequest.Kind)
def test_each_kind_of_evidence_is_called_by_its_name(visitor, kind):
    document = file(sealed())
    Document.objects.filter(pk=document.pk).update(kind=f"evidence.{kind.value}")
    assert str(kind.label) in unescape(visitor.get(PAGE).content.decode())


def test_the_page_works_without_scripts_and_says_what_scripts_add(visitor):
    text = visitor.get(INDEX).content.decode()
    assert re.search(r"<button[^>]*data-scan[^>]*hidden>", text)
    assert re.search(r"<p[^>]*data-drop-hint[^>]*hidden>", text)
    assert text.count('role="status"') == 2


def test_our_seal_without_an_entry_asks_for_a_call(visitor):
    assert "not in our register" in send(visitor, sealed()).content.decode()


@pytest.fixture
def offered():
    """An open offer's drafts and the thread they belong to."""
    scene = behind()
    return scene, scene.offered()


def answers_about(visitor, about):
    """The page of the draft's code, and the answer to the draft's file."""
    data = documents.fetch(about.sha256)
    page = f"/verify/{about.code}/"
    for response in (visitor.get(page), send(visitor, data), send(visitor, data, to=page)):
        assert response.status_code == 200
        yield unescape(response.content.decode())


def test_an_unsigned_draft_is_called_one_and_shows_nothing_personal(visitor, offered):
    _, offer = offered
    for each in offer.drafts.all():
        for text in answers_about(visitor, each):
            assert "a draft we wrote, not yet signed: it binds nobody" in text
            assert offer.number not in text and "Test Person" not in text


def test_a_draft_signed_later_names_the_agreement(visitor, offered):
    scene, offer = offered
    agreement = scene.sign(offer)
    other = offer.drafts.exclude(language=agreement.document.language).get()
    for text in answers_about(visitor, other):
        assert f"in our register under number {agreement.number}" in text
        assert "Test Person" not in text
    signed = offer.drafts.get(language=agreement.document.language)
    assert "in our register" in send(visitor, documents.fetch(signed.sha256)).content.decode()
    assert "Sealed by the bank" in visitor.get(f"/verify/{signed.code}/").content.decode()


def test_a_busy_house_says_so_at_once(visitor, monkeypatch):
    monkeypatch.setattr(apart, "AT_ONCE", threading.BoundedSemaphore(1))
    apart.AT_ONCE.acquire()
    file(sealed())
    response = send(visitor, b"%PDF-1.7 of a stranger")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert "busy, please try again in a minute" in response.content.decode()
    assert send(visitor, sealed()).status_code == 200  # ours is looked at without a child


def test_a_nul_in_the_session_cookie_is_refused(visitor):
    name = settings.SESSION_COOKIE_NAME
    answer = visitor.get(INDEX, headers={"cookie": name + r'="abcdefghijkl\000mn"'})
    assert answer.status_code == 400


def test_the_page_of_a_code_shows_nothing_personal(visitor):
    document = file(sealed(), title=f"Agreement of {NAME}")
    text = visitor.get(PAGE).content.decode()
    assert "AG-2026-000123" in text and document.sha256 in text and "Sealed by the bank" in text
    assert NAME not in text and document.subject not in text


def test_a_newer_version_is_named_on_both_pages(visitor):
    old = file(sealed())
    file(draft(), code="NEWERNEWER22", number="AG-2026-000124", sealed=False, replaces=old)
    assert "AG-2026-000124" in visitor.get(PAGE).content.decode()
    assert "AG-2026-000124" in send(visitor, sealed()).content.decode()


@pytest.mark.parametrize(
    "typed", ["7k2m 9qxr bw4t", "7K2M-9QXR-BW4T", " 7K2M9QXRBW4T ", "\uff17K2M9QXRBW4T"]
)
def test_a_code_is_found_as_people_type_it(visitor, typed):
    file(sealed())
    response = visitor.get(INDEX, {"code": typed}, follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    assert response.status_code == 200


def test_an_address_typed_in_small_letters_leads_to_the_page(visitor):
    file(sealed())
    assert visitor.get(PAGE.lower(), follow=True).redirect_chain == [(PAGE, 302)]


@pytest.mark.parametrize("code", ["ABCDEFGHJKMN", "-", "A" * 300, "%F0%9F%98%80"])
def test_an_unknown_code_is_not_found(visitor, code):
    response = visitor.get(f"/verify/{code}/", follow=True)
    assert response.status_code == 404
    assert "No document with this code" in response.content.decode()


def test_no_code_and_no_file_is_answered_with_a_sentence(visitor):
    response = visitor.get(INDEX, {"code": "  "})
    assert response.status_code == 400
    assert "Enter the verification code." in response.content.decode()
    response = visitor.post(INDEX)
    assert response.status_code == 400
    assert "Choose a PDF file." in response.content.decode()


def test_another_file_under_a_code_is_told_apart(visitor):
    file(draft(), code="ANQTHER22222", number="AG-2026-000999", sealed=False)
    file(sealed())
    assert (
        "This file is document AG-2026-000123." in send(visitor, sealed(), to=PAGE).content.decode()
    )
    text = send(visitor, draft(), to=PAGE).content.decode()
    assert "This file is not document AG-2026-000123" in text


def test_a_file_that_is_too_large_is_refused_before_it_is_read(visitor):
    response = send(visitor, bytes(LARGEST + verify.FORM_AROUND_FILE + 1))
    assert response.status_code == 413
    assert "The file is too large" in response.content.decode()
    assert send(visitor, bytes(LARGEST + 1)).status_code == 413


def test_the_file_never_touches_the_disk(visitor, monkeypatch):
    def refuse(*args, **named):
        raise AssertionError("a temporary file")

    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", refuse)
    padded = io.BytesIO()
    with pikepdf.open(io.BytesIO(draft())) as opened:
        opened.Root.Padding = pikepdf.Stream(opened, bytes(range(256)) * 16_000)
        opened.save(padded, compress_streams=False)
    assert len(padded.getvalue()) > 4_000_000  # above Django's own limit for memory
    assert send(visitor, padded.getvalue()).status_code == 200


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
@pytest.mark.parametrize("address", [INDEX, PAGE])
def test_other_methods_are_refused(visitor, method, address):
    assert getattr(visitor, method)(address).status_code == 405


def test_a_post_without_the_token_is_refused():
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    assert send(strict, b"junk").status_code == 403
    strict.get(INDEX)
    token = strict.cookies["csrf"].value
    upload = SimpleUploadedFile("x.pdf", b"junk")
    response = strict.post(INDEX, {"file": upload, "csrfmiddlewaretoken": token})
    assert response.status_code == 422


def test_too_many_checks_from_one_address_end_in_429(visitor, monkeypatch):
    monkeypatch.setattr(verify, "MOST_PER_HOUR", 3)
    answers = [send(visitor, b"") for _ in range(4)]
    assert [a.status_code for a in answers] == [422, 422, 422, 429]
    assert answers[-1].headers["Retry-After"]
    assert "Too many checks" in answers[-1].content.decode()
    assert visitor.get("/verify/ABCDEFGHJKMN/").status_code == 429  # guesses count as well
    other = Client(REMOTE_ADDR="192.0.2.7", headers={"accept-language": "en"})
    assert send(other, b"").status_code == 422


def test_answers_are_not_stored_by_caches_and_not_sniffed(visitor):
    for response in (visitor.get(INDEX), send(visitor, b"junk")):
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
