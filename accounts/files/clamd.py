"""Ask a virus scanner (ClamAV's clamd) over its socket: INSTREAM, the whole file in pieces.

settings.CLAMD_URL: tcp://host:port or unix:///path. Its configuration must say `StreamMaxLength`
above accounts.files.limits.LARGEST and `AlertExceedsMax yes` (docs/operations.md).
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings

CONNECT, ANSWER = 3, 30  # seconds
PIECE = 1 << 16


class Unavailable(Exception):
    """There is no verdict: the scanner is down, too slow, or does not take the whole file."""


def scan(data: bytes) -> str:
    """Return the name of what was found; "" if nothing was, or if no scanner is configured.

    Errors: Unavailable. Anything but a plain OK or FOUND is no verdict.
    """
    if not settings.CLAMD_URL:
        return ""
    try:
        with _connected() as link:
            answer = _asked(link, data)
    except OSError as error:
        raise Unavailable(str(error)) from error
    if answer == "stream: OK":
        return ""
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    raise Unavailable(answer[:200] or "no answer")


@contextmanager
def _connected() -> Iterator[socket.socket]:
    where = urlsplit(settings.CLAMD_URL)
    if where.scheme == "unix":
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(CONNECT)
    else:
        link = socket.create_connection((where.hostname, where.port or 3310), CONNECT)
    with link:
        if where.scheme == "unix":
            link.connect(where.path)
        link.settimeout(ANSWER)
        yield link


def _asked(link: socket.socket, data: bytes) -> str:
    """Send the file and return the answer. A scanner that has enough says so and hangs up."""
    try:
        link.sendall(b"zINSTREAM\0")
        for at in range(0, len(data), PIECE):
            piece = data[at : at + PIECE]
            link.sendall(len(piece).to_bytes(4, "big") + piece)
        link.sendall(bytes(4))
    except (BrokenPipeError, ConnectionResetError):
        pass  # what it said before is still there to read
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < 4096 and (more := link.recv(4096)):
        answer += more
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
