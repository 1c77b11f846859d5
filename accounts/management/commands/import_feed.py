"""Load a feed: exit 0 loaded or already loaded, 1 refused, 2 cannot be read."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from accounts.feed.load import Rejected
from accounts.feed.manifest import Unreadable
from accounts.feed.progress import SILENT
from accounts.feed.runs import load_feed
from accounts.feed.swap import Report
from accounts.feed.terminal import Terminal
from portal.kit.errors import Refused


class Plain:
    """Standard error as it is: Django's wrapper paints it red and ends each write."""

    def __init__(self, wrapper: Any) -> None:
        self._wrapper = wrapper
        self.isatty, self.flush = wrapper.isatty, wrapper.flush

    def write(self, text: str) -> None:
        self._wrapper.write(text, style_func=str, ending="")


class Command(BaseCommand):
    help = "Load one folder of the bank's feed, all or nothing (docs/feed.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the folder that holds manifest.json")
        parser.add_argument("--check", action="store_true", help="check and count, load nothing")
        parser.add_argument(
            "--max-rejects", type=int, default=0, metavar="N",
            help="load without the accounts of up to N rejected rows (0)",
        )  # fmt: skip

    def handle(self, *args: Any, path: Path, check: bool, max_rejects: int, **options: Any) -> None:
        started = time.monotonic()
        try:
            report = self._load(path, check, max_rejects, quiet=options["verbosity"] == 0)
        except Rejected as refusal:
            self._print(refusal.report, started)
            raise CommandError(str(refusal), returncode=1) from refusal
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal
        except Unreadable as problem:
            raise CommandError(str(problem), returncode=2) from problem
        self._print(report, started)
        self.stdout.write(f"{report.feed_id}: {report.outcome}")

    def _load(self, path: Path, check: bool, most: int, *, quiet: bool) -> Report:
        """Load and show how far it is on standard error, so that what comes of it stands alone."""
        shown = Terminal(Plain(self.stderr), clock=time.monotonic)
        try:
            return load_feed(
                path, by=None, clock=now, only_check=check, most_rejects=most,
                watched_by=SILENT if quiet else shown,
            )  # fmt: skip
        finally:
            if not quiet:
                shown.close()

    def _print(self, report: Report, started: float) -> None:
        for name, c in report.files.items():
            held = f", {c.held} held back" if c.held else ""
            self.stdout.write(
                f"{name}: {c.rows} rows, {c.added} added, {c.changed} changed, "
                f"{c.unchanged} unchanged, {c.rejected} rejected{held}"
            )
        rows = sum(c.rows for c in report.files.values())
        seconds = time.monotonic() - started
        if report.closed:
            self.stdout.write(f"{report.closed} accounts are absent and marked closed by the feed")
        unproven = [name for name, c in report.files.items() if not c.total_proven]
        claim = f"not those of {', '.join(unproven)}" if unproven else "and all control totals"
        self.stdout.write(
            f"total: {rows} rows as the manifest says, {claim}; "
            f"{seconds:.1f} s, {rows / max(seconds, 0.001):.0f} rows/s"
        )
