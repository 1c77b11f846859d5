"""One load from end to end: claims, rows, the whole, then live in one step."""

from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.timezone import localdate

from accounts.feed import check, manifest, rows, stage, swap
from accounts.feed.manifest import Fault, Manifest
from accounts.feed.progress import SILENT, Progress
from accounts.feed.reader import Chunk, Table
from accounts.feed.rejects import MOST, Rejects, shown
from accounts.feed.rows import Spec
from accounts.feed.swap import Counts, Report
from accounts.models import FeedLoad, FeedRun
from portal.kit.errors import Refused

ROUND = 100_000  # rows between two words to those who watch: the connection is free then
Phase = FeedRun.Phase


class Rejected(Refused):
    """Rows were rejected, more than tolerated. Nothing was loaded."""

    def __init__(self, report: Report, rejects: Rejects) -> None:
        super().__init__("FEED-2", f"{len(rejects)} rows rejected; see {rejects.path}.")
        self.report = report


def import_feed(
    folder: Path, *, by: Any, at: datetime, only_check: bool = False, most_rejects: int = 0,
    progress: Progress = SILENT,
) -> Report:  # fmt: skip
    """Load the feed in a folder, all or nothing, and say what it did.

    A feed that is live already is a no-op. With `only_check` nothing is written to the ledger.
    Errors: Unreadable; Refused with the number of the rule in docs/feed.md (FEED-1 … FEED-5),
    Rejected among them.
    """
    feed = manifest.read(folder)
    progress.claimed(feed, rows=sum(entry.rows for entry in feed.files))
    rejects = Rejects(settings.VAR_DIR / "feeds" / feed.feed_id / progress.rejects_name)
    manifest.verify(feed)
    known = FeedLoad.objects.filter(feed_id=feed.feed_id).first()
    if known and known.manifest_sha256 == feed.sha256:
        return Report(feed.feed_id, "already loaded", _counts(known))
    last = swap.newest()
    _in_time(feed, known, at)
    with stage.tuned():
        try:
            stage.create()
            report = _judged(feed, rejects, min(most_rejects, MOST - 1), progress)
            if not only_check:
                progress.phase(Phase.LIVE)
                swap.apply(feed, report, last=last, by=by, at=at)
                report.outcome = "loaded"
                swap.tell_planner(report)
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


def _judged(feed: Manifest, rejects: Rejects, most: int, progress: Progress) -> Report:
    """Stage all files and ask everything, then refuse for all that was found.

    A fault of one file as a whole does not keep what is wrong in the others from being told.
    Errors: Unreadable; Refused FEED-1, FEED-2 (Rejected), FEED-5.
    """
    report = Report(feed.feed_id, "checked")
    progress.phase(Phase.ROWS)
    faults, rising = _stage(feed, report, rejects, progress)
    progress.phase(Phase.WHOLE)
    check.Checks(feed.kind == "full", rejects, frozenset(faults), frozenset(rising)).all()
    for name, counts in report.files.items():
        counts.rejected = rejects.of(f"{name}.csv")
    if faults:
        found = [*faults.values()]
        rest = f" {len(rejects)} rows rejected; see {rejects.path}." if len(rejects) else ""
        raise Refused(found[0].rule, " ".join(map(str, found)) + rest)
    swap.count(report)
    if len(rejects) > most:
        raise Rejected(report, rejects)
    swap.mention(feed)
    report.closed = swap.left_out(feed)
    return report


def _stage(
    feed: Manifest, report: Report, rejects: Rejects, progress: Progress
) -> tuple[dict[str, Fault], set[str]]:
    """Judge and stage every file. Return the faults of some, and those whose keys only rise."""
    specs = rows.specs(feed.as_of)
    faults, rising = {}, set()
    for entry in feed.files:
        report.files[entry.stem] = counts = Counts()
        with closing(Table(feed.folder, entry, feed.encoding)) as table:
            try:
                if _stage_file(specs[entry.stem], table, rejects, counts, progress):
                    rising.add(entry.stem)
            except Fault as fault:
                faults[entry.stem] = fault
            counts.rows = table.rows
    for name in manifest.NAMES:
        stage.settle(name)
    return faults, rising


def _stage_file(
    spec: Spec, table: Table, rejects: Rejects, counts: Counts, progress: Progress
) -> bool:
    """Judge and stage one file in chunks, then compare rows and control total with the claims.

    A total cannot be compared where a cell of its column was unreadable. Return whether the keys
    only rise from row to row.
    Errors: Fault, Unreadable, Refused FEED-1.
    """
    table.begin()
    entry = table.entry
    positions = rows.header_positions(spec, table.header, entry.name)
    total, told = 0, 0
    with closing(stage.Filling(spec.name)) as filling:
        for chunk in table.chunks():
            judged = rows.judge(spec, positions, chunk.columns)
            _reject(spec, positions, chunk, judged, rejects)
            if spec.control:
                counts.total_proven &= not chunk.broken
                counts.total_proven &= all(column != spec.control for _, column, _ in judged.faults)
                total += sum(map(int, judged.cells.get(spec.control, ())))
            good = _good(chunk, judged)
            if good[0]:
                filling.put(*good)
            if table.rows - told >= ROUND:
                filling.close()
                told = _tell(progress, table, told)
    _tell(progress, table, told)
    claimed = entry if counts.total_proven else replace(entry, control_total=None)
    manifest.agree(claimed, rows=table.rows, total=total)
    return filling.in_order


def _tell(progress: Progress, table: Table, told: int) -> int:
    progress.read(table.rows - told)
    return table.rows


def _good(chunk: Chunk, judged: rows.Judged) -> tuple[Any, rows.Cells]:
    """Return the lines and cells to stage: all, or those without a fault."""
    if not judged.faults:
        return chunk.lines, judged.cells
    good = judged.good()
    cells: rows.Cells = {name: [column[i] for i in good] for name, column in judged.cells.items()}
    return [chunk.lines[i] for i in good], cells


def _reject(
    spec: Spec, positions: dict[str, int], chunk: Chunk, judged: rows.Judged, rejects: Rejects
) -> None:
    """Write down what is wrong, in the order of the lines, and hold the owners."""
    if not chunk.broken and not judged.faults:
        return
    empty = [""] * judged.count
    found = []
    for i, column, reason in judged.faults:
        cells = chunk.columns[positions[column]] if column in positions else empty
        found.append((chunk.lines[i], column, shown(cells[i], column), reason))
    owner = chunk.columns[positions[spec.owner]]
    owners = {owner[i] for i, _, _ in judged.faults}
    rejects.hold("cardholder" if spec.name == "cardholders" else "account", owners - {""})
    if spec.name == "card_accounts":
        rejects.hold("unread", owners - {""})
    rejects.add(f"{spec.name}.csv", sorted([*chunk.broken, *found]))
