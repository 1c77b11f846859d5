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


def store(data: bytes) -> str:
    """Write bytes under their hash and return the hash. Call it before the transaction."""
    sha256 = hashlib.sha256(data).hexdigest()
    name = f"{sha256[:2]}/{sha256}.pdf"
    if not storages["documents"].exists(name):
        storages["documents"].save(name, File(io.BytesIO(data)))
    return sha256


def file_document(kind: str, data: bytes, *, subject: models.Model | str, number: str, code: str, title: str,
                  language: str, sealed: bool, at: datetime, replaces: Document | None = None) -> Document:  # fmt: skip
    """Enter stored bytes in the register. Call store() first: this only writes the row.

    Errors: IntegrityError if this kind of document was already filed for the subject.
    """
    return Document.objects.create(
        kind=kind, subject=subject_of(subject), number=number, code=code, title=title,
        language=language, sealed=sealed, sha256=hashlib.sha256(data).hexdigest(),
        size=len(data), made_at=at, replaces=replaces,
    )  # fmt: skip


class Damaged(Exception):
    """The stored bytes are not the ones that were filed."""


def read(document: Document) -> bytes:
    """Return the bytes. Errors: Damaged if they no longer match their hash."""
    with storages["documents"].open(document.name) as stored:
        data = stored.read()
    if hashlib.sha256(data).hexdigest() != document.sha256:
        raise Damaged(document.number)
    return data
