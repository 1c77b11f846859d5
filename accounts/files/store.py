"""The bytes of files: encrypted, under the upload's own reference, never under a name of theirs."""

import io
import uuid

from cryptography.exceptions import InvalidTag
from django.core.files import File
from django.core.files.storage import storages

from accounts.files.model import AbstractUpload
from portal.kit import crypto
from portal.records.documents import Damaged, Gone, digest

ORIGINAL = "original"


def name_of(ref: uuid.UUID, part: str) -> str:
    """Return where bytes lie: `part` is ORIGINAL, or the hash of the copy."""
    return f"{str(ref)[:2]}/{ref}.{part}"


def keep(ref: uuid.UUID, part: str, data: bytes) -> None:
    """Write bytes, before the transaction that names them; there already is as good."""
    store, name = storages["evidence"], name_of(ref, part)
    if not store.exists(name):
        sealed = crypto.encrypt_bytes(data, bound_to=_bound_to(ref, part))
        store.save(name, File(io.BytesIO(sealed)))


def original(upload: AbstractUpload) -> bytes:
    """Return the bytes as they came. Errors: Gone; Damaged if they are not the ones that came."""
    return _read(upload.ref, ORIGINAL, upload.sha256)


def copy(upload: AbstractUpload) -> bytes:
    """Return the copy we wrote anew. Errors: Gone; Damaged."""
    return _read(upload.ref, upload.copy_sha256, upload.copy_sha256)


def drop(upload: AbstractUpload) -> None:
    """Delete an upload's bytes; those that are gone already are no error."""
    store = storages["evidence"]
    for part in filter(None, (ORIGINAL, upload.copy_sha256)):
        store.delete(name_of(upload.ref, part))


def _read(ref: uuid.UUID, part: str, sha256: str) -> bytes:
    name = name_of(ref, part)
    try:
        with storages["evidence"].open(name) as stored:
            sealed = stored.read()
    except FileNotFoundError as error:
        raise Gone(name) from error
    try:
        data = crypto.decrypt_bytes(sealed, bound_to=_bound_to(ref, part))
    except (InvalidTag, KeyError) as error:
        raise Damaged(name) from error
    if digest(data) != sha256:
        raise Damaged(name)
    return data


def _bound_to(ref: uuid.UUID, part: str) -> str:
    # for every room: the first one gave it its name, and its bytes are bound to that
    return f"disputes.upload:{ref}:{part}"
