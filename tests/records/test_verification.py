import io
import json
import random
import sys
import zlib
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import CommandError, call_command

from portal.records import apart, audit, documents, sealing, signatures, verification
from portal.records.models import AuditHead, Document
from portal.records.seal_key import make_development_seal, material
from portal.records.verification import Outcome, check
from tests.records import later_stamps, samples, tampering
from tests.records.samples import AT, attached, draft, file, sealed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A busy machine may take long to start the child: only its processor time is bounded here."""
    monkeypatch.setattr(apart, "PATIENCE", 60)


def test_what_we_sealed_and_filed_is_valid():
    file(sealed())
    verdict = check(sealed())
    assert verdict.outcome == Outcome.VALID
    assert verdict.is_test and verdict.registered
    assert verdict.signer == sealing.seal_facts().subject
    assert verdict.signed_at == AT
    assert verdict.time_source == "clock"
    assert verdict.covered == verdict.size == len(sealed())
    assert (verdict.number, verdict.kind, verdict.made_at) == (
        "AG-2026-000123",
        "plans.agreement",
        AT,
    )
    assert verdict.sha256 == documents.digest(sealed())


TAMPERED = {
    "a byte of a page": (samples.flip_page, Outcome.ALTERED, ()),
    "a byte of the attachment": (samples.flip_attachment, Outcome.ALTERED, ()),
    "a digit of the signature": (samples.flip_signature, Outcome.ALTERED, ()),
    "a page added": (samples.add_page, Outcome.PARTLY_COVERED, ("pages", "content")),
    "the title changed": (samples.change_title, Outcome.PARTLY_COVERED, ("title",)),
    "junk after the end": (lambda d: d + b"\n%junk\n", Outcome.PARTLY_COVERED, ("appended",)),
    "one byte after the end": (lambda d: d + b"\n", Outcome.PARTLY_COVERED, ("appended",)),
    "the seal stripped": (samples.strip_seal, Outcome.NOT_OURS, ()),
    "cut back to the draft": (lambda d: d[: len(draft())], Outcome.NOT_OURS, ()),
    "cut short": (lambda d: d[:-700], Outcome.UNREADABLE, ()),
    "saved anew": (lambda d: resaved(d), Outcome.ALTERED, ()),
}


def resaved(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as opened:
        out = io.BytesIO()
        opened.save(out)
    return out.getvalue()


@pytest.mark.parametrize("how", TAMPERED)
def test_no_change_goes_unseen(how):
    tamper, outcome, changes = TAMPERED[how]
    file(sealed())
    data = tamper(sealed())
    assert data != sealed()
    verdict = check(data)
    assert verdict.outcome == outcome
    assert set(changes) <= set(verdict.changes)
    assert bool(changes) == bool(verdict.changes)
    assert not verdict.registered


@pytest.mark.parametrize("how", TAMPERED)
def test_a_change_is_seen_even_if_the_register_knew_the_changed_file(how):
    """The register alone never makes a file valid."""
    tamper, outcome, _ = TAMPERED[how]
    data = tamper(sealed())
    file(data)
    assert check(data).outcome == outcome


def test_our_seal_on_a_file_that_we_never_filed_is_not_ours():
    for data in (sealed(), sealed() + b"\n", samples.add_page(sealed())):
        verdict = check(data)
        assert verdict.outcome == Outcome.NOT_OURS
        assert verdict.trusted_seal and not verdict.registered and not verdict.number


@pytest.mark.parametrize("how", ["a page added", "the title changed", "one byte after the end"])
def test_a_file_that_goes_on_after_the_seal_names_the_document_it_came_from(how):
    document = file(sealed())
    verdict = check(TAMPERED[how][0](sealed()))
    assert (verdict.number, verdict.code, verdict.made_at) == (document.number, document.code, AT)
    assert verdict.outcome == Outcome.PARTLY_COVERED and not verdict.registered


# == proof of time


@pytest.fixture
def trusting(settings, tmp_path):
    settings.TSA_ROOTS = later_stamps.roots_file(tmp_path)


def test_our_own_timestamps_leave_it_valid_and_say_who_proves_the_time(trusting):
    later_stamps.enter(file(sealed()), later_stamps.archived(sealed()))
    for data in (sealed(), later_stamps.archived(sealed())):
        verdict = check(data)
        assert verdict.outcome == Outcome.VALID and verdict.registered and not verdict.changes
        assert verdict.number == "AG-2026-000123" and verdict.signed_at == AT
    assert (verdict.time_source, verdict.authority) == ("authority", later_stamps.AUTHORITY)
    assert verdict.proved_at == later_stamps.STAMPED_AT
    assert verdict.covered == len(sealed())


def test_an_authority_that_we_do_not_trust_proves_no_time():
    later_stamps.enter(file(sealed()), later_stamps.archived(sealed()))
    verdict = check(later_stamps.archived(sealed()))
    assert verdict.outcome == Outcome.VALID
    assert (verdict.time_source, verdict.authority, verdict.proved_at) == ("clock", "", None)


def test_a_strangers_timestamp_is_never_valid_and_called_what_it_is(trusting):
    file(sealed())
    verdict = check(later_stamps.stamp(sealed()))
    assert verdict.outcome == Outcome.PARTLY_COVERED and verdict.only_time
    assert verdict.changes == ("timestamp",) and verdict.number == "AG-2026-000123"


TIMED = [samples.change_title, samples.add_page, tampering.change_language, tampering.add_script]


@pytest.mark.parametrize("tamper", TIMED)
def test_a_timestamp_hides_no_other_change(trusting, tamper):
    file(sealed())
    verdict = check(later_stamps.stamp(tamper(sealed())))
    assert verdict.outcome == Outcome.PARTLY_COVERED and not verdict.only_time


def test_on_a_file_we_never_filed_a_timestamp_says_nothing(trusting):
    verdict = check(later_stamps.stamp(sealed()))
    assert verdict.outcome == Outcome.NOT_OURS and not verdict.only_time


def test_even_our_own_file_is_not_valid_before_a_timestamp_covers_its_end(trusting):
    waiting = later_stamps.with_validation_data(later_stamps.stamp(sealed()))
    later_stamps.enter(file(sealed()), waiting)
    verdict = check(waiting)
    assert verdict.outcome == Outcome.PARTLY_COVERED and verdict.registered


def test_an_entry_for_a_longer_file_proves_nothing_without_the_sealed_one_before_it(trusting):
    """The register deceived: another document's entry holds a timestamped file of ours."""
    other = file(draft(), code="ANQTHER22222", number="AG-2026-000999", sealed=False)
    later_stamps.enter(other, later_stamps.stamp(sealed()))
    assert check(later_stamps.stamp(sealed())).outcome == Outcome.PARTLY_COVERED


def test_a_purged_document_can_still_be_checked():
    document = file(sealed())
    Document.objects.filter(pk=document.pk).update(purged_at=AT)
    verdict = check(sealed())
    assert (verdict.outcome, verdict.purged_at) == (Outcome.VALID, AT)


def test_a_seal_that_allows_changes_is_none_of_ours():
    loose = tampering.sealed_without_lock()
    file(loose)
    assert check(loose).outcome == Outcome.NOT_OURS


def test_the_register_alone_makes_nothing_ours():
    file(draft(), sealed=False)
    assert check(draft()).outcome == Outcome.NOT_OURS


def another_seal(settings, tmp_path) -> bytes:
    """The same file sealed by someone who made a key with the very same names."""
    settings.SEAL_PKCS12 = str(tmp_path / "other.p12")
    make_development_seal(Path(settings.SEAL_PKCS12), passphrase="", at=AT)
    return sealing.seal(attached(), at=AT, reason="x")


def test_another_key_is_not_ours_even_when_registered(settings, tmp_path):
    ours = settings.SEAL_PKCS12
    other = another_seal(settings, tmp_path)
    settings.SEAL_PKCS12 = ours
    file(other)
    verdict = check(other)
    assert verdict.outcome == Outcome.NOT_OURS
    assert (verdict.signer, verdict.signed_at, verdict.is_test) == ("", None, False)


def test_an_earlier_seal_still_vouches_through_its_root(settings, tmp_path):
    (root,) = [c for c in material().chain if c.subject == c.issuer]
    another_seal(settings, tmp_path)
    file(sealed())
    assert check(sealed()).outcome == Outcome.NOT_OURS
    settings.SEAL_ROOTS = str(tmp_path / "earlier.pem")
    Path(settings.SEAL_ROOTS).write_bytes(root.public_bytes(Encoding.PEM))
    assert isinstance(root, x509.Certificate)
    assert check(sealed()).outcome == Outcome.VALID


def test_a_newer_version_is_named():
    old = file(sealed())
    file(draft(), code="NEWERNEWER22", number="AG-2026-000124", sealed=False, replaces=old)
    verdict = check(sealed())
    assert verdict.outcome == Outcome.VALID
    assert verdict.replaced_by == "AG-2026-000124"


def locked() -> bytes:
    with pikepdf.open(io.BytesIO(sealed())) as opened:
        out = io.BytesIO()
        opened.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


def bomb() -> bytes:
    """300 kB that unpack to 300 MB, where a reader must unpack: the cross-reference stream."""
    packed = zlib.compress(b"\0" * 300_000_000, 9)
    head = b"%PDF-1.7\n1 0 obj<</Type/XRef/Size 2/W[1 2 1]/Root 1 0 R/Filter/FlateDecode/Length "
    body = head + str(len(packed)).encode() + b">>stream\n" + packed + b"\nendstream endobj\n"
    return body + b"startxref\n9\n%%EOF"


JUNK = {
    "empty": b"",
    "text": b"Dear sir or madam",
    "a head only": b"%PDF-1.7\n",
    "zeros": bytes(100_000),
    "deep arrays": b"%PDF-1.7\n1 0 obj" + b"[" * 200_000,
    "a loop": b"%PDF-1.4\ntrailer<</Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF",
    "too large": b"%PDF-1.7\n" + bytes(verification.LARGEST),
}


@pytest.mark.parametrize("what", JUNK)
def test_junk_is_unreadable_and_nothing_worse(what):
    assert check(JUNK[what]).outcome == Outcome.UNREADABLE


def test_a_file_behind_a_password_is_unreadable():
    assert check(locked()).outcome == Outcome.UNREADABLE


def test_a_bomb_takes_the_child_down_and_not_us():
    assert check(bomb()).outcome == Outcome.UNREADABLE


def test_random_damage_never_raises_and_is_never_valid():
    """Through the examination itself: a process for each would take minutes."""
    choose = random.Random(20261122)
    data = sealed()
    (root,) = verification.trusted_roots()
    for _ in range(150):
        broken = bytearray(data)
        for _ in range(choose.choice([1, 3, 40])):
            broken[choose.randrange(len(broken))] = choose.randrange(256)
        cut = bytes(broken[: choose.choice([len(broken), choose.randrange(len(broken))])])
        if cut == data:
            continue
        found = signatures.examine(cut, [root])
        assert not (found.trusted and found.intact and found.covers_all)


def test_the_child_gets_no_secret_and_is_bounded(monkeypatch):
    seen = {}

    def run(command, **named):
        seen.update(named, command=command)
        raise apart.subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(apart.subprocess, "run", run)
    with pytest.raises(apart.Busy):  # its processor time was not used up: the machine is slow
        check(b"%PDF-1.7")
    assert set(seen["env"]) == {"LC_ALL"}
    assert seen["timeout"] == apart.PATIENCE


def test_no_more_than_two_children_run_at_once_and_a_third_is_told_at_once(monkeypatch):
    depth = []
    file(sealed())

    def run(command, **named):
        depth.append(1)
        if len(depth) < apart.AT_ONCE._initial_value:
            check(b"%PDF-1.7")
        else:
            with pytest.raises(apart.Busy):
                check(b"%PDF-1.7")
            assert check(sealed()).outcome == Outcome.VALID  # ours need no child
        raise apart.subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(apart.subprocess, "run", run)
    assert check(b"%PDF-1.7").outcome == Outcome.UNREADABLE
    assert len(depth) == 2
    depth.clear()
    check(b"%PDF-1.7")  # the places were given back, whatever ended the children
    assert len(depth) == 2


def test_the_child_bounds_itself_before_it_reads_the_file(monkeypatch, capsys):
    limits = {}
    given = io.TextIOWrapper(io.BytesIO(b"[[], []]\n%PDF-1.7"))
    monkeypatch.setattr(signatures.sys, "stdin", given)
    monkeypatch.setattr(signatures.resource, "setrlimit", lambda w, most: limits.update({w: most}))
    monkeypatch.setattr(signatures, "examine", lambda *_: signatures.Examined(covered=len(limits)))
    # main() puts a false one there, which the tests after this one must not find
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    signatures.main()
    assert json.loads(capsys.readouterr().out)["covered"] == 4
    assert limits[signatures.resource.RLIMIT_AS][0] == signatures.MEMORY
    assert limits[signatures.resource.RLIMIT_CPU][0] == signatures.SECONDS


def exit_code(*arguments: str) -> int:
    try:
        call_command("verify_document", *arguments)
    except SystemExit as left:
        return int(left.code)
    except CommandError as error:
        return error.returncode
    return 0


def test_the_command_tells_valid_other_and_unreadable_apart(tmp_path, capsys):
    file(sealed())
    good, bad, junk = (tmp_path / name for name in ("good.pdf", "bad.pdf", "junk.pdf"))
    good.write_bytes(sealed())
    bad.write_bytes(samples.flip_page(sealed()))
    junk.write_bytes(b"junk")
    assert exit_code(str(good)) == 0
    assert "valid; TEST SEAL; plans.agreement AG-2026-000123" in capsys.readouterr().out
    assert exit_code(str(good), str(bad), "--json") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["outcome"] for line in lines] == ["valid", "altered"]
    assert exit_code(str(good), str(bad), str(junk)) == 2
    assert exit_code(str(tmp_path / "none.pdf")) == 2


def test_the_command_takes_a_folder_and_standard_input(tmp_path, capsys, monkeypatch):
    file(sealed())
    (tmp_path / "a.PDF").write_bytes(sealed())
    (tmp_path / "b.pdf").write_bytes(samples.add_page(sealed()))
    (tmp_path / "note.txt").write_text("not looked at")
    assert exit_code(str(tmp_path)) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{tmp_path}/a.PDF: valid; TEST SEAL; plans.agreement AG-2026-000123")
    assert "partly_covered; TEST SEAL; begins with plans.agreement AG-2026-000123" in second
    assert "changed after the seal: pages, content" in second
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sealed())))
    assert exit_code("-") == 0
    (tmp_path / "empty").mkdir()
    assert exit_code(str(tmp_path / "empty")) == 2


def test_the_command_names_the_authority(tmp_path, capsys, trusting):
    later_stamps.enter(file(sealed()), later_stamps.archived(sealed()))
    (tmp_path / "a.pdf").write_bytes(later_stamps.archived(sealed()))
    assert exit_code(str(tmp_path)) == 0
    assert f"timestamped 2026-11-22T07:40:08+00:00 by {later_stamps.AUTHORITY}" in (
        capsys.readouterr().out
    )


def test_verify_audit_names_the_first_break(capsys):
    for number in range(3):
        audit.record("test.done", subject="test:1", by=None, at=AT, data={"n": number})
    call_command("verify_audit")
    call_command("verify_audit", subject="test:1")
    assert capsys.readouterr().out.count("holds") == 2
    AuditHead.objects.filter(subject="test:1").update(seq=4)
    with pytest.raises(CommandError, match="test:1, event 4") as broken:
        call_command("verify_audit")
    assert broken.value.returncode == 1
