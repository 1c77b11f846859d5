"""Proof of time: it comes, later if need be, and it never costs a document."""

import asyncio
import io
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext

from portal.records import (
    audit,
    documents,
    proofs,
    sealing,
    stamping,
    tasks,
    verification,
)  # fmt: skip
from portal.records.models import AuditEvent, Augmentation, Stamping
from portal.records.stamping import Outcome
from tests.records.samples import attached, sealed
from tests.records.timestamps import (
    AT,
    DAY,
    MINUTE,
    filed,
    many,
    pdfsig,
    roots,
    row_of,
    stamp,
    verdict,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]


# == it comes


@pytest.mark.parametrize(("goal", "stamps"), [("B-T", 1), ("B-LTA", 2)])
def test_each_level_is_reached_and_stays_valid(tsa, bank, settings, tmp_path, goal, stamps):
    settings.TSA_LEVEL = goal
    document = filed(sealing.seal(attached(), at=AT, reason="x"))
    before = documents.read(document)
    assert stamp(document) == Outcome.DONE
    after = documents.read(document)
    assert after.startswith(before) and documents.fetch(document.sha256) == before
    reader = PdfFileReader(io.BytesIO(after))
    assert len(reader.embedded_timestamp_signatures) == stamps
    assert ("/DSS" in reader.root) == (goal == "B-LTA")
    if goal == "B-LTA":
        assert len(reader.root["/DSS"]["/OCSPs"]) == 2  # of the seal, and of the authority
        assert "/CRLs" not in reader.root["/DSS"]
    newest = document.augmentations.get()
    assert (newest.level, newest.stamped_at) == (goal, AT)
    assert (newest.authority, newest.size) == ("Test TSA 1", len(after))
    assert newest.authority_ends_at == tsa.certificate.not_valid_after_utc
    judged(after, tsa, tmp_path, stamps)


def judged(after, tsa, tmp_path, stamps):
    """Three judges: pyHanko with its comparison of versions, poppler, and we."""
    status = verdict(after, tsa)
    assert status.bottom_line and status.docmdp_ok, status.pretty_print_details()
    assert status.modification_level == ModificationLevel.LTA_UPDATES
    said = pdfsig(after, tmp_path)
    assert said.count("Signature is Valid") == 1  # the seal; it cannot check timestamps
    assert said.count("has not yet been verified") == stamps
    assert said.count("Total document signed") == 1
    assert still_pdf_ua(tmp_path / "look.pdf")
    ours = verification.check(after)
    assert (ours.outcome, ours.time_source) == (verification.Outcome.VALID, "authority")


def still_pdf_ua(path) -> bool:
    """FRM-003 is left out: it wants a tag for the field of a timestamp too, which has no size."""
    outloud = Path(sys.executable).with_name("outloud")
    found = subprocess.run([outloud, "--fail-on", "error", "--skip", "FRM-003", path])
    return found.returncode == 0


def test_validation_data_never_stands_where_no_timestamp_covers_it(tsa, bank, monkeypatch):
    """The authority stamps once and is then away."""
    document = filed(sealing.seal(attached(), at=AT, reason="x"))
    whole = proofs.with_validation_data

    def away(*args, **named):
        tsa.mood = "500"
        return whole(*args, **named)

    monkeypatch.setattr(proofs, "with_validation_data", away)
    assert stamp(document) == Outcome.NO_TIMESTAMP
    assert document.augmentations.get().level == "B-T"
    assert verification.check(documents.read(document)).outcome == verification.Outcome.VALID
    monkeypatch.undo()
    tsa.mood = "good"
    assert stamp(document, at=AT + MINUTE) == Outcome.DONE
    assert document.augmentations.order_by("-pk")[0].level == "B-LTA"


def test_when_the_seals_certificate_is_over_the_file_alone_proves_it(tsa, bank):
    """Nothing is fetched, and revocation data is required of every certificate."""
    document = filed(sealing.seal(attached(), at=AT, reason="x"))
    stamp(document)
    later = AT + 600 * DAY
    assert bank.not_valid_after_utc < later < tsa.certificate.not_valid_after_utc
    reader = PdfFileReader(io.BytesIO(documents.read(document)))
    first, archive = reader.embedded_timestamp_signatures

    def trusted_at(moment, store):
        named = {"trust_roots": roots(), "moment": moment, "revocation_mode": "require"}
        named |= {"retroactive_revinfo": True}
        context = (
            store.as_validation_context(named) if store else ValidationContext(**named, ocsps=[])
        )
        (seal,) = reader.embedded_regular_signatures
        return asyncio.run(async_validate_pdf_signature(seal, context, skip_diff=True)).trusted

    proven_at = first.signed_data["encap_content_info"]["content"].parsed["gen_time"].native
    assert proven_at == AT
    store = DocumentSecurityStore.read_dss(reader)
    assert trusted_at(proven_at, store)
    assert not trusted_at(proven_at, None) and not trusted_at(later, store)
    over_all = ValidationContext(trust_roots=roots(), moment=later)
    status = asyncio.run(async_validate_pdf_timestamp(archive, over_all))
    assert status.intact and status.valid and status.trusted
    assert status.coverage.name == "ENTIRE_FILE"


def test_documents_from_before_there_was_an_authority_are_served_too(tsa, settings):
    document = filed()
    url, settings.TSA_URL = settings.TSA_URL, ""
    tasks.timestamp_documents()
    assert not Stamping.objects.exists() and not tsa.asked
    settings.TSA_URL = url
    stamping.enrol(at=AT)
    stamping.enrol(at=AT)  # a second time changes nothing
    stamping.sweep(stamping.due(at=AT), at=AT)
    assert document.augmentations.get().level == "B-LTA"


def test_a_draft_and_a_purged_document_are_left_alone(tsa):
    filed(sealed=False)
    gone = filed(sealed() + b"%", number="AG-2", code="C2")
    gone.purged_at = AT
    gone.save()
    stamping.enrol(at=AT)
    assert not Stamping.objects.exists()


def test_the_audit_trail_says_what_was_added(tsa):
    document = filed()
    stamp(document)
    event = AuditEvent.objects.get(subject=audit.subject_of(document))
    assert (event.verb, event.actor) == ("records.document.timestamped", "system")
    newest = document.augmentations.get()
    assert event.data["sha256"] == newest.sha256 and event.data["level"] == "B-LTA"


def test_only_the_authority_is_told_our_password(tsa, bank, settings):
    settings.TSA_USER, settings.TSA_PASSWORD = "portal", "opensesame"
    assert stamp(filed(sealing.seal(attached(), at=AT, reason="x"))) == Outcome.DONE
    assert set(tsa.asked) == {"/tsa", "/ocsp"}
    assert all((path == "/tsa") == header.startswith("Basic ") for path, header in tsa.logins)


# == it does not come


@pytest.mark.parametrize(
    ("mood", "says"),
    [
        ("hang", "did not answer within 1 s"),
        ("drip", "did not answer within 1 s"),
        ("500", "answered 500"),
        ("redirect", "answered 302"),
        ("refuse", "refused"),
        ("junk", "cannot be read"),
        ("empty", "cannot be read"),
        ("huge", "more than"),
        ("wrong nonce", "nonce"),
        ("no nonce", "nonce"),
        ("wrong imprint", "something else"),
        ("broken signature", "something else"),
        ("untrusted", "TSA_ROOTS"),
        ("wrong clock", "clock"),
    ],
)
def test_a_bad_authority_changes_nothing_and_is_asked_later(tsa, settings, mood, says):
    document = filed()
    tsa.mood = mood
    if mood in ("hang", "drip"):
        settings.TSA_TIMEOUT = 1
    assert stamp(document) == Outcome.NO_TIMESTAMP
    row = row_of(document)
    assert says in row.problem
    assert row.next_try_at == AT + MINUTE
    assert documents.read(document) == sealed()
    assert not Augmentation.objects.exists() and not AuditEvent.objects.exists()
    assert len(tsa.asked) == 1
    tsa.mood, settings.TSA_TIMEOUT = "good", 20
    assert stamp(document, at=AT + MINUTE / 2) == Outcome.NOT_NOW
    assert stamp(document, at=AT + MINUTE) == Outcome.DONE
    row.refresh_from_db()
    assert (row.problem, row.tries) == ("", 0)


def test_an_authority_that_is_not_there_is_asked_ever_more_rarely(tsa, settings):
    settings.TSA_URL = "http://127.0.0.1:1/tsa"
    document, at, pauses = filed(), AT, []
    for _ in range(12):
        assert stamp(document, at=at) == Outcome.NO_TIMESTAMP
        pauses.append((row_of(document).next_try_at - at) / MINUTE)
        at = row_of(document).next_try_at
    assert pauses[:4] == [1, 2, 4, 8] and pauses[-1] == 360
    assert "could not be reached" in row_of(document).problem


def test_one_failure_of_the_authority_ends_the_sweep(tsa):
    many(5)
    tsa.mood = "500"
    stamping.enrol(at=AT)
    stamping.sweep(stamping.due(at=AT), at=AT)
    assert len(tsa.asked) == 1


def test_a_damaged_document_does_not_hold_up_the_others(tsa):
    bad, good = many(2)
    storages["documents"].delete(documents.name_of(bad.sha256))
    stamping.enrol(at=AT)
    stamping.sweep(stamping.due(at=AT), at=AT)
    assert row_of(bad).problem == f"Gone: {bad.sha256}"
    assert good.augmentations.get().level == "B-LTA"


def test_a_sweep_leaves_the_worker_to_others_after_a_while(tsa, monkeypatch):
    many(3)
    monkeypatch.setattr(stamping, "SWEEP", -1)
    stamping.enrol(at=AT)
    stamping.sweep(stamping.due(at=AT), at=AT)
    assert Augmentation.objects.count() == 1


def test_two_sweeps_do_not_run_at_once(tsa):
    filed()
    cache.add(tasks.ONE_SWEEP, 1, 60)
    tasks.timestamp_documents()
    assert not tsa.asked
    cache.delete(tasks.ONE_SWEEP)
    tsa.clock = datetime.now(UTC)
    tasks.timestamp_documents()
    assert Augmentation.objects.count() == 1
    assert cache.get(tasks.ONE_SWEEP) is None


# == settings


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [("TSA_ROOTS", "", "TSA_ROOTS"), ("TSA_ROOTS", "/none", "TSA_ROOTS=/none"),
     ("TSA_LEVEL", "B-LT", "TSA_LEVEL")],
)  # fmt: skip
def test_a_half_set_authority_is_named(tsa, settings, name, value, says):
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=says):
        stamping.trust()
