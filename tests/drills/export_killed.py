"""Kill the export again and again while events are written: each event once, in order, none lost.

    .venv/bin/python -m tests.drills.export_killed
    .venv/bin/python -m tests.drills.export_killed --database postgres://postgres@127.0.0.1:5432/

Real processes on a scratch database (SQLite, or one made on the given PostgreSQL server and
dropped again): four writers, some of whose transactions are slow, and an export that is killed
(SIGKILL) over and over: with half a file, with the file but no manifest, with both but maybe no
record of it. Exit 1 if anything is wrong.
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.drills.worker_killed import database, set_up

PLACES = (".partial-*", "*.ndjson", "*.manifest.json")  # as an export leaves them, in turn
WRITER = """
import random, sys, time
import django; django.setup()
from django.db import transaction
from django.utils.timezone import now
from portal.records import outbox
for i in range(int(sys.argv[1])):
    with transaction.atomic():
        for _ in range(random.randint(1, 3)):
            outbox.publish("collection.hold", account_ref=sys.argv[2], at=now(),
                           data={"n": i, "filling": "x" * 20000})
        if i % 20 == 0:
            time.sleep(0.02)  # a slow one has lower seqs than those behind it
        transaction.set_rollback(i % 7 == 3)  # seqs with gaps
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--acts", type=int, default=150, help="transactions of each writer")
    options.add_argument("--kills", type=int, default=12)
    options.add_argument("--database", default="", help="a PostgreSQL server's URL")
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="portal-drill-") as scratch,
        database(given.database, scratch) as url,
    ):
        set_up(scratch, url, "filesystem://")
        return drill(given.acts, given.kills, Path(scratch))


def drill(acts: int, kills: int, scratch: Path) -> int:
    folder = scratch / "outbox"
    folder.mkdir()
    began, killed, seen = time.monotonic(), [], {}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(acts), f"W{i}"]) for i in range(4)
    ]
    while len(killed) < kills or any(writer.poll() is None for writer in writers):
        pattern = PLACES[len(killed) % len(PLACES)] if len(killed) < kills else ""
        if not export(folder, until=pattern):
            killed.append(pattern)
        check_unchanged(folder, seen)
        if len(killed) < kills and all(writer.poll() is not None for writer in writers):
            writers.append(subprocess.Popen([sys.executable, "-c", WRITER, str(acts), "more"]))
    export(folder)
    check_unchanged(folder, seen)
    print(f"killed {len(killed)} times, as these appeared: {dict(Counter(killed))}")
    print(f"{time.monotonic() - began:.0f} s")
    return report(folder, [writer.wait() for writer in writers])


def export(folder: Path, *, until: str = "") -> bool:
    """Run the command, killed once a new file like `until` appears; whether it ended by itself."""
    before = set(folder.glob(until)) if until else set()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "export_outbox", str(folder)], stdout=subprocess.DEVNULL
    )
    while process.poll() is None:
        if until and set(folder.glob(until)) - before:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        time.sleep(0.0005)
    return process.returncode == 0


def check_unchanged(folder: Path, seen: dict[str, bytes]) -> None:
    """What the bank may have taken already must never read otherwise."""
    for path in folder.glob("*.manifest.json"):
        name = json.loads(path.read_text())["file"]
        data = (folder / name).read_bytes()
        if seen.setdefault(name, data) != data:
            raise AssertionError(f"{name} changed after it was handed over")


def report(folder: Path, codes: list[int]) -> int:
    """Print every fact beside what it must be; return 1 if one is not."""
    from portal.records.models import OutboxEvent, OutboxExport

    lines, wrong = [], 0
    for path in sorted(folder.glob("*.manifest.json")):
        manifest = json.loads(path.read_text())
        data = (folder / manifest["file"]).read_bytes()
        wrong += hashlib.sha256(data).hexdigest() != manifest["sha256"]
        wrong += len(data.splitlines()) != manifest["rows"]
        lines += [json.loads(line) for line in data.splitlines()]
    written = [(line["seq"], line["event_id"]) for line in lines]
    events = OutboxEvent.objects.order_by("seq").values_list("seq", "event_id")
    facts = {
        "writers that failed": (sum(code != 0 for code in codes), 0),
        "events handed over, in order": (written == [(s, str(e)) for s, e in events], True),
        "handed over twice": (len(written) - len(set(written)), 0),
        "files that do not agree with their manifest": (wrong, 0),
        "files": (len(list(folder.glob("*.ndjson"))), OutboxExport.objects.count()),
        "exports without an end": (OutboxExport.objects.filter(sha256="").count(), 0),
    }
    print(f"  events: {len(written)}; left by kills: {len(list(folder.glob('.partial-*')))}")
    for fact, (found, wanted) in facts.items():
        print(f"  {fact}: {found}" + ("" if found == wanted else f"  WRONG, must be {wanted}"))
    return int(any(found != wanted for found, wanted in facts.values()))


if __name__ == "__main__":
    sys.exit(main())
