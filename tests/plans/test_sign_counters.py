"""A passkey whose counter does not go on may be a copy: it signs no agreement any more."""

import pytest
from django.test import Client
from django.urls import reverse
from fido2.webauthn import AuthenticationResponse

from accounts import passkey_counts
from plans.models import Agreement
from portal.records.assertion import key_fingerprint
from portal.records.models import AuditEvent, Notice
from tests.passkeys import Device
from tests.people import mailed_code, sign_in
from tests.plans.test_passkey_signing import asked, asked_for, page_of, post, refused

pytestmark = pytest.mark.usefixtures("drawn_once")
SAYS = "its counter did not go on as it should"


@pytest.fixture
def offer(scene):
    return scene.reading(scene.offered())


@pytest.fixture
def me(scene):
    return sign_in(Client(headers={"host": "localhost"}), scene.holder)


@pytest.fixture
def key(scene):
    """A device's passkey that was used before, at 5."""
    device = Device()
    device.counter = 5
    return device, device.added_to(scene.holder)


def answer(device, challenge, counter):
    return device.signs(challenge, counter=counter)


@pytest.mark.parametrize("counter", [5, 4, 0])
def test_a_counter_that_does_not_grow_ends_the_keys_signing(me, offer, key, scene, counter):
    device, _ = key
    refused(post(me, offer, answer(device, asked(me, offer)["challenge"], counter)), SAYS)
    event = AuditEvent.objects.get(verb="accounts.passkey_copied")
    facts = {"key": key_fingerprint(device.public), "last": 5, "sent": counter}
    assert event.data == facts and event.subject.endswith(f":{scene.holder.pk}")
    mail = Notice.objects.get(kind="passkey_copied")
    assert mail.recipient == scene.holder.email and "“Telephone”" in mail.body
    assert asked_for(me, offer) is None
    assert SAYS in me.get(page_of(offer)).content.decode()


def test_a_copy_that_counts_on_signs_nothing_and_a_code_still_does(me, offer, key, scene):
    device, _ = key
    Device("another").added_to(scene.holder)  # the page still asks for a key
    for counter in (5, 900):
        refused(post(me, offer, answer(device, asked(me, offer)["challenge"], counter)), SAYS)
    assert Notice.objects.filter(kind="passkey_copied").count() == 1
    me.post(reverse("plans:send_code", args=[offer.number]))
    facts = {"way": "", "assertion": "", "name": "Test Person", "code": mailed_code("step_up")}
    assert post(me, offer, "", **facts).status_code == 302


def test_a_counter_that_grows_is_kept_for_the_next_time(me, offer, key):
    device, row = key
    challenge = asked(me, offer)["challenge"]
    assert post(me, offer, answer(device, challenge, 9)).status_code == 302
    row.refresh_from_db()
    assert row.data[passkey_counts.LAST] == [9, challenge] and row.data["name"] == "Telephone"
    assert not goes_on(row, device.signs(b"c" * 32, counter=9))


def test_a_synced_passkey_counts_zero_for_ever_and_goes_on_signing(me, offer, scene):
    device = Device()
    row = device.added_to(scene.holder)
    for challenge in (b"a" * 32, b"b" * 32):
        assert goes_on(row, device.signs(challenge, counter=0))
    assert post(me, offer, answer(device, asked(me, offer)["challenge"], 0)).status_code == 302
    row.refresh_from_db()
    assert set(row.data) == {"name", "credential"}  # nothing had to be kept
    assert Agreement.objects.get().method == "passkey"


def test_one_answer_sent_twice_at_the_same_moment_is_no_copy(key):
    device, row = key
    sent = device.signs(b"a" * 32)
    assert goes_on(row, sent) and goes_on(row, sent)
    assert not AuditEvent.objects.filter(verb="accounts.passkey_copied").exists()


def test_an_answer_that_does_not_fit_counts_nothing(me, offer, key):
    """Or anyone could have another's key taken for a copy."""
    device, row = key
    wrong = device.signs(asked(me, offer)["challenge"], counter=1, origin="https://example.com")
    refused(post(me, offer, wrong), "does not fit this document")
    row.refresh_from_db()
    assert not passkey_counts.is_copied(row)


def goes_on(row, sent):
    at = row.created_at
    return passkey_counts.goes_on(row, AuthenticationResponse.from_dict(sent), at=at)
