"""Letters of a case: asked for in the transaction of the act, drawn and sealed by a worker.

The row is the queue, as with certified statements (accounts.evidence.prepare): a claim is a
lease, a lost worker costs its lease, and a letter that cannot be drawn stops no other.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import override

from accounts.models import User
from disputes import letter_facts, paper
from disputes.locks import locked
from disputes.models import Deadline, Decision, Dispute, Letter
from disputes.warnings import supervisors, tell_staff
from portal.kit.errors import Stale, gettext_noop
from portal.records import documents, retention, sealing
from portal.records.audit import record
from portal.records.models import Document
from portal.records.notices import pause_after
from portal.records.pdf import MissingGlyph

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)  # longer than any task may take: settings.CELERY_TASK_TIME_LIMIT
HELD_SUBJECT = gettext_noop("Case %(number)s: a letter could not be made")
HELD_BODY = gettext_noop(
    "We have tried several times. Please look at the case and have the letter made again, or send "
    "it on paper. You can see the case here:"
)
MOST_TRIES = 8  # about forty minutes of pauses; then the staff look


@transaction.atomic
def write(
    dispute: Dispute,
    kind: str,
    *,
    at: datetime,
    decision: Decision | None = None,
    deadline: Deadline | None = None,
) -> Letter:
    """Queue a letter with everything it says, as of now. Call it inside the act's transaction.

    Call it last in the act: the letter says what the act has done by then (the deadline, the
    corrections asked for). `deadline`: the case's own unless given. `decision`: of a decision
    letter; the newest made one unless given.
    """
    case = locked(dispute)
    facts = letter_facts.gather(case, kind, at=at, decision=decision, deadline=deadline)
    letter = Letter(
        dispute=case, number=f"{case.number}-{case.letters.count() + 1}", kind=kind,
        language=case.language, made_at=at, next_try_at=at,
    )  # fmt: skip
    letter.facts = json.dumps(facts, ensure_ascii=False)
    letter.save(force_insert=True)
    record("disputes.letter.asked", subject=letter, by=None, at=at, data=about(letter))
    transaction.on_commit(wake)
    return letter


def about(letter: Letter) -> dict[str, str]:
    """Say which letter it is, for the audit trail: nothing about the person."""
    return {"case": letter.dispute.number, "number": letter.number, "kind": letter.kind}


def due(*, at: datetime) -> QuerySet[Letter]:
    """The letters a worker must draw: those that never failed first, then the oldest."""
    return Letter.objects.filter(next_try_at__lte=at).order_by("tries", "next_try_at", "pk")


def held_back() -> QuerySet[Letter]:
    """Letters that no worker tries any more: a colleague must look (disputes.letters.retry)."""
    return Letter.objects.filter(next_try_at=None, document=None).order_by("pk")


def draw_next(*, at: datetime) -> bool:
    """Draw one letter that is due; True if more wait."""
    for letter in due(at=at)[:20]:
        if draw(letter, at=at):
            break
    return due(at=at).exists()


def wake() -> None:
    """Call a worker; if there is none now, the sweep finds the row."""
    from disputes.tasks import draw_letters

    try:
        draw_letters.delay()
    except Exception:
        log.warning("broker not reached; the next sweep draws the letters")


def draw(letter: Letter, *, at: datetime) -> bool:
    """Draw, seal and file one letter that is due; False if another worker has it.

    Run twice, or twice at once, it files one document. Whatever goes wrong ends in the row.
    """
    if not claim(letter, at=at):
        return False
    try:
        if letter.tries > MOST_TRIES:  # each time the worker was lost with it
            put_back(letter, problem="LOST", next_try_at=None, at=at)
        else:
            _make(letter, at=at)
    except Stale:
        log.warning("letter %s: the lease was over, another worker has it", letter.number)
    return True


def claim(letter: Letter, *, at: datetime) -> bool:
    """Take a letter that is due, for LEASE; False if another worker was first."""
    free = Letter.objects.filter(pk=letter.pk, next_try_at=letter.next_try_at)
    if not free.filter(next_try_at__lte=at).update(tries=F("tries") + 1, next_try_at=at + LEASE):
        return False
    letter.refresh_from_db()
    return True


@transaction.atomic
def put_back(letter: Letter, *, problem: str, next_try_at: datetime | None, at: datetime) -> None:
    """Leave a claimed letter to a later try, or (None) to the staff, who hear it. Errors: Stale."""
    claimed = Letter.objects.filter(pk=letter.pk, next_try_at=letter.next_try_at)
    if not claimed.update(problem=problem[:200], next_try_at=next_try_at):
        raise Stale(letter.pk)
    if next_try_at is None:
        _tell_held_back(letter, problem, at=at)


def _tell_held_back(letter: Letter, problem: str, *, at: datetime) -> None:
    """Write it down and mail the supervisors: nobody else can help."""
    data = about(letter) | {"problem": problem.partition(":")[0]}
    record("disputes.letter.held_back", subject=letter, by=None, at=at, data=data)
    for person in supervisors():
        tell_staff(
            person, "dispute.letter_held_back", letter.dispute, at=at,
            subject=HELD_SUBJECT, body=HELD_BODY,
        )  # fmt: skip


def retry(letter: Letter, *, by: User, at: datetime) -> None:
    """Try again what was held back. Errors: Stale if it waits or is filed already."""
    with transaction.atomic():
        if not held_back().filter(pk=letter.pk).update(tries=0, problem="", next_try_at=at):
            raise Stale(letter.pk)
        record("disputes.letter.retried", subject=letter, by=by, at=at, data=about(letter))
        transaction.on_commit(wake)


def _make(letter: Letter, *, at: datetime) -> None:
    try:
        sealed = _sealed(letter, at=at)
        documents.store(sealed.pdf)
        try:
            file(letter, sealed, at=at)
        except Exception:
            retention.delete_file(documents.digest(sealed.pdf))  # nothing the register lacks
            raise
    except Stale:
        raise
    except MissingGlyph as no:  # of a name: own words are printed with [U+…] in its place
        characters = " ".join(f"U+{ord(each):04X}" for each in no.characters)
        log.error("letter %s cannot be printed: %s", letter.number, characters)
        put_back(letter, problem=f"GLYPH: {characters}", next_try_at=None, at=at)
    except Exception as error:  # a full disk, a store that is down, a fault of ours
        log.exception("letter %s could not be drawn", letter.number)
        later = at + pause_after(letter.tries) if letter.tries < MOST_TRIES else None
        put_back(letter, problem=type(error).__name__, next_try_at=later, at=at)


@dataclass(frozen=True)
class Sealed:
    """A letter's document before it is filed."""

    code: str
    title: str
    pdf: bytes


def _sealed(letter: Letter, *, at: datetime) -> Sealed:
    code = documents.code_of(letter.number, letter.language)
    with override(letter.language):
        sheet = paper.paper_of(letter, code=code)
        pdf = sealing.draw_sealed(sheet, at=at, reason=sheet.title)
    return Sealed(code, sheet.title, pdf)


@transaction.atomic
def file(letter: Letter, sealed: Sealed, *, at: datetime) -> Document:
    """Enter a letter's stored bytes in the register, once. Errors: Stale."""
    claimed = Letter.objects.filter(pk=letter.pk, next_try_at=letter.next_try_at, document=None)
    if letter.next_try_at is None or not claimed.update(next_try_at=None, problem=""):
        raise Stale(letter.pk)
    document = documents.file_document(
        f"dispute.{letter.kind}", sealed.pdf, subject=letter, number=letter.number,
        code=sealed.code, title=sealed.title, language=letter.language, sealed=True, at=at,
    )  # fmt: skip
    Letter.objects.filter(pk=letter.pk).update(document=document)
    data = about(letter) | {"sha256": document.sha256}
    record("disputes.letter.filed", subject=letter, by=None, at=at, data=data)
    return document


@transaction.atomic
def note_download(letter: Letter, *, what: str, sent: bytes, by: User, at: datetime) -> None:
    """Log that the letter (`what`: pdf) or its proof pack (proof) was fetched, and its hash."""
    data = about(letter) | {"what": what, "sha256": documents.digest(sent)}
    record("disputes.letter.downloaded", subject=letter, by=by, at=at, data=data)
