"""Adding a passkey on the way, and back; what its counter tells at sign-in."""

import json
from datetime import timedelta

import pytest
import time_machine
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from fido2.utils import websafe_encode

from accounts import passkey_counts
from accounts.views import passkeys
from portal.records.models import AuditEvent, Notice
from tests import people
from tests.accounts.walks import signed_in
from tests.passkeys import Device

pytestmark = pytest.mark.django_db
ADD, CODES, BACK = "/account/2fa/webauthn/add/", "/account/2fa/recovery-codes/", "/plans/"


def local():
    """On http://localhost, which browsers take for safe."""
    return Client(headers={"host": "localhost", "accept-language": "en"})


@pytest.fixture
def me():
    return people.sign_in(local(), people.cardholder("someone@example.com"))


def add(client, device, page=ADD):
    return send(client, device.created(asked(client.get(page))))


def asked(page):
    return page.context["js_data"]["creation_options"]["publicKey"]["challenge"]


def send(client, made):
    return client.post(ADD, {"name": "Telephone", "credential": json.dumps(made)})


def test_who_came_from_a_page_is_led_back_there_after_the_recovery_codes(me):
    assert add(me, Device(), f"{ADD}?next={BACK}").url == CODES
    page = me.get(CODES)
    assert page.status_code == 200 and page.context["can_view_codes"]  # not asked once more
    text = page.content.decode()
    assert f'href="{BACK}">Done' in text and "only after 24 hours" in text
    assert add(me, Device("second"), f"{ADD}?next={BACK}").url == BACK
    assert Authenticator.objects.filter(type="webauthn").count() == 2


def test_a_later_errand_does_not_end_where_the_key_was_added(me):
    add(me, Device(), f"{ADD}?next={BACK}")
    request = me.get(CODES).wsgi_request
    assert passkeys._back(request) == BACK
    request.session[passkeys.OPENED] -= passkeys.LATELY
    assert passkeys._back(request) == reverse("mfa_index")


def test_the_way_back_outlives_another_language_and_a_code_to_confirm(me):
    with time_machine.travel(now() + timedelta(minutes=6)) as clock:
        confirm = me.get(f"{ADD}?next={BACK}").url
        me.post(confirm)
        me.post(confirm, {"code": people.mailed_code("step_up")})
        clock.shift(timedelta(seconds=1))
        me.get(f"{ADD}?next={BACK}")
        assert f'href="{BACK}">Back' in me.get(ADD).content.decode()
        add(me, Device())
        assert f'href="{BACK}">Done' in me.get(CODES).content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_nobody_is_led_to_another_site(me, elsewhere):
    add(me, Device(), f"{ADD}?next={elsewhere}")
    assert 'href="/account/2fa/">Done' in me.get(CODES).content.decode()


def test_a_proof_that_was_fresh_when_the_page_opened_is_not_asked_again_for_five_minutes(me):
    with time_machine.travel(now() + timedelta(minutes=4), tick=False) as clock:
        made = Device().created(asked(me.get(f"{ADD}?next={BACK}")))
        clock.shift(timedelta(minutes=4))
        assert send(me, made).url == CODES
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_a_page_left_open_longer_adds_nothing_and_leads_to_a_fresh_one(me):
    with time_machine.travel(now(), tick=False) as clock:
        made = Device().created(asked(me.get(ADD)))
        clock.shift(timedelta(minutes=5, seconds=1))
        late = send(me, made)
        assert late.url == ADD and me.get(ADD).url.startswith("/account/reauthenticate/")
    assert not Authenticator.objects.exists()


def test_a_stranger_adds_nothing():
    assert send(local(), Device().created()).status_code == 302
    assert not Authenticator.objects.exists()


def test_a_member_of_staff_still_shows_the_new_key_before_the_staff_pages_open():
    client = people.sign_in(local(), people.staff("agent", enrolled=False))
    assert add(client, Device()).url == CODES
    assert "24 hours" not in client.get(CODES).content.decode()
    assert client.get("/staff/").url.startswith("/account/2fa/webauthn/reauthenticate/")


def test_who_has_a_passkey_and_no_app_is_asked_for_the_passkey_first(me):
    user = people.cardholder()
    Device().added_to(user)
    other = people.sign_in(local(), user)
    Authenticator.objects.create(user=user, type="recovery_codes", data={})
    asks = other.get("/account/2fa/recovery-codes/generate/")
    assert asks.url.startswith("/account/2fa/webauthn/reauthenticate/")
    assert "With a recovery code" in other.get(asks.url).content.decode()
    people.enrol(user)
    asks = other.get("/account/2fa/recovery-codes/generate/")
    assert asks.url.startswith("/account/2fa/reauthenticate/")


def test_after_the_mailed_code_the_page_speaks_of_an_app_only_to_who_has_one():
    client, user = local(), people.cardholder("someone@example.com")
    Device().added_to(user)
    client.post("/account/login/code/", {"email": user.email})
    code = {"code": people.mailed_code("login_code")}
    page = client.post("/account/login/code/confirm/", code, follow=True).content.decode()
    assert "Use the passkey" in page and "authenticator app" not in page
    people.enrol(user)
    page = client.get("/account/2fa/authenticate/").content.decode()
    assert "Use the passkey" in page and "authenticator app" in page


def by_passkey(device, user, counter):
    client = local()
    page = client.get("/account/2fa/webauthn/login/", headers={"accept": "application/json"})
    options = page.json()["request_options"]["publicKey"]
    answer = device.signs(options["challenge"], counter=counter)
    answer["response"]["userHandle"] = websafe_encode(user_pk_to_url_str(user).encode())
    client.post("/account/2fa/webauthn/login/", {"credential": json.dumps(answer)})
    return client


def test_a_counter_seen_at_sign_in_is_kept_and_a_copys_is_told_but_shuts_nobody_out():
    device, user = Device(), people.cardholder()
    key = device.added_to(user)
    assert signed_in(by_passkey(device, user, counter=8))
    key.refresh_from_db()
    assert key.data[passkey_counts.LAST][0] == 8
    for _ in range(2):  # it is told once
        assert signed_in(by_passkey(device, user, counter=8))
    key.refresh_from_db()
    assert passkey_counts.is_copied(key)
    event = AuditEvent.objects.get(verb="accounts.passkey_copied")
    assert (event.data["last"], event.data["sent"]) == (8, 8)
    assert Notice.objects.get(kind="passkey_copied").recipient == user.email
