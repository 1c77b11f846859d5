"""The TEST SEAL: a key and certificates made on the spot, for development and the demo."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

TEST_MARK = "TEST SEAL"  # a certificate whose name begins so is never taken for the bank's own
DAYS, BEFORE = 3650, 366  # the demonstration signs some things in the past


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
        .not_valid_before(at - timedelta(days=BEFORE))
        .not_valid_after(at + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(above, critical=False)
        .sign(by, hashes.SHA256())
    )
