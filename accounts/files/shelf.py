"""What pages show of files: a shelf of one room, with the addresses of what can be done there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.files import problems
from accounts.files.model import AbstractUpload

SLOW = timedelta(minutes=2)  # after that a page stops asking by itself
PREVIEWS = 10  # pages of one file that are shown at once; the others ten by ten, on demand
OfFile = Callable[[Any], str]


@dataclass(frozen=True)
class Addresses:
    """Where a room's pages about files are: of all, and of each. "": there is none, or not now."""

    copy: OfFile
    index: str = ""  # lists them, and takes more
    remove: OfFile = lambda upload: ""
    page: Callable[[Any, int], str] = lambda upload, number: ""
    release: OfFile = lambda upload: ""


@dataclass(frozen=True)
class Page:
    """One page of a file as a picture that we drew."""

    number: int
    url: str


@dataclass(frozen=True)
class Shown:
    """One file as a page shows it: what to do where it could not be used, pages to look at."""

    upload: AbstractUpload
    problem: str
    previews: list[Page]
    more: list[list[Page]]  # the other pages, ten by ten
    url: str
    remove_url: str
    release_url: str


@dataclass(frozen=True)
class Shelf:
    """Some files of one room, and what can be done with them now. `key` is part of ids."""

    key: str
    url: str
    files: list[Shown]
    takes: bool  # more files
    waiting: bool  # some are still being checked
    slow: bool

    @property
    def seen(self) -> str:
        """What a page has; it asks for the list again until this changes."""
        return "-".join(f"{each.upload.pk}{each.upload.status[0]}" for each in self.files)


def shelf(
    key: str,
    uploads: Iterable[AbstractUpload],
    where: Addresses,
    *,
    at: datetime,
    takes: bool = False,
) -> Shelf:
    """Return what a page shows of files."""
    files = list(uploads)
    pending = [each for each in files if each.status == AbstractUpload.Status.PENDING]
    return Shelf(
        key=key,
        url=where.index,
        files=[_shown(each, where) for each in files],
        takes=takes,
        waiting=bool(pending),
        slow=any(at - each.uploaded_at > SLOW for each in pending),
    )


def _shown(upload: AbstractUpload, where: Addresses) -> Shown:
    every = [Page(number, where.page(upload, number)) for number in range(1, upload.pages + 1)]
    first, *more = [every[i : i + PREVIEWS] for i in range(0, max(len(every), 1), PREVIEWS)]
    return Shown(
        upload=upload,
        problem=problems.said(upload.problem) if upload.problem else "",
        previews=first,
        more=more,
        url=where.copy(upload),
        remove_url=where.remove(upload),
        release_url=where.release(upload),
    )
