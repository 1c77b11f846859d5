"""A paper that is sealed as it is drawn: what seal() makes is its measure."""

import asyncio
import io
import shutil
import subprocess
from datetime import UTC, datetime
from functools import lru_cache

import pikepdf
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.timezone import localtime
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from portal.records import audit, documents, proof, seal_drawing, sealing, signatures, verification
from portal.records.seal_key import trusted_roots
from portal.records.stamping import Outcome as Stamped
from portal.records.typeset import Seal, draw
from tests.records import samples, tampering
from tests.records.papers import CSV, JSON, opened, paper, rows, table, text_of
from tests.records.samples import AT, NAME
from tests.records.test_pkcs11 import hsm, token  # noqa: F401  (fixtures)
from tests.records.test_proof import commands, run, unpacked
from tests.records.test_stamping import judged
from tests.records.timestamps import filed, roots, stamp

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]
REASON = "电子印章"


@lru_cache
def made() -> bytes:
    return sealing.draw_sealed(paper(), at=AT, reason=REASON)


def seal_in(data: bytes):
    (embedded,) = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures
    return embedded


def accepted(data: bytes) -> None:
    """pyHanko, with its comparison of versions, finds nothing to say against it."""
    embedded = seal_in(data)
    context = ValidationContext(trust_roots=roots(), allow_fetching=False, moment=AT)
    status = asyncio.run(async_validate_pdf_signature(embedded, context))
    assert status.bottom_line and status.docmdp_ok, status.pretty_print_details()
    assert status.coverage.name == "ENTIRE_FILE"
    assert embedded.docmdp_level.name == "NO_CHANGES"
    assert embedded.self_reported_timestamp == AT


def pdfsig(data: bytes, folder) -> str:
    (folder / "sealed.pdf").write_bytes(data)
    command = ["pdfsig", "-nocert", folder / "sealed.pdf"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("length", [3, 300])
def test_we_pyhanko_and_poppler_find_it_valid_and_whole(tmp_path, length):
    data = sealing.draw_sealed(paper(table(rows(length))), at=AT, reason=REASON)
    accepted(data)
    found = signatures.examine(data, trusted_roots())
    assert found.trusted and found.intact and found.certified and found.covers_all
    samples.file(data)
    verdict = verification.check(data)
    assert (verdict.outcome, verdict.signed_at) == (verification.Outcome.VALID, AT)
    assert verdict.is_test and verdict.signer == sealing.seal_facts().subject
    said = pdfsig(data, tmp_path)
    assert "Signature is Valid" in said and "Total document signed" in said


def test_the_key_may_be_in_an_hsm(hsm, tmp_path):  # noqa: F811
    data = sealing.draw_sealed(paper(), at=AT, reason=REASON)
    accepted(data)
    assert "Signature is Valid" in pdfsig(data, tmp_path)


def test_the_seal_says_what_seal_would_have_said():
    ours, other = seal_in(made()), seal_in(sealing.seal(draw(paper()), at=AT, reason=REASON))
    for name in ("/Type", "/Filter", "/SubFilter", "/Reason", "/Reference"):
        assert ours.sig_object[name] == other.sig_object[name]
    assert ours.self_reported_timestamp == other.self_reported_timestamp
    kinds = [
        [each["type"].native for each in one.signer_info["signed_attrs"]] for one in (ours, other)
    ]
    assert kinds[0] == kinds[1]
    ways = [one.signer_info["signature_algorithm"].native for one in (ours, other)]
    assert ways[0] == ways[1]
    certificates = [{each.dump() for each in one.other_embedded_certs} for one in (ours, other)]
    assert certificates[0] == certificates[1]


def test_the_field_shows_the_picture_that_seal_draws():
    file = opened(made())
    (field,) = file.Root.AcroForm.Fields
    picture = seal_drawing.picture(localtime(AT), is_test=True).encode()
    assert field.AP.N.read_bytes() == picture
    left, bottom, right, top = map(float, field.Rect)
    assert [float(n) for n in field.AP.N.BBox] == pytest.approx([0, 0, right - left, top - bottom])
    assert (right - left, top - bottom) == pytest.approx(
        (seal_drawing.WIDTH, seal_drawing.HEIGHT), abs=0.01
    )
    appended = opened(sealing.seal(draw(paper()), at=AT, reason="x"))
    assert picture in appended.Root.AcroForm.Fields[0].AP.N.read_bytes()


def test_all_but_the_seal_is_as_it_would_be_without():
    bare, file = opened(draw(paper())), opened(made())
    assert text_of(made()) == text_of(draw(paper())) and NAME in text_of(made())
    assert file.Root.AcroForm.SigFlags == 3 and "/Perms" not in bare.Root
    assert file.Root.Perms.DocMDP.objgen == file.Root.AcroForm.Fields[0].V.objgen
    assert {name: file.attachments[name].get_file().read_bytes() for name in file.attachments} == {
        "statement.json": JSON, "lines.csv": CSV,
    }  # fmt: skip
    with file.open_metadata() as marks:
        assert (marks["pdfaid:part"], marks["pdfaid:conformance"]) == ("3", "A")
        assert marks["pdfuaid:part"] == "1"
    assert not file.check_pdf_syntax()
    for page, same in zip(file.pages, bare.pages, strict=True):
        assert page.Contents.read_bytes() == same.Contents.read_bytes()


def test_the_same_facts_give_the_same_bytes_and_another_key_changes_the_hole_only(tmp_path):
    assert sealing.draw_sealed(paper(), at=AT, reason=REASON) == made()
    mine = sealing.draw_sealed(paper(), at=tampering.WITHIN, reason=REASON)
    with tampering._with_key(tmp_path, "ours"):
        other = sealing.draw_sealed(paper(), at=tampering.WITHIN, reason=REASON)
    _, head, end, tail = seal_in(mine).byte_range
    assert mine != other and (mine[:head], mine[end:]) == (other[:head], other[end:])
    assert (end - head, end + tail) == (sealing.RESERVED + 2, len(mine))
    assert (mine[head : head + 1], mine[end - 1 : end]) == (b"<", b">")


# == tampered with


@pytest.mark.parametrize("tamper", [samples.flip_page, samples.flip_signature])
def test_a_flipped_byte_is_altered(tamper):
    samples.file(made())
    verdict = verification.check(tamper(made()))
    assert verdict.outcome == verification.Outcome.ALTERED


def test_a_flipped_byte_of_an_attachment_is_altered():
    with pikepdf.open(io.BytesIO(made())) as file:
        raw = file.attachments["lines.csv"].obj.EF.F.read_raw_bytes()
    samples.file(made())
    changed = samples.flip(made(), made().index(raw) + 5)
    assert verification.check(changed).outcome == verification.Outcome.ALTERED


@pytest.mark.parametrize("append", [
    samples.add_page, samples.change_title, tampering.add_stamp, tampering.change_seal_picture,
    lambda data: data + b"\n%junk\n",
])  # fmt: skip
def test_whatever_is_appended_is_not_covered(append):
    samples.file(made())
    changed = append(made())
    verdict = verification.check(changed)
    assert verdict.outcome == verification.Outcome.PARTLY_COVERED and verdict.changes
    assert verdict.covered == len(made())


# == what comes later


@pytest.mark.parametrize(("goal", "stamps"), [("B-T", 1), ("B-LTA", 2)])
def test_timestamps_are_appended_and_it_stays_valid(tsa, bank, settings, tmp_path, goal, stamps):
    settings.TSA_LEVEL = goal
    data = sealing.draw_sealed(paper(), at=AT, reason=REASON)
    document = filed(data)
    assert stamp(document) == Stamped.DONE
    after = documents.read(document)
    assert after.startswith(data)
    judged(after, tsa, tmp_path, stamps)


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="poppler-utils is not installed")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_command_of_the_proof_pack_works_on_it(tmp_path, language):
    document = filed(made())
    audit.record("test.done", subject=document.subject, by=None, at=AT, data={})
    folder = unpacked(proof.pack(document, at=AT), tmp_path / "pack")
    readme = (folder / f"README.{language}.txt").read_text()
    text = "\n".join(run(command, folder) for command in commands(readme))
    assert text.count("CMS Verification successful") == 1
    assert text.count("Signature is Valid") == text.count("Total document signed") == 1


# == what is refused


def test_a_signature_that_does_not_fit_is_refused_and_says_so(monkeypatch):
    monkeypatch.setattr(sealing, "RESERVED", 2000)
    with pytest.raises(ImproperlyConfigured, match=r"takes \d{4} digits, and 2000 are reserved"):
        sealing.draw_sealed(paper(), at=AT, reason=REASON)


def test_nothing_is_sealed_outside_the_certificates_life():
    with pytest.raises(ImproperlyConfigured, match="valid from"):
        sealing.draw_sealed(paper(), at=datetime(2022, 1, 1, tzinfo=UTC), reason=REASON)


def test_no_text_can_pass_for_the_hole():
    seal = Seal(AT, REASON, "", 20)
    bait = f"/ByteRange[0 {0:010} {0:010} {0:010}]/Contents<{'0' * 20}>"
    data = draw(paper(title=bait, bank=bait, number=bait, attachments=()), seal)
    before, after = seal.around(data)
    start, end, rest = (int(n) for n in before[-50:].split(b"]")[0].split()[-3:])
    assert (start, end, rest) == (len(before), len(data) - len(after), len(after))
    assert data[start:end] == b"<" + b"0" * 20 + b">"


def test_only_a_file_that_was_drawn_with_the_seal_has_its_hole():
    with pytest.raises(ValueError):
        Seal(AT, REASON, "", 20).around(draw(paper()))
