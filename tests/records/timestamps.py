"""A trusted authority and documents that wait for it, for the tests of proof of time."""

import asyncio
import io
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.files.storage import storages
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from portal.records import (
    documents,
    seal_key,
    stamping,
)  # fmt: skip
from portal.records.models import Stamping
from portal.records.stamping import Outcome
from tests.records.authority import Authority, new_key, pem, serving
from tests.records.samples import file, sealed

AT = Authority.clock
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def tsa(settings, tmp_path):
    """The authority, trusted; its services answer too."""
    ours = Authority()
    with serving(ours):
        settings.TSA_URL = f"{ours.address}/tsa"
        settings.TSA_ROOTS = str(tmp_path / "tsa-roots.pem")
        (tmp_path / "tsa-roots.pem").write_bytes(pem(ours.issuer.root))
        settings.TSA_TIMEOUT = 20
        settings.TSA_LEVEL = "B-LTA"
        yield ours


@pytest.fixture
def bank(settings, tmp_path, tsa):
    """A seal whose certificate names revocation services: the ones that `tsa` runs too."""
    tsa.issuer.key_of_seal = new_key()
    certificate = tsa.issuer.issue("Example Bank", tsa.issuer.key_of_seal, days=900)
    tsa.known.append(certificate)
    settings.SEAL_PKCS12 = str(tmp_path / "bank.p12")
    settings.SEAL_PASSPHRASE = ""
    (tmp_path / "bank.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"seal",
            tsa.issuer.key_of_seal,
            certificate,
            [tsa.issuer.root],
            serialization.NoEncryption(),
        )
    )
    return certificate


def filed(data=None, **more):
    data = data or sealed()
    documents.store(data)
    return file(data, **more)


def row_of(document) -> Stamping:
    stamping.enrol(at=AT)
    return Stamping.objects.get(document=document)


def stamp(document, *, at=AT, **more) -> Outcome:
    return stamping.stamp(row_of(document).pk, stamping.trust(), at=at, **more)


def roots():
    return [asn1.Certificate.load(root) for root in seal_key.trusted_roots()]


def verdict(data: bytes, tsa: Authority):
    """pyHanko's, with its comparison of what came after the certification."""
    reader = PdfFileReader(io.BytesIO(data))
    trusted = [*roots(), asn1.Certificate.load(seal_key.der(tsa.issuer.root))]
    context = ValidationContext(trust_roots=trusted, allow_fetching=False, moment=AT)
    (seal,) = reader.embedded_regular_signatures
    return asyncio.run(async_validate_pdf_signature(seal, context, context))


def pdfsig(data: bytes, tmp_path) -> str:
    path = tmp_path / "look.pdf"
    path.write_bytes(data)
    return subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout


def many(count: int) -> list:
    more = [{"number": f"AG-{n}", "code": f"C{n}"} for n in range(count)]
    return [filed(sealed() + b"%" * n, **facts) for n, facts in enumerate(more)]


def stored() -> set[str]:
    place = Path(storages["documents"].location)
    return {path.name for path in place.rglob("*.pdf")}
