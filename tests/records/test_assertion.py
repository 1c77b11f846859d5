"""A passkey's signature is checked from the record alone: each part of it that lies is found."""

import copy
import io
from dataclasses import asdict

import pikepdf
import pytest
from django.core.management import call_command
from fido2.utils import websafe_decode, websafe_encode

from portal.records import apart, assertion, signatures
from portal.records.seal_key import trusted_roots
from portal.records.verification import Outcome, check
from tests.passkeys import PRESENT, VERIFIED
from tests.records import samples, signed, tampering
from tests.records.samples import draft, file
from tests.records.signed import device, record_of, sealed_with

DRAFT, OTHER = "ab" * 32, "cd" * 32


def test_what_the_device_signed_fits():
    result = assertion.verify(device().accepted(DRAFT))
    assert result.fits and result.site == "localhost"
    assert result.key == assertion.key_fingerprint(device().public)


LIES = {
    "another challenge": ({"challenge": b"c" * 32}, "challenge"),
    "not a signature but an enrolment": ({"kind": "webauthn.create"}, "type"),
    "a page that is not secure": ({"origin": "http://example.com", "rp_id": "example.com"}, "site"),
    "another site's page": ({"origin": "https://example.com"}, "site"),
    "a frame in another site": ({"crossOrigin": True}, "site"),
    "nobody present": ({"flags": VERIFIED}, "presence"),
    "nobody verified": ({"flags": PRESENT}, "verification"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_device_that_lies_is_found(lie):
    wrong, fault = LIES[lie]
    assert assertion.verify(device().accepted(DRAFT, **wrong)).fault == fault


def changed(**facts):
    record = copy.deepcopy(device().accepted(DRAFT))
    record["passkey"] |= facts
    return record


ALTERED = {
    "another document": (lambda: device().accepted(DRAFT) | {"draft_sha256": OTHER}, "challenge"),
    "another nonce": (lambda: changed(nonce=websafe_encode(b"m" * 32)), "challenge"),
    "another domain": (lambda: changed(domain="arrears-portal/sign/2"), "challenge"),
    "another origin": (lambda: changed(origin="http://localhost:8000"), "site"),
    "another site": (lambda: changed(rp_id="bank.example"), "site"),
    "another's key": (
        lambda: changed(public_key=websafe_encode(device("other").public)), "signature"),
    "no key at all": (lambda: changed(public_key=""), "signature"),
    "a byte of the signature": (lambda: changed(signature=flipped()), "signature"),
    "a short nonce": (lambda: changed(nonce=websafe_encode(b"n" * 31)), "form"),
    "no such record": (lambda: {"draft_sha256": DRAFT}, "form"),
    "not text": (lambda: changed(origin=7), "site"),
}  # fmt: skip


def flipped() -> str:
    raw = bytearray(websafe_decode(device().accepted(DRAFT)["passkey"]["signature"]))
    raw[-1] ^= 1
    return websafe_encode(bytes(raw))


@pytest.mark.parametrize("what", ALTERED)
def test_a_record_that_was_altered_does_not_fit(what):
    make, fault = ALTERED[what]
    assert assertion.verify(make()).fault == fault


def test_a_challenge_is_made_of_whole_parts_only():
    for draft_sha256, nonce in [("ab" * 31, b"n" * 32), (DRAFT, b"n" * 33), ("x", b"n" * 32)]:
        with pytest.raises(ValueError):
            assertion.challenge(draft_sha256, nonce)


# == in a document


@pytest.fixture
def sealing_key(db, development_seal, monkeypatch):
    monkeypatch.setattr(apart, "PATIENCE", 60)


CODE = {"format": "arrears-portal/acceptance/1", "method": "email-code"}
DOCUMENTS = {
    "a passkey that fits": (signed.by_passkey, "passkey", ""),
    "a signature of another draft": (signed.of_another_draft, "passkey", "draft"),
    "the same under this hash": (signed.under_this_hash, "passkey", "challenge"),
    "a page added before the seal": (signed.with_a_page_more, "passkey", "added"),
    "another's key": (signed.by_another_key, "passkey", "signature"),
    "a code": (lambda: sealed_with(record_of(draft(), **CODE)), "email-code", ""),
    "a record without a length": (
        lambda: sealed_with(record_of(draft(), draft_length=None)), "", "form"),
}  # fmt: skip


@pytest.mark.usefixtures("sealing_key")
@pytest.mark.parametrize("what", DOCUMENTS)
def test_the_check_of_a_file_says_how_the_person_accepted(what, tmp_path, capsys):
    make, method, fault = DOCUMENTS[what]
    data = make()
    file(data)
    verdict = check(data)
    assert verdict.outcome == Outcome.VALID  # the seal itself is good
    assert (verdict.accepted_with, verdict.accepted_fault) == (method, fault)
    assert verdict.holds == (not fault)
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    if fault:
        with pytest.raises(SystemExit):
            call_command("verify_document", path)
    else:
        call_command("verify_document", path)
    said = capsys.readouterr().out
    assert ("DOES NOT FIT" in said) == bool(fault)
    assert ("with a passkey, which fits this document" in said) == (what == "a passkey that fits")


@pytest.mark.usefixtures("sealing_key")
def test_of_a_broken_seal_or_a_strangers_nothing_is_said_about_the_person(tmp_path):
    data = signed.by_passkey()
    file(data)
    with pikepdf.open(io.BytesIO(data)) as opened:
        held = opened.attachments["acceptance.json"].obj.EF.F.read_raw_bytes()
    for broken in (samples.flip(data, data.index(held) + 9), tampering.save_anew(data)):
        verdict = check(broken)
        assert verdict.outcome == Outcome.ALTERED
        assert (verdict.accepted_with, verdict.accepted_fault) == ("", "")
    unknown = check(sealed_with(record_of(draft(), agreement="X")))
    assert (unknown.outcome, unknown.accepted_with) == (Outcome.NOT_OURS, "")


@pytest.mark.usefixtures("sealing_key")
def test_the_record_is_read_from_what_was_sealed_not_from_what_came_later():
    data = signed.by_passkey()
    file(data)
    verdict = check(tampering.remove_attachment(data))
    assert (verdict.outcome, verdict.accepted_with) == (Outcome.PARTLY_COVERED, "passkey")
    assert not verdict.holds


@pytest.mark.usefixtures("sealing_key")
def test_a_strangers_file_is_judged_alike_in_the_child():
    data = signed.by_passkey()
    here, there = (look(data, trusted_roots()) for look in (signatures.examine, apart.examine))
    assert asdict(here) == asdict(there) and here.accepted_with == "passkey"


@pytest.mark.usefixtures("sealing_key")
def test_a_record_that_grows_without_end_is_not_unpacked():
    data = sealed_with(record_of(draft(), padding="0" * 5_000_000))
    file(data)
    assert check(data).accepted_fault == "form"
