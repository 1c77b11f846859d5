"""What pages show of a case's files."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from disputes.files import problems
from disputes.files.actions import TAKES
from disputes.models import Dispute, Upload

SLOW = timedelta(minutes=2)  # after that a page stops asking by itself
PREVIEWS = 10  # pages of one file that are shown at once; the others ten by ten, on demand


def files_of(dispute: Dispute) -> QuerySet[Upload]:
    """The files of a case in the order they came, less those taken back."""
    return dispute.uploads.filter(removed_at=None).order_by("pk")


@dataclass(frozen=True)
class Shown:
    """One file as a page shows it: what to do where it could not be used, pages to look at."""

    upload: Upload
    problem: str
    previews: range
    more: list[range]  # the other pages, ten by ten


@dataclass(frozen=True)
class Shelf:
    """The files of a case with one purpose (or all), and what can be done with them now."""

    purpose: str
    files: list[Shown]
    takes: bool  # more files
    removable: bool
    waiting: bool  # some are still being checked
    slow: bool

    @property
    def seen(self) -> str:
        """What a page has; it asks for the list again until this changes."""
        return "-".join(f"{each.upload.pk}{each.upload.status[0]}" for each in self.files)


def shelf(dispute: Dispute, *, purpose: str = "", at: datetime) -> Shelf:
    """Return what a page shows of a case's files. One query."""
    found = files_of(dispute)
    uploads = list(found.filter(purpose=purpose) if purpose else found)
    pending = [each for each in uploads if each.status == Upload.Status.PENDING]
    return Shelf(
        purpose=purpose,
        files=[_shown(each) for each in uploads],
        takes=dispute.status in TAKES,
        removable=dispute.status == Dispute.Status.DRAFT,
        waiting=bool(pending),
        slow=any(at - each.uploaded_at > SLOW for each in pending),
    )


def _shown(upload: Upload) -> Shown:
    every = range(1, upload.pages + 1)
    first, *more = [every[i : i + PREVIEWS] for i in range(0, max(len(every), 1), PREVIEWS)]
    return Shown(upload, problems.said(upload.problem) if upload.problem else "", first, more)
