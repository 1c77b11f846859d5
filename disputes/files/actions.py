"""What people do with files: one verb, one transaction, one event."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Sum

from accounts import limits
from accounts.models import Cardholder, User
from disputes.files import intake, names, problems, store
from disputes.files.heads import Head, Unfit, head_of
from disputes.models import Dispute, Message, Upload
from disputes.policy import CURRENT
from disputes.states import TABLES
from portal.kit.errors import Refused, gettext_noop
from portal.records.audit import record
from portal.records.documents import digest
from portal.records.moves import move

Status = Upload.Status
TAKES = (Dispute.Status.DRAFT, *Dispute.LIVE)


def add(
    dispute: Dispute,
    data: bytes,
    *,
    name: str,
    by: User,
    at: datetime,
    purpose: str = Upload.Purpose.EVIDENCE,
    sensitive: bool = False,
) -> Upload:
    """Keep a file and have a worker look at it; the same bytes twice are one file of the case.

    What can be seen at once is said at once and keeps nothing. Errors: Refused FILE-<code of
    disputes.files.problems>, FILE-CLOSED, FILE-COUNT, FILE-SPACE, FILE-HOUR.
    """
    key = f"upload:{by.pk}"
    if not limits.take(
        key, window=limits.window(at, limits.HOUR), most=CURRENT.most_uploads_an_hour
    ):
        raise Refused(
            "FILE-HOUR",
            gettext_noop("You have sent many files within an hour. Send more in an hour."),
        )
    head = _head(data)
    upload = Upload(
        dispute=dispute, purpose=purpose, sensitive=sensitive, sha256=digest(data), size=len(data),
        kind=head.kind, uploaded_at=at, uploaded_by=by, next_try_at=at,
    )  # fmt: skip
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
        if len(data) > CURRENT.largest_file:
            raise Unfit("large")
        head = head_of(data)
        if head.pixels > CURRENT.most_pixels:
            raise Unfit("pixels")
    except Unfit as no:
        text = problems.PROBLEMS[no.problem]
        raise Refused(f"FILE-{no.problem.upper()}", text, **problems.LIMITS) from no
    return head


@transaction.atomic
def _entered(upload: Upload, *, by: User, at: datetime) -> Upload:
    """Enter the row under locks that make the limits exact: the person's, then the case's."""
    Cardholder.objects.select_for_update().get(pk=upload.dispute.account.cardholder_id)
    dispute = Dispute.objects.select_for_update(of=("self",)).get(pk=upload.dispute_id)
    check_open(dispute)
    there = dispute.uploads.filter(removed_at=None).exclude(status=Status.REJECTED)
    if same := there.filter(sha256=upload.sha256).first():
        return same
    if there.count() >= CURRENT.most_files:
        raise Refused(
            "FILE-COUNT",
            gettext_noop(
                "A case can hold %(most)s files. Put several pages into one PDF, or remove a file "
                "that matters less."
            ),
            most=CURRENT.most_files,
        )
    _check_space(dispute, upload.size)
    upload.save(force_insert=True)
    data = {"sha256": upload.sha256, "purpose": upload.purpose, "sensitive": upload.sensitive}
    record("disputes.upload.added", subject=upload, by=by, at=at, data=data)
    transaction.on_commit(intake.wake)
    return upload


def check_open(dispute: Dispute) -> None:
    """Errors: Refused FILE-CLOSED once there is an answer: a second review takes files again."""
    if dispute.status not in TAKES:
        raise Refused(
            "FILE-CLOSED",
            gettext_noop(
                "This case has its answer or has ended, so it takes no more files. If you ask "
                "for a second review, you can add files there."
            ),
        )


def _check_space(dispute: Dispute, more: int) -> None:
    """Errors: Refused FILE-SPACE. Exact only while the cardholder's row is locked."""
    of_person = Upload.objects.filter(
        dispute__account__cardholder=dispute.account.cardholder_id,
        dispute__status__in=TAKES,
        removed_at=None,
    ).exclude(status=Status.REJECTED)
    used = of_person.aggregate(sum=Sum("size"))["sum"] or 0
    if used + more > CURRENT.most_of_a_person:
        raise Refused(
            "FILE-SPACE",
            gettext_noop(
                "All files of your open cases together can have %(most)s MB. Send smaller "
                "photos, or remove a file that matters less."
            ),
            most=CURRENT.most_of_a_person // problems.MEGABYTE,
        )


@transaction.atomic
def remove(upload: Upload, *, by: User, at: datetime) -> None:
    """Take a file back before the case is sent: its bytes, name and what it showed are deleted.

    Errors: Refused FILE-SENT afterwards: what was sent stays with the case.
    """
    dispute = Dispute.objects.select_for_update(of=("self",)).get(pk=upload.dispute_id)
    if dispute.status != Dispute.Status.DRAFT:
        raise Refused(
            "FILE-SENT",
            gettext_noop("The case was sent with this file, so the file stays with it."),
        )
    rows = Upload.objects.filter(pk=upload.pk, removed_at=None)
    if rows.update(removed_at=at, next_try_at=None, sealed_name="", sensitive=False):
        record("disputes.upload.removed", subject=upload, by=by, at=at)
        upload.refresh_from_db()
        transaction.on_commit(partial(store.drop, upload))


@transaction.atomic
def release(upload: Upload, *, reason: str, by: User, at: datetime) -> None:
    """Have a file that was held back looked at once more, by today's rules and signatures.

    Nothing is let through by hand: the worker decides again. The reason is an internal note.
    Errors: Refused DUTY-FILE for the case's own handler, who must not judge alone; IllegalMove
    or Stale if it is not held back (any more).
    """
    if upload.dispute.taken_by_id == by.pk:
        raise Refused(
            "DUTY-FILE",
            gettext_noop("You handle this case. Ask another supervisor to release the file."),
        )
    move(
        upload, Status.PENDING, table=TABLES[Upload], by=by, at=at, released_by=by, problem="",
        tries=0, next_try_at=at, checked_at=None,
    )  # fmt: skip
    note = Message(dispute=upload.dispute, kind=Message.Kind.NOTE, sent_at=at, sent_by=by)
    note.body = f"{upload.name}: {reason}"
    note.save()
    transaction.on_commit(intake.wake)


@transaction.atomic
def note_download(upload: Upload, *, by: User, at: datetime) -> None:
    """Log that the copy was fetched."""
    data = {"sha256": upload.copy_sha256}
    record("disputes.upload.downloaded", subject=upload, by=by, at=at, data=data)
