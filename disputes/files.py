"""Files of a case: what is taken when, what stays with it, and what its pages show of them.

How a file is taken, looked at, kept and served is the same for every room: accounts.files.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.files import actions
from accounts.files.rooms import Room
from accounts.files.shelf import Addresses, Shelf
from accounts.files.shelf import shelf as shelf_of
from accounts.models import User
from disputes import notices
from disputes.models import Dispute, Message, Upload
from portal.kit.errors import Refused, gettext_noop

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
    """Keep a file with a case. Errors: those of accounts.files.actions.add(), and FILE-CLOSED."""
    upload = Upload(dispute=dispute, purpose=purpose, sensitive=sensitive)
    return actions.add(upload, data, name=name, by=by, at=at)


def _beside(upload: Upload, at: datetime) -> QuerySet[Upload]:
    dispute = Dispute.objects.select_for_update(of=("self",)).get(pk=upload.dispute_id)
    check_open(dispute)
    return Upload.objects.filter(dispute=dispute)


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


def _of_person(upload: Upload, at: datetime) -> QuerySet[Upload]:
    return Upload.objects.filter(
        dispute__account__cardholder=upload.person_id, dispute__status__in=TAKES
    )


def _told(upload: Upload, at: datetime) -> None:
    """Mail whoever has left the draft's pages that a file could not be used."""
    if upload.dispute.status != Dispute.Status.DRAFT:
        notices.tell(upload.dispute, "dispute.files_held", at=at)


ROOM = Room(
    Upload, _beside, _of_person, _told, lambda upload, at: None,
    full=gettext_noop(
        "A case can hold %(most)s files. Put several pages into one PDF, or remove a file "
        "that matters less."
    ),
    no_space=gettext_noop(
        "All files of your open cases together can have %(most)s MB. Send smaller "
        "photos, or remove a file that matters less."
    ),
)  # fmt: skip


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
    actions.take_back(upload, by=by, at=at)


@transaction.atomic
def release(upload: Upload, *, reason: str, by: User, at: datetime) -> None:
    """Have a file that was held back looked at once more. The reason is an internal note.

    Errors: Refused DUTY-FILE for the case's own handler, who must not judge alone; those of
    accounts.files.actions.release().
    """
    if upload.dispute.taken_by_id == by.pk:
        raise Refused(
            "DUTY-FILE",
            gettext_noop("You handle this case. Ask another supervisor to release the file."),
        )
    actions.release(upload, by=by, at=at)
    note = Message(dispute=upload.dispute, kind=Message.Kind.NOTE, sent_at=at, sent_by=by)
    note.body = f"{upload.name}: {reason}"
    note.save()


def files_of(dispute: Dispute) -> QuerySet[Upload]:
    """The files of a case in the order they came, less those taken back."""
    return dispute.uploads.filter(removed_at=None).order_by("pk")


def shelf(dispute: Dispute, *, purpose: str, at: datetime) -> Shelf:
    """Return what the cardholder's pages show of a case's files with one purpose. One query."""
    number, draft = dispute.number, dispute.status == Dispute.Status.DRAFT
    where = Addresses(
        index=reverse("disputes:files", args=[number]),
        copy=lambda upload: reverse("disputes:file", args=[number, upload.ref]),
        remove=lambda upload: (
            reverse("disputes:remove_file", args=[number, upload.ref]) if draft else ""
        ),
    )
    return shelf_of(
        purpose, files_of(dispute).filter(purpose=purpose), where, at=at,
        takes=dispute.status in TAKES,
    )  # fmt: skip


def staff_shelf(dispute: Dispute, *, at: datetime) -> Shelf:
    """Return what staff see of a case's files. One query."""
    number = dispute.number
    where = Addresses(
        copy=lambda upload: reverse("disputes:staff_file", args=[number, upload.ref]),
        page=lambda upload, n: reverse("disputes:staff_page", args=[number, upload.ref, n]),
        release=lambda upload: reverse("disputes:release_file", args=[number, upload.ref]),
    )
    return shelf_of("staff", files_of(dispute), where, at=at)
