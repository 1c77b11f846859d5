"""A passkey's own counter: one that does not go on tells of a copy (WebAuthn 2, §7.2 step 21).

Neither fido2 nor allauth compares it. The last one seen lies in allauth's row, beside the key.
Passkeys that their maker copies between a person's devices send zero each time: nothing is kept.
"""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from fido2 import cbor
from fido2.utils import websafe_encode
from fido2.webauthn import AttestedCredentialData, AuthenticationResponse

from accounts.mails import mail
from portal.records.assertion import key_fingerprint
from portal.records.audit import record

LAST = "last_count"  # in data: the counter seen last, and the challenge it was seen with
COPIED = "copied_at"  # in data: since when the key is taken for copied


def credential(key: Authenticator) -> AttestedCredentialData:
    """Return a passkey's id and public key, as its device sent them."""
    held: AttestedCredentialData = key.wrap().authenticator_data.credential_data
    return held


def public_key(key: Authenticator) -> bytes:
    """Return a passkey's public key as COSE bytes."""
    return cbor.encode(dict(credential(key).public_key))


def is_copied(key: Authenticator) -> bool:
    return COPIED in key.data


def goes_on(key: Authenticator, response: AuthenticationResponse, *, at: datetime) -> bool:
    """Keep the counter of an answer whose signature fits; False if the key may have been copied.

    Then the trail and the owner are told, once, and it stays so for as long as the key is enrolled:
    whoever has a copy could count on until it is ahead. One answer sent twice at once is no copy.
    """
    counter = response.response.authenticator_data.counter
    challenge = websafe_encode(response.response.client_data.challenge)
    with transaction.atomic():
        held = Authenticator.objects.select_for_update().get(pk=key.pk)
        if is_copied(held):
            return False
        last, seen_with = held.data.get(LAST) or (held.wrap().authenticator_data.counter, "")
        if challenge == seen_with or counter == last == 0:
            return True
        if fell := counter <= last:
            held.data[COPIED] = at.isoformat(timespec="seconds")
            _tell(held, last=last, sent=counter, at=at)
        else:
            held.data[LAST] = [counter, challenge]
        held.save(update_fields=["data"])
    return not fell


def _tell(key: Authenticator, *, last: int, sent: int, at: datetime) -> None:
    user = key.user
    facts = {"key": key_fingerprint(public_key(key)), "last": last, "sent": sent}
    record("accounts.passkey_copied", subject=user, by=None, at=at, data=facts)
    mail(
        "mfa/email/passkey_copied", to=user.email, language=user.language, at=at,
        context={"name": str(key)},
    )  # fmt: skip
