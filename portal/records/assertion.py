"""The cardholder's own signature in a signed PDF: a passkey's assertion, checked without asking us.

The challenge that the device signed is made from the hash of the draft that was read, so it fits
that document only. Whose key it is no file can prove: the bank says so, and seals what it says.
No Django in here: the child process of apart.py runs it on strangers' files.
"""

import hashlib
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DOMAIN = "arrears-portal/sign/1"  # no challenge of another purpose begins with it
RECORD = "acceptance.json"  # its name among the attachments
MARK = b"(acceptance"  # how pyHanko begins to write that name; never packed
FORMATS = ("arrears-portal/acceptance/1", "arrears-portal/acceptance/2")
NONCE = 32  # bytes
LARGEST = 64_000  # bytes of the record
FORM, DRAFT, ADDED = "form", "draft", "added"  # what may be wrong, apart from FAULTS below
FAULTS = ("challenge", "type", "site", "presence", "verification", "signature")
OURS_TO_ADD = {"attachments", "notes"}  # the record, and the seal in its field


@dataclass(frozen=True)
class Result:
    """Whether a passkey's signature fits, and the first thing that does not."""

    fault: str = ""  # one of FAULTS, or FORM: the record cannot be read
    site: str = ""  # the rp id: a key works on its own site only
    key: str = ""  # fingerprint of the public key, hexadecimal

    @property
    def fits(self) -> bool:
        return not self.fault


def challenge(draft_sha256: str, nonce: bytes) -> bytes:
    """Return what a device signs for a draft: 32 bytes. Errors: ValueError for other lengths."""
    draft = bytes.fromhex(draft_sha256)
    if len(draft) != hashlib.sha256().digest_size or len(nonce) != NONCE:
        raise ValueError("a SHA-256 and a nonce of 32 bytes")
    return hashlib.sha256(DOMAIN.encode() + draft + nonce).digest()


def key_fingerprint(public_key: bytes) -> str:
    """Return the SHA-256 of a public key in COSE form, hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


def verify(acceptance: Mapping[str, Any]) -> Result:
    """Check the passkey's signature in an acceptance (format 2). Never raises for any record.

    Nothing is asked but the record: the challenge is made again from its draft_sha256.
    """
    try:
        return _verified(str(acceptance["draft_sha256"]), acceptance["passkey"])
    except Exception:  # a stranger wrote it
        return Result(FORM)


def _verified(draft_sha256: str, signed: Mapping[str, str]) -> Result:
    from fido2.rpid import verify_rp_id
    from fido2.utils import websafe_decode
    from fido2.webauthn import AuthenticatorData, CollectedClientData

    client = CollectedClientData(websafe_decode(signed["client_data_json"]))
    device = AuthenticatorData(websafe_decode(signed["authenticator_data"]))
    key = websafe_decode(signed["public_key"])
    site, origin = signed["rp_id"], signed["origin"]
    wanted = challenge(draft_sha256, websafe_decode(signed["nonce"]))
    holds = (
        signed["domain"] == DOMAIN and client.challenge == wanted,
        client.type == CollectedClientData.TYPE.GET,
        client.origin == origin
        and not client.cross_origin
        and verify_rp_id(site, origin)
        and device.rp_id_hash == hashlib.sha256(site.encode()).digest(),
        device.is_user_present(),
        device.is_user_verified(),
        _made_by(key, bytes(device) + client.hash, websafe_decode(signed["signature"])),
    )
    fault = next((name for name, held in zip(FAULTS, holds, strict=True) if not held), "")
    return Result(fault, site, key_fingerprint(key))


def _made_by(key: bytes, message: bytes, signature: bytes) -> bool:
    from fido2 import cbor
    from fido2.cose import CoseKey

    try:
        held: Any = cbor.decode(key)
        CoseKey.parse(held).verify(message, signature)
    except Exception:  # of the signature, of the key's form, or of a kind that nobody knows
        return False
    return True


@dataclass(frozen=True)
class Accepted:
    """How the person accepted, by the record in a sealed document, and what is wrong with it."""

    method: str = ""  # "passkey", "email-code", "totp"; empty: there is no record of it
    fault: str = ""  # as in Result; or DRAFT, ADDED


def of_document(sealed: bytes) -> Accepted:
    """Return what a document says of its acceptance; `sealed` ends where the seal's version does.

    The record must name the very bytes with which the file begins, and after those there may be
    nothing but the record and the seal. Never raises.
    """
    if MARK not in sealed:  # long documents need not be opened once more
        return Accepted()
    try:
        record = json.loads(attached(sealed))
        if record.get("format") not in FORMATS:
            return Accepted()
        method, length = str(record["method"]), int(record["draft_length"])
        fault = _fault_of_draft(sealed, sealed[:length], str(record["draft_sha256"]))
        if method == "passkey" and not fault:
            fault = verify(record).fault
    except Exception:
        return Accepted(fault=FORM)
    return Accepted(method, fault)


def _fault_of_draft(sealed: bytes, draft: bytes, sha256: str) -> str:
    from portal.records import differences

    if hashlib.sha256(draft).hexdigest() != sha256:
        return DRAFT
    return "" if set(differences.changes(draft, sealed)) <= OURS_TO_ADD else ADDED


def attached(sealed: bytes) -> bytes:
    """Return the record, which never grows beyond LARGEST while it is unpacked.

    Errors: KeyError without one; those of pikepdf.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        stream = pdf.attachments[RECORD].obj["/EF"]["/F"]
        packed = stream.get("/Filter") is not None
        raw = bytes(stream.read_raw_bytes())
    return zlib.decompressobj().decompress(raw, LARGEST) if packed else raw[:LARGEST]
