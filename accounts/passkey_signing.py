"""Signing a document with a passkey: the device signs a challenge made from the document's hash.

Allauth's own server of WebAuthn, another challenge. What comes out can be checked by anyone, later
and without us: portal.records.assertion.
"""

import json
import secrets
import struct
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from django.http import HttpRequest
from fido2 import cbor
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    UserVerificationRequirement,
)

from accounts.models import User
from accounts.stepup import COOL_OFF
from portal.kit.errors import Refused, gettext_noop
from portal.records import assertion

LIFE = timedelta(minutes=10)  # of a challenge
KEPT = "passkey_signings"  # in the session: the challenges made last, each for one answer
WINDOWS = 3  # of one person, open at once
TOO_LATE = gettext_noop(
    "Nothing was signed: this took too long, or was sent twice. Your ticks are still here. "
    "Press “Sign with your passkey” once more."
)
NO_FIT = gettext_noop(
    "Nothing was signed: what your device sent does not fit this document. Try again, or sign with "
    "a code."
)
TOO_NEW = gettext_noop(
    "This passkey was added less than 24 hours ago, so it does not sign yet. Use an older one, or "
    "sign with a code."
)


def keys(user: User, *, at: datetime) -> list[Authenticator]:
    """Return this person's passkeys that may sign at a time: those enrolled for COOL_OFF."""
    return [key for key in _enrolled(user) if key.created_at <= at - COOL_OFF]


def signs_from(user: User) -> datetime | None:
    """Return when the first of this person's passkeys may sign, or None if there is no passkey."""
    return min((key.created_at + COOL_OFF for key in _enrolled(user)), default=None)


def begin(request: HttpRequest, user: User, *, draft_sha256: str, at: datetime) -> dict[str, Any]:
    """Return what the browser hands to the device; keep a nonce, for this document and LIFE.

    The last WINDOWS of a session are kept, so that a second window does not void the first.
    """
    nonce = secrets.token_bytes(assertion.NONCE)
    made = {
        "draft": draft_sha256,
        "nonce": websafe_encode(nonce),
        "until": (at + LIFE).isoformat(),
    }
    request.session[KEPT] = [*request.session.get(KEPT, []), made][-WINDOWS:]
    options, _ = _asked(keys(user, at=at), draft_sha256, nonce)
    return dict(options)


def finish(
    request: HttpRequest, user: User, *, draft_sha256: str, answer: str, at: datetime
) -> dict[str, str]:
    """Use up the answer's nonce and check it; return what proves it, for the acceptance.

    Errors: Refused SIGN-KEY if too late, used already or for another document; if the key is not
    this person's, or too new; if the device did not make sure who held it; if it does not fit.
    """
    if not _waiting(request, draft_sha256, at=at):
        raise Refused("SIGN-KEY", TOO_LATE)
    response = _parsed(answer)
    kept = _used_up(request, response, draft_sha256, at=at)
    key = _key(user, response.raw_id, at=at)
    nonce = websafe_decode(kept)
    server, (_, state) = webauthn.get_server(), _asked([key], draft_sha256, nonce)
    try:
        server.authenticate_complete(state, [_credential(key)], response)
    except ValueError as no:
        raise Refused("SIGN-KEY", NO_FIT) from no
    proof = _proof(request, key, response, rp_id=str(server.rp.id), nonce=kept)
    # What goes into the document is checked as an outsider will check it, the origin included.
    if not assertion.verify({"draft_sha256": draft_sha256, "passkey": proof}).fits:
        raise Refused("SIGN-KEY", NO_FIT)
    key.record_usage()
    return proof


def _waiting(request: HttpRequest, draft_sha256: str, *, at: datetime) -> list[dict[str, str]]:
    return [
        each
        for each in request.session.get(KEPT, [])
        if each["draft"] == draft_sha256 and at <= datetime.fromisoformat(each["until"])
    ]


def _used_up(
    request: HttpRequest, response: AuthenticationResponse, draft_sha256: str, *, at: datetime
) -> str:
    """Take the nonce that an answer was made for out of the session: nothing else fits it again."""
    for each in _waiting(request, draft_sha256, at=at):
        nonce = each["nonce"]
        asked = assertion.challenge(draft_sha256, websafe_decode(nonce))
        if response.response.client_data.challenge == asked:
            request.session[KEPT] = [one for one in request.session[KEPT] if one != each]
            return nonce
    raise Refused("SIGN-KEY", NO_FIT)


def _enrolled(user: User) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN))


def _credential(key: Authenticator) -> AttestedCredentialData:
    held: AttestedCredentialData = key.wrap().authenticator_data.credential_data
    return held


def _asked(allowed: list[Authenticator], draft_sha256: str, nonce: bytes) -> tuple[Any, Any]:
    """Return the library's (options for the browser, state) for the challenge of a document."""
    options, state = webauthn.get_server().authenticate_begin(
        credentials=[_credential(key) for key in allowed],
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=assertion.challenge(draft_sha256, nonce),
    )
    return options, state


def _parsed(answer: str) -> AuthenticationResponse:
    broken = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)
    try:
        response: AuthenticationResponse = AuthenticationResponse.from_dict(json.loads(answer))
    except (*broken, struct.error) as no:
        raise Refused("SIGN-KEY", NO_FIT) from no
    return response


def _key(user: User, credential_id: bytes, *, at: datetime) -> Authenticator:
    key = webauthn.get_authenticator_by_credential_id(user, credential_id)
    if key is None:
        raise Refused("SIGN-KEY", NO_FIT)
    if key.created_at > at - COOL_OFF:
        raise Refused("SIGN-KEY", TOO_NEW)
    return key


def _proof(
    request: HttpRequest,
    key: Authenticator,
    response: AuthenticationResponse,
    *,
    rp_id: str,
    nonce: str,
) -> dict[str, str]:
    return {
        "domain": assertion.DOMAIN,
        "nonce": nonce,
        "rp_id": rp_id,
        "origin": f"{request.scheme}://{request.get_host()}",
        "credential_id": websafe_encode(response.raw_id),
        "public_key": websafe_encode(public_key(key)),
        "enrolled_at": key.created_at.isoformat(timespec="seconds"),
        "authenticator_data": websafe_encode(response.response.authenticator_data),
        "client_data_json": websafe_encode(response.response.client_data),
        "signature": websafe_encode(response.response.signature),
    }


def public_key(key: Authenticator) -> bytes:
    """Return a passkey's public key as COSE bytes."""
    return cbor.encode(dict(_credential(key).public_key))
