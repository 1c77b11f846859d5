"""Signing with a passkey in a real browser; the key of its virtual device is made here."""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import call_command
from django.urls import reverse

from plans.models import Agreement
from portal.records import documents
from tests.browser.test_passkey import AUTHENTICATOR, authenticator, sign_in_by_code
from tests.passkeys import RP, Device
from tests.people import in_parallel, mailed_code
from tests.plans.scene import behind

__all__ = ["authenticator"]  # a fixture
TICKS = ("agree", "no_new_card", "electronic")


@pytest.fixture
def held(context, page):
    """The DevTools session of a device that holds a passkey and does not know the finger yet."""
    device, tools = Device(), context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = AUTHENTICATOR | {"isUserVerified": False}
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    key = device.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    credential = {
        "credentialId": base64.b64encode(device.id).decode(), "isResidentCredential": False,
        "rpId": RP, "privateKey": base64.b64encode(key).decode(), "signCount": 1,
    }  # fmt: skip
    made["credential"] = credential
    tools.send("WebAuthn.addCredential", made)
    return device, lambda: tools.send(
        "WebAuthn.setUserVerified",
        {"authenticatorId": made["authenticatorId"], "isUserVerified": True},
    )


@pytest.mark.usefixtures("drawn_once")
def test_a_passkey_signs_once_and_a_device_that_says_no_loses_nothing(
    page, live_server, sign_in, held, axe, tmp_path, capsys
):
    scene = behind()
    offer, (device, know_the_finger) = scene.reading(scene.offered()), held
    device.added_to(scene.holder)
    sign_in(scene.holder)
    page.goto(live_server.url + reverse("plans:sign", args=[offer.number]))
    for tick in TICKS:
        page.locator(f"[name={tick}]").check()
    axe(page)
    button = page.get_by_role("button", name="Sign with your passkey")
    button.click()
    page.get_by_role("alert").get_by_text("your device did not use the passkey").wait_for()
    assert page.locator("[type=checkbox]:checked").count() == len(TICKS)
    know_the_finger()
    button.dblclick()
    page.wait_for_url("**" + reverse("plans:agreement", args=[offer.number]))
    agreement = Agreement.objects.get()
    assert agreement.method == "passkey"
    path = tmp_path / "agreement.pdf"
    path.write_bytes(documents.read(agreement.document))
    in_parallel(1, lambda _: call_command("verify_document", path))  # beside Playwright's loop
    assert "with a passkey, which fits this document" in capsys.readouterr().out


@pytest.mark.usefixtures("drawn_once", "authenticator")
def test_a_passkey_added_on_the_way_leads_back_and_the_code_signs_meanwhile(page, live_server, axe):
    scene = behind()
    offer, url = scene.offered(), live_server.url
    sign = reverse("plans:sign", args=[offer.number])
    sign_in_by_code(page, url, scene.holder.email, axe)
    page.goto(url + reverse("plans:offer", args=[offer.number]))
    page.get_by_role("button", name="send me a code to sign").click()
    page.get_by_role("link", name="Add a passkey").click()
    code = mailed_code("step_up")
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/2fa/recovery-codes/")
    axe(page)
    page.get_by_text("it signs agreements only after 24 hours").wait_for()
    page.locator("#codes_saved").check()
    page.get_by_role("link", name="Done").click()
    page.wait_for_url("**" + sign)
    page.get_by_text("Your passkey is new.").wait_for()
    axe(page)
    for tick in TICKS:
        page.locator(f"[name={tick}]").check()
    page.locator("[name=name]").fill("Test Person")
    page.locator("[name=code]").fill(code)
    page.get_by_role("button", name="Sign the agreement").click()
    page.wait_for_url("**" + reverse("plans:agreement", args=[offer.number]))
    assert Agreement.objects.get().method == "email-code"
