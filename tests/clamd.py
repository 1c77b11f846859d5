"""A scanner that speaks clamd's INSTREAM, for tests: what it answers is up to the test."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def fake_scanner(answer: Callable[[bytes], str]) -> Iterator[str]:
    """Yield its address. `answer` gets the whole file; "" hangs up without a word."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(10)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                link, _ = server.accept()
            except OSError:
                return
            with link, link.makefile("rb") as said:
                assert said.read(10) == b"zINSTREAM\0"
                data = b""
                while length := int.from_bytes(said.read(4), "big"):
                    data += said.read(length)
                if reply := answer(data):
                    link.sendall(reply.encode() + b"\0")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    finally:
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def closed_port() -> str:
    """The address of a scanner that is down."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"tcp://127.0.0.1:{server.getsockname()[1]}"
