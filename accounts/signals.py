"""Passkeys that come and go: which public key was whose, from when to when, stays in the trail.

And each use of one to sign in: its counter is kept, so that signing an agreement sees a copy.
"""

import json
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_used
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.timezone import now
from fido2.webauthn import AuthenticationResponse

from accounts.models import User
from accounts.passkey_counts import goes_on, public_key
from accounts.passkey_signing import ENROLLED
from portal.records.assertion import key_fingerprint
from portal.records.audit import record


@receiver(authenticator_added)
def note_added(authenticator: Authenticator, user: User, **_: Any) -> None:
    _note(ENROLLED, authenticator, user, at=authenticator.created_at)


@receiver(authenticator_removed)
def note_removed(authenticator: Authenticator, user: User, **_: Any) -> None:
    _note("accounts.passkey_removed", authenticator, user, at=now())


@receiver(authenticator_used)
def note_used(authenticator: Authenticator, request: HttpRequest, **_: Any) -> None:
    """Allauth has checked the answer by now. It signs in even if it may be a copy's: who has no
    other factor would be locked out, and the mail tells the owner."""
    if authenticator.type == Authenticator.Type.WEBAUTHN:
        answer = AuthenticationResponse.from_dict(json.loads(request.POST["credential"]))
        goes_on(authenticator, answer, at=now())


def _note(verb: str, key: Authenticator, user: User, *, at: datetime) -> None:
    if key.type == Authenticator.Type.WEBAUTHN:
        data = {"key": key_fingerprint(public_key(key))}
        record(verb, subject=user, by=user, at=at, data=data)
