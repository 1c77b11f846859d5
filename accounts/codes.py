"""One-time codes by mail: eight consonants, kept as a keyed hash, three guesses, one use."""

import hmac
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from accounts.models import OneTimeCode
from portal.kit import crypto
from portal.kit.forms import CodeField

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words; RFC 8628 §6.1
LENGTH = 8  # 34 bits
LIFETIME = timedelta(minutes=10)
GUESSES = 3
_typed = CodeField()


def new_code() -> str:
    """Return a fresh code without its dash, e.g. BCDFGHJK."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def spaced(code: str) -> str:
    """Write a code as people read it: BCDF-GHJK."""
    return f"{code[:4]}-{code[4:]}"


def normal(typed: str) -> str:
    """Undo what people do to a code: case, spaces, dashes, full width. Empty if it is none."""
    try:
        return _typed.to_python(typed)
    except ValidationError:
        return ""


def issue(*, purpose: str, recipient: str, at: datetime) -> str:
    """Make a code for this purpose and address, voiding those before it. The caller mails it."""
    code = new_code()
    OneTimeCode.objects.create(
        purpose=purpose, recipient=recipient, code_hash=_hash(code, purpose, recipient),
        issued_at=at, expires_at=at + LIFETIME,
    )  # fmt: skip
    return code


def redeem(*, purpose: str, recipient: str, code: str, at: datetime) -> bool:
    """Use the newest code of this purpose and address; False if wrong, late, used or guessed out.

    Counting the guess comes first and is durable: called inside a transaction that could give the
    guess back, this raises RuntimeError.
    """
    newest = OneTimeCode.objects.filter(purpose=purpose, recipient=recipient).order_by("-pk")
    with transaction.atomic(durable=True):
        issued = newest.first()
        if issued is None:
            return False
        row = OneTimeCode.objects.filter(pk=issued.pk, used_at=None)
        alive = row.filter(expires_at__gt=at, attempts__lt=GUESSES)
        if not alive.update(attempts=F("attempts") + 1):
            return False
    if not hmac.compare_digest(issued.code_hash, _hash(normal(code), purpose, recipient)):
        return False
    return row.update(used_at=at) == 1


def _hash(code: str, purpose: str, recipient: str) -> str:
    return crypto.fingerprint(code, purpose=f"one-time-code:{recipient}:{purpose}")
