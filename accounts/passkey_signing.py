"""Signing a document with a passkey: the device signs a challenge made from the document's hash.

Allauth's own server of WebAuthn, another challenge. What comes out can be checked by anyone, later
and without us: portal.records.assertion.
"""

import json
import secrets
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from django.http import HttpRequest
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AuthenticationResponse, UserVerificationRequirement

from accounts.models import User
from accounts.passkey_counts import credential, goes_on, is_copied, public_key
from accounts.stepup import COOL_OFF
from portal.kit.errors import Refused, gettext_noop
from portal.records import assertion
from portal.records.audit import subject_of
from portal.records.models import AuditEvent

ENROLLED = "accounts.passkey_enrolled"  # the trail's word for whose key it is, and since when

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
UNRECORDED = gettext_noop(
    "Your passkey does not sign agreements: we have no record of when it was added. Sign with a "
    "code now. To sign with a passkey later, remove it under Security and add it again: it then "
    "signs after 24 hours."
)
COPIED = gettext_noop(
    "Your passkey does not sign agreements any more: its counter did not go on as it should, so "
    "someone may have a copy of it. Sign with a code now. Then remove the passkey under Security, "
    "and add a new one if you like."
)


@dataclass(frozen=True)
class Standing:
    """What a person's passkeys are good for at a time."""

    ready: list[Authenticator]  # those that may sign
    signs_from: datetime | None  # when the next one may; None if none is waiting
    never: str  # why a key will not sign however long one waits; empty if there is no such key


def standing(user: User, *, at: datetime) -> Standing:
    """Judge each passkey by when the trail says it was added, and by its counter.

    The row alone is not believed: a key that the trail does not know never signs.
    """
    since = _added(user)
    ready, waiting, never = [], [], ""
    for key in Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN):
        why = _why_not(key, since, at=at)
        if not why:
            ready.append(key)
        elif why == TOO_NEW:
            waiting.append(_since(key, since) + COOL_OFF)
        else:
            never = why
    return Standing(ready, min(waiting, default=None), never)


def keys(user: User, *, at: datetime) -> list[Authenticator]:
    """Return this person's passkeys that may sign at a time."""
    return standing(user, at=at).ready


def _added(user: User) -> dict[str, datetime]:
    """Return {fingerprint of a public key: when the trail says that this person added it}."""
    events = AuditEvent.objects.filter(subject=subject_of(user), verb=ENROLLED).order_by("seq")
    return {data["key"]: at for data, at in events.values_list("data", "at")}


def _since(key: Authenticator, added: dict[str, datetime]) -> datetime:
    """Errors: KeyError if the trail does not know the key."""
    row: datetime = key.created_at
    return max(row, added[assertion.key_fingerprint(public_key(key))])


def _why_not(key: Authenticator, added: dict[str, datetime], *, at: datetime) -> str:
    """Return the sentence why a key does not sign at a time; empty if it does."""
    if is_copied(key):
        return COPIED
    if assertion.key_fingerprint(public_key(key)) not in added:
        return UNRECORDED
    return TOO_NEW if _since(key, added) > at - COOL_OFF else ""


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
    this person's, too new, unknown to the trail or perhaps copied; if the device did not make sure
    who held it; if it does not fit.
    """
    if not _waiting(request, draft_sha256, at=at):
        raise Refused("SIGN-KEY", TOO_LATE)
    response = _parsed(answer)
    kept = _used_up(request, response, draft_sha256, at=at)
    key = _key(user, response.raw_id, at=at)
    nonce = websafe_decode(kept)
    server, (_, state) = webauthn.get_server(), _asked([key], draft_sha256, nonce)
    try:
        server.authenticate_complete(state, [credential(key)], response)
    except ValueError as no:
        raise Refused("SIGN-KEY", NO_FIT) from no
    proof = _proof(request, key, response, rp_id=str(server.rp.id), nonce=kept)
    # What goes into the document is checked as an outsider will check it, the origin included.
    if not assertion.verify({"draft_sha256": draft_sha256, "passkey": proof}).fits:
        raise Refused("SIGN-KEY", NO_FIT)
    if not goes_on(key, response, at=at):
        raise Refused("SIGN-KEY", COPIED)
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


def _asked(allowed: list[Authenticator], draft_sha256: str, nonce: bytes) -> tuple[Any, Any]:
    """Return the library's (options for the browser, state) for the challenge of a document."""
    options, state = webauthn.get_server().authenticate_begin(
        credentials=[credential(key) for key in allowed],
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
    if why := _why_not(key, _added(user), at=at):
        raise Refused("SIGN-KEY", why)
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
