"""Signing in without a second device: a passkey is added, and then opens the account alone.

Chromium's own virtual authenticator stands in for the finger. The site is http://localhost,
which browsers take for safe; MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN follows HTTPS=0.
"""

import pytest
from allauth.mfa.models import Authenticator

from tests import people

AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def authenticator(context, page):
    """The DevTools session of a device with one built-in authenticator."""
    tools = context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return tools


def sign_in_by_code(page, url, email, axe):
    page.goto(f"{url}/account/login/code/")
    axe(page)
    page.locator("[name=email]").fill(email)
    page.get_by_role("button", name="E-mail me a code").click()
    page.wait_for_url("**/login/code/confirm/")
    axe(page)
    page.locator("[name=code]").fill(people.mailed_code("login_code"))
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/arrears/")


def sign_out(page, url):
    page.goto(f"{url}/account/logout/")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(f"{url}/")


def test_a_passkey_once_added_signs_in_alone(page, live_server, authenticator, axe):
    user = people.cardholder("someone@example.com")
    url = live_server.url
    sign_in_by_code(page, url, user.email, axe)
    page.goto(f"{url}/account/2fa/")
    axe(page)
    page.get_by_role("link", name="Passkeys").click()
    page.locator("[name=name]").fill("Telephone")
    axe(page)
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/2fa/recovery-codes/")
    assert Authenticator.objects.filter(user=user, type="webauthn").count() == 1
    page.locator("#codes_saved").check()
    sign_out(page, url)
    page.goto(f"{url}/account/login/code/?next=/account/2fa/webauthn/")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("heading", name="Telephone").wait_for()
    assert page.url == f"{url}/account/2fa/webauthn/"
    axe(page)


def test_a_device_that_says_no_is_told_on_the_page_and_signs_nobody_in(
    page, live_server, authenticator
):
    page.goto(f"{live_server.url}/account/login/code/")
    page.get_by_role("button", name="Use a passkey").click()  # the device holds none
    page.locator("#passkey-error").wait_for()
    assert page.url == f"{live_server.url}/account/login/code/"
