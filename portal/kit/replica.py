"""Reading from a replica of the database: only what may be seconds old, and only to show it.

A page that is asked for with GET reads the books, cases and plans there. On the primary stay all
writes and locks, every POST with what it reads, the workers and commands, who somebody is (sign-in,
sessions, codes, counts of attempts), the audit trail, the outbox and the mails. Whoever has just
changed something reads on the primary for a while, so that they find what they did.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase

PRIMARY, REPLICA = "default", "replica"
COOKIE = "fresh"  # says only that something was sent a moment ago
PATIENCE = 15  # not of the law: seconds; a replica further behind must be taken out by its operator
ROOMS = {"accounts", "plans", "disputes", "records"}
NEVER = {  # though of these rooms: they decide who may do what, or must be exact
    "accounts.activationcode", "accounts.attempts", "accounts.onetimecode", "accounts.user",
    "records.auditevent", "records.audithead", "records.legalhold", "records.notice",
    "records.outboxevent", "records.outboxexport", "records.purge",
}  # fmt: skip

_showing: ContextVar[bool] = ContextVar("showing", default=False)


class Router:
    """Reads of a page that is only shown go to the replica, everything else to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        near = model._meta.app_label not in ROOMS or model._meta.label_lower in NEVER
        return REPLICA if _showing.get() and not near else PRIMARY

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return PRIMARY  # select_for_update() asks here, too

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True  # the same rows in both places

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == PRIMARY


class ReadFromReplica:
    """Decide for each request whether what it shows may be seconds old."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        safe = request.method in ("GET", "HEAD")
        token = _showing.set(safe and COOKIE not in request.COOKIES)
        try:
            response = self.get_response(request)
        finally:
            _showing.reset(token)
        if not safe:
            response.set_cookie(
                COOKIE, "1", PATIENCE, secure=settings.HTTPS, httponly=True, samesite="Lax"
            )
        return response
