"""A seal whose key stays in an HSM, tried with SoftHSM2."""

import asyncio
import io
import multiprocessing
import os
import subprocess
import threading
from datetime import UTC, datetime

import pytest
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from portal.records import seal_key, seal_state, sealing
from tests.records import softhsm
from tests.records.authority import Issuer, new_key, pem
from tests.records.samples import AT, attached

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    softhsm.need_softhsm()
    folder = tmp_path_factory.mktemp("hsm")
    softhsm.make_token(folder)
    return folder


@pytest.fixture(params=["RSA", "P-256"])
def hsm(request, token, settings, tmp_path):
    """The settings of a seal in the token. Returns its issuer."""
    issuer, key = Issuer("Example Bank root", START), new_key(curve=request.param == "P-256")
    label = f"seal-{threading.get_ident()}-{tmp_path.name}"[-30:]
    softhsm.put(key, label, tmp_path)
    chain = pem(issuer.issue("Example Bank", key, days=900), issuer.root)
    (tmp_path / "seal.pem").write_bytes(chain)
    settings.SEAL_PKCS11_MODULE = softhsm.MODULE
    settings.SEAL_PKCS11_TOKEN = softhsm.TOKEN
    settings.SEAL_PKCS11_KEY = label
    settings.SEAL_PKCS11_PIN = softhsm.PIN
    settings.SEAL_CERTIFICATES = str(tmp_path / "seal.pem")
    settings.VAR_DIR = tmp_path  # where a refused PIN is noted
    settings.SEAL_PKCS12 = str(tmp_path / "none.p12")
    return issuer


def status_of(data: bytes):
    (embedded,) = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures
    roots = [asn1.Certificate.load(root) for root in seal_key.trusted_roots()]
    return validate_pdf_signature(embedded, ValidationContext(trust_roots=roots, moment=AT))


def test_pyhanko_and_poppler_find_the_seal_valid(hsm, tmp_path):
    data = sealing.seal(attached(), at=AT, reason="x")
    status = status_of(data)
    assert status.bottom_line and status.docmdp_ok, status.pretty_print_details()
    assert status.coverage.name == "ENTIRE_FILE"
    (tmp_path / "sealed.pdf").write_bytes(data)
    said = subprocess.run(
        ["pdfsig", tmp_path / "sealed.pdf"], capture_output=True, text=True, check=False
    ).stdout
    assert "Signature is Valid" in said, said
    assert "Total document signed" in said


def test_facts_and_roots_come_from_the_certificates(hsm):
    facts = sealing.seal_facts()
    assert (facts.subject, facts.is_test) == ("Example Bank", False)
    assert facts.algorithm in ("RSA 2048", "ECDSA secp256r1")
    assert seal_key.trusted_roots() == [seal_key.der(hsm.root)]
    assert seal_key.material().key is None


def test_one_session_serves_all_threads(hsm):
    signer = seal_key.signer()
    found, barrier = [], threading.Barrier(8)

    def sign(n: int) -> None:
        barrier.wait(30)
        for _ in range(5):
            found.append(asyncio.run(signer.async_sign_raw(b"%d" % n, "sha256")))

    threads = [threading.Thread(target=sign, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40  # each was checked against the certificate
    assert seal_key.signer() is signer


def test_a_lost_session_is_opened_again(hsm):
    signer = seal_key.signer()
    asyncio.run(signer.async_sign_raw(b"x", "sha256"))
    signer._session.pkcs11_session.close()
    assert asyncio.run(signer.async_sign_raw(b"x", "sha256"))


def test_a_restarted_library_is_no_trouble(hsm):
    import pkcs11

    signer = seal_key.signer()
    asyncio.run(signer.async_sign_raw(b"x", "sha256"))
    pkcs11.lib(softhsm.MODULE).reinitialize()
    assert asyncio.run(signer.async_sign_raw(b"x", "sha256"))


def test_a_forked_worker_opens_its_own_session(hsm):
    signer = seal_key.signer()
    asyncio.run(signer.async_sign_raw(b"x", "sha256"))
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()

    def work() -> None:
        signature = asyncio.run(signer.async_sign_raw(b"x", "sha256"))
        answers.put((signature, signer._process == os.getpid()))

    child = fork.Process(target=work)
    child.start()
    signature, of_its_own = answers.get(timeout=60)
    child.join(60)
    assert signature and of_its_own and child.exitcode == 0
    assert asyncio.run(signer.async_sign_raw(b"x", "sha256"))


def sign():
    return sealing.seal(attached(), at=AT, reason="x")


@pytest.mark.parametrize(
    ("name", "value"),
    [("SEAL_PKCS11_MODULE", "/none.so"), ("SEAL_PKCS11_TOKEN", "another"),
     ("SEAL_PKCS11_KEY", "another"), ("SEAL_PKCS11_PIN", "0000000"),
     ("SEAL_CERTIFICATES", "/none.pem")],
)  # fmt: skip
def test_what_is_wrong_is_named(hsm, settings, name, value):
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=name):
        sign()


def test_a_refused_pin_is_not_tried_again(hsm, settings):
    settings.SEAL_PKCS11_PIN = "0000000"
    with pytest.raises(ImproperlyConfigured, match="not tried again"):
        sign()
    with pytest.raises(ImproperlyConfigured, match="set it, then restart"):
        sign()


def test_a_refused_pin_is_not_tried_by_other_processes_either(hsm, settings, tmp_path):
    settings.SEAL_PKCS11_PIN = "0000000"
    with pytest.raises(ImproperlyConfigured, match="not tried again"):
        sign()
    noted = tmp_path / "seal-pin-refused"
    assert settings.SEAL_PKCS11_PIN not in noted.read_text()
    seal_key._hsm_signer.cache_clear()  # as another process begins
    assert f"delete {noted}" in seal_state.state(at=AT).attention[0]
    noted.unlink()  # as the operator does once the token was told the PIN
    with pytest.raises(ImproperlyConfigured, match="not tried again"):
        sign()
    settings.SEAL_PKCS11_PIN = softhsm.PIN
    assert status_of(sign()).bottom_line


def test_a_key_that_is_not_the_certificates_seals_nothing(hsm, settings, token, tmp_path):
    softhsm.put(new_key(curve="ECDSA" in sealing.seal_facts().algorithm), tmp_path.name[-20:] + "b",
                tmp_path)  # fmt: skip
    settings.SEAL_PKCS11_KEY = tmp_path.name[-20:] + "b"
    with pytest.raises(ImproperlyConfigured, match="not the key"):
        sign()


@pytest.mark.parametrize("missing", seal_key.HSM)
def test_a_half_set_hsm_is_named_at_once_and_at_start(settings, missing):
    for name in seal_key.HSM:
        setattr(settings, name, "" if name == missing else "x")
    with pytest.raises(ImproperlyConfigured, match=missing):
        sealing.seal_facts()
    assert any(missing in problem.msg for problem in run_checks() if problem.id == "records.E001")


def test_a_curve_key_in_a_file_seals_too(settings, tmp_path):
    issuer, key = Issuer("Example Bank root", START), new_key(curve=True)
    certificate = issuer.issue("Example Bank", key, days=900)
    settings.SEAL_PKCS12 = str(tmp_path / "curve.p12")
    (tmp_path / "curve.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"seal", key, certificate, [issuer.root], serialization.NoEncryption()
        )
    )
    assert status_of(sign()).bottom_line
    assert sealing.seal_facts().algorithm == "ECDSA secp256r1"
