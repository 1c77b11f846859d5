"""Start the child for one file. What it cannot digest is a verdict; what we lack is an error."""

import json
import logging
import signal
import subprocess
import sys
import threading

from django.conf import settings

from accounts.files.verdict import Verdict

log = logging.getLogger(__name__)
PATIENCE = (
    40  # seconds by the clock, of which SECONDS of work: below settings.CELERY_TASK_TIME_LIMIT
)
AT_ONCE = threading.BoundedSemaphore(2)  # drawings of one web process
WAIT = 8  # seconds for one's turn
KILLED = {signal.SIGXCPU: "time", signal.SIGKILL: "killed"}


class Busy(Exception):
    """Others are before it. Try again shortly."""


def check(kind: str, data: bytes) -> tuple[Verdict, bytes]:
    """Return the verdict of the child and the copy it made.

    Errors: RuntimeError, OSError if the child cannot work at all: nothing is known of the file.
    """
    try:
        done = _run(data, "check", kind)
    except subprocess.TimeoutExpired:
        return Verdict(problem="time", hostile=True), b""
    if done.returncode < 0:
        problem = KILLED.get(signal.Signals(-done.returncode), "crashed")
        return Verdict(problem=problem, hostile=True), b""
    if done.returncode:
        raise RuntimeError(done.stderr[-300:].decode("utf-8", "replace"))
    head, _, copy = done.stdout.partition(b"\n")
    return Verdict(**json.loads(head)), copy


def drawn(media_type: str, data: bytes, page: int) -> bytes:
    """Return a page of one of our copies as PNG. Errors: Busy; RuntimeError if it will not."""
    if not AT_ONCE.acquire(timeout=WAIT):
        raise Busy
    try:
        done = _run(
            data, *(("page", str(page)) if media_type == "application/pdf" else ("picture",))
        )
    except subprocess.TimeoutExpired as late:
        raise Busy from late
    finally:
        AT_ONCE.release()
    if done.returncode or not done.stdout:
        raise RuntimeError(done.stderr[-300:].decode("utf-8", "replace"))
    return done.stdout


def _run(data: bytes, *task: str) -> "subprocess.CompletedProcess[bytes]":
    # -B: its bounds let it write no file. -E -s: nothing of this process's Python settings.
    return subprocess.run(  # noqa: S603  (no argument comes from outside)
        [sys.executable, "-B", "-E", "-s", "-m", "accounts.files.child", *task],
        input=data,
        cwd=settings.BASE_DIR,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},  # no secrets
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
