"""From bytes that came in to a verdict: the row is the queue.

A claim is a lease, so a worker that was killed costs its lease. A file that nobody can say
anything about (the scanner or the store is down) stays pending and is never taken for clean.
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any

from django.db import models, transaction
from django.db.models import F

from accounts.files import apart, clamd, rooms, store
from accounts.files.model import STEPS, AbstractUpload
from accounts.files.verdict import Verdict
from portal.kit.errors import Stale
from portal.records.documents import digest
from portal.records.moves import move
from portal.records.notices import pause_after

log = logging.getLogger(__name__)
Status = AbstractUpload.Status
ALARMS = 8  # tries in vain after which each is an error in the log
LEASE = timedelta(minutes=3)  # longer than any task may take: settings.CELERY_TASK_TIME_LIMIT


def check_next(*, at: datetime) -> bool:
    """Look at one file that is due; True if more wait."""
    upload = claim(at=at)
    if upload is None:
        return False
    try:
        verdict, copy = _looked_at(upload)
        if copy:
            store.keep(upload.ref, digest(copy), copy)
        _enter(upload, verdict, copy, at=at)
    except Stale:
        log.warning("upload %s: removed, or the lease was over", upload.ref)
        _drop_if_removed(upload, copy)
    except Exception as error:  # the scanner, the store or the child does not work
        level = logging.ERROR if upload.tries >= ALARMS else logging.WARNING
        said = "upload %s is looked at later, tried %s times: %s"
        log.log(level, said, upload.ref, upload.tries, error)
        again = at + pause_after(upload.tries)
        _claimed(upload).update(next_try_at=again)
    return any(rows.exists() for rows in _due(at))


def _drop_if_removed(upload: AbstractUpload, copy: bytes) -> None:
    """Delete the copy of a file that its owner took back while it was looked at."""
    rows = type(upload)._default_manager.filter(pk=upload.pk, removed_at=None)
    if copy and not rows.exists():
        upload.copy_sha256 = digest(copy)
        store.drop(upload)


def wake() -> None:
    """Call a worker; if there is none now, the sweep finds the row."""
    from accounts.tasks import check_uploads

    try:
        check_uploads.delay()
    except Exception:
        log.warning("broker not reached; the next sweep looks at the files that wait")


def claim(*, at: datetime) -> AbstractUpload | None:
    """Take the file that waits longest; None if there is none. Its row is due again after LEASE."""
    waiting = [upload for rows in _due(at) for upload in rows.order_by("next_try_at", "pk")[:5]]
    upload: AbstractUpload
    for upload in sorted(waiting, key=attrgetter("next_try_at")):
        if _claimed(upload).update(tries=F("tries") + 1, next_try_at=at + LEASE):
            upload.refresh_from_db(fields=["tries", "next_try_at"])
            return upload
    return None


def _due(at: datetime) -> list[models.QuerySet[Any]]:
    """What waits, room by room."""
    facts = {"status": Status.PENDING, "next_try_at__lte": at}
    return [model._default_manager.filter(**facts) for model in rooms.ROOMS]


def _claimed(upload: AbstractUpload) -> models.QuerySet[Any]:
    rows = type(upload)._default_manager
    return rows.filter(pk=upload.pk, status=upload.status, next_try_at=upload.next_try_at)


def _looked_at(upload: AbstractUpload) -> tuple[Verdict, bytes]:
    """Scan the bytes as they came, then have the child take them apart."""
    data = store.original(upload)
    if found := clamd.scan(data):
        log.warning("upload %s: the scanner found %s", upload.ref, found)
        return Verdict(problem="virus", hostile=True), b""
    return apart.check(upload.kind, data)


@transaction.atomic
def _enter(upload: AbstractUpload, verdict: Verdict, copy: bytes, *, at: datetime) -> None:
    """Write the verdict and tell the owner what did not go well. Errors: Stale."""
    to = Status.CLEAN
    if verdict.problem:
        to = Status.QUARANTINED if verdict.hostile else Status.REJECTED
    facts = {"problem": verdict.problem, "checked_at": at, "next_try_at": None}
    if to == Status.CLEAN:
        facts |= {
            "copy_sha256": digest(copy), "copy_size": len(copy),
            "copy_type": verdict.media_type, "pages": verdict.pages,
        }  # fmt: skip
    move(
        upload, to, table=STEPS, by=None, at=at, data={"problem": verdict.problem},
        still={"next_try_at": upload.next_try_at, "removed_at": None}, **facts,
    )  # fmt: skip
    if to == Status.REJECTED:  # of no use to anybody: only its name and fingerprint stay
        transaction.on_commit(partial(store.drop, upload))
    if verdict.problem:
        rooms.of(upload).told(upload, at)
