"""FeedRun: what one call of import_feed is doing, and what came of it, for those who watch.

Written on the load's own connection, which is in autocommit until the feed goes live: each write
is seen at once, and none is made inside the transaction that makes the feed live. What cannot be
written is left out with a word in the log: no fault here fails a load or hides what it says.
"""

import csv
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error

from accounts.feed.load import Rejected, import_feed
from accounts.feed.manifest import Manifest, Unreadable
from accounts.feed.progress import SILENT, Progress, Together
from accounts.feed.swap import Report
from accounts.models import FeedRun
from portal.kit.errors import Refused

State, Phase = FeedRun.State, FeedRun.Phase
EVERY = timedelta(seconds=1)  # between two writes of how far it is
OUTCOMES = {
    "loaded": State.LOADED,
    "already loaded": State.KNOWN,
    "checked": State.CHECKED,
}
log = logging.getLogger(__name__)


def load_feed(
    folder: Path, *, by: Any, clock: Callable[[], datetime], only_check: bool = False,
    most_rejects: int = 0, watched_by: Progress = SILENT,
) -> Report:  # fmt: skip
    """Call import_feed and keep a FeedRun of it from its first row to its end.

    Errors: those of import_feed, unchanged.
    """
    kept = Recorded(folder, by=by, clock=clock, only_check=only_check)
    try:
        report = import_feed(
            folder, by=by, at=clock(), only_check=only_check, most_rejects=most_rejects,
            progress=Together(kept, watched_by),
        )  # fmt: skip
    except Rejected as no:
        kept.end(State.REFUSED, message=f"{no.rule} {no}", report=no.report)
        raise
    except Refused as no:
        kept.end(State.REFUSED, message=f"{no.rule} {no}")
        raise
    except Unreadable as problem:
        kept.end(State.UNREADABLE, message=str(problem))
        raise
    except BaseException as fault:  # its text may quote a row: the log has it, the page does not
        kept.end(State.FAILED, message=type(fault).__name__)
        raise
    kept.end(OUTCOMES[report.outcome], report=report)
    return report


class Recorded(Progress):
    """Keeps the FeedRun of one load. A kill leaves it running, with a `seen_at` that stands still.

    `clock` returns the time as an aware datetime.
    """

    def __init__(
        self, folder: Path, *, by: Any, clock: Callable[[], datetime], only_check: bool = False
    ) -> None:
        self._clock, self._folder = clock, folder
        self._written_at = at = clock()
        self.run = FeedRun(
            folder=folder.resolve().name[:200], by=by, only_check=only_check,
            started_at=at, seen_at=at,
        )  # fmt: skip
        self._safely(self.run.save)
        self.rejects_name = f"rejects-{self.run.pk or 'unkept'}.csv"

    def claimed(self, feed: Manifest, *, rows: int) -> None:
        self._write(
            feed_id=feed.feed_id, kind=feed.kind, as_of=feed.as_of, rows_total=rows,
            rejects_file=f"feeds/{feed.feed_id}/{self.rejects_name}",
        )  # fmt: skip

    def phase(self, name: str) -> None:
        self._write(phase=name, rows_done=self.run.rows_done)

    def read(self, rows: int) -> None:
        done = self.run.rows_done = self.run.rows_done + rows
        due = abs(self._clock() - self._written_at) >= EVERY  # a clock may be set back
        if due and self.run.phase != Phase.LIVE:
            self._write(rows_done=done)

    def end(self, state: str, *, message: str = "", report: Report | None = None) -> None:
        """Write what came of it. The phase stays where a load stopped that did not come through."""
        changes: dict[str, Any] = {
            "state": state, "rows_done": self.run.rows_done, "ended_at": self._clock(),
            "message": self._plain(message)[:400],
        }  # fmt: skip
        if state in OUTCOMES.values():
            changes["phase"] = Phase.DONE
        if report:
            changes["feed_id"] = report.feed_id
            changes["counts"] = {name: vars(counts) for name, counts in report.files.items()}
        changes["rejected"] = self._rejected()
        if not changes["rejected"]:
            changes["rejects_file"] = ""
        self._write(**changes)

    def _plain(self, message: str) -> str:
        """Return the message with names only: where files lie is told in the terminal."""
        kept = settings.VAR_DIR / self.run.rejects_file
        message = message.replace(f"; see {kept}", "")
        for folder in (self._folder, self._folder.resolve()):
            message = message.replace(f"{folder}/", "")
        return message

    def _rejected(self) -> int:
        """Count as Rejects does: a row with two faults is one, and so is an account's line 0."""
        if not self.run.rejects_file:
            return 0
        try:
            with (settings.VAR_DIR / self.run.rejects_file).open(encoding="utf-8", newline="") as f:
                return len({
                    (row["file"], row["value"] if row["line"] == "0" else row["line"])
                    for row in csv.DictReader(f)
                })  # fmt: skip
        except OSError:
            return 0

    def _write(self, **changes: Any) -> None:
        changes["seen_at"] = self._written_at = self._clock()
        for name, value in changes.items():
            setattr(self.run, name, value)
        if self.run.pk:
            self._safely(lambda: FeedRun.objects.filter(pk=self.run.pk).update(**changes))

    def _safely(self, write: Callable[[], Any]) -> None:
        try:
            write()
        except Error:
            log.warning("The progress of a feed could not be written.", exc_info=True)
