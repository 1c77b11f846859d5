"""The cardholder's passkey signature as files that OpenSSL and a few lines of Python can check."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from portal.records import assertion

COMMANDS = {  # by the key's COSE algorithm: ES256, RS256, and Ed25519, which hashes for itself
    -7: "openssl dgst -sha256 -verify passkey-key.pem -signature passkey-signature.bin "
    "passkey-signed.bin",
    -8: "openssl pkeyutl -verify -pubin -inkey passkey-key.pem -rawin -in passkey-signed.bin "
    "-sigfile passkey-signature.bin",
}
COMMANDS[-257] = COMMANDS[-7]
SAYS = {-7: "Verified OK", -257: "Verified OK", -8: "Signature Verified Successfully"}


@dataclass(frozen=True)
class Signed:
    """What the pack's README says of the signature, and the files it names."""

    draft_length: int  # bytes
    draft_sha256: str
    site: str
    enrolled_at: str  # ISO 8601
    command: str
    says: str
    files: dict[str, bytes]


def of(sealed: bytes) -> Signed | None:
    """Return the passkey's signature in a document of ours; None without one that fits.

    None also for kinds of keys that browsers offer but OpenSSL's commands differ for: they are
    checked by /verify/ and verify_document all the same.
    """
    accepted = assertion.of_document(sealed)
    if accepted.method != "passkey" or accepted.fault:
        return None
    from fido2 import cbor
    from fido2.utils import websafe_decode

    text = assertion.attached(sealed)
    record = json.loads(text)
    held = record["passkey"]
    key: Any = cbor.decode(websafe_decode(held["public_key"]))
    if key[3] not in COMMANDS:
        return None
    client = websafe_decode(held["client_data_json"])
    device = websafe_decode(held["authenticator_data"])
    return Signed(
        draft_length=record["draft_length"],
        draft_sha256=record["draft_sha256"],
        site=held["rp_id"],
        enrolled_at=held.get("enrolled_at", ""),
        command=COMMANDS[key[3]],
        says=SAYS[key[3]],
        files={
            "acceptance.json": text,
            "passkey-client.json": client,
            "passkey-key.pem": _pem(key),
            "passkey-signature.bin": websafe_decode(held["signature"]),
            "passkey-signed.bin": device + hashlib.sha256(client).digest(),
        },
    )


def _pem(key: dict[int, Any]) -> bytes:
    """Return a COSE key as PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    def number(part: bytes) -> int:
        return int.from_bytes(part, "big")

    made: Any
    if key[3] == -8:
        made = ed25519.Ed25519PublicKey.from_public_bytes(key[-2])
    elif key[3] == -257:
        made = rsa.RSAPublicNumbers(number(key[-2]), number(key[-1])).public_key()
    else:
        curve = ec.SECP256R1()
        made = ec.EllipticCurvePublicNumbers(number(key[-2]), number(key[-3]), curve).public_key()
    return bytes(made.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
