"""A timestamp authority of the tests' own, and what it appends to a sealed file."""

import asyncio
import io
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation.dss import async_add_validation_info
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portal.records import documents
from portal.records.models import Augmentation, Document
from portal.records.seal_key import trusted_roots
from tests.records.samples import AT

AUTHORITY = "Test Timestamp Authority"
STAMPED_AT = AT + timedelta(minutes=2)


def _named(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(name: str, key: Any, issuer: str, by: Any, *, is_ca: bool) -> x509.Certificate:
    usage = x509.KeyUsage(not is_ca, not is_ca, False, False, False, is_ca, is_ca, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(usage, critical=True)
    )
    if not is_ca:
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(stamping, critical=True)
    return builder.sign(by, hashes.SHA256())


@lru_cache
def service() -> tuple[DummyTimeStamper, x509.Certificate]:
    """The authority and its root."""
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root_name = f"{AUTHORITY} Root"
    root = _certificate(root_name, root_key, root_name, root_key, is_ca=True)
    leaf = _certificate(AUTHORITY, key, root_name, root_key, is_ca=False)
    raw = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    store.register(_asn1(root))
    info = keys.PrivateKeyInfo.load(raw)
    return DummyTimeStamper(_asn1(leaf), info, store, fixed_dt=STAMPED_AT), root


def _asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))


def roots_file(folder: Path) -> str:
    """Write the authority's root where TSA_ROOTS can name it."""
    path = folder / "tsa.pem"
    path.write_bytes(service()[1].public_bytes(Encoding.PEM))
    return str(path)


def namesake(folder: Path) -> str:
    """Write another root of the same name where TSA_ROOTS can name it."""
    key, name = rsa.generate_private_key(65537, 2048), f"{AUTHORITY} Root"
    path = folder / "namesake.pem"
    root = _certificate(name, key, name, key, is_ca=True)
    path.write_bytes(root.public_bytes(Encoding.PEM))
    return str(path)


@lru_cache
def stamp(data: bytes) -> bytes:
    """Append a timestamp over the whole file: the same file each time it is asked for."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    stamper = PdfTimeStamper(service()[0])
    return bytes(asyncio.run(stamper.async_timestamp_pdf(writer, "sha256")).getvalue())


@lru_cache
def with_validation_data(data: bytes) -> bytes:
    """Append the certificates of the seal."""
    seal = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures[0]
    roots = [asn1.Certificate.load(root) for root in trusted_roots()]
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=AT)
    return bytes(asyncio.run(async_add_validation_info(seal, context)).getvalue())


def archived(data: bytes) -> bytes:
    """As B-LTA: a timestamp, what a later check needs, and a timestamp over both."""
    return stamp(with_validation_data(stamp(data)))


def enter(document: Document, data: bytes) -> Augmentation:
    """Store and register a longer file, as the stamping task does."""
    documents.store(data)
    return Augmentation.objects.create(
        document=document, level="B-LTA", sha256=documents.digest(data), size=len(data),
        stamped_at=STAMPED_AT, authority=AUTHORITY, authority_ends_at=AT, made_at=AT,
    )  # fmt: skip
