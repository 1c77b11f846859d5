"""Pages' parts kept in the memory of this process: bounded in bytes and in age.

Nothing is shared between processes or written anywhere: docs/adr/0012 says why.
"""

import time
from collections.abc import Callable, Hashable
from threading import Lock


class Kept:
    """Texts by key, oldest first; a text older than `seconds` or beyond `most` bytes goes.

    The key must hold everything the text is made of: nothing is ever taken back.
    """

    def __init__(self, *, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._texts: dict[Hashable, tuple[float, int, str]] = {}  # made at, its bytes, text
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], str]) -> str:
        """Return the text of a key; `make` it if it is not here or is too old."""
        found = self._texts.get(key)
        if found and time.monotonic() - found[0] < self.seconds:
            return found[2]
        text = make()
        self._put(key, text)
        return text

    def clear(self) -> None:
        with self._lock:
            self._texts.clear()
            self._bytes = 0

    def _put(self, key: Hashable, text: str) -> None:
        now, size = time.monotonic(), len(text.encode())
        with self._lock:
            self._drop(key)
            self._texts[key] = (now, size, text)
            self._bytes += size
            for oldest in list(self._texts):
                if self._bytes <= self.most and now - self._texts[oldest][0] < self.seconds:
                    break
                self._drop(oldest)

    def _drop(self, key: Hashable) -> None:
        if key in self._texts:
            self._bytes -= self._texts.pop(key)[1]
