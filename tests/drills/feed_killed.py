"""Kill the load of a feed at every kind of moment: the feed before is live, whole, or this one is.

    .venv/bin/python -m tests.drills.feed_killed
    .venv/bin/python -m tests.drills.feed_killed --database postgres://postgres@127.0.0.1:5432/

Real processes on a scratch database (SQLite, or one made on the given PostgreSQL server and
dropped again). Feed A is live; the load of feed B dies by SIGKILL: from outside at random times
and in each phase, from inside before single statements of the swap, before its commit and after
it; on PostgreSQL a first load dies too, among the indexes it puts back. After each kill every row
of the ledger is A's or every row is B's, and the pages answer. Then B loads and is the same as if
nothing had happened; and two loads at once end as one. Exit 1 if anything is wrong.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.drills.feed_killed_books import Snapshot, natural, whole, write_feeds
from tests.drills.worker_killed import database, set_up

# Runs the command and kills itself: argv is the folder, where, and before which statement.
SUICIDE = """
import os, signal, sys
import django; django.setup()
from django.core.management import call_command
from django.db import connection
from accounts.feed import rebuild, runs
folder, where, nth = sys.argv[1], sys.argv[2], int(sys.argv[3])
seen, live, heard = 0, False, runs.Recorded.phase
def die():
    os.kill(os.getpid(), signal.SIGKILL)
def phase(self, name):
    global live
    heard(self, name)
    live = name == "live"
def count(execute, sql, params, many, context):
    global seen
    if live and connection.in_atomic_block:
        puts_back = sql.startswith(("CREATE", "ALTER")) and "DROP" not in sql
        seen += puts_back or where != "rebuild"
        if where in ("statement", "rebuild") and seen == nth:
            die()
    return execute(sql, params, many, context)
def commit(really=connection._commit):
    if live and where == "before commit":
        die()
    really()
    if live and where == "after commit":
        die()
if where == "rebuild":
    rebuild.MANY = 0
runs.Recorded.phase = phase
connection._commit = commit
with connection.execute_wrapper(count):
    call_command("import_feed", folder, verbosity=0, stdout=open(os.devnull, "w"))
print(seen)
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--accounts", type=int, default=600)
    options.add_argument("--kills", type=int, default=8, help="at random times")
    options.add_argument("--each", type=int, default=2, help="kills in each phase")
    options.add_argument("--statements", type=int, default=8, help="of the swap; 0: all of them")
    options.add_argument("--seed", type=int, default=None)
    options.add_argument("--database", default="", help="a PostgreSQL server's URL")
    given = options.parse_args()
    seed = given.seed if given.seed is not None else random.randrange(10**6)
    print(f"seed {seed}")
    with (
        tempfile.TemporaryDirectory(prefix="portal-drill-") as scratch,
        database(given.database, scratch) as url,
    ):
        set_up(scratch, url, "filesystem://")
        with Snapshot(url) as snapshot:
            return Drill(Path(scratch), snapshot, random.Random(seed)).run(
                given.accounts, given.kills, given.each, given.statements
            )


@dataclass
class Drill:
    scratch: Path
    snapshot: Snapshot
    dice: random.Random

    def run(self, accounts: int, kills: int, each: int, few: int) -> int:
        began = time.monotonic()
        self.a, self.b = write_feeds(self.scratch, accounts=accounts)
        self.facts: dict[str, tuple[Any, Any]] = {}
        self.ended: Counter[tuple[str, str]] = Counter()
        self.wrong: list[str] = []
        self.facts |= self.first()
        run_to_end(self.a)
        self.people()
        self.snapshot.take()
        self.is_a = whole()
        statements, self.takes = self.undisturbed()
        self.is_b = natural()
        self.snapshot.restore()
        for _ in range(kills):
            self.killed("at a random time", lambda: self.after(self.dice.uniform(0, self.takes)))
        for phase in ("claims", "rows", "whole", "live"):
            for _ in range(each):
                self.killed(f"in phase {phase}", lambda phase=phase: self.in_phase(phase))
        every = range(1, statements + 1)
        for nth in sorted(self.dice.sample(every, few)) if 0 < few < statements else every:
            self.killed("before a statement of the swap", self.inside("statement", nth))
        for where in ("before commit", "after commit"):
            self.killed(where, self.inside(where))
        run_to_end(self.b)
        self.facts["B after all kills is B undisturbed"] = (natural() == self.is_b, True)
        self.facts |= self.both() | self.trail()
        return self.report(time.monotonic() - began)

    def people(self) -> None:
        """A cardholder and a supervisor, signed in, so that the pages can be asked."""
        from django.conf import settings
        from django.test import Client

        from accounts.models import CardAccount, Cardholder, User
        from tests.people import cardholder, sign_in, staff

        plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
        settings.STORAGES["staticfiles"]["BACKEND"] = plain  # nothing was collected here
        holder = cardholder().cardholder
        user = holder.user
        Cardholder.objects.filter(pk=holder.pk).delete()
        self.account = CardAccount.objects.get(ref="A0000001")
        Cardholder.objects.filter(pk=self.account.cardholder_id).update(user=user)
        user = User.objects.get(pk=user.pk)
        self.pages = {
            f"/arrears/{self.account.ref}/": sign_in(Client(SERVER_NAME="localhost"), user),
            "/staff/feeds/": sign_in(Client(SERVER_NAME="localhost"), staff("supervisor")),
        }

    def undisturbed(self) -> tuple[int, float]:
        """Load B whole; return how many statements the swap has, and the seconds it took."""
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", SUICIDE, str(self.b), "never", "0"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return int(done.stdout), time.monotonic() - began

    # == the moments

    def first(self) -> dict[str, tuple[Any, Any]]:
        """Kill first loads among the indexes and keys that PostgreSQL puts back at the end."""
        from django.db import connection

        from accounts.feed.check import LEDGER
        from accounts.feed.rebuild import CONSTRAINTS, INDEXES
        from accounts.feed.stage import rows_of
        from accounts.models import CardAccount, FeedLoad

        if connection.vendor != "postgresql":
            return {}

        def guards() -> list[Any]:
            return [rows_of(sql, [t]) for t in LEDGER.values() for sql in (CONSTRAINTS, INDEXES)]

        before = guards()
        for nth in (1, 4, 9):
            self.inside("rebuild", nth, self.a)()
            self.snapshot.settle()
        return {
            "first loads killed: rows in the ledger": (
                CardAccount.objects.count() + FeedLoad.objects.count(), 0),
            "first loads killed: indexes and keys stand": (guards() == before, True),
        }  # fmt: skip

    def after(self, seconds: float) -> None:
        process = start(self.b)
        time.sleep(seconds)
        kill(process)

    def in_phase(self, phase: str) -> None:
        """Kill once the run says that it is in the phase, or a little later."""
        from accounts.models import FeedRun

        known = FeedRun.objects.count()
        process = start(self.b)
        order = [str(p) for p in FeedRun.Phase]
        while process.poll() is None:
            run = FeedRun.objects.order_by("-pk")[:1].get()
            if FeedRun.objects.count() > known and order.index(run.phase) >= order.index(phase):
                time.sleep(self.dice.uniform(0, 0.04))
                break
            time.sleep(0.001)
        kill(process)

    def inside(self, where: str, nth: int = 0, feed: Path | None = None) -> Any:
        def work() -> None:
            code = subprocess.run(
                [sys.executable, "-c", SUICIDE, str(feed or self.b), where, str(nth)],
                stdout=subprocess.DEVNULL,
            ).returncode  # fmt: skip
            if code != -signal.SIGKILL:
                self.wrong.append(f"{where} {nth} ended with {code}, not by the kill")

        return work

    # == what must hold

    def killed(self, moment: str, work: Any) -> None:
        """Let a load die, then look: all of A, or all of B. B is taken back for the next kill."""
        work()
        self.snapshot.settle()
        found = "A" if whole() == self.is_a else "B" if natural() == self.is_b else "neither"
        self.ended[moment, found] += 1
        if found == "neither" or (moment, found) in WRONG:
            self.wrong.append(f"{moment}: {found} is live")
        for page, client in self.pages.items():
            if (answer := client.get(page)).status_code != 200:
                self.wrong.append(f"{moment}: {page} answers {answer.status_code}")
        if found != "A":
            self.snapshot.restore()

    def both(self) -> dict[str, tuple[Any, Any]]:
        """Two loads of B at once, three times: one makes it live."""
        from accounts.models import FeedLoad, FeedRun

        ends, whole_b = [], []
        for _ in range(3):
            self.snapshot.restore()
            last = FeedRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            processes = [start(self.b), start(self.b)]
            for process in processes:
                process.wait()
            states = FeedRun.objects.filter(pk__gt=last).values_list("state", "message")
            ends.append(sorted(state + message[:7].rstrip() for state, message in states))
            whole_b.append(natural() == self.is_b and FeedLoad.objects.count() == 2)
        print(f"two at once ended: {[' + '.join(end) for end in ends]}")
        good = (["loaded", "refusedFEED-3"], ["known", "loaded"])
        return {
            "two at once: B is live, whole": (all(whole_b), True),
            "two at once: one wins, the other says so": (all(end in good for end in ends), True),
        }

    def trail(self) -> dict[str, tuple[Any, Any]]:
        from accounts.models import FeedLoad
        from portal.records.audit import breaks
        from portal.records.models import AuditEvent

        events = AuditEvent.objects.filter(verb="feed.loaded").count()
        return {
            "events of feeds that went live": (events, FeedLoad.objects.count()),
            "breaks in the audit trail": (len(list(breaks())), 0),
        }

    def report(self, seconds: float) -> int:
        """Print every fact beside what it must be; return 1 if one is not."""
        moments = list(dict.fromkeys(moment for moment, _ in self.ended))
        print(f"{'killed':32} {'times':>5} {'A live':>7} {'B live':>7} {'neither':>8}")
        for moment in moments:
            counts = [self.ended[moment, found] for found in ("A", "B", "neither")]
            print(f"{moment:32} {sum(counts):5} {counts[0]:7} {counts[1]:7} {counts[2]:8}")
        for problem in self.wrong:
            print(f"  WRONG {problem}")
        for fact, (found, wanted) in self.facts.items():
            print(f"  {fact}: {found}" + ("" if found == wanted else f"  WRONG, must be {wanted}"))
        print(f"{self.ended.total()} kills, {seconds:.0f} s; a load of B takes {self.takes:.1f} s")
        return int(bool(self.wrong) or any(f != wanted for f, wanted in self.facts.values()))


WRONG = {("before commit", "B"), ("after commit", "A"), ("before a statement of the swap", "B")}


def start(folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_feed", str(folder)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def run_to_end(folder: Path) -> None:
    if code := start(folder).wait():
        raise RuntimeError(f"{folder} was not loaded: exit {code}")


def kill(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL, unless it ended by itself just before."""
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    sys.exit(main())
