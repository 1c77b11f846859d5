"""Personal data at rest: AES-256-GCM bound to its row, and keyed fingerprints for comparison.

Keys come from FIELD_KEYS ("id:base64 of 32 bytes", newest first); old keys still read.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@lru_cache
def _keys(configured: tuple[str, ...]) -> dict[str, bytes]:
    keys = {}
    for entry in configured:
        name, _, encoded = entry.partition(":")
        keys[name] = base64.b64decode(encoded)
        if len(keys[name]) != 32:
            raise ImproperlyConfigured(f"FIELD_KEYS: key {name} must be 32 bytes in base64.")
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: personal data cannot be stored.")
    return keys


def keys() -> dict[str, bytes]:
    """Return the field keys by id, the current one first."""
    return _keys(tuple(settings.FIELD_KEYS))


def encrypt(text: str, *, bound_to: str) -> str:
    """Encrypt text so that it reads back only under the same `bound_to` (table.column:row)."""
    name, sealed = _seal(text.encode(), bound_to)
    return f"{name}:{base64.b64encode(sealed).decode()}"


def decrypt(sealed: str, *, bound_to: str) -> str:
    """Return the text.

    Errors: InvalidTag if altered or moved to another row, KeyError for a lost key.
    """
    name, _, encoded = sealed.partition(":")
    return _open(name, base64.b64decode(encoded), bound_to).decode()


def encrypt_bytes(data: bytes, *, bound_to: str) -> bytes:
    """Encrypt a file's bytes so that they read back only under the same `bound_to`."""
    name, sealed = _seal(data, bound_to)
    return name.encode() + b":" + sealed


def decrypt_bytes(sealed: bytes, *, bound_to: str) -> bytes:
    """Return the bytes. Errors: those of decrypt()."""
    name, _, raw = sealed.partition(b":")
    return _open(name.decode("utf-8", "replace"), raw, bound_to)


def _seal(data: bytes, bound_to: str) -> tuple[str, bytes]:
    name, key = next(iter(keys().items()))
    nonce = os.urandom(12)
    return name, nonce + AESGCM(key).encrypt(nonce, data, bound_to.encode())


def _open(name: str, raw: bytes, bound_to: str) -> bytes:
    return AESGCM(keys()[name]).decrypt(raw[:12], raw[12:], bound_to.encode())


def fingerprint(text: str, *, purpose: str) -> str:
    """Return a keyed hash that compares equal texts without revealing them (hex, 64 characters)."""
    # The oldest key: fingerprints must survive a rotation of the encryption key.
    root = list(keys().values())[-1]
    key = hmac.digest(root, purpose.encode(), hashlib.sha256)
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()


class SealedText(property):
    """A model's property over an encrypted column, bound to the row by the value of `key`.

    Empty text stays empty.
    Errors: those of decrypt().
    """

    def __init__(self, column: str, *, key: str) -> None:
        def bound_to(row: Any) -> str:
            return f"{row._meta.db_table}.{column}:{getattr(row, key)}"

        def read(row: Any) -> str:
            sealed = getattr(row, column)
            return decrypt(sealed, bound_to=bound_to(row)) if sealed else ""

        def write(row: Any, text: str) -> None:
            setattr(row, column, encrypt(text, bound_to=bound_to(row)) if text else "")

        super().__init__(read, write)
