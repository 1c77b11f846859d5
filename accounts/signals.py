"""Passkeys that come and go: which public key was whose, from when to when, stays in the trail."""

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.dispatch import receiver
from django.utils.timezone import now

from accounts.models import User
from accounts.passkey_signing import public_key
from portal.records.assertion import key_fingerprint
from portal.records.audit import record


@receiver(authenticator_added)
def note_added(authenticator: Authenticator, user: User, **_: Any) -> None:
    _note("accounts.passkey_enrolled", authenticator, user, at=authenticator.created_at)


@receiver(authenticator_removed)
def note_removed(authenticator: Authenticator, user: User, **_: Any) -> None:
    _note("accounts.passkey_removed", authenticator, user, at=now())


def _note(verb: str, key: Authenticator, user: User, *, at: datetime) -> None:
    if key.type == Authenticator.Type.WEBAUTHN:
        data = {"key": key_fingerprint(public_key(key))}
        record(verb, subject=user, by=user, at=at, data=data)
