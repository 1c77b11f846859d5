"""Step-up: proof, at the moment of an act, that the person at the keyboard is the account's owner.

Our own, since allauth's re-authentication asks nothing of people who sign in by mailed codes.
Call check() before the transaction of the act: a counted guess must not roll back with it.
"""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction
from django.utils.timezone import now

from accounts import codes, limits
from accounts.mails import mail
from accounts.models import OneTimeCode, User
from portal.kit.errors import Refused, gettext_noop
from portal.records.audit import subject_of
from portal.records.models import AuditEvent

COOL_OFF = timedelta(hours=24)  # a factor added by a thief is told to the owner before it signs
SENDS_AN_HOUR, SENDS_A_DAY = 6, 20
TOTP_GUESSES = 5  # in each hour
NEW_ADDRESS = gettext_noop(
    "Your e-mail address was changed less than a day ago. For your safety, codes sent to it "
    "confirm nothing during its first 24 hours."
)


def methods(user: User) -> list[str]:
    """Name the ways this person can confirm now: "totp" if enrolled for a day, and "email"."""
    return ["totp", "email"] if _totp(user, at=now()) else ["email"]


def send_code(user: User, *, purpose: str, about: str, at: datetime) -> None:
    """Mail a fresh code that confirms `purpose` only; `about` tells the reader what it confirms.

    Errors: Refused STEP-UP after six codes in an hour or twenty in a day, and for the first day
    of a changed address.
    """
    if _address_is_new(user, at=at):
        raise Refused("STEP-UP", NEW_ADDRESS)
    key = f"step-up-mail:{user.pk}"
    if not (
        limits.take(key, window=limits.window(at, limits.HOUR), most=SENDS_AN_HOUR)
        and limits.take(key, window=limits.window(at, limits.DAY), most=SENDS_A_DAY)
    ):
        raise Refused(
            "STEP-UP", gettext_noop("We have sent several codes already. Try again in an hour.")
        )
    with transaction.atomic():
        code = codes.issue(purpose=_bound(user, purpose), recipient=user.email, at=at)
        facts = {"code": codes.spaced(code), "about": about}
        mail(
            "account/email/step_up", to=user.email, language=user.language, at=at, context=facts,
            secret=True,
        )  # fmt: skip


def code_waits(user: User, *, purpose: str, at: datetime) -> bool:
    """Tell whether a code that was mailed for `purpose` can still be used."""
    mine = OneTimeCode.objects.filter(purpose=_bound(user, purpose), recipient=user.email)
    newest = mine.order_by("-pk").first()
    return bool(
        newest and not newest.used_at and newest.expires_at > at and newest.attempts < codes.GUESSES
    )


def check(user: User, *, purpose: str, code: str, at: datetime) -> str:
    """Use up a code for `purpose`; return "email-code" or "totp", whichever it was.

    Errors: Refused STEP-UP for a wrong, late, used or foreign code, and after too many guesses
    (three for each mailed code, five an hour for the app). RuntimeError inside a transaction.
    """
    typed = codes.normal(code)
    if typed.isascii() and typed.isdecimal():
        if _totp_accepts(user, typed, at=at):
            return "totp"
    elif codes.redeem(purpose=_bound(user, purpose), recipient=user.email, code=typed, at=at):
        return "email-code"
    raise Refused(
        "STEP-UP", gettext_noop("This code does not work. Check it, or ask for a new one.")
    )


def _bound(user: User, purpose: str) -> str:
    return f"step-up:{user.pk}:{purpose}"


def _address_is_new(user: User, *, at: datetime) -> bool:
    changed = AuditEvent.objects.filter(subject=subject_of(user), verb="accounts.email_changed")
    return changed.filter(at__gt=at - COOL_OFF).exists()


def _totp(user: User, *, at: datetime) -> Authenticator | None:
    enrolled = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)
    return enrolled.filter(created_at__lte=at - COOL_OFF).first()


def _totp_accepts(user: User, typed: str, *, at: datetime) -> bool:
    """Count the guess, then ask allauth, whose mark makes each code good for one use."""
    factor = _totp(user, at=at)
    hour = limits.window(at, limits.HOUR)
    with transaction.atomic(durable=True):
        counted = limits.take(f"step-up-totp:{user.pk}", window=hour, most=TOTP_GUESSES)
    return bool(factor and counted and TOTP(factor).validate_code(typed))
