"""How fast a feed loads, beside the fastest way the database has to take the same postings.

    DATABASE_URL=… python benchmarks/feed.py PATH      (an empty, migrated database)

Prints rows/s of import_feed, its peak memory, and the ratio of its rows/s to those of a raw COPY
(PostgreSQL) or executemany (SQLite) of postings.csv into a bare table, before and after in the
same run. It writes the feed into the database: use one made for the purpose.
"""

import csv
import gzip
import io
import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

import django

django.setup()

from django.db import connection  # noqa: E402  (Django first)
from django.utils.timezone import now  # noqa: E402

from accounts.feed.load import import_feed  # noqa: E402
from accounts.models import FeedLoad  # noqa: E402


def peak() -> float:
    """Return this process's peak memory in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def raw_rate(folder: Path) -> float:
    """Return rows/s of the postings put as text into a bare table."""
    path = next(folder.glob("postings.csv*"))
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
        typed = ", ".join(f'"{c}" {"numeric" if c == "amount" else "text"}' for c in columns)
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS benchmark_raw")
            cursor.execute(f"CREATE TABLE benchmark_raw ({typed})")
            started = time.perf_counter()
            rows = fill(cursor, file, len(columns))
            seconds = time.perf_counter() - started
            cursor.execute("DROP TABLE benchmark_raw")
    return rows / seconds


def fill(cursor, file: io.TextIOBase, width: int) -> int:
    if connection.vendor == "postgresql":
        with cursor.copy("COPY benchmark_raw FROM STDIN WITH (FORMAT csv)") as copy:
            while block := file.read(1 << 18):
                copy.write(block)
        return int(cursor.rowcount)
    marks = ", ".join("?" * width)
    link = connection.connection
    link.execute("BEGIN")
    done = link.executemany(f"INSERT INTO benchmark_raw VALUES ({marks})", csv.reader(file))  # noqa: S608
    link.execute("COMMIT")
    return int(done.rowcount)


def main() -> int:
    if len(sys.argv) != 2 or FeedLoad.objects.exists():
        print(__doc__)
        return 1
    folder = Path(sys.argv[1])
    before = raw_rate(folder)
    started, cpu = time.perf_counter(), time.process_time()
    report = import_feed(folder, by=None, at=now())
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    loaded = peak()
    after = raw_rate(folder)
    rows = sum(counts.rows for counts in report.files.values())
    raw = (before + after) / 2
    print(f"{connection.vendor}: {rows} rows in {seconds:.1f} s ({cpu:.1f} s CPU here)")
    print(f"import_feed {rows / seconds:,.0f} rows/s, peak memory {loaded:.0f} MB")
    print(f"raw {before:,.0f} rows/s before, {after:,.0f} after; ratio {rows / seconds / raw:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
