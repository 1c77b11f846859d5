"""What the staff pages ask about loads: the live feed and its age, the last runs, one run."""

import csv
import itertools
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.feed.manifest import CONTROLLED, NAMES
from accounts.models import FeedLoad, FeedRun

OLD = 2  # days; not of the law: one night may fail, two in a row somebody must know of
PAGE = 25  # runs
SHOWN = 50  # rejects on the page; the file has them all
PATIENCE = {  # without a word, then a run has stopped; not of the law
    FeedRun.Phase.CLAIMS: timedelta(minutes=10),  # the files are hashed
    FeedRun.Phase.ROWS: timedelta(minutes=3),  # a word for each 100,000 rows
    FeedRun.Phase.WHOLE: timedelta(minutes=30),  # long statements that say nothing meanwhile
    FeedRun.Phase.LIVE: timedelta(minutes=30),
    FeedRun.Phase.DONE: timedelta(minutes=1),
}
REMEDIES = {
    "FEED-1": _("Ask the sender to write the whole folder again, then load it again."),
    "FEED-2": _("Send the list of rejects to the sender. A corrected feed comes under a new name."),
    "FEED-3": _("Another feed went live meanwhile. Run the command again."),
    "FEED-4": _("A name of a feed is used once. A corrected feed comes under a new name."),
    "FEED-5": _("Ask the sender whether so many accounts have really left."),
    FeedRun.State.UNREADABLE: _("Look at the share, copy the folder again and run it again."),
    FeedRun.State.FAILED: _("Run it again. If it stops again, the log says what it met."),
}


@dataclass(frozen=True)
class Live:
    """The feed whose figures people see now."""

    load: FeedLoad
    days: int  # since the day its books were closed

    @property
    def old(self) -> bool:
        return self.days > OLD


def live(*, on: date) -> Live | None:
    load = FeedLoad.objects.order_by("-pk").first()
    return Live(load, (on - load.as_of).days) if load else None


@dataclass(frozen=True)
class Standing:
    """One run as it stands at a moment."""

    run: FeedRun
    at: datetime

    @property
    def lost(self) -> bool:
        """Whether it has said nothing for longer than its phase ever takes: it was killed."""
        quiet = self.at - self.run.seen_at
        return self.run.state == FeedRun.State.RUNNING and quiet > PATIENCE[self._phase]

    @property
    def goes_on(self) -> bool:
        return self.run.state == FeedRun.State.RUNNING and not self.lost

    @property
    def _phase(self) -> FeedRun.Phase:
        return FeedRun.Phase(self.run.phase)

    @property
    def percent(self) -> int:
        """How many of the claimed rows were read."""
        return min(100, 100 * self.run.rows_done // max(1, self.run.rows_total))

    @property
    def rate(self) -> int:
        """Rows read in a second, on the whole."""
        seconds = (self.run.seen_at - self.run.started_at).total_seconds()
        return round(self.run.rows_done / seconds) if seconds >= 1 else 0

    @property
    def left(self) -> str:
        """How long reading the rest may take, h:mm:ss; empty where nothing is known of it."""
        rest = self.run.rows_total - self.run.rows_done
        if self.run.phase != FeedRun.Phase.ROWS or not self.rate or rest <= 0:
            return ""
        return str(timedelta(seconds=rest // self.rate))

    @property
    def took(self) -> str:
        """How long it took, or has gone on for, h:mm:ss."""
        spent = (self.run.ended_at or self.at) - self.run.started_at
        return str(timedelta(seconds=round(spent.total_seconds())))

    @property
    def said(self) -> str:
        """What a screen reader was told: only a new phase or another tenth is news."""
        return f"{self.run.phase}-{self.percent // 10}"

    @property
    def phases(self) -> list[tuple[Any, str]]:
        """Each phase with done, now or nothing: the steps of the page."""
        names = [p for p in FeedRun.Phase if p != FeedRun.Phase.DONE]
        reached = list(FeedRun.Phase).index(self._phase)
        marks = ["done" if i < reached else "now" * (i == reached) for i in range(len(names))]
        return [(p.label, mark) for p, mark in zip(names, marks, strict=True)]

    @property
    def tone(self) -> str:
        """The colour of its badge: app.css has tag-ok and so on."""
        if self.lost or self.run.state == FeedRun.State.FAILED:
            return "bad"
        return {"running": "info", "loaded": "ok", "known": "ok", "checked": "info"}.get(
            self.run.state, "warn"
        )

    @property
    def remedy(self) -> Any:
        rule = self.run.message.partition(" ")[0]
        return REMEDIES.get(rule) or REMEDIES.get(self.run.state, "")

    @property
    def files(self) -> list[tuple[str, dict[str, int], bool]]:
        """Name, counts, and whether the file has a control total, in the order of the manifest."""
        counts = self.run.counts
        return [(name, counts[name], name in CONTROLLED) for name in NAMES if name in counts]

    @property
    def total(self) -> dict[str, int]:
        """The counts of all files together."""
        parts = ("rows", "added", "changed", "unchanged", "rejected", "held")
        return {p: sum(c.get(p, 0) for c in self.run.counts.values()) for p in parts}

    @property
    def went_live(self) -> bool:
        """Whether a run that was killed, or failed, had made its feed live before."""
        made = FeedLoad.objects.filter(feed_id=self.run.feed_id)
        return made.filter(loaded_at__gte=self.run.started_at).exists()


def last_runs(*, before: str, at: datetime) -> tuple[list[Standing], int | None]:
    """Return a page of runs, newest first, older than key `before`; the key of the next page."""
    runs = FeedRun.objects.order_by("-pk")
    if before.isdecimal() and len(before) < 19:  # a key of PostgreSQL's bigint
        runs = runs.filter(pk__lt=int(before))
    found = list(runs[: PAGE + 1])
    page = [Standing(run, at) for run in found[:PAGE]]
    return page, found[PAGE - 1].pk if len(found) > PAGE else None


def rejects_file(run: FeedRun) -> Path | None:
    """Return the run's list of rejects where there is one: below VAR_DIR/feeds, nowhere else."""
    if not run.rejects_file:
        return None
    home = (settings.VAR_DIR / "feeds").resolve()
    path = (settings.VAR_DIR / run.rejects_file).resolve()
    return path if path.is_relative_to(home) and path.is_file() else None


def first_rejects(path: Path) -> list[dict[str, str]]:
    """Return the first rejects: file, line, column, value, reason."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(itertools.islice(csv.DictReader(file), SHOWN))
