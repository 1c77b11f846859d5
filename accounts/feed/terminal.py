"""Progress of a load for whoever started it: a line that renews itself, or a few plain lines."""

import shutil
from collections.abc import Callable
from typing import Any

from accounts.feed.manifest import Manifest
from accounts.feed.progress import Progress

RENEWED, PLAIN = 0.2, 10.0  # seconds between two lines on a terminal, and in a mail of cron
CLEAR = "\r\x1b[K"
NAMES = {
    "claims": "reading the manifest",
    "rows": "reading the rows",
    "whole": "checking the whole",
    "live": "going live",
}


class Terminal(Progress):
    """Writes to `out`, a stream with isatty(); gives up for good when nobody reads it any more.

    `clock` counts seconds and never goes back (time.monotonic).
    """

    def __init__(self, out: Any, *, clock: Callable[[], float]) -> None:
        self._out, self._clock = out, clock
        self._renews = bool(out.isatty())
        self._unread = False
        self._name, self._total, self._done = "claims", 0, 0
        self._begun = self._told = clock()

    def claimed(self, feed: Manifest, *, rows: int) -> None:
        self._total = rows

    def phase(self, name: str) -> None:
        if name == "rows":
            self._begun = self._clock()
        self._name = name
        if self._renews and name in NAMES:
            self._tell()

    def read(self, rows: int) -> None:
        self._done += rows
        if self._clock() - self._told >= (RENEWED if self._renews else PLAIN):
            self._tell()

    def close(self) -> None:
        """Leave the line empty for what comes next."""
        if self._renews:
            self._write(CLEAR)

    def _tell(self) -> None:
        self._told = self._clock()
        text = NAMES.get(self._name, self._name)
        if self._name == "rows":
            text = f"{text}: {amount(self._done, self._total, self._told - self._begun)}"
        if self._renews:
            width = shutil.get_terminal_size().columns
            self._write(f"{CLEAR}{text[: width - 1]}")
        else:
            self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        if self._unread:
            return
        try:
            self._out.write(text)
            self._out.flush()
        except (OSError, ValueError):  # nobody reads it any more: the load goes on
            self._unread = True


def amount(done: int, total: int, seconds: float) -> str:
    """Return how far: rows, share, rows a second, and how long the rest of the rows may take."""
    far = f"{done:,} rows" if done > total else f"{done:,} of {total:,} rows"
    if total and done <= total:
        far += f" ({100 * done // total} %)"
    if not done or seconds < 1:
        return far
    rate = done / seconds
    return f"{far}, {rate:,.0f} rows/s, {duration(max(0, total - done) / rate)} left"


def duration(seconds: float) -> str:
    """Return a time in the two units that matter: 7 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
