"""How fast a feed loads, beside the fastest way the database has to take the same postings.

    DATABASE_URL=… python benchmarks/feed.py PATH      (an empty, migrated database)

Loads the feed into the empty ledger, then a full feed of the next day (made of the same rows and
about 3 % new ones), then that one again. Prints for each rows/s and the ratio to a raw COPY
(PostgreSQL) or executemany (SQLite) of postings.csv into a bare table, measured before and after
it, and the peak memory. The ratio of CPU seconds, ours and the database's, is the steadier one on
a busy machine. It writes the feeds into the database: use one made for the purpose.
"""

import csv
import gzip
import hashlib
import io
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

import django

django.setup()

from django.db import connection  # noqa: E402  (Django first)
from django.utils.timezone import now  # noqa: E402

from accounts.feed.load import import_feed  # noqa: E402
from accounts.models import FeedLoad  # noqa: E402

EVERY = 12  # accounts to one that moves in the night: about 3 % of the postings are then new


def peak() -> float:
    """Return this process's peak memory in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cpu() -> float:
    """Return CPU seconds of this process and, where they can be seen, of its backend."""
    used = time.process_time()
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        with suppress(OSError):
            pid = connection.connection.info.backend_pid
            ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            used += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return used


def timed(work: Callable[[], int]) -> tuple[int, float, float]:
    """Return rows, seconds and CPU seconds of a piece of work that returns its rows."""
    at, used = time.perf_counter(), cpu()
    rows = work()
    return rows, time.perf_counter() - at, cpu() - used


def raw(plain: Path) -> tuple[float, float]:
    """Return rows a second, and a CPU second, of the postings put as text into a bare table."""
    with plain.open("rb") as file, connection.cursor() as cursor:
        columns = file.readline().decode().strip().split(",")
        typed = ", ".join(f'"{c}" {"numeric" if c == "amount" else "text"}' for c in columns)
        cursor.execute("DROP TABLE IF EXISTS benchmark_raw")
        cursor.execute(f"CREATE TABLE benchmark_raw ({typed})")
        rows, seconds, used = timed(lambda: fill(cursor, file, len(columns)))
        cursor.execute("DROP TABLE benchmark_raw")
    return rows / seconds, rows / max(used, 0.01)


def fill(cursor, file: io.BufferedReader, width: int) -> int:
    if connection.vendor == "postgresql":
        with cursor.copy("COPY benchmark_raw FROM STDIN WITH (FORMAT csv)") as copy:
            while block := file.read(1 << 18):
                copy.write(block)
        return int(cursor.rowcount)
    marks = ", ".join("?" * width)
    link = connection.connection
    link.execute("BEGIN")
    lines = csv.reader(io.TextIOWrapper(file, "utf-8", newline=""))
    done = link.executemany(f"INSERT INTO benchmark_raw VALUES ({marks})", lines)  # noqa: S608
    link.execute("COMMIT")
    return int(done.rowcount)


def load(folder: Path) -> int:
    report = import_feed(folder, by=None, at=now())
    return sum(counts.rows for counts in report.files.values())


def text_of(folder: Path, name: str) -> io.TextIOBase:
    path = next(folder.glob(f"{name}.csv*"))
    opener = gzip.open if path.suffix == ".gz" else open
    return opener(path, "rt", encoding="utf-8", newline="")  # type: ignore[return-value]


def next_day(folder: Path, out: Path) -> None:
    """Write a full feed of the day after: every row again, and a night's new postings."""
    claims = json.loads((folder / "manifest.json").read_text())
    on = date.fromisoformat(claims["as_of"]) + timedelta(days=1)
    claims |= {"as_of": str(on), "feed_id": f"{claims['feed_id']}-next"}
    for entry in claims["files"]:
        name = entry["name"].removesuffix(".gz").removesuffix(".csv")
        entry["name"] = f"{name}.csv"
        with text_of(folder, name) as file, (out / entry["name"]).open("w", newline="") as copy:
            shutil.copyfileobj(file, copy)
            if name == "postings":
                entry["rows"] += night(folder, on, copy)
        with (out / entry["name"]).open("rb") as file:
            entry["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
    (out / "manifest.json").write_text(json.dumps(claims))


def night(folder: Path, on: date, out: io.TextIOBase) -> int:
    """Add a purchase and its reversal for some accounts, so that no control total moves."""
    with text_of(folder, "postings") as file, text_of(folder, "card_accounts") as accounts:
        columns = next(csv.reader(file))
        writer, added = csv.DictWriter(out, columns, restval="", lineterminator="\n"), 0
        for number, account in enumerate(csv.DictReader(accounts)):
            _, point, places = account["credit_limit"].partition(".")
            amount = f"10{point}{'0' * len(places)}"
            for turn in range(4) if number % EVERY == 0 else ():
                writer.writerow({
                    "posting_ref": f"NIGHT-{on}-{number}-{turn}", "posted_on": on,
                    "account_ref": account["account_ref"], "transacted_on": on,
                    "kind": "purchase" if turn % 2 == 0 else "adjustment",
                    "amount": amount if turn % 2 == 0 else f"-{amount}",
                })  # fmt: skip
                added += 1
    return added


def measure(what: str, folder: Path, plain: Path) -> None:
    """Print one load between two raw ones."""
    before, used_before = raw(plain)
    rows, seconds, used = timed(lambda: load(folder))
    after, used_after = raw(plain)
    print(f"{what}: {rows:,} rows in {seconds:.1f} s, {rows / seconds:,.0f} rows/s")
    print(f"    raw {before:,.0f} rows/s before, {after:,.0f} after; ratio "
          f"{2 * rows / seconds / (before + after):.3f}, of CPU seconds "
          f"{2 * rows / max(used, 0.01) / (used_before + used_after):.3f} ({used:.1f} s); "
          f"peak {peak():.0f} MB")  # fmt: skip


def main() -> int:
    if len(sys.argv) != 2 or FeedLoad.objects.exists():
        print(__doc__)
        return 1
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as made:
        out = Path(made)
        next_day(folder, out)
        plain = out / "raw.csv"
        with text_of(folder, "postings") as file, plain.open("w", newline="") as copy:
            shutil.copyfileobj(file, copy)
        print(connection.vendor)
        measure("first load", folder, plain)
        measure("next night", out, plain)
        measure("the same again", out, plain)
    return 0


if __name__ == "__main__":
    sys.exit(main())
