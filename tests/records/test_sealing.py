import io
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from portal.records import seal_key, sealing
from tests.records.samples import AT, EVIDENCE, NAME, attached, draft, sealed

pytestmark = pytest.mark.usefixtures("development_seal")


def test_the_draft_that_was_read_is_the_beginning_of_the_sealed_file():
    assert attached().startswith(draft())
    assert sealed().startswith(attached())


def test_pyhankos_own_validator_finds_the_seal_valid_and_covering_everything():
    from asn1crypto import x509

    (embedded,) = PdfFileReader(io.BytesIO(sealed())).embedded_regular_signatures
    roots = [x509.Certificate.load(root) for root in seal_key.trusted_roots()]
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=AT)
    status = validate_pdf_signature(embedded, context)
    assert status.bottom_line, status.pretty_print_details()
    assert status.coverage.name == "ENTIRE_FILE"
    assert status.docmdp_ok
    assert embedded.docmdp_level.name == "NO_CHANGES"
    assert embedded.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert embedded.self_reported_timestamp == AT


def test_poppler_finds_the_seal_valid(tmp_path):
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed())
    said = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "TEST SEAL" in said


def test_text_of_the_sealed_file_is_still_exact():
    done = subprocess.run(["pdftotext", "-", "-"], input=sealed(), capture_output=True, check=True)
    assert NAME in done.stdout.decode()


def test_the_evidence_is_attached_as_data_with_fixed_dates():
    with pikepdf.open(io.BytesIO(sealed())) as opened:
        held = opened.attachments["acceptance.json"]
        assert held.get_file().read_bytes() == EVIDENCE
        assert held.obj.AFRelationship == "/Data"
        assert held.get_file().creation_date == AT
        assert opened.Root.AF[0].objgen == held.obj.objgen
    assert attached() != draft()


def test_standards_and_seal_tags_survive_sealing():
    with pikepdf.open(io.BytesIO(sealed())) as opened:
        with opened.open_metadata() as marks:
            assert (marks["pdfaid:part"], marks["pdfuaid:part"]) == ("3", "1")
        (field,) = opened.Root.AcroForm.Fields
        assert "/TU" in field and "/StructParent" in field
        assert "/N" in field.AP
        assert field.V.Reason == "电子印章"


def test_a_sealed_file_is_not_sealed_again():
    with pytest.raises(SigningError):
        sealing.seal(sealed(), at=AT, reason="again")


def test_a_file_without_the_waiting_field_is_not_sealed():
    blank = pikepdf.new()
    blank.add_blank_page()
    out = io.BytesIO()
    blank.save(out)
    with pytest.raises(SigningError):
        sealing.seal(out.getvalue(), at=AT, reason="x")


def test_facts_name_the_test_seal():
    facts = sealing.seal_facts()
    assert facts.subject.startswith("TEST SEAL")
    assert facts.is_test
    assert facts.not_after > AT
    assert int(facts.serial, 16) > 0


def test_make_seal_makes_one_key_file_for_its_owner_only(tmp_path, settings, capsys):
    settings.SEAL_PKCS12 = str(tmp_path / "new" / "seal.p12")
    settings.SEAL_PASSPHRASE = "correct horse"
    call_command("make_seal")
    path = Path(settings.SEAL_PKCS12)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_bytes()
    call_command("make_seal")
    assert path.read_bytes() == first
    assert "made TEST SEAL" in (said := capsys.readouterr().out) and "kept TEST SEAL" in said
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(first, b"wrong")
    key, certificate, chain = pkcs12.load_key_and_certificates(first, b"correct horse")
    assert key.key_size == 3072
    assert certificate.issuer == chain[0].subject
    settings.SEAL_PASSPHRASE = "wrong"
    with pytest.raises(ImproperlyConfigured, match="does not open"):
        sealing.seal_facts()


def test_a_missing_seal_says_what_to_do(settings, tmp_path):
    settings.SEAL_PKCS12 = str(tmp_path / "none.p12")
    with pytest.raises(ImproperlyConfigured, match="make_seal"):
        sealing.seal(draft(), at=datetime(2026, 1, 1, tzinfo=UTC), reason="x")


def test_the_key_is_parsed_once():
    assert seal_key.signer() is seal_key.signer()
    assert seal_key.material() is seal_key.material()
