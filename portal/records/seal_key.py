"""The seal's certificates and key: from a PKCS#12 file, or certificates beside an HSM's key.

`signer` is the seam: a national SM2 seal is another branch. Files are read once per process.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.records.development_seal import TEST_MARK, make_development_seal

__all__ = [
    "TEST_MARK", "Material", "SealFacts", "common_name", "from_hsm", "make_development_seal",
    "material", "roots_in", "seal_facts", "signer", "trusted_roots",
]  # fmt: skip

HSM = ("SEAL_PKCS11_MODULE", "SEAL_PKCS11_TOKEN", "SEAL_PKCS11_KEY", "SEAL_PKCS11_PIN",
       "SEAL_CERTIFICATES")  # fmt: skip

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class SealFacts:
    """What is printed and shown about the seal."""

    subject: str  # the certificate's common name
    serial: str  # hexadecimal
    algorithm: str
    not_before: datetime
    not_after: datetime
    is_test: bool


@dataclass(frozen=True)
class Material:
    """The seal's certificate, those above it, and the private key unless an HSM keeps it."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: Key | None


def from_hsm() -> bool:
    """Return whether an HSM seals. Errors: ImproperlyConfigured if it is set only by half."""
    given = [name for name in HSM if getattr(settings, name)]
    if given and len(given) < len(HSM):
        missing = ", ".join(name for name in HSM if name not in given)
        raise ImproperlyConfigured(
            f"{given[0]} is set, so the seal is in an HSM: set {missing} too, or none of them."
        )
    return bool(given)


def material() -> Material:
    """Return what is configured. Errors: ImproperlyConfigured if it is missing or does not open."""
    if from_hsm():
        return _beside_hsm(*_stamp("SEAL_CERTIFICATES", "name the PEM file with the seal's chain"))
    return _opened(
        *_stamp("SEAL_PKCS12", "run manage.py make_seal for a test seal"), settings.SEAL_PASSPHRASE
    )


def _stamp(variable: str, remedy: str) -> tuple[Path, int]:
    """Return a file and when it last changed, so that a new one is read."""
    path = Path(getattr(settings, variable))
    try:
        return path, path.stat().st_mtime_ns
    except FileNotFoundError:
        raise ImproperlyConfigured(f"No seal at {variable}={path}: {remedy}.") from None


@lru_cache(maxsize=4)
def _opened(path: Path, changed: int, passphrase: str) -> Material:
    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(
            path.read_bytes(), passphrase.encode() or None
        )
    except ValueError as error:
        raise ImproperlyConfigured(
            f"The seal at SEAL_PKCS12={path} does not open with SEAL_PASSPHRASE: {error}"
        ) from error
    if certificate is None or not isinstance(key, Key):
        raise ImproperlyConfigured(
            f"SEAL_PKCS12={path} holds no RSA or elliptic curve key with its certificate."
        )
    return Material(certificate, tuple(chain), key)


@lru_cache(maxsize=4)
def _beside_hsm(path: Path, changed: int) -> Material:
    certificate, *chain = roots_in("SEAL_CERTIFICATES")
    if not isinstance(certificate.public_key(), rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise ImproperlyConfigured("The first of SEAL_CERTIFICATES is for no RSA or curve key.")
    return Material(certificate, tuple(chain), None)


def signer() -> Any:
    """Return pyHanko's Signer for the configured seal, with the key at hand once per process."""
    seal = material()
    if seal.key is not None:
        return _file_signer(seal)
    return _hsm_signer(seal, *(getattr(settings, name) for name in HSM[:4]))


@lru_cache(maxsize=4)
def _file_signer(seal: Material) -> Any:
    from pyhanko.sign.signers import Signer

    class KeptKey(Signer):
        """Stock pyHanko parses the private key at every signature: 40 to 330 ms."""

        async def async_sign_raw(
            self, data: bytes, digest_algorithm: str, dry_run: bool = False
        ) -> bytes:
            assert seal.key is not None  # noqa: S101  (see signer())
            if dry_run:
                return bytes(512)
            algorithm = {"sha256": hashes.SHA256, "sha384": hashes.SHA384}[digest_algorithm]()
            if isinstance(seal.key, rsa.RSAPrivateKey):
                return seal.key.sign(data, padding.PKCS1v15(), algorithm)
            return seal.key.sign(data, ec.ECDSA(algorithm))

    certificate, registry = for_pyhanko(seal)
    return KeptKey(signing_cert=certificate, cert_registry=registry, embed_roots=False)


@lru_cache(maxsize=4)
def _hsm_signer(seal: Material, module: str, token: str, key: str, pin: str) -> Any:
    from portal.records.seal_hsm import HsmSigner

    return HsmSigner(seal, module=module, token=token, key=key, pin=pin)


def for_pyhanko(seal: Material) -> tuple[Any, Any]:
    """Return the certificate and the store of those above it, in pyHanko's types."""
    from asn1crypto import x509 as asn1
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple([asn1.Certificate.load(der(each)) for each in seal.chain])
    return asn1.Certificate.load(der(seal.certificate)), registry


def der(certificate: x509.Certificate) -> bytes:
    """Return a certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def seal_facts() -> SealFacts:
    """Return the name, serial number, life and kind of the configured seal."""
    certificate = material().certificate
    name = common_name(certificate.subject)
    return SealFacts(
        subject=name,
        serial=f"{certificate.serial_number:x}",
        algorithm=_algorithm(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        is_test=name.startswith(TEST_MARK),
    )


def _algorithm(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"ECDSA {key.curve.name}"
    return f"RSA {key.key_size}" if isinstance(key, rsa.RSAPublicKey) else type(key).__name__


def common_name(name: x509.Name) -> str:
    """Return the common name, or the whole name as text where there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def trusted_roots() -> list[bytes]:
    """Return the roots that vouch for our seals as DER: the present one, and SEAL_ROOTS (PEM)."""
    chain = material().chain if from_hsm() or Path(settings.SEAL_PKCS12).exists() else ()
    roots = [certificate for certificate in chain if certificate.subject == certificate.issuer]
    return [der(root) for root in [*roots, *roots_in("SEAL_ROOTS")]]


def roots_in(variable: str) -> list[x509.Certificate]:
    """Return the certificates in the PEM file that a setting names; none where it is empty.

    Errors: ImproperlyConfigured, naming the setting, if the file cannot be read.
    """
    path = getattr(settings, variable)
    if not path:
        return []
    try:
        return x509.load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(
            f"{variable}={path} must be a readable file of PEM certificates: {error}"
        ) from error
