"""Activation: the one way to a cardholder's sign-in. Three proofs, then one binding, never two.

The bank's letter carries the secret (a one-time code), the date of birth checks who reads it, and
a code mailed to the new address checks that. A reference is printed and guessable: it proves
nothing. A cardholder already bound is never bound again here. docs/security.md has the reasons.
"""

import hmac
import logging
from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import lru_cache

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from accounts import codes, limits
from accounts.mails import mail
from accounts.models import ActivationCode, CardAccount, Cardholder, Person, User
from accounts.models.people import REF_AS_TYPED
from portal.kit import crypto
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records.audit import record

log = logging.getLogger(__name__)
VALID_FOR = timedelta(days=28)
TRIES_A_DAY, TRIES_AN_HOUR_BY_IP, TRIES_AN_HOUR = 5, 10, 300
WRONG_CODE = gettext_noop("This code does not work. Check it, or ask for a new one.")
MAILS_A_DAY = 5  # for one cardholder, and to one address


class TooManyTries(Refused):
    """This connection, or the whole site, has tried too often: answer 429."""


class AlreadyBound(Refused):
    """The cardholder has a sign-in. Only the bank, by another way, may change that: answer 409."""


@transaction.atomic
def issue_code(cardholder: Cardholder, *, by: User | None, at: datetime) -> str:
    """Make the code for a letter, voiding an open one; only its hash is kept.

    Errors: AlreadyBound for a cardholder who has activated.
    """
    if cardholder.user_id is not None:
        raise _bound_already()
    cardholder.activation_codes.filter(used_at=None).delete()
    code = codes.new_code()
    until = at + VALID_FOR
    cardholder.activation_codes.create(
        code_hash=_hash(code, cardholder), issued_at=at, expires_at=until
    )
    record("accounts.code_issued", subject=cardholder, by=by, at=at, data={"valid_until": until})
    return code


def open_letter(
    *, reference: str, code: str, born_on: date, ip: str, at: datetime
) -> ActivationCode | None:
    """Check a letter's reference, code and reader; None, whatever was wrong, costs the same work.

    Errors: TooManyTries for the connection (ten an hour) and the site (300 an hour); AlreadyBound
    only to someone who holds a good code. A reference tried five times a day is simply None.
    """
    _spend_tries(ip, at=at)
    reference = codes.normal(reference)
    cardholder = _find(reference)
    within = limits.take(
        f"activate:{cardholder.pk or crypto.fingerprint(reference, purpose='activate')}",
        window=limits.window(at, limits.DAY), most=TRIES_A_DAY,
    )  # fmt: skip
    if not within:
        _tell_of_lock(cardholder, at=at)
        return None
    issued = ActivationCode.objects.filter(cardholder_id=cardholder.pk or 0, used_at=None).first()
    kept = issued.code_hash if issued else _hash("", cardholder)
    right_code = hmac.compare_digest(kept, _hash(codes.normal(code), cardholder))
    right_reader = cardholder.person.date_of_birth == born_on
    if not (issued and right_code and right_reader and issued.expires_at > at):
        return None
    if cardholder.user_id is not None:
        _tell_bound(cardholder, at=at)
        raise _bound_already()
    return issued


def send_address_code(opened: ActivationCode, *, email: str, language: str, at: datetime) -> None:
    """Mail a code to the address typed; one that has a sign-in is told so, the page the same.

    Errors: Refused ACT-MAILS after five mails a day for this letter or to this address.
    """
    day = limits.window(at, limits.DAY)
    address = crypto.fingerprint(email, purpose="activate-mail")
    for key in (f"activate-mail:{opened.cardholder_id}", f"activate-mail:{address}"):
        if not limits.take(key, window=day, most=MAILS_A_DAY):
            raise Refused(
                "ACT-MAILS", gettext_noop("We have sent several codes today. Try again tomorrow.")
            )
    if taken(email):
        mail("account/email/activation_taken", to=email, language=language, at=at)
        return
    code = codes.issue(purpose=_purpose(opened), recipient=email, at=at)
    facts = {"code": codes.spaced(code)}
    mail(
        "account/email/activation_code", to=email, language=language, at=at, context=facts,
        secret=True,
    )  # fmt: skip


def confirm_address(
    opened: ActivationCode, *, email: str, code: str, language: str, at: datetime
) -> User:
    """Check the mailed code and bind. Errors: Refused ACT-CODE, and those of bind()."""
    if not codes.redeem(purpose=_purpose(opened), recipient=email, code=code, at=at):
        raise Refused("ACT-CODE", WRONG_CODE)
    try:
        return bind(opened, email=email, language=language, at=at)
    except AlreadyBound:
        _tell_bound(Cardholder.objects.get(pk=opened.cardholder_id), at=at)
        raise
    except IntegrityError:  # the address was given a sign-in meanwhile
        raise Refused("ACT-CODE", WRONG_CODE) from None


@transaction.atomic
def bind(opened: ActivationCode, *, email: str, language: str, at: datetime) -> User:
    """Make the sign-in, bind the cardholder to it and use up the letter's code: all or nothing.

    Errors: AlreadyBound; Stale if the code was used, voided or ran out meanwhile; IntegrityError
    if the address has a sign-in.
    """
    user = User.objects.create_user(email, language=language)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    unbound = Cardholder.objects.filter(pk=opened.cardholder_id, user=None)
    if not unbound.update(user=user, activated_at=at, language=language):
        raise _bound_already()
    unused = ActivationCode.objects.filter(pk=opened.pk, used_at=None, expires_at__gt=at)
    if not unused.update(used_at=at):
        raise Stale(opened.pk)
    cardholder = Cardholder.objects.get(pk=opened.cardholder_id)
    record("accounts.activated", subject=cardholder, by=user, at=at, data={"code": opened.pk})
    for to in {email, cardholder.person.email.lower()} - {""}:
        mail("account/email/activated", to=to, language=language, at=at)
    return user


@transaction.atomic
def add_staff(
    email: str,
    *,
    role: str,
    name: str,
    language: str,
    by: User | None,
    at: datetime,
    own: Collection[Cardholder] = (),
    collector_code: str = "",
) -> User:
    """Make a sign-in for a member of staff; the second factor is theirs to add at first sign-in.

    `own`: who they are in the bank's books; `collector_code`: as the feed names them where they
    made contact. Errors: IntegrityError if the address has a sign-in.
    """
    user = User.objects.create_user(
        email, role=role, name=name, language=language, collector_code=collector_code
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    user.own_cardholders.set(own)
    refs = sorted(holder.ref for holder in own)
    data = {"role": role, "collector_code": collector_code, "own": refs}
    record("accounts.staff_added", subject=user, by=by, at=at, data=data)
    return user


def taken(email: str) -> bool:
    """Tell whether an address has a sign-in, or is on the way to one."""
    return (
        User.objects.filter(email__iexact=email).exists()
        or EmailAddress.objects.filter(email__iexact=email).exists()
    )


def _find(reference: str) -> Cardholder:
    """Look for a card account's or a cardholder's reference, written in any usual way."""
    accounts = CardAccount.objects.select_related("cardholder")
    account = accounts.alias(typed=REF_AS_TYPED).filter(typed=reference).first()
    holder = Cardholder.objects.alias(typed=REF_AS_TYPED).filter(typed=reference).first()
    return holder or (account.cardholder if account else _nobody())


def _hash(code: str, cardholder: Cardholder) -> str:
    return crypto.fingerprint(code, purpose=f"activation:{cardholder.ref}")


def _purpose(opened: ActivationCode) -> str:
    return f"activate:{opened.pk}"


def _bound_already() -> AlreadyBound:
    return AlreadyBound("ACT-BOUND", gettext_noop("This reference already has a sign-in."))


def _spend_tries(ip: str, *, at: datetime) -> None:
    hour = limits.window(at, limits.HOUR)
    connection = crypto.fingerprint(ip, purpose="activate-ip")
    if not limits.take(f"activate-ip:{connection}", window=hour, most=TRIES_AN_HOUR_BY_IP):
        raise TooManyTries(
            "ACT-TRIES", gettext_noop("Too many tries from your connection. Wait an hour.")
        )
    if not limits.take("activate-all", window=hour, most=TRIES_AN_HOUR):
        log.error("activation: the whole site's tries for this hour are used up")
        raise TooManyTries(
            "ACT-TRIES", gettext_noop("Too many people are activating. Wait an hour.")
        )


def _tell_of_lock(cardholder: Cardholder, *, at: datetime) -> None:
    """Once a day, tell the address on file, if there is one, that somebody tries the letter."""
    once = limits.take(
        f"activate-told:{cardholder.pk or 0}", window=limits.window(at, limits.DAY), most=1
    )
    to = cardholder.user.email if cardholder.user else cardholder.person.email
    if once and cardholder.pk and to:
        mail("account/email/activation_locked", to=to, language=cardholder.language, at=at)


def _tell_bound(cardholder: Cardholder, *, at: datetime) -> None:
    if cardholder.user:
        mail(
            "account/email/activation_again", to=cardholder.user.email,
            language=cardholder.user.language, at=at,
        )  # fmt: skip


@lru_cache
def _nobody() -> Cardholder:
    """Stand in for an unknown reference, so that it is looked at as hard as a known one."""
    person = Person(full_name="", id_type="", id_number="", date_of_birth=date(1800, 1, 1))
    return Cardholder(ref="", **Cardholder.sealed("", person))
