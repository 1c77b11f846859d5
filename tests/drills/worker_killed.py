"""Kill the worker in the middle of 50 requests: 50 documents in each language, none twice.

    .venv/bin/python -m tests.drills.worker_killed
    .venv/bin/python -m tests.drills.worker_killed --database postgres://postgres@127.0.0.1:5432/

Real Celery workers on a scratch database (SQLite, or one made on the given PostgreSQL server and
dropped again) and a scratch broker of files (or --broker redis://…). Exit 1 if anything is wrong.
"""

import argparse
import base64
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LANGUAGES = ["zh-hans", "en"]
PURPOSES = ["own", "court", "bank"]  # of one person: as many as may wait


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--requests", type=int, default=50)
    options.add_argument("--kills", type=int, default=3)
    options.add_argument("--database", default="", help="a PostgreSQL server's URL")
    options.add_argument("--broker", default="filesystem://")
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="portal-drill-") as scratch,
        database(given.database, scratch) as url,
    ):
        set_up(scratch, url, given.broker)
        try:
            return drill(given.requests, given.kills, Path(scratch))
        except TimeoutError:
            print(Path(scratch, "worker.log").read_text()[-2000:])
            raise


@contextmanager
def database(server: str, scratch: str) -> Any:
    """Yield the URL of an empty database; a PostgreSQL one is dropped at the end."""
    if not server:
        yield f"sqlite:///{scratch}/drill.sqlite3"
        return
    import psycopg

    name = f"portal_drill_{os.getpid()}"
    server = server.rstrip("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
    try:
        yield f"{server}/{name}"
    finally:
        from django.db import connections

        connections.close_all()
        with psycopg.connect(f"{server}/postgres", autocommit=True) as link:
            link.execute(f"DROP DATABASE {name} WITH (FORCE)")


def set_up(scratch: str, url: str, broker: str) -> None:
    """An environment of its own, tables, a TEST SEAL; Django is ready afterwards."""
    for folder in ("files", "seal", "static", "broker/messages", "broker/control"):
        Path(scratch, folder).mkdir(parents=True)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings", "VAR_DIR": scratch, "DATABASE_URL": url,
        "CELERY_BROKER_URL": broker, "REDIS_URL": "", "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": f"drill:{key}", "DEMO": "0", "HTTPS": "0", "EMAIL_URL": "dummymail://",
        "SEAL_PKCS12": f"{scratch}/seal/development.p12", "SEAL_PASSPHRASE": "", "STORAGE_URL": "",
        "TSA_URL": "", "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("make_seal", verbosity=0)


def drill(count: int, kills: int, scratch: Path) -> int:
    ask(count)
    began, killed = time.monotonic(), []
    for kill in range(1, kills + 1):
        with worker(scratch) as group:
            killed.append(kill_when(group, ready=count * kill // (kills + 1)))
    with worker(scratch):
        wait_until(lambda: statuses()["ready"] + statuses()["failed"] == count, seconds=300)
    print(f"{count} requests, killed {kills} times: {time.monotonic() - began:.0f} s")
    for at in killed:
        print(f"  killed with {at['ready']} ready and {at['preparing']} being prepared")
    return report(count, scratch)


def ask(count: int) -> None:
    """As many cardholders as it takes, each asking for as many documents as may wait."""
    from django.utils.timezone import now

    from accounts.evidence import actions
    from tests.accounts.books import account
    from tests.accounts.evidence_pages.scene import wish
    from tests.people import cardholder

    at = now()
    for i in range(count):
        if i % len(PURPOSES) == 0:
            holder = cardholder()
            held = account(holder, f"AC{i:04}")
        wanted = wish(purpose=PURPOSES[i % len(PURPOSES)], languages=LANGUAGES)
        actions.ask(held, wanted, by=holder, at=at)


@contextmanager
def worker(scratch: Path) -> Any:
    """A Celery worker with two children and the clock; its whole process group dies at the end."""
    command = [
        str(Path(sys.executable).with_name("celery")), "--app", "tests.drills.short_lease:app",
        "worker", "--beat", "--schedule", str(scratch / "schedule"), "--concurrency", "2",
        "--loglevel", "ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat",
    ]  # fmt: skip
    with (scratch / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL the worker and its children: they are a group of their own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # killed by the drill
    process.wait()


def kill_when(process: "subprocess.Popen[bytes]", *, ready: int) -> Counter[str]:
    """Kill once so many are ready and another is in the making; return what stood then."""

    def in_the_middle() -> bool:
        if process.poll() is not None:
            raise RuntimeError("the worker ended by itself")
        now = statuses()
        return now["ready"] >= ready and now["preparing"] > 0

    wait_until(in_the_middle, seconds=120)
    end(process)
    return statuses()


def statuses() -> Counter[str]:
    from accounts.models import EvidenceRequest

    return Counter(EvidenceRequest.objects.values_list("status", flat=True))


def wait_until(true: Any, *, seconds: int) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {dict(statuses())}")
        time.sleep(0.02)


def report(count: int, scratch: Path) -> int:
    """Print every fact beside what it must be; return 1 if one is not."""
    from accounts.models import EvidenceRequest
    from portal.records import documents
    from portal.records.audit import breaks
    from portal.records.models import Document, Notice
    from portal.records.verification import check

    made = list(Document.objects.all())
    files = list((scratch / "files").rglob("*.pdf"))
    whole = [path for path in files if documents.digest(path.read_bytes()) == path.stem]
    valid = [document for document in made if check(documents.read(document)).outcome == "valid"]
    facts = {
        "requests ready": (statuses()["ready"], count),
        "documents": (len(made), count * len(LANGUAGES)),
        "of different request and language": (
            len({(document.subject, document.language) for document in made}), len(made)),
        "documents found valid": (len(valid), len(made)),
        "files that are not what their name says": (len(files) - len(whole), 0),
        "mails": (Notice.objects.filter(kind="evidence.ready").count(), count),
        "breaks in the audit trail": (len(list(breaks())), 0),
    }  # fmt: skip
    for fact, (found, wanted) in facts.items():
        print(f"  {fact}: {found}" + ("" if found == wanted else f"  WRONG, must be {wanted}"))
    again = EvidenceRequest.objects.filter(tries__gt=1).count()
    partial = len(list((scratch / "files").rglob(".partial-*")))
    print(f"  taken up a second time: {again}; whole files that no document names: "
          f"{len(files) - len(made)}; temporary files left by a kill: {partial}")  # fmt: skip
    return int(any(found != wanted for found, wanted in facts.values()))


if __name__ == "__main__":
    sys.exit(main())
