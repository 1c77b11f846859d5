"""Staff need a second factor: enrolled at the first sign-in, used in each session."""

import pytest
from django.core.management import call_command
from django.test import Client

from portal.records.models import Notice
from tests import people

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.guarded_urls")]


def by_code(client, email):
    client.post("/account/login/code/", {"email": email})
    return client.post("/account/login/code/confirm/", {"code": people.mailed_code("login_code")})


def test_a_new_member_of_staff_enrols_and_then_the_pages_open(client):
    call_command(
        "create_staff", "agent@example.com", role="agent", name="Test Agent", language="en"
    )
    assert by_code(client, "agent@example.com").url == "/account/2fa/"
    assert client.get("/t/any/").url == "/account/2fa/"
    page = client.get("/account/2fa/totp/activate/")
    secret = page.context["form"].secret
    done = client.post("/account/2fa/totp/activate/", {"code": people.totp(secret)})
    assert done.status_code == 302
    ask = client.get("/t/any/")
    assert ask.url == "/account/2fa/reauthenticate/?next=%2Ft%2Fany%2F"
    assert client.get(ask.url).status_code == 200
    back = client.post(ask.url, {"code": people.totp(secret), "next": "/t/any/"})
    assert back.url == "/t/any/"
    assert client.get("/t/any/").status_code == 200


def test_an_enrolled_member_of_staff_passes_both_factors_and_lands_at_work(client):
    people.staff("agent", email="agent@example.com")
    assert by_code(client, "agent@example.com").url == "/account/2fa/authenticate/"
    assert client.get("/t/any/").url.startswith("/account/login/code/")
    response = client.post("/account/2fa/authenticate/", {"code": people.totp()})
    assert response.url == "/staff/"
    assert client.get("/t/any/").status_code == 200


def test_five_wrong_codes_lock_the_second_factor_for_a_while(client):
    people.staff("agent", email="agent@example.com")
    by_code(client, "agent@example.com")
    right = people.totp()
    for _ in range(5):
        wrong = "000000" if right != "000000" else "111111"
        client.post("/account/2fa/authenticate/", {"code": wrong})
    client.post("/account/2fa/authenticate/", {"code": right})
    assert client.get("/t/any/").url.startswith("/account/login/code/")


@pytest.mark.parametrize("typed", ["", "１２３４５６", "é💥", "\u202e", "1" * 5000])
def test_a_strange_factor_code_is_an_error_text(client, typed):
    people.staff("agent", email="agent@example.com")
    by_code(client, "agent@example.com")
    assert client.post("/account/2fa/authenticate/", {"code": typed}).status_code == 200


def test_removing_the_factor_asks_for_it_first(client):
    user = people.staff("agent")
    people.sign_in(client, user)
    assert client.post("/account/2fa/totp/deactivate/").status_code == 302
    assert user.authenticator_set.exists()


@pytest.mark.django_db(transaction=True)
def test_the_mail_about_a_new_factor_goes_out():
    client = people.sign_in(Client(), people.cardholder("someone@example.com"))
    secret = client.get("/account/2fa/totp/activate/").context["form"].secret
    client.post("/account/2fa/totp/activate/", {"code": people.totp(secret)})
    notice = Notice.objects.get(kind="totp_activated")
    assert notice.recipient == "someone@example.com"
    assert "authenticator app" in notice.body
