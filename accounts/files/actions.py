"""What people do with files, in whatever room: one verb, one transaction, one event."""

from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Sum

from accounts import limits as budgets
from accounts.files import intake, limits, names, problems, rooms, store
from accounts.files.heads import Head, Unfit, head_of
from accounts.files.model import STEPS, AbstractUpload
from accounts.models import Cardholder, User
from accounts.own import is_own
from portal.kit.errors import Refused, gettext_noop
from portal.records.audit import record
from portal.records.documents import digest
from portal.records.moves import move

Status = AbstractUpload.Status
File = TypeVar("File", bound=AbstractUpload)


def add(upload: File, data: bytes, *, name: str, by: User, at: datetime) -> File:
    """Keep a file and have a worker look at it; the same bytes twice are one file of its owner.

    `upload` is the row to be, with whose it is and what the person said of it. What can be seen at
    once is said at once and keeps nothing. Errors: Refused FILE-<code of problems.PROBLEMS>,
    FILE-COUNT, FILE-SPACE, FILE-HOUR, and what the room refuses.
    """
    key, hour = f"upload:{by.pk}", budgets.window(at, budgets.HOUR)
    if not budgets.take(key, window=hour, most=limits.MOST_AN_HOUR):
        raise Refused(
            "FILE-HOUR",
            gettext_noop("You have sent many files within an hour. Send more in an hour."),
        )
    upload.kind = _head(data).kind
    upload.sha256, upload.size = digest(data), len(data)
    upload.uploaded_at = upload.next_try_at = at
    upload.uploaded_by = by
    upload.name = names.shown(name)
    store.keep(upload.ref, store.ORIGINAL, data)
    try:
        kept = _entered(upload, by=by, at=at)
    except BaseException:
        store.drop(upload)
        raise
    if kept.pk != upload.pk:
        store.drop(upload)
    return kept


def _head(data: bytes) -> Head:
    try:
        if len(data) > limits.LARGEST:
            raise Unfit("large")
        head = head_of(data)
        if head.pixels > limits.MOST_PIXELS:
            raise Unfit("pixels")
    except Unfit as no:
        text = problems.PROBLEMS[no.problem]
        raise Refused(f"FILE-{no.problem.upper()}", text, **problems.LIMITS) from no
    return head


@transaction.atomic
def _entered(upload: File, *, by: User, at: datetime) -> File:
    """Enter the row under locks that make the limits exact: the person's, then the owner's."""
    room = rooms.of(upload)
    Cardholder.objects.select_for_update().get(pk=upload.person_id)
    there = room.beside(upload, at).filter(removed_at=None).exclude(status=Status.REJECTED)
    if same := there.filter(sha256=upload.sha256).first():
        kept: File = same
        if kept.status == Status.QUARANTINED:
            raise Refused("FILE-HELD", problems.PROBLEMS[kept.problem], **problems.LIMITS)
        return kept
    if there.count() >= limits.MOST:
        raise Refused("FILE-COUNT", room.full, most=limits.MOST)
    _check_space(upload, room, at=at)
    upload.save(force_insert=True)
    room.entered(upload, at)
    data = {"sha256": upload.sha256, "sensitive": upload.sensitive, **upload.said}
    record(f"{upload._meta.label_lower}.added", subject=upload, by=by, at=at, data=data)
    transaction.on_commit(intake.wake)
    return upload


def _check_space(upload: AbstractUpload, room: rooms.Room, *, at: datetime) -> None:
    """Errors: Refused FILE-SPACE. Exact only while the cardholder's row is locked."""
    counted = room.of_person(upload, at).filter(removed_at=None).exclude(status=Status.REJECTED)
    used = counted.aggregate(sum=Sum("size"))["sum"] or 0
    if used + upload.size > limits.MOST_OF_A_PERSON:
        most = limits.MOST_OF_A_PERSON // limits.MEGABYTE
        raise Refused("FILE-SPACE", room.no_space, most=most)


@transaction.atomic
def take_back(upload: AbstractUpload, *, by: User | None, at: datetime) -> None:
    """Delete a file's bytes and name and what it showed; its row stays. Twice is once."""
    rows = type(upload)._default_manager.filter(pk=upload.pk, removed_at=None)
    if rows.update(removed_at=at, next_try_at=None, sealed_name="", sensitive=False):
        record(f"{upload._meta.label_lower}.removed", subject=upload, by=by, at=at)
        upload.refresh_from_db()
        transaction.on_commit(partial(store.drop, upload))


@transaction.atomic
def release(upload: AbstractUpload, *, by: User, at: datetime, **kept: Any) -> None:
    """Have a file that was held back looked at once more, by today's rules and signatures.

    Nothing is let through by hand: the worker decides again. `kept`: columns of the room's own.
    Errors: Refused DUTY-1 for one's own file; IllegalMove or Stale if it is not held back (any
    more).
    """
    if is_own(by, Cardholder.objects.get(pk=upload.person_id)):
        raise Refused(
            "DUTY-1", gettext_noop("This file is your own. A colleague must have it looked at.")
        )
    move(
        upload, Status.PENDING, table=STEPS, by=by, at=at, released_by=by, problem="", tries=0,
        next_try_at=at, checked_at=None, **kept,
    )  # fmt: skip
    transaction.on_commit(intake.wake)


@transaction.atomic
def note_download(upload: AbstractUpload, *, by: User, at: datetime) -> None:
    """Log that the copy was fetched."""
    data = {"sha256": upload.copy_sha256}
    record(f"{upload._meta.label_lower}.downloaded", subject=upload, by=by, at=at, data=data)
