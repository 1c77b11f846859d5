"""Documents: bytes by their hash, a number and a code by which anyone can check them."""

import hashlib
import io
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.core.files import File
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q

from portal.kit.crypto import fingerprint
from portal.records.audit import subject_of
from portal.records.models import Augmentation, Document

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U


def new_code(length: int = 12) -> str:
    """Return a fresh code for people to type: 12 of 30 letters are 58 bits."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(length))


def code_of(number: str, language: str) -> str:
    """Return the code printed on a document: made from a key, so the same in a second drawing."""
    left = int(fingerprint(f"{number}:{language}", purpose="document code"), 16)
    return "".join(
        CODE_LETTERS[left // len(CODE_LETTERS) ** i % len(CODE_LETTERS)] for i in range(12)
    )


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
    """Return stored bytes. Errors: Gone; Damaged if they no longer match their hash."""
    try:
        with storages["documents"].open(name_of(sha256)) as stored:
            data: bytes = stored.read()
    except FileNotFoundError as error:
        raise Gone(sha256) from error
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


class Gone(FileNotFoundError):
    """There are no such bytes in the store: deleted after their time, or lost."""


def find(sha256: str) -> Document | None:
    """Return the document with these bytes, as sealed or with proof of time appended later."""
    return Document.objects.filter(
        Q(sha256=sha256) | Q(pk__in=Augmentation.objects.filter(sha256=sha256).values("document"))
    ).first()


@dataclass(frozen=True)
class Newest:
    """The file of a document as one gets it now: the sealed version, and what was appended."""

    document: Document
    sha256: str
    size: int  # bytes

    @property
    def stamped(self) -> bool:
        """True if proof of time was appended, so that the sealed version is but its beginning."""
        return self.sha256 != self.document.sha256


def newest(*found: Document) -> list[Newest]:
    """Return what one gets now of each document, with one query for all."""
    later = Augmentation.objects.filter(document__in=found).order_by("pk")
    last: dict[int, Augmentation] = {each.document_id: each for each in later}
    now = [(each, last.get(each.pk, each)) for each in found]
    return [Newest(each, version.sha256, version.size) for each, version in now]


def read(document: Document) -> bytes:
    """Return a filed document with the proof of time it has by now, which only adds at its end.

    Errors: Gone; Damaged if the bytes no longer match their hash.
    """
    (file,) = newest(document)
    return fetch(file.sha256)
