"""Personal data at rest."""

import base64

import pytest
from cryptography.exceptions import InvalidTag
from django.core.exceptions import ImproperlyConfigured

from portal.kit import crypto

OLD, NEW, OTHER = (f"k{n}:{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2, 3))


@pytest.fixture
def keys(settings):
    def use(*configured):
        settings.FIELD_KEYS = list(configured)

    use(OLD)
    return use


@pytest.mark.parametrize("text", ["", "李雷", "𠮷" * 1000, "a\0b"])
def test_what_was_encrypted_reads_back(keys, text):
    assert crypto.decrypt(crypto.encrypt(text, bound_to="t.c:1"), bound_to="t.c:1") == text


def test_a_ciphertext_moved_to_another_row_is_refused(keys):
    sealed = crypto.encrypt("李雷", bound_to="t.c:1")
    with pytest.raises(InvalidTag):
        crypto.decrypt(sealed, bound_to="t.c:2")


def test_a_changed_byte_is_refused(keys):
    name, _, encoded = crypto.encrypt("李雷", bound_to="t.c:1").partition(":")
    raw = bytearray(base64.b64decode(encoded))
    raw[-1] ^= 1
    with pytest.raises(InvalidTag):
        crypto.decrypt(f"{name}:{base64.b64encode(raw).decode()}", bound_to="t.c:1")


def test_the_same_text_never_looks_the_same(keys):
    assert len({crypto.encrypt("x", bound_to="t.c:1") for _ in range(50)}) == 50


def test_after_a_rotation_the_old_key_still_reads_and_the_new_one_writes(keys):
    before = crypto.encrypt("李雷", bound_to="t.c:1")
    keys(NEW, OLD)
    assert crypto.decrypt(before, bound_to="t.c:1") == "李雷"
    assert crypto.encrypt("李雷", bound_to="t.c:1").startswith("k2:")


def test_a_rotation_leaves_fingerprints_as_they_were(keys):
    before = crypto.fingerprint("x", purpose="p")
    keys(NEW, OLD)
    assert crypto.fingerprint("x", purpose="p") == before


def test_a_wrong_key_under_the_same_name_fails(keys):
    sealed = crypto.encrypt("x", bound_to="t.c:1")
    keys("k1:" + OTHER.partition(":")[2])
    with pytest.raises(InvalidTag):
        crypto.decrypt(sealed, bound_to="t.c:1")


def test_a_lost_key_fails_and_never_returns_the_raw_text(keys):
    sealed = crypto.encrypt("x", bound_to="t.c:1")
    keys(OTHER)
    with pytest.raises(KeyError):
        crypto.decrypt(sealed, bound_to="t.c:1")


@pytest.mark.parametrize("configured", [[], ["k1:"], ["k1:" + base64.b64encode(b"short").decode()]])
def test_no_key_or_a_short_one_is_refused(keys, configured):
    keys(*configured)
    with pytest.raises(ImproperlyConfigured):
        crypto.encrypt("x", bound_to="t.c:1")


def test_fingerprints_differ_by_purpose(keys):
    assert crypto.fingerprint("x", purpose="a") != crypto.fingerprint("x", purpose="b")
