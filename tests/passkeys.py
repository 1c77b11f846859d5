"""A device with one passkey, in software: what Chromium's virtual authenticator does, and lies too.

The key is made here; what the device sends is put together byte by byte, as WebAuthn has it.
"""

import hashlib
import json
import struct
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.timezone import now
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

from accounts.models import User
from accounts.signals import note_added
from portal.records import assertion

PRESENT, VERIFIED, HOLDS_KEY = 0x01, 0x04, 0x40
RP, ORIGIN = "localhost", "http://localhost"


class Device:
    """Holds one P-256 key. Each part of an answer can be made wrong."""

    def __init__(self, name: str = "device") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = hashlib.sha256(name.encode()).digest()
        self.counter = 0

    @property
    def public(self) -> bytes:
        """The public key in COSE form."""
        return cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))

    def created(self, challenge: bytes | str = b"x" * 32) -> dict[str, Any]:
        """Return what a browser posts when a passkey is added."""
        raw = websafe_decode(challenge) if isinstance(challenge, str) else challenge
        head = hashlib.sha256(RP.encode()).digest()
        head += struct.pack(">BI", PRESENT | VERIFIED | HOLDS_KEY, self.counter)
        data = head + bytes(16) + struct.pack(">H", len(self.id)) + self.id + self.public
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._sent(
            {"attestationObject": websafe_encode(made)}, self._client(raw, "webauthn.create")
        )

    def added_to(
        self, user: User, *, at: datetime | None = None, recorded: bool = True
    ) -> Authenticator:
        """Enrol this device's passkey, by default two days ago, with its event in the trail."""
        key = Authenticator.objects.create(
            user=user, type="webauthn", data={"name": "Telephone", "credential": self.created()},
            created_at=at or now() - timedelta(days=2),
        )  # fmt: skip
        if recorded:
            note_added(key, user)
        return key

    def signs(
        self,
        challenge: bytes | str,
        *,
        kind: str = "webauthn.get",
        origin: str = ORIGIN,
        rp_id: str = RP,
        flags: int = PRESENT | VERIFIED,
        counter: int | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Return what a browser posts for a challenge (bytes, or as the options write it).

        Each signature counts one more than the last, unless a counter is given (0: a synced key).
        """
        self.counter = self.counter + 1 if counter is None else counter
        raw = websafe_decode(challenge) if isinstance(challenge, str) else challenge
        client = self._client(raw, kind, origin=origin, **more)
        data = hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.counter)
        message = data + hashlib.sha256(client).digest()
        signature = self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        answer = {"authenticatorData": websafe_encode(data), "signature": websafe_encode(signature)}
        return self._sent(answer, client)

    def _client(self, challenge: bytes, kind: str, origin: str = ORIGIN, **more: Any) -> bytes:
        facts = {"type": kind, "challenge": websafe_encode(challenge), "origin": origin, **more}
        return json.dumps(facts).encode()

    def _sent(self, answer: dict[str, str], client: bytes) -> dict[str, Any]:
        written = websafe_encode(self.id)
        return {
            "type": "public-key",
            "id": written,
            "rawId": written,
            "response": {**answer, "clientDataJSON": websafe_encode(client)},
            "clientExtensionResults": {},
        }

    def accepted(self, draft_sha256: str, **lies: Any) -> dict[str, Any]:
        """Return an acceptance (format 2) that this device signed: for checks without a page."""
        nonce = b"n" * assertion.NONCE
        challenge = lies.pop("challenge", assertion.challenge(draft_sha256, nonce))
        answer = self.signs(challenge, **lies)["response"]
        passkey = {
            "domain": assertion.DOMAIN,
            "nonce": websafe_encode(nonce),
            "rp_id": lies.get("rp_id", RP),
            "origin": lies.get("origin", ORIGIN),
            "credential_id": websafe_encode(self.id),
            "public_key": websafe_encode(self.public),
            "authenticator_data": answer["authenticatorData"],
            "client_data_json": answer["clientDataJSON"],
            "signature": answer["signature"],
        }
        return {
            "format": "arrears-portal/acceptance/2", "draft_sha256": draft_sha256,
            "method": "passkey", "typed_name": "", "passkey": passkey,
        }  # fmt: skip
