"""One load from end to end: claims, rows, the whole, then live in one step."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.timezone import localdate

from accounts.feed import check, manifest, rows, stage, swap
from accounts.feed.manifest import Entry, Manifest
from accounts.feed.reader import Chunk, Table
from accounts.feed.rejects import MOST, Rejects
from accounts.feed.rows import Spec
from accounts.feed.swap import Counts, Report
from accounts.models import FeedLoad
from portal.kit.errors import Refused


class Rejected(Refused):
    """Rows were rejected, more than tolerated. Nothing was loaded."""

    def __init__(self, report: Report, rejects: Rejects) -> None:
        super().__init__("FEED-2", f"{len(rejects)} rows rejected; see {rejects.path}.")
        self.report = report


def import_feed(
    folder: Path, *, by: Any, at: datetime, only_check: bool = False, most_rejects: int = 0
) -> Report:
    """Load the feed in a folder, all or nothing, and say what it did.

    A feed that is live already is a no-op. With `only_check` nothing is written to the ledger.
    Errors: Unreadable; Refused with the number of the rule in docs/feed.md (FEED-1 … FEED-5),
    Rejected among them.
    """
    feed = manifest.read(folder)
    manifest.verify(feed)
    known = FeedLoad.objects.filter(feed_id=feed.feed_id).first()
    if known and known.manifest_sha256 == feed.sha256:
        return Report(feed.feed_id, "already loaded", _counts(known))
    last = swap.newest()
    _in_time(feed, known, at)
    rejects = Rejects(settings.VAR_DIR / "feeds" / feed.feed_id / "rejects.csv")
    report = Report(feed.feed_id, "checked")
    try:
        stage.create()
        _stage(feed, report, rejects)
        _check(feed, report, rejects, min(most_rejects, MOST - 1))
        if not only_check:
            swap.apply(feed, report, last=last, by=by, at=at)
            report.outcome = "loaded"
            swap.tell_planner()
    finally:
        stage.drop()
    return report


def _counts(known: FeedLoad) -> dict[str, Counts]:
    """Return what a second run of a live feed finds: every row is there."""
    return {
        name: Counts(rows=counts["rows"], unchanged=counts["rows"])
        for name, counts in known.counts.items()
    }


def _in_time(feed: Manifest, known: FeedLoad | None, at: datetime) -> None:
    if known:
        raise Refused("FEED-4", f"Feed {feed.feed_id} was loaded with other content.")
    if feed.as_of > localdate(at):
        raise manifest.refuse(f"as_of {feed.as_of} is in the future")
    latest = FeedLoad.objects.order_by("-as_of").first()
    if latest and feed.as_of < latest.as_of:
        raise manifest.refuse(
            f"as_of {feed.as_of} is older than {latest.feed_id} of {latest.as_of}, which is live"
        )


def _stage(feed: Manifest, report: Report, rejects: Rejects) -> None:
    specs = rows.specs(feed.as_of)
    for entry in feed.files:
        with closing(Table(feed.folder, entry, feed.encoding)) as table:
            report.files[entry.stem] = counts = Counts()
            proven = _stage_file(specs[entry.stem], table, rejects)
            counts.rows, counts.total_proven = table.rows, proven
    for name in manifest.NAMES:
        stage.settle(name)


def _stage_file(spec: Spec, table: Table, rejects: Rejects) -> bool:
    """Judge and stage one file in chunks, then compare rows and control total with the claims.

    Return whether the total could be compared: not where a cell of its column was unreadable.
    """
    entry: Entry = table.entry
    positions = rows.header_positions(spec, table.header, entry.name)
    total, comparable = 0, True
    for chunk in table.chunks():
        judged = rows.judge(spec, positions, chunk.rows)
        _reject(spec, positions, chunk, judged, rejects)
        good = judged.good()
        cells = judged.cells
        if spec.control:
            comparable &= not chunk.broken
            comparable &= not any(column == spec.control for _, column, _ in judged.faults)
            total += sum(cells[spec.control])
        lines = chunk.lines
        if len(good) != len(lines):
            cells = {name: [column[i] for i in good] for name, column in cells.items()}
            lines = [lines[i] for i in good]
        stage.fill(spec.name, lines, cells)
    claimed = entry if comparable else Entry(entry.name, entry.rows, entry.sha256, None)
    manifest.agree(claimed, rows=table.rows, total=total)
    return comparable


def _reject(
    spec: Spec, positions: dict[str, int], chunk: Chunk, judged: rows.Judged, rejects: Rejects
) -> None:
    """Write down what is wrong, in the order of the lines, and hold the owners."""
    if not chunk.broken and not judged.faults:
        return
    found = [
        (chunk.lines[i], column, rows.shown(spec, positions, chunk.rows[i], column), reason)
        for i, column, reason in judged.faults
    ]
    owners = {chunk.rows[i][positions[spec.owner]] for i, _, _ in judged.faults}
    rejects.hold("cardholder" if spec.name == "cardholders" else "account", owners - {""})
    rejects.add(f"{spec.name}.csv", sorted([*chunk.broken, *found]))


def _check(feed: Manifest, report: Report, rejects: Rejects, most: int) -> None:
    """Ask what only the whole can tell. Errors: Rejected, Refused FEED-5."""
    check.Checks(full=feed.kind == "full", rejects=rejects).all()
    for name, counts in report.files.items():
        counts.rejected = rejects.of(f"{name}.csv")
    swap.count(report)
    if len(rejects) > most:
        raise Rejected(report, rejects)
    swap.mention()
    report.closed = swap.left_out(feed)
