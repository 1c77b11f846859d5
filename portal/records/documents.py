"""Documents: bytes by their hash, a number and a code by which anyone can check them."""

import hashlib
import io
import secrets
from datetime import datetime

from django.core.files import File
from django.core.files.storage import storages
from django.db import models

from portal.records.audit import subject_of
from portal.records.models import Document

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U


def new_code(length: int = 12) -> str:
    """Return a fresh code for people to type: 12 of 30 letters are 58 bits."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(length))


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes, as hex."""
    return hashlib.sha256(data).hexdigest()


def name_of(sha256: str) -> str:
    """Return where bytes lie in the document store."""
    return f"{sha256[:2]}/{sha256}.pdf"


def store(data: bytes) -> str:
    """Write bytes under their hash and return the hash. Call it before the transaction."""
    sha256 = digest(data)
    if not storages["documents"].exists(name_of(sha256)):
        storages["documents"].save(name_of(sha256), File(io.BytesIO(data)))
    return sha256


def fetch(sha256: str) -> bytes:
    """Return stored bytes. Errors: Damaged if they no longer match their hash."""
    with storages["documents"].open(name_of(sha256)) as stored:
        data: bytes = stored.read()
    if digest(data) != sha256:
        raise Damaged(sha256)
    return data


def file_document(
    kind: str,
    data: bytes,
    *,
    subject: models.Model | str,
    number: str,
    code: str,
    title: str,
    language: str,
    sealed: bool,
    at: datetime,
    replaces: Document | None = None,
) -> Document:
    """Enter stored bytes in the register. Call store() first: this only writes the row.

    Errors: IntegrityError if this kind of document was already filed for the subject.
    """
    return Document.objects.create(
        kind=kind, subject=subject_of(subject), number=number, code=code, title=title,
        language=language, sealed=sealed, sha256=digest(data),
        size=len(data), made_at=at, replaces=replaces,
    )  # fmt: skip


class Damaged(Exception):
    """The stored bytes are not the ones that were filed."""


def read(document: Document) -> bytes:
    """Return a filed document. Errors: Damaged if its bytes no longer match their hash."""
    return fetch(document.sha256)
