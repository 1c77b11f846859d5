"""The seal's key and certificates: read once per process, or made for development.

`signer` is the seam: an HSM (pyHanko's PKCS11Signer) or a national SM2 seal is another branch.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

TEST_MARK = "TEST SEAL"  # a certificate whose name begins so is never taken for the bank's own
DEVELOPMENT_DAYS = 3650


@dataclass(frozen=True)
class SealFacts:
    """What is printed and shown about the seal."""

    subject: str  # the certificate's common name
    serial: str  # hexadecimal
    not_after: datetime
    is_test: bool


@dataclass(frozen=True)
class Material:
    """The opened PKCS#12: private key, certificate, and the certificates above it."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


def material() -> Material:
    """Return the configured key. Errors: ImproperlyConfigured if it is missing or does not open."""
    path = Path(settings.SEAL_PKCS12)
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        raise ImproperlyConfigured(f"No seal at {path}: run manage.py make_seal.") from None
    return _opened(path, changed, settings.SEAL_PASSPHRASE)


@lru_cache(maxsize=4)
def _opened(path: Path, changed: int, passphrase: str) -> Material:
    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(
            path.read_bytes(), passphrase.encode() or None
        )
    except ValueError as error:
        raise ImproperlyConfigured(f"The seal at {path} does not open: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
        raise ImproperlyConfigured(f"The seal at {path} holds no RSA key with its certificate.")
    return Material(key, certificate, tuple(chain))


def signer() -> Any:
    """Return pyHanko's Signer for the configured seal, with the key parsed once per process."""
    return _signer(material())


@lru_cache(maxsize=4)
def _signer(seal: Material) -> Any:
    from asn1crypto import x509 as asn1
    from pyhanko.sign.signers import Signer
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class KeptKey(Signer):
        """Stock pyHanko parses the private key at every signature: 40 to 330 ms."""

        async def async_sign_raw(
            self, data: bytes, digest_algorithm: str, dry_run: bool = False
        ) -> bytes:
            if dry_run:
                return bytes(seal.key.key_size // 8)
            algorithm = {"sha256": hashes.SHA256, "sha384": hashes.SHA384}[digest_algorithm]()
            return seal.key.sign(data, padding.PKCS1v15(), algorithm)

    def der(certificate: x509.Certificate) -> Any:
        return asn1.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))

    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple([der(certificate) for certificate in seal.chain])
    return KeptKey(signing_cert=der(seal.certificate), cert_registry=registry, embed_roots=False)


def seal_facts() -> SealFacts:
    """Return the name, serial number, end and kind of the configured seal."""
    certificate = material().certificate
    name = common_name(certificate.subject)
    return SealFacts(
        subject=name,
        serial=f"{certificate.serial_number:x}",
        not_after=certificate.not_valid_after_utc,
        is_test=name.startswith(TEST_MARK),
    )


def common_name(name: x509.Name) -> str:
    """Return the common name, or the whole name as text where there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def trusted_roots() -> list[bytes]:
    """Return the roots that vouch for our seals as DER: the present one, and SEAL_ROOTS (PEM)."""
    chain = material().chain if Path(settings.SEAL_PKCS12).exists() else ()
    roots = [certificate for certificate in chain if certificate.subject == certificate.issuer]
    if settings.SEAL_ROOTS:
        roots += x509.load_pem_x509_certificates(Path(settings.SEAL_ROOTS).read_bytes())
    return [root.public_bytes(serialization.Encoding.DER) for root in roots]


def make_development_seal(path: Path, *, passphrase: str, at: datetime) -> bool:
    """Write a self-made CA's TEST SEAL as PKCS#12 (mode 0600); False if a file is already there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return False
    root_key, key = _new_key(), _new_key()
    root_name = _name(f"{TEST_MARK} – Development root")
    root = _certificate(root_name, root_key, issuer=root_name, by=root_key, is_ca=True, at=at)
    name = _name(f"{TEST_MARK} – Development")
    leaf = _certificate(name, key, issuer=root_name, by=root_key, is_ca=False, at=at)
    lock = (
        serialization.BestAvailableEncryption(passphrase.encode())
        if passphrase
        else serialization.NoEncryption()
    )
    data = pkcs12.serialize_key_and_certificates(b"seal", key, leaf, [root], lock)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    return True


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Development, no legal effect"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    name: x509.Name,
    key: rsa.RSAPrivateKey,
    *,
    issuer: x509.Name,
    by: rsa.RSAPrivateKey,
    is_ca: bool,
    at: datetime,
) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=not is_ca, content_commitment=not is_ca, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=is_ca, crl_sign=is_ca,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=DEVELOPMENT_DAYS))
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(above, critical=False)
        .sign(by, hashes.SHA256())
    )
