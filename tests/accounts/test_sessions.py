"""Sessions end, and how one signs in changes only with a fresh proof."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from accounts.models import User
from portal.records.models import Notice
from tests import people
from tests.accounts.walks import ask, enter, guesses_evaluated, signed_in, wrong


@pytest.mark.django_db(transaction=True)
def test_of_forty_guesses_at_once_at_a_new_address_three_are_evaluated(client, monkeypatch):
    people.sign_in(client, people.cardholder("old@example.com"))
    client.post("/account/email/", {"email": "new@example.com", "action_add": "1"})
    code = people.mailed_code("email_confirmation")
    assert 1 <= guesses_evaluated(client, "/account/confirm-email/", code, monkeypatch) <= 3


@pytest.mark.django_db
def test_the_session_key_changes_when_the_second_factor_is_passed(client):
    user = people.cardholder("someone@example.com")
    people.enrol(user)
    ask(client, "someone@example.com")
    enter(client, people.mailed_code("login_code"))
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/account/2fa/authenticate/", {"code": people.totp()})
    old = Client()
    old.cookies[settings.SESSION_COOKIE_NAME] = before
    assert old.get("/account/sessions/").status_code == 302
    assert client.get("/account/sessions/").status_code == 200


@pytest.mark.django_db
def test_fifteen_idle_minutes_end_a_session(client):
    with time_machine.travel(now(), tick=False) as clock:
        people.sign_in(client, people.cardholder())
        clock.shift(timedelta(minutes=14, seconds=50))
        assert client.get("/account/sessions/").status_code == 200
        clock.shift(timedelta(minutes=15, seconds=1))
        assert client.get("/account/sessions/").status_code == 302


@pytest.mark.django_db
def test_eight_hours_end_a_session_however_busy(client):
    with time_machine.travel(now(), tick=False) as clock:
        people.sign_in(client, people.cardholder())
        for _ in range(48):
            assert client.get("/account/sessions/").status_code == 200
            clock.shift(timedelta(minutes=10))
        assert client.get("/account/sessions/").status_code == 302
        assert not signed_in(client)


@pytest.mark.django_db
def test_after_sign_out_the_old_cookie_is_dead(client):
    people.sign_in(client, people.cardholder())
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/account/logout/")
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert client.get("/account/sessions/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["email/", "2fa/totp/activate/", "2fa/webauthn/add/"])
def test_changing_how_one_signs_in_needs_a_code_not_older_than_five_minutes(client, path):
    user = people.cardholder("someone@example.com")
    with time_machine.travel(now(), tick=False) as clock:
        people.sign_in(client, user)
        assert client.get(f"/account/{path}").status_code == 200
        clock.shift(timedelta(minutes=5, seconds=1))
        ask_again = client.get(f"/account/{path}")
        assert ask_again.url.startswith("/account/reauthenticate/?next=")
        assert client.get(ask_again.url).status_code == 200
        client.post(ask_again.url, {"next": f"/account/{path}"})
        code = people.mailed_code("step_up")
        assert client.post(ask_again.url, {"code": wrong(code)}).status_code == 422
        back = client.post(ask_again.url, {"code": code, "next": f"/account/{path}"})
        assert back.url == f"/account/{path}"
        assert client.get(back.url).status_code == 200


@pytest.mark.django_db
def test_a_changed_address_is_verified_and_told_to_the_old_one(client):
    people.sign_in(client, people.cardholder("old@example.com"))
    client.post("/account/email/", {"email": "new@example.com", "action_add": "1"})
    code = people.mailed_code("email_confirmation")
    client.post("/account/confirm-email/", {"code": code})
    assert User.objects.get().email == "new@example.com"
    assert Notice.objects.filter(kind="email_changed", recipient="old@example.com").exists()
    assert Notice.objects.filter(kind="email_confirmation", recipient="new@example.com").exists()


@pytest.mark.django_db
def test_another_ones_address_cannot_be_taken_even_with_its_code(client):
    people.cardholder("taken@example.com")
    people.sign_in(client, people.cardholder("old@example.com"))
    add = {"email": "taken@example.com", "action_add": "1"}
    assert client.post("/account/email/", add).url == "/account/confirm-email/"
    assert Notice.objects.get().recipient == "taken@example.com"
    client.post("/account/confirm-email/", {"code": people.mailed_code("email_confirmation")})
    assert User.objects.filter(email="taken@example.com").count() == 1
    assert User.objects.filter(email="old@example.com").count() == 1


@pytest.mark.django_db
def test_the_codes_for_a_new_address_end_after_three_guesses(client):
    people.sign_in(client, people.cardholder("old@example.com"))
    client.post("/account/email/", {"email": "new@example.com", "action_add": "1"})
    code = people.mailed_code("email_confirmation")
    for _ in range(3):
        client.post("/account/confirm-email/", {"code": wrong(code)})
    client.post("/account/confirm-email/", {"code": code})
    assert User.objects.get().email == "old@example.com"


@pytest.mark.django_db
def test_a_code_that_cannot_be_sent_is_refused(client):
    people.sign_in(client, people.cardholder())
    page = "/account/reauthenticate/"
    assert [client.post(page).status_code for _ in range(7)] == [200] * 6 + [422]
