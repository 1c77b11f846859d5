"""People for tests: cardholders with a sign-in, staff with a second factor, and their sessions."""

import itertools
import re
import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from accounts.adapters import MFAAdapter
from accounts.models import Cardholder, Person, User
from portal.records.models import Notice

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # every TOTP in tests
FRESH = ("Content-Security-Policy", "Content-Length", "Expires")
_numbers = itertools.count(1)


def person(**facts: Any) -> Person:
    """A plainly fictitious person."""
    return Person(
        **{
            "full_name": "Test Person",
            "id_type": "passport",
            "id_number": "X0000000",
            "date_of_birth": date(1990, 3, 1),
            **facts,
        }
    )


def unbound(ref: str = "", **facts: Any) -> Cardholder:
    """A cardholder who has not activated. Facts go to the Person."""
    ref = ref or f"CH{next(_numbers):08}"
    return Cardholder.objects.create(
        ref=ref, language="en", **Cardholder.sealed(ref, person(**facts))
    )


def cardholder(email: str = "", ref: str = "", **facts: Any) -> User:
    """A cardholder's sign-in, bound: user.cardholder. Facts go to the Person."""
    user = _user(email or f"cardholder{next(_numbers)}@example.com", "cardholder")
    holder = unbound(ref, **facts)
    Cardholder.objects.filter(pk=holder.pk).update(user=user, activated_at=now())
    return User.objects.get(pk=user.pk)


def staff(role: str = "agent", *, email: str = "", enrolled: bool = True) -> User:
    """A member of staff, with TOTP enrolled long ago unless `enrolled` is False."""
    user = _user(email or f"{role}{next(_numbers)}@example.com", role, name=f"Test {role}")
    if enrolled:
        enrol(user)
    return user


def enrol(user: User, *, created_at: Any = None) -> Authenticator:
    """Give someone an authenticator app with SECRET."""
    long_ago = now().replace(year=2020, month=1, day=1)
    return Authenticator.objects.create(
        user=user, type="totp", data={"secret": MFAAdapter().encrypt(SECRET)},
        created_at=created_at or long_ago,
    )  # fmt: skip


def totp(secret: str = SECRET) -> str:
    """The code an authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def sign_in(client: Client, user: User, *, second_factor: bool = True) -> Client:
    """Give a client the session that allauth leaves behind a sign-in, with one write.

    staff_required accepts it if a factor is enrolled. No event of a sign-in is sent or recorded.
    """
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    used: list[dict[str, Any]] = [{"method": "code", "at": time.time(), "email": user.email}]
    factor = Authenticator.objects.filter(user=user, type="totp").first() if user.is_staff else None
    if factor and second_factor:
        used.append({"method": "mfa", "at": time.time(), "id": factor.pk, "type": "totp"})
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["account_authentication_methods"] = used
    session["account_authentication_methods_user"] = str(user.pk)
    session.create()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def _user(email: str, role: str, **fields: Any) -> User:
    fields.setdefault("last_login", now())  # allauth takes the first sign-in for a sign-up
    user = User.objects.create_user(email, role=role, language="en", **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def mailed_code(kind: str) -> str:
    """The code in the newest mail of a kind, whether it waits in the queue or was sent."""
    notice = Notice.objects.filter(kind=kind).latest("pk")
    text = notice.body or next(
        str(m.body) for m in reversed(mail.outbox) if m.to == [notice.recipient]
    )
    found = re.search(r"(?<![A-Z])([B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4})(?![A-Z])", text)
    assert found, text
    return found[1]


def looks(response: Any, *typed: str) -> tuple[Any, ...]:
    """What a visitor can see of an answer, less what was typed, tokens, nonces and times."""
    body = response.content.decode()
    for text in typed:
        body = body.replace(text, "typed")
    body = re.sub(r"[A-Za-z0-9]{64}|nonce=\"[^\"]+\"", "", body)
    headers = {k: v for k, v in response.headers.items() if k not in FRESH}
    return response.status_code, body, headers, sorted(response.cookies)


def in_parallel(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run work(0), work(1) … in threads that start together; return their results in order."""
    barrier = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(i: int) -> None:
        try:
            barrier.wait(30)
            results[i] = work(i)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
