"""Is this file what we sealed? pyHanko's verdict, coverage and our register, never one alone."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.records import signatures
from portal.records.models import Document
from portal.records.seal_key import TEST_MARK, trusted_roots

LARGEST = 10_000_000  # bytes


class Outcome(StrEnum):
    VALID = "valid"  # sealed by us, unchanged to the last byte, in our register
    ALTERED = "altered"  # our seal, broken: what it covers was changed
    PARTLY_COVERED = "partly_covered"  # our seal holds, but something was added after it
    NOT_OURS = "not_ours"  # no seal, another's seal, or a seal of ours on a file we never issued
    UNREADABLE = "unreadable"  # not a PDF, damaged, encrypted, or too large


@dataclass(frozen=True)
class Verdict:
    """What anyone may know about a file: nothing in it is personal."""

    outcome: Outcome
    sha256: str
    size: int  # bytes
    is_test: bool = False
    signer: str = ""
    signed_at: datetime | None = None
    time_source: str = ""  # "clock": the bank's own; "authority": a trusted timestamp
    covered: int = 0  # bytes, up to where the sealed version ends
    changes: tuple[str, ...] = ()  # after the seal, see signatures.CHANGES
    registered: bool = False
    number: str = ""
    kind: str = ""
    made_at: datetime | None = None
    replaced_by: str = ""  # the number of the newer version

    @property
    def trusted_seal(self) -> bool:
        """True if a seal that leads to our root is in the file, whatever else is wrong."""
        return bool(self.signer)


def check(data: bytes) -> Verdict:
    """Return the verdict on a file. Never raises for any bytes; keeps nothing of them.

    Errors: ImproperlyConfigured if the seal itself cannot be opened; signatures.Busy.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if len(data) > LARGEST:
        return Verdict(Outcome.UNREADABLE, sha256, len(data))
    document = Document.objects.filter(sha256=sha256).first()
    # Bytes that we filed ourselves are safe to read here, and cost no process.
    look = signatures.examine if document else signatures.examine_apart
    found = look(data, trusted_roots())
    signer = found.signer if found.trusted else ""
    later = newer(document) if document else None
    return Verdict(
        outcome=_outcome(found, registered=document is not None),
        sha256=sha256,
        size=len(data),
        is_test=signer.startswith(TEST_MARK),
        signer=signer,
        signed_at=signatures.when(found) if signer else None,
        time_source=found.time_source if signer else "",
        covered=found.covered,
        changes=found.changes if signer else (),
        registered=document is not None,
        number=document.number if document else "",
        kind=document.kind if document else "",
        made_at=document.made_at if document else None,
        replaced_by=later.number if later else "",
    )


def newer(document: Document) -> Document | None:
    """Return the version that replaces this one."""
    return Document.objects.filter(replaces=document).first()


def _outcome(found: signatures.Examined, *, registered: bool) -> Outcome:
    """Decide. VALID needs every single fact."""
    if not found.readable:
        return Outcome.UNREADABLE
    if not found.signed:
        return Outcome.NOT_OURS
    if not found.trusted:
        # A signature that cannot even be read names nobody: the file was damaged.
        return Outcome.NOT_OURS if found.signer else Outcome.ALTERED
    if not found.intact:
        return Outcome.ALTERED
    if not found.covers_all:
        return Outcome.PARTLY_COVERED
    return Outcome.VALID if registered else Outcome.NOT_OURS
