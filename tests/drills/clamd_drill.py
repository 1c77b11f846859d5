"""A real virus scanner, with one signature of our own: found, clean, too long, stopped, back again.

    apt-get install clamav-daemon
    .venv/bin/python -m tests.drills.clamd_drill
    .venv/bin/python -m tests.drills.clamd_drill --database postgres://postgres@127.0.0.1:5432/

The files go through the whole intake on a scratch database. Exit 1 if one ends otherwise than it
must. clamd speaks over TCP and over a socket in the file system.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.drills.worker_killed import database, set_up

CONF = """
Foreground yes
User {user}
DatabaseDirectory {folder}/signatures
PidFile {folder}/clamd.pid
{listen}
StreamMaxLength {most}
MaxScanSize 100M
MaxFileSize 100M
MaxRecursion 8
AlertExceedsMax yes
AlertEncrypted yes
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--database", default="", help="a PostgreSQL server's URL")
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="portal-drill-") as scratch,
        database(given.database, scratch) as url,
    ):
        set_up(scratch, url, "filesystem://")
        folder = Path(scratch, "clamd")
        write_signature(folder / "signatures")
        return drill(folder)


def write_signature(folder: Path) -> None:
    from tests.hostile import EICAR

    folder.mkdir(parents=True)
    (folder / "test.ndb").write_text(f"Test.EICAR:0:*:{EICAR.hex()}\n")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def clamd(folder: Path, *, most: str = "20M", unix: bool = False) -> Iterator[str]:
    """A clamd of our own; yields its address once it answers."""
    port, path = free_port(), folder / "clamd.ctl"
    listen = f"LocalSocket {path}" if unix else f"TCPSocket {port}\nTCPAddr 127.0.0.1"
    user = os.environ.get("USER") or "root"
    conf = folder / "clamd.conf"
    conf.write_text(CONF.format(folder=folder, listen=listen, most=most, user=user))
    with (folder / "clamd.log").open("ab") as log:
        process = subprocess.Popen(["clamd", "-c", str(conf)], stdout=log, stderr=log)
    try:
        began = time.monotonic()
        while True:
            try:
                with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as link:
                    link.connect(str(path) if unix else ("127.0.0.1", port))
                    break
            except OSError:
                if process.poll() is not None or time.monotonic() - began > 60:
                    raise RuntimeError((folder / "clamd.log").read_text()) from None
                time.sleep(0.1)
        print(f"clamd is up after {time.monotonic() - began:.1f} s, {rss(process.pid)} MB")
        yield f"unix://{path}" if unix else f"tcp://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def rss(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def drill(folder: Path) -> int:
    from django.conf import settings
    from django.utils.timezone import now

    from accounts.files import intake
    from disputes import files
    from tests import hostile
    from tests.disputes import scene
    from tests.people import cardholder
    from tests.plans.scene import account_of

    dispute = scene.case(account_of(cardholder()), "draft")
    at, wrong = now(), 0
    long = hostile.picture("PNG") + os.urandom(3 << 20)

    def check(what: str, data: bytes | None, must: str) -> None:
        """Send a file (None: the last one waits still) and let a worker look."""
        nonlocal at, wrong
        if data is not None:
            files.add(dispute, data, name="x", by=dispute.started_by, at=at)
        at += timedelta(hours=2)  # the pauses between tries are over
        began = time.monotonic()
        intake.check_next(at=at)
        upload: Any = dispute.uploads.latest("pk")
        good = upload.status == must
        wrong += not good
        ended = f"{upload.status} {upload.problem}".strip()
        print(f"  {what}: {ended}, tried {upload.tries}, {time.monotonic() - began:.2f} s"
              + ("" if good else f"  WRONG, must be {must}"))  # fmt: skip

    with clamd(folder) as settings.CLAMD_URL:
        infected = hostile.built("UPL-46")
        check("a photo with the test signature behind its end", infected, "quarantined")
        check("a photo", hostile.picture(), "clean")
    check("scanner stopped: another photo", hostile.picture("PNG"), "pending")
    with clamd(folder, unix=True) as settings.CLAMD_URL:
        check("started again, over a file's socket: the same photo", None, "clean")
    with clamd(folder, most="1M") as settings.CLAMD_URL:
        check("3 MB, the scanner takes 1 MB", long, "pending")
    with clamd(folder) as settings.CLAMD_URL:
        check("the scanner takes 20 MB: the same file", None, "clean")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
