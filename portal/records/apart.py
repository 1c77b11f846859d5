"""A stranger's file is examined in a child process with bounds, without secrets, two at once."""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Sequence

from portal.records import signatures
from portal.records.signatures import Examined

PATIENCE = 6  # seconds by the clock
AT_ONCE = threading.BoundedSemaphore(2)  # children of one web process


class Busy(Exception):
    """More strangers' files than this process or this machine takes on now. Try again later."""


def examine(data: bytes, roots: list[bytes], authorities: Sequence[bytes] = ()) -> Examined:
    """Do what signatures.examine does; a file that kills the child is unreadable.

    Errors: Busy at once where others are before it (a web thread that waits serves nobody), and
    after PATIENCE: no file takes that long within its processor time, so the machine is slow.
    """
    if not AT_ONCE.acquire(blocking=False):
        raise Busy
    try:
        return _from_child(data, [roots, list(authorities)])
    finally:
        AT_ONCE.release()


def _from_child(data: bytes, trusted: list[list[bytes]]) -> Examined:
    head = json.dumps([[base64.b64encode(root).decode() for root in each] for each in trusted])
    try:
        done = subprocess.run(  # noqa: S603  (no argument comes from outside)
            [sys.executable, "-I", signatures.__file__],
            input=head.encode() + b"\n" + data,
            env={"LC_ALL": "C.UTF-8"},  # no secrets
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
    except subprocess.TimeoutExpired as late:
        raise Busy from late
    except subprocess.CalledProcessError:
        return Examined()
    facts = json.loads(done.stdout)
    return Examined(**facts | {"changes": tuple(facts["changes"])})
