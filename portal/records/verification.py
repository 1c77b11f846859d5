"""Is this file what we sealed? pyHanko's verdict, coverage and our register, never one alone."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from portal.records import apart, documents, signatures
from portal.records.models import Document
from portal.records.seal_key import TEST_MARK, der, roots_in, trusted_roots

MEGABYTES = 30  # of a file; our longest documents stay far below, with all their timestamps
LARGEST = MEGABYTES * 1_000_000  # bytes


class Outcome(StrEnum):
    VALID = "valid"  # sealed by us, covered to the last byte, in our register
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
    signed_at: datetime | None = None  # by the bank's own clock
    time_source: str = ""  # "clock": only that one; "authority": a trusted timestamp proves it
    authority: str = ""  # who timestamped the sealed document first
    proved_at: datetime | None = None  # by the authority's clock
    covered: int = 0  # bytes, up to where the sealed version ends
    changes: tuple[str, ...] = ()  # after the seal, see signatures.Examined
    registered: bool = False  # this very file is in the register; else what it came from:
    number: str = ""
    kind: str = ""
    code: str = ""
    made_at: datetime | None = None
    replaced_by: str = ""  # the number of the newer version
    purged_at: datetime | None = None  # our own copy was deleted after its time
    accepted_with: str = ""  # how the cardholder accepted what was sealed: "passkey", "email-code"
    accepted_fault: str = ""  # what does not fit in that, see assertion

    @property
    def trusted_seal(self) -> bool:
        """True if a seal that leads to our root is in the file, whatever else is wrong."""
        return bool(self.signer)

    @property
    def holds(self) -> bool:
        """True if the seal is valid and what is recorded of the cardholder's own act fits."""
        return self.outcome == Outcome.VALID and not self.accepted_fault

    @property
    def only_time(self) -> bool:
        """True if nothing but a timestamp was added to a document of ours, by someone else."""
        return self.changes == signatures.TIMESTAMP


def check(data: bytes) -> Verdict:
    """Return the verdict on a file. Never raises for any bytes; keeps nothing of them.

    Errors: ImproperlyConfigured if the seal itself cannot be opened; apart.Busy.
    """
    sha256 = documents.digest(data)
    document = documents.find(sha256)
    if document is None and len(data) > LARGEST:
        return Verdict(Outcome.UNREADABLE, sha256, len(data))
    # Bytes that we filed ourselves are safe to read here, and cost no process.
    look = signatures.examine if document else apart.examine
    found = look(data, trusted_roots(), [der(root) for root in roots_in("TSA_ROOTS")])
    issued = documents.find(documents.digest(data[: found.covered])) if found.covered else None
    outcome = _outcome(found, registered=document is not None, begins=issued is not None)
    facts = _seal_facts(found, outcome, begins=issued is not None) if found.trusted else {}
    known = document or issued
    return Verdict(
        outcome=outcome, sha256=sha256, size=len(data), covered=found.covered,
        registered=document is not None, **facts, **(_register_facts(known) if known else {}),
    )  # fmt: skip


def _outcome(found: signatures.Examined, *, registered: bool, begins: bool) -> Outcome:
    """Decide. VALID needs every single fact; `begins`: with a document of ours, byte for byte."""
    if not found.readable:
        return Outcome.UNREADABLE
    if not found.signed:
        return Outcome.NOT_OURS
    if not found.trusted:
        # A signature that cannot even be read names nobody: the file was damaged.
        return Outcome.NOT_OURS if found.signer else Outcome.ALTERED
    if not found.intact:
        return Outcome.ALTERED
    if not (registered or begins) or not found.certified:
        return Outcome.NOT_OURS
    if not registered or not (found.covers_all or (found.only_time and begins)):
        return Outcome.PARTLY_COVERED
    return Outcome.VALID


def _seal_facts(found: signatures.Examined, outcome: Outcome, *, begins: bool) -> dict[str, Any]:
    """Return who sealed and when. Of what follows an unknown version less can be told."""
    changes = found.changes
    if outcome == Outcome.VALID:
        changes = ()
    elif found.only_time and not begins:
        changes = signatures.APPENDED
    return {
        "is_test": found.signer.startswith(TEST_MARK),
        "signer": found.signer,
        "signed_at": _moment(found.signed_at),
        "time_source": "authority" if found.authority else "clock" if found.signed_at else "",
        "authority": found.authority,
        "proved_at": _moment(found.proved_at),
        "changes": changes,
        **(_person_facts(found) if outcome in (Outcome.VALID, Outcome.PARTLY_COVERED) else {}),
    }


def _person_facts(found: signatures.Examined) -> dict[str, str]:
    """How the cardholder accepted: told of documents of ours only, whose key we vouched for."""
    return {"accepted_with": found.accepted_with, "accepted_fault": found.accepted_fault}


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _register_facts(document: Document) -> dict[str, Any]:
    later = newer(document)
    return {
        "number": document.number,
        "kind": document.kind,
        "code": document.code,
        "made_at": document.made_at,
        "replaced_by": later.number if later else "",
        "purged_at": document.purged_at,
    }


def newer(document: Document) -> Document | None:
    """Return the version that replaces this one."""
    return Document.objects.filter(replaces=document).first()
