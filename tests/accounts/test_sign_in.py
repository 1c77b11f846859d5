"""Sign-in by a mailed code: which pages exist, how often one may guess, how sessions end."""

import logging
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import get_resolver
from django.utils.timezone import now

from accounts.models import User
from portal.records.models import AuditEvent, Notice
from tests import people
from tests.accounts.walks import CONFIRM, ask, enter, guesses_evaluated, signed_in, wrong

PAGES = {
    "2fa/", "2fa/authenticate/", "2fa/reauthenticate/", "2fa/recovery-codes/",
    "2fa/recovery-codes/download/", "2fa/recovery-codes/generate/", "2fa/totp/activate/",
    "2fa/totp/deactivate/", "2fa/webauthn/", "2fa/webauthn/add/",
    "2fa/webauthn/keys/<int:pk>/edit/", "2fa/webauthn/keys/<int:pk>/remove/",
    "2fa/webauthn/login/", "2fa/webauthn/reauthenticate/", "confirm-email/", "email/",
    "inactive/", "login/", "login/code/", "login/code/confirm/", "logout/", "reauthenticate/",
    "sessions/",
}  # fmt: skip


def test_only_these_pages_exist_under_account():
    mounted = next(p for p in get_resolver().url_patterns if str(p.pattern) == "account/")
    assert {str(p.pattern) for p in mounted.url_patterns} == PAGES


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["signup/", "password/change/", "password/set/", "password/reset/", "3rdparty/", "phone/"],
)
def test_there_is_no_sign_up_password_or_social_page(client, path):
    assert client.get(f"/account/{path}").status_code == 404


@pytest.mark.django_db
def test_a_mailed_code_signs_a_cardholder_in_and_shows_what_they_owe(client):
    user = people.cardholder("someone@example.com")
    assert ask(client, " SomeOne@Example.com ").url == CONFIRM
    before = client.session.session_key
    response = enter(client, people.mailed_code("login_code").lower())
    assert response.url == "/arrears/"
    assert signed_in(client)
    assert client.session.session_key != before
    assert UserSession.objects.get().user == user


@pytest.mark.django_db
def test_the_page_asked_for_comes_after_sign_in_unless_it_is_elsewhere(client):
    people.cardholder("someone@example.com")
    for asked, given in (("/plans/", "/plans/"), ("https://evil.example/", "/arrears/")):
        other = Client()
        ask(other, "someone@example.com")
        code = people.mailed_code("login_code")
        response = other.post(CONFIRM, {"code": code, "next": asked})
        assert response.url == given


@pytest.mark.django_db
def test_the_code_is_mailed_by_the_queue_in_the_users_language(client):
    user = people.cardholder("someone@example.com")
    User.objects.filter(pk=user.pk).update(language="en")
    ask(client, "someone@example.com")
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient, notice.language) == (
        "login_code", "someone@example.com", "en",
    )  # fmt: skip
    assert notice.secret
    assert not mail.outbox


@pytest.mark.django_db(transaction=True)
def test_a_sent_code_is_wiped_from_the_queue(client):
    people.cardholder("someone@example.com")
    ask(client, "someone@example.com")
    assert len(mail.outbox) == 1
    assert Notice.objects.get().body == ""


@pytest.mark.django_db
def test_an_unknown_address_gets_the_same_answers_as_a_known_one():
    people.cardholder("known@example.com")
    answers = []
    for email in ("known@example.com", "other@example.com"):
        client = Client()
        seen = []
        for step in (
            lambda c=client, e=email: ask(c, e),
            lambda c=client: c.get(CONFIRM),
            lambda c=client: enter(c, "BBBB-BBBB"),
            lambda c=client: enter(c, "BBBB-BBBC"),
            lambda c=client: enter(c, "BBBB-BBBD"),
        ):
            seen.append(people.looks(step(), email))
        answers.append(seen)
    assert [a[0] for a in answers[0]] == [302, 200, 200, 200, 302]
    assert answers[0] == answers[1]
    assert set(Notice.objects.values_list("recipient", flat=True)) == {"known@example.com"}


@pytest.mark.django_db
def test_three_guesses_end_a_code(client):
    people.cardholder("someone@example.com")
    ask(client, "someone@example.com")
    code = people.mailed_code("login_code")
    for _ in range(3):
        enter(client, wrong(code))
    enter(client, code)
    assert not signed_in(client)


@pytest.mark.django_db
def test_a_code_is_too_late_after_three_minutes(client):
    people.cardholder("someone@example.com")
    with time_machine.travel(now(), tick=False) as clock:
        ask(client, "someone@example.com")
        code = people.mailed_code("login_code")
        clock.shift(timedelta(seconds=181))
        enter(client, code)
    assert not signed_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "ＢＣＤＦ", "é💥", "B" * 5000, "\u202e", "١٢٣"])
def test_a_strange_code_is_an_error_text_and_never_a_500(client, typed):
    people.cardholder("someone@example.com")
    ask(client, "someone@example.com")
    assert enter(client, typed).status_code == 200
    assert not signed_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    ["a@b.com,c@d.com", "a@[127.0.0.1]", "<a@b.com>", "ａ@b.com", "аdmin@b.com", ""],
)
def test_a_bad_address_is_refused_before_anything_is_sent(client, typed):
    assert ask(client, typed).status_code == 200
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_a_fourth_code_in_a_minute_is_not_sent():
    people.cardholder("someone@example.com")
    for _ in range(4):
        ask(Client(), "someone@example.com")
    assert Notice.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_forty_guesses_at_once_at_a_sign_in_code_three_are_evaluated(client, monkeypatch):
    people.cardholder("someone@example.com")
    ask(client, "someone@example.com")
    code = people.mailed_code("login_code")
    assert 1 <= guesses_evaluated(client, CONFIRM, code, monkeypatch) <= 3


@pytest.mark.django_db
def test_totp_is_asked_after_the_code_and_works_once(client):
    user = people.cardholder("someone@example.com")
    people.enrol(user)
    code = people.totp()
    for attempt, gets_in in ((Client(), True), (Client(), False)):
        ask(attempt, "someone@example.com")
        response = enter(attempt, people.mailed_code("login_code"))
        assert response.url == "/account/2fa/authenticate/"
        assert not signed_in(attempt)
        attempt.post("/account/2fa/authenticate/", {"code": code})
        assert signed_in(attempt) == gets_in


@pytest.mark.django_db
def test_a_factors_secret_is_not_readable_in_the_database():
    people.enrol(people.cardholder())
    stored = str(Authenticator.objects.get().data)
    assert people.SECRET not in stored
    assert stored.startswith("{'secret': 'test:")


@pytest.mark.django_db
def test_a_recovery_code_works_once():
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    user = people.cardholder("someone@example.com")
    people.enrol(user)
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    for attempt, gets_in in ((Client(), True), (Client(), False)):
        ask(attempt, "someone@example.com")
        enter(attempt, people.mailed_code("login_code"))
        attempt.post("/account/2fa/authenticate/", {"code": code})
        assert signed_in(attempt) == gets_in


@pytest.mark.django_db
def test_logs_hold_no_code_address_or_secret(client, caplog):
    caplog.set_level(logging.DEBUG)
    user = people.cardholder("someone@example.com")
    people.enrol(user)
    ask(client, "someone@example.com")
    code = people.mailed_code("login_code")
    enter(client, code)
    totp = people.totp()
    client.post("/account/2fa/authenticate/", {"code": totp})
    text = "\n".join(r.getMessage() for r in caplog.records if r.name != "django.db.backends")
    for secret in (code, code.replace("-", ""), totp, people.SECRET, "someone@example.com"):
        assert secret not in text


@pytest.mark.django_db
def test_a_forged_forwarded_address_is_ignored_without_a_trusted_proxy(rf, settings):
    from allauth.account.adapter import get_adapter

    request = rf.get("/", headers={"X-Forwarded-For": "203.0.113.9"})
    assert get_adapter().get_client_ip(request) == "127.0.0.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    request = rf.get("/", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert get_adapter().get_client_ip(request) == "203.0.113.9"


@pytest.mark.django_db
def test_each_sign_in_is_in_the_trail_with_its_methods(client):
    user = people.cardholder("someone@example.com")
    people.enrol(user)
    ask(client, "someone@example.com")
    enter(client, people.mailed_code("login_code"))
    client.post("/account/2fa/authenticate/", {"code": people.totp()})
    event = AuditEvent.objects.get(verb="accounts.signed_in")
    assert event.subject == f"accounts.user:{user.pk}"
    assert event.data == {"methods": ["code", "mfa"]}
