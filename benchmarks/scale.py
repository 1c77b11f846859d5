"""Does a page cost the same with a thousand accounts and with a million? PostgreSQL.

    python benchmarks/scale.py --small postgres://…/portal_1k --big postgres://…/portal_1m
        [--pairs 30] [--only staff] [--plans]

Both databases were loaded by import_feed from make_feed's feeds. At its first run it fills each
with cases, requests, mails and log entries, one of each an account (benchmarks/scale_fill.py), so
use databases made for the purpose. FIELD_KEYS must be those of the load; REDIS_URL gives the
small side a Redis database, the big one gets the next.

Two processes answer the same requests in turn. Printed for each page: its queries, the median CPU
and wall time, the median of the pairs' ratios big / small, the rows that its plans touched, and
any table of more than 10,000 rows that was read from end to end. Ends with 1 if there is one, or
if the number of queries differs, or an answer is not 200.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
WARM_UP = 3  # pairs that are not counted

PAGES = [  # name, who asks, address
    ("help, not signed in", "", "/help/"),
    ("verify", "", "/verify/"),
    ("verify a code", "", "/verify/{code}/"),
    ("arrears, two accounts", "owner", "/arrears/"),
    ("account", "owner", "/arrears/{ref}/"),
    ("account, whole period", "owner", "/arrears/{ref}/?days=all"),
    ("pay", "owner", "/arrears/{ref}/pay/"),
    ("figures explained", "owner", "/arrears/{ref}/sums/"),
    ("a movement explained", "owner", "/arrears/{ref}/movements/{posting}/"),
    ("months", "owner", "/arrears/{ref}/months/"),
    ("who contacted me", "owner", "/contacts/"),
    ("evidence", "owner", "/evidence/"),
    ("ask for evidence", "owner", "/evidence/new/{ref}/"),
    ("one piece of evidence", "owner", "/evidence/{evidence}/"),
    ("plans", "owner", "/plans/"),
    ("ask for a plan", "owner", "/plans/request/{ref}/"),
    ("a plan request", "owner", "/plans/requests/{plan}/"),
    ("a plan", "keeper", "/plans/agreements/{agreement}/"),
    ("a plan, paid early", "keeper", "/plans/agreements/{agreement}/early/"),
    ("a plan, to be changed", "keeper", "/plans/agreements/{agreement}/change/"),
    ("what one can afford", "keeper", "/plans/start/{kept}/"),
    ("disputes", "owner", "/disputes/"),
    ("new dispute", "owner", "/disputes/new/"),
    ("dispute: begin", "owner", "/disputes/new/{ref}/?line=posting:{posting}"),
    ("dispute: lines", "owner", "/disputes/drafts/{draft}/lines/"),
    ("a case", "owner", "/disputes/{case}/"),
    ("files of a case", "owner", "/disputes/{case}/files/"),
    ("staff: home", "supervisor", "/staff/"),
    ("staff: an account sought", "agent", "/staff/?ref=none"),
    ("staff: account", "agent", "/staff/accounts/{ref}/"),
    ("staff: figures", "agent", "/staff/accounts/{ref}/sums/"),
    ("staff: months", "agent", "/staff/accounts/{ref}/months/"),
    ("staff: contacts", "agent", "/staff/accounts/{ref}/contacts/"),
    ("staff: plans queue", "agent", "/staff/plans/"),
    ("staff: plans, deep", "agent", "/staff/plans/?after=PL-F100"),
    ("staff: a plan request", "agent", "/staff/plans/{plan}/"),
    ("staff: offers for two", "supervisor", "/staff/plans/second/"),
    *(
        (f"staff: plans, {tab}", "agent", f"/staff/agreements/?tab={tab}")
        for tab in ("late", "remedy", "look", "running", "ended")
    ),
    ("staff: running, deep", "agent", "/staff/agreements/?tab=running&after=PA-F101"),
    ("staff: a plan", "agent", "/staff/agreements/{agreement}/"),
    ("staff: policy", "supervisor", "/staff/policy/"),
    ("staff: a policy simulated", "supervisor", "/staff/policy/{policy}/simulation/"),
    ("staff: evidence queue", "agent", "/staff/evidence/"),
    ("staff: evidence, deep", "agent", "/staff/evidence/?after=EV-F400"),
    ("staff: cases, mine", "complaint_handler", "/staff/disputes/?tab=mine"),
    *(
        (f"staff: cases, {tab}", "supervisor", f"/staff/disputes/?tab={tab}")
        for tab in ("unclaimed", "open", "reviews", "approval", "late", "letters", "decided")
    ),
    ("staff: cases, deep", "supervisor", "/staff/disputes/?tab=open&after=DP-F201"),
    ("staff: cases, a matter", "supervisor", "/staff/disputes/?tab=open&matter=charge"),
    ("staff: cases, found", "supervisor", "/staff/disputes/?find=DP-F201"),
    ("staff: a case", "complaint_handler", "/staff/disputes/{case}/"),
    ("staff: feeds", "supervisor", "/staff/feeds/"),
    ("staff: reports", "supervisor", "/staff/reports/"),
    ("staff: retention", "supervisor", "/staff/retention/"),
    ("staff: report on cases", "supervisor", "/staff/reports/disputes/"),
]


class Process:
    """One side: the child process with its own database and Redis."""

    def __init__(self, url: str, number: int) -> None:
        own = {"DATABASE_URL": url}
        if redis := os.environ.get("REDIS_URL"):
            database = int(urlsplit(redis).path.strip("/") or 0) + number
            own["REDIS_URL"] = urlsplit(redis)._replace(path=f"/{database}").geturl()
        command = [sys.executable, "-m", "benchmarks.scale_side"]
        self.child = subprocess.Popen(
            command, cwd=HERE.parent, env=os.environ | own, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.read()

    def ask(self, *what: Any) -> Any:
        print(json.dumps(what), file=self.child.stdin, flush=True)
        return self.read()

    def read(self) -> Any:
        assert self.child.stdout
        if not (line := self.child.stdout.readline()):
            raise SystemExit("A side stopped; its error is above.")
        return json.loads(line)


def compared(small: Process, big: Process, role: str, address: str, pairs: int) -> dict[str, Any]:
    """Return what one page costs on both sides; requests go in turn."""
    sides = (small, big)
    plans = [side.ask("explain", role, address) for side in sides]
    asked = [[side.ask("get", role, address) for side in sides] for _ in range(WARM_UP + pairs)]
    counted = asked[WARM_UP:]
    return {
        "status": sorted({status for pair in asked for status, _, _ in pair}),
        "queries": [plan["queries"] for plan in plans],
        "cpu": [median(pair[i][1] for pair in counted) * 1e3 for i in (0, 1)],
        "wall": [median(pair[i][2] for pair in counted) * 1e3 for i in (0, 1)],
        "cpu_ratio": median(pair[1][1] / pair[0][1] for pair in counted),
        "wall_ratio": median(pair[1][2] / pair[0][2] for pair in counted),
        "touched": [sum(each["touched"] for each in plan["plans"]) for plan in plans],
        "whole": sorted({name for each in plans[1]["plans"] for name in each["whole"]}),
        "plans": [plan["plans"] for plan in plans],
    }


def problems(found: dict[str, Any]) -> list[str]:
    said = [f"read whole: {name}" for name in found["whole"]]
    if found["status"] != [200]:
        said.append(f"status {found['status']}")
    if len(set(found["queries"])) > 1:
        said.append("another number of queries")
    return said


def line(name: str, found: dict[str, Any], said: list[str]) -> str:
    cpu, wall, rows = found["cpu"], found["wall"], found["touched"]
    return (
        f"{name:26} {found['queries'][0]:3} {found['queries'][1]:3}"
        f" {cpu[0]:7.1f} {cpu[1]:7.1f} {found['cpu_ratio']:5.2f}"
        f" {wall[0]:7.1f} {wall[1]:7.1f} {found['wall_ratio']:6.2f}"
        f" {rows[0]:9.0f} {rows[1]:9.0f}  {'; '.join(said)}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", required=True)
    parser.add_argument("--big", required=True)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--plans", action="store_true", help="print the dearest queries, too")
    chosen = parser.parse_args()
    small, big = Process(chosen.small, 0), Process(chosen.big, 1)
    print("large tables:", ", ".join(f"{k} {v:,}" for k, v in sorted(big.ask("rows").items())))
    print(f"{'page':26} queries     CPU ms, ratio         wall ms, ratio        rows touched")
    failed, ratios = 0, []
    for name, role, address in PAGES:
        if chosen.only not in name:
            continue
        found = compared(small, big, role, address, chosen.pairs)
        said = problems(found)
        failed += bool(said)
        ratios.append((found["cpu_ratio"], found["wall_ratio"]))
        print(line(name, found, said), flush=True)
        if chosen.plans:
            for one in sorted(found["plans"][1], key=lambda p: -p["ms"])[:3]:
                print(f"    {one['ms']:8.2f} ms {one['touched']:9.0f} rows {one['whole']}"
                      f" {one['sql'][:1500]}")  # fmt: skip
    print(f"median ratio of the pages: CPU {median(r[0] for r in ratios):.2f}, wall"
          f" {median(r[1] for r in ratios):.2f}; pages with a problem: {failed}")  # fmt: skip
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
