"""What may be read from a replica, and what never is."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.models import Attempts, CardAccount, OneTimeCode, Posting, User
from disputes.models import Dispute
from plans.models import PlanRequest
from portal.kit.replica import COOKIE, ReadFromReplica
from portal.records.models import AuditEvent, AuditHead, Document, Notice, OutboxEvent, StaffView

SHOWN = (CardAccount, Posting, Dispute, PlanRequest, Document)
EXACT = (User, OneTimeCode, Attempts, AuditEvent, AuditHead, OutboxEvent, Notice, Session,
         EmailAddress, Authenticator)  # fmt: skip


@pytest.fixture(autouse=True)
def routed(settings):
    settings.DATABASE_ROUTERS = ["portal.kit.replica.Router"]


def asked(method="get", **cookies):
    """What a view sees: {query: database}; and the answer."""
    seen = {}

    def view(request):
        seen["read"] = {model.objects.all().db for model in SHOWN}
        seen["exact"] = {model.objects.all().db for model in EXACT}
        seen["lock"] = {model.objects.select_for_update().db for model in SHOWN}
        return HttpResponse()

    request = getattr(RequestFactory(), method)("/")
    request.COOKIES.update(cookies)
    return seen, ReadFromReplica(view)(request)


def test_a_page_reads_from_the_replica_what_may_be_seconds_old():
    seen, answer = asked()
    assert seen["read"] == {"replica"}
    assert seen["exact"] == seen["lock"] == {"default"}
    assert COOKIE not in answer.cookies
    assert CardAccount.objects.all().db == "default"  # after the request: workers, commands


def test_what_changes_something_reads_on_the_primary_and_so_does_the_page_after_it():
    seen, answer = asked("post")
    assert seen["read"] == seen["exact"] == seen["lock"] == {"default"}
    cookie = answer.cookies[COOKIE]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (15, True, "Lax")
    after, _answer = asked(**{COOKIE: cookie.value})
    assert after["read"] == {"default"}


def test_a_fault_leaves_nothing_behind():
    def view(request):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ReadFromReplica(view)(RequestFactory().get("/"))
    assert CardAccount.objects.all().db == "default"


def test_writes_and_migrations_go_to_the_primary():
    from django.db import router

    for model in (*SHOWN, *EXACT, StaffView):
        assert router.db_for_write(model) == "default"
    assert router.allow_migrate("default", "accounts")
    assert not router.allow_migrate("replica", "accounts")
