"""The outbox as files for the bank: NDJSON and a manifest, each event once, none left out.

An export is a row before it is a file: the row names the range (`sha256` still empty), then the
files are written, then the row is finished. A run that was killed anywhere in between leaves a row
that the next run writes again, under the same name and with the same bytes, since events never
change; only people's words that were taken back meanwhile are gone (outbox.RESOLVERS). Whoever
picks the files up takes those that have a manifest; it is written last.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils.timezone import localtime

from portal.records.models import OutboxEvent, OutboxExport
from portal.records.outbox import EXPORTING, RESOLVERS, take_turn

FORMAT = "card-arrears-outbox/1"
UNFINISHED = ""  # the sha256 of an export whose files may not be there yet


@dataclass(frozen=True)
class Manifest:
    """What lies beside a file. `sha256` is of the file, `rows` its lines, seqs inclusive."""

    format: str
    file: str
    first_seq: int
    last_seq: int
    rows: int
    sha256: str


def sent_up_to() -> int:
    """Return the last seq that was handed over; 0 if none was."""
    done = OutboxExport.objects.exclude(sha256=UNFINISHED)
    return done.aggregate(last=Max("last_seq"))["last"] or 0


def export(folder: Path, *, at: datetime) -> list[Manifest]:
    """Write what was not handed over yet: what a killed run left first, then what is new.

    Errors: OSError if the folder cannot be written; then the next run does it again.
    """
    made = [_finish(row, folder, at=at) for row in _unfinished()]
    if row := _begin(at=at):
        made.append(_finish(row, folder, at=at))
    return made


def again(folder: Path, *, after: int) -> Manifest | None:
    """Write once more what was handed over after a seq, for a bank that lost it; None if nothing.

    The events keep their ids, so the bank knows what it has. No row is made.
    Errors: ValueError for a seq that was not handed over yet: what is between would be left out.
    """
    last = sent_up_to()
    if after > last:
        raise ValueError(f"nothing was handed over after {last} yet")
    events = OutboxEvent.objects.filter(seq__gt=after, seq__lte=last)
    span = events.aggregate(first=Min("seq"), last=Max("seq"))
    if span["first"] is None:
        return None
    return _write(folder, _name(span["first"], span["last"]), span["first"], span["last"])


def _unfinished() -> list[OutboxExport]:
    return list(OutboxExport.objects.filter(sha256=UNFINISHED).order_by("first_seq"))


def _begin(*, at: datetime) -> OutboxExport | None:
    """Name the next range in a row of its own; None if nothing is new."""
    with transaction.atomic():
        take_turn(EXPORTING)  # two runs at once: the second takes what is new behind the first's
        last = OutboxExport.objects.aggregate(last=Max("last_seq"))["last"] or 0
        new = OutboxEvent.objects.filter(seq__gt=last)
        span = new.aggregate(first=Min("seq"), last=Max("seq"), rows=Count("seq"))
        if not span["rows"]:
            return None
        return OutboxExport.objects.create(
            name=_name(span["first"], span["last"]), first_seq=span["first"],
            last_seq=span["last"], rows=span["rows"], sha256=UNFINISHED, made_at=at,
        )  # fmt: skip


def _name(first: int, last: int) -> str:
    return f"outbox-{first:012}-{last:012}.ndjson"


def _finish(row: OutboxExport, folder: Path, *, at: datetime) -> Manifest:
    manifest = _write(folder, row.name, row.first_seq, row.last_seq)
    waiting = OutboxExport.objects.filter(pk=row.pk, sha256=UNFINISHED)
    waiting.update(sha256=manifest.sha256, rows=manifest.rows, made_at=at)
    return manifest


def _write(folder: Path, name: str, first: int, last: int) -> Manifest:
    """Write a range of events and then its manifest. Memory does not grow with the range."""
    rows, hashed = 0, hashlib.sha256()
    with _whole(folder / name) as out:
        for text in _lines(first, last):
            out.write(text)
            hashed.update(text)
            rows += 1
    manifest = Manifest(FORMAT, name, first, last, rows, hashed.hexdigest())
    with _whole(folder / f"{name.removesuffix('.ndjson')}.manifest.json") as out:
        out.write(json.dumps(asdict(manifest), indent=1).encode() + b"\n")
    return manifest


def resolved(event: OutboxEvent) -> dict[str, Any]:
    """Return an event's data as it is handed over now (outbox.RESOLVERS)."""
    resolve = RESOLVERS.get(event.type)
    return resolve(event.data) if resolve else dict(event.data)


def _lines(first: int, last: int) -> Iterator[bytes]:
    events = OutboxEvent.objects.filter(seq__gte=first, seq__lte=last).order_by("seq")
    for event in events.iterator(chunk_size=1000):
        facts = {
            "seq": event.seq, "event_id": str(event.event_id),
            "at": localtime(event.at).isoformat(timespec="seconds"), "type": event.type,
            "account_ref": event.account_ref, "data": resolved(event),
        }  # fmt: skip
        line = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        yield line.encode() + b"\n"


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that appears whole or not at all, also after a power cut."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".partial-", delete=False) as out:
        try:
            yield out
            out.flush()
            os.fsync(out.fileno())
        except BaseException:
            Path(out.name).unlink(missing_ok=True)
            raise
    os.chmod(out.name, 0o640)
    os.replace(out.name, path)
    entry = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
