"""Signing with a passkey: for this document, by this person's key, once; and checked by anyone."""

import io
import json
from datetime import timedelta

import pikepdf
import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from fido2.utils import websafe_decode, websafe_encode

from accounts import passkey_signing
from accounts.stepup import COOL_OFF
from plans.models import Agreement, Offer
from portal.records import assertion, documents
from portal.records.models import AuditEvent
from portal.records.verification import check
from tests.passkeys import PRESENT, Device
from tests.people import cardholder, mailed_code, sign_in

pytestmark = pytest.mark.usefixtures("drawn_once")
TICKS = {"agree": "on", "no_new_card": "on", "electronic": "on"}


@pytest.fixture
def offer(scene):
    return scene.reading(scene.offered())


@pytest.fixture
def me(scene):
    """On http://localhost, which browsers take for safe."""
    return sign_in(Client(headers={"host": "localhost"}), scene.holder)


@pytest.fixture
def device(scene):
    made = Device()
    made.added_to(scene.holder)
    return made


def page_of(offer):
    return reverse("plans:sign", args=[offer.number])


def asked_for(me, offer):
    return me.get(page_of(offer)).context["passkey"]


def asked(me, offer):
    """What the page hands to the device."""
    return asked_for(me, offer)["publicKey"]


def post(me, offer, answer, **changes):
    facts = {
        "sha256": offer.drafts.get(language="en").sha256,
        "way": "passkey",
        "assertion": json.dumps(answer) if isinstance(answer, dict) else answer,
    }
    return me.post(page_of(offer), {**facts, **TICKS, **changes})


def refused(response, says):
    text = response.content.decode()
    assert response.status_code == 422 and says in text, text
    assert not Agreement.objects.exists()
    assert text.count("checked") == len(TICKS)  # what was ticked stays ticked


def test_the_device_is_asked_for_this_document_and_only_by_keys_of_a_day(me, offer, device, scene):
    Device("new").added_to(scene.holder, at=now())
    Device("other").added_to(cardholder())
    options = asked(me, offer)
    [kept] = me.session[passkey_signing.KEPT]
    sha256 = offer.drafts.get(language="en").sha256
    nonce = websafe_decode(kept["nonce"])
    assert websafe_decode(options["challenge"]) == assertion.challenge(sha256, nonce)
    assert options["rpId"] == "localhost" and options["userVerification"] == "required"
    assert [websafe_decode(key["id"]) for key in options["allowCredentials"]] == [device.id]
    assert asked(me, offer)["challenge"] != options["challenge"]


def test_a_passkey_signs_and_the_file_proves_it(me, offer, device):
    response = post(me, offer, device.signs(asked(me, offer)["challenge"]))
    assert response.url == reverse("plans:agreement", args=[offer.number])
    agreement = Agreement.objects.get()
    assert agreement.method == "passkey"
    data = documents.read(agreement.document)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        record = json.loads(pdf.attachments["acceptance.json"].get_file().read_bytes())
    assert record["format"] == "arrears-portal/acceptance/2" and record["typed_name"] == ""
    assert record["consents"] == list(TICKS)
    assert record["draft_sha256"] == agreement.accepted_sha256
    result = assertion.verify(record)
    assert result.fits and result.key == assertion.key_fingerprint(device.public)
    key = Authenticator.objects.get(user=agreement.accepted_by)
    assert record["passkey"]["enrolled_at"] == key.created_at.isoformat(timespec="seconds")
    assert key.last_used_at
    verdict = check(data)
    assert verdict.holds and verdict.accepted_with == "passkey"
    upload = {"file": io.BytesIO(data)}
    said = me.post(reverse("verify:index"), upload).content.decode()
    assert "Signed by the cardholder with a passkey" in said and "fits this document" in said


WRONG = {
    "another document": lambda d, c: d.signs(assertion.challenge("ab" * 32, b"n" * 32)),
    "another site": lambda d, c: d.signs(c, origin="https://example.com"),
    "another port": lambda d, c: d.signs(c, origin="http://localhost:9999"),
    "another site's key": lambda d, c: d.signs(c, rp_id="example.com"),
    "a frame in another page": lambda d, c: d.signs(c, crossOrigin=True),
    "nobody verified": lambda d, c: d.signs(c, flags=PRESENT),
    "an enrolment": lambda d, c: d.signs(c, kind="webauthn.create"),
    "another's key": lambda d, c: Device("stranger").signs(c),
    "a key that only claims to be ours": lambda d, c: pretending(d).signs(c),
    "junk": lambda d, c: "[]",
    "nothing": lambda d, c: "",
    "too deep": lambda d, c: "[" * 19000,
    "cut short": lambda d, c: extended(d.signs(c), b"\x7b\x00"),
    "half": lambda d, c: '{"id": "x", "rawId": "x", "response": {}}',
}


def extended(answer, more):
    """Says that extensions follow, which then end too soon."""
    data = bytearray(websafe_decode(answer["response"]["authenticatorData"]))
    data[32] |= 0x80
    answer["response"]["authenticatorData"] = websafe_encode(bytes(data) + more)
    return answer


def pretending(device):
    stranger = Device("stranger")
    stranger.id = device.id
    return stranger


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_signs_nothing(me, offer, device, what):
    answer = WRONG[what](device, asked(me, offer)["challenge"])
    refused(post(me, offer, answer), "does not fit this document")


def test_another_persons_passkey_does_not_sign_even_if_it_is_enrolled(me, offer, device):
    other = Device("other")
    other.added_to(cardholder())
    answer = other.signs(asked(me, offer)["challenge"])
    refused(post(me, offer, answer), "does not fit this document")


def test_a_passkey_of_today_does_not_sign_and_the_page_says_from_when(me, offer, scene):
    new = Device("new")
    new.added_to(scene.holder, at=now() - COOL_OFF + timedelta(minutes=1))
    page = me.get(page_of(offer))
    assert page.context["passkey"] is None and "Your passkey is new." in page.content.decode()
    assert passkey_signing.KEPT not in me.session
    old = Device("old")
    old.added_to(scene.holder)
    answer = new.signs(asked(me, offer)["challenge"])
    refused(post(me, offer, answer), "less than 24 hours ago")
    with time_machine.travel(now() + timedelta(minutes=1)):
        answer = new.signs(asked(me, offer)["challenge"])
        assert post(me, offer, answer).status_code == 302


def test_a_row_that_says_it_is_old_is_not_believed_against_the_trail(me, offer, scene):
    key = Device().added_to(scene.holder, at=now())
    Authenticator.objects.filter(pk=key.pk).update(created_at=now() - timedelta(days=9))
    assert asked_for(me, offer) is None


def test_a_passkey_the_trail_does_not_know_waits_for_ever_and_the_page_says_what_to_do(
    me, offer, scene
):
    device = Device()
    device.added_to(scene.holder, recorded=False)
    Device("another's").added_to(cardholder())
    page = me.get(page_of(offer))
    assert page.context["passkey"] is None
    text = page.content.decode()
    assert "no record of when it was added" in text and "remove it under Security" in text
    assert reverse("mfa_list_webauthn") in text and reverse("mfa_add_webauthn") not in text
    Device("old").added_to(scene.holder)
    answer = device.signs(asked(me, offer)["challenge"])
    refused(post(me, offer, answer), "no record of when it was added")


def test_a_passkey_that_would_be_too_late_for_this_offer_is_said_to_be(me, offer, scene):
    Offer.objects.filter(pk=offer.pk).update(expires_at=now() + timedelta(hours=20))
    assert reverse("mfa_add_webauthn") not in me.get(page_of(offer)).content.decode()
    Device().added_to(scene.holder, at=now())
    assert "That is too late for this agreement" in me.get(page_of(offer)).content.decode()


def test_a_challenge_serves_once_for_ten_minutes_and_one_document(me, offer, device):
    answer = device.signs(asked(me, offer)["challenge"])
    [kept] = me.session[passkey_signing.KEPT]
    for facts in ({"until": now().isoformat()}, {"draft": "ab" * 32}):
        keep(me, kept | facts)
        refused(post(me, offer, answer), "this took too long")
    refused(post(me, offer, answer), "does not fit this document")  # a new one waits by now
    keep(me, kept)
    assert post(me, offer, answer).status_code == 302  # nothing but these stood in its way


def keep(me, kept):
    session = me.session
    session[passkey_signing.KEPT] = [kept]
    session.save()


def test_a_second_window_does_not_void_the_first_and_each_challenge_serves_once(me, offer, device):
    challenges = [asked(me, offer)["challenge"] for _ in range(passkey_signing.WINDOWS)]
    first = device.signs(challenges[0])
    spoilt = first | {"response": first["response"] | {"signature": "AAAA"}}
    refused(post(me, offer, spoilt), "does not fit this document")
    refused(post(me, offer, first), "does not fit this document")  # it was used up by that
    assert post(me, offer, device.signs(challenges[2])).status_code == 302


def test_the_oldest_of_many_windows_is_let_go(me, offer, device):
    answer = device.signs(asked(me, offer)["challenge"])
    for _ in range(passkey_signing.WINDOWS):
        asked(me, offer)
    assert len(me.session[passkey_signing.KEPT]) == passkey_signing.WINDOWS
    refused(post(me, offer, answer), "does not fit this document")


def test_a_document_that_was_not_shown_is_not_signed_from_an_address(me, scene, device):
    Offer.objects.all().delete()
    offer = scene.offered()
    page = me.get(page_of(offer), follow=True)
    assert page.redirect_chain[0][0] == reverse("plans:offer", args=[offer.number])
    assert "read the agreement first" in page.content.decode()
    assert me.get(page_of(offer)).status_code == 200  # it is shown now
    shown = AuditEvent.objects.filter(verb="plans.offer.shown")
    me.get(reverse("plans:offer", args=[offer.number]))
    assert shown.count() == 1


def test_a_signature_of_another_session_is_no_good(me, offer, device, scene):
    answer = device.signs(asked(me, offer)["challenge"])
    elsewhere = sign_in(Client(headers={"host": "localhost"}), scene.holder)
    refused(post(elsewhere, offer, answer), "this took too long, or was sent twice")


def test_the_second_of_two_clicks_sees_the_agreement(me, offer, device, scene, monkeypatch):
    answer = device.signs(asked(me, offer)["challenge"])
    finish = passkey_signing.finish

    def overtaken(*args, **facts):
        scene.sign(Offer.objects.get(pk=offer.pk))
        return finish(*args, **facts)

    monkeypatch.setattr(passkey_signing, "finish", overtaken)
    done = reverse("plans:agreement", args=[offer.number])
    assert post(me, offer, answer).url == done
    assert post(me, offer, answer).url == done
    assert Agreement.objects.count() == 1


def test_every_tick_is_asked_for_with_a_passkey_too(me, offer, device):
    answer = device.signs(asked(me, offer)["challenge"])
    response = post(me, offer, answer, agree="", electronic="")
    text = response.content.decode()
    assert response.status_code == 422 and text.count("You cannot sign without it") == 4
    assert "This field" not in text and not Agreement.objects.exists()


def test_with_a_passkey_the_code_still_signs_and_nothing_is_ticked_beforehand(me, offer, device):
    page = me.get(page_of(offer)).content.decode()
    assert "Or sign with a code" in page and "checked" not in page
    me.post(reverse("plans:send_code", args=[offer.number]))
    facts = {"way": "", "assertion": "", "name": "Test Person", "code": mailed_code("step_up")}
    assert post(me, offer, "", **facts).status_code == 302
    assert Agreement.objects.get().method == "email-code"


def test_the_page_says_that_a_code_was_mailed_only_while_one_works(me, offer):
    says = "We have e-mailed a code to you"
    assert says not in me.get(page_of(offer)).content.decode()
    me.post(reverse("plans:send_code", args=[offer.number]))
    assert says in me.get(page_of(offer)).content.decode()
    with time_machine.travel(now() + timedelta(minutes=10, seconds=1)):
        assert says not in me.get(page_of(offer)).content.decode()


def test_who_has_no_passkey_is_shown_the_way_to_one(me, offer):
    page = me.get(page_of(offer)).content.decode()
    assert f"{reverse('mfa_add_webauthn')}?next={page_of(offer)}" in page
    assert "signs from tomorrow" in page
    assert "sign.js" not in page


def test_which_key_was_whose_from_when_to_when_is_in_the_trail(scene):
    device, user = Device(), scene.holder
    key = device.added_to(user, recorded=False)
    for signal in (authenticator_added, authenticator_removed):
        signal.send(sender=Authenticator, request=None, user=user, authenticator=key)
    events = AuditEvent.objects.filter(verb__startswith="accounts.passkey_").order_by("seq")
    verbs = [event.verb.rpartition("_")[2] for event in events]
    assert verbs == ["enrolled", "removed"] and events[0].at == key.created_at
    fingerprint = assertion.key_fingerprint(device.public)
    assert [event.data for event in events] == [{"key": fingerprint}] * 2
