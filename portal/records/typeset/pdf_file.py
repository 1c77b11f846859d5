"""The parts of a PDF file (ISO 32000-1, 7.5): objects are collected, numbered, and written once.

What readers ask for singly stays plain. The many small elements of the structure tree are packed,
at most PACK in a stream: pyHanko reads the head of a stream again for each object in it.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

PACK = 100
FREE, PLAIN, PACKED = 0, 1, 2  # kinds of entries in the table of objects


def string(text: str) -> str:
    """Return a text string that any reader understands."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def name(text: str) -> str:
    """Return a name; what is special in one is written as #xx."""
    return "/" + "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "+-._")
        else f"#{byte:02X}"
        for byte in text.encode()
    )  # fmt: skip


def date(at: datetime) -> str:
    """Return an aware time as a PDF date in UTC."""
    return f"(D:{at.astimezone(UTC):%Y%m%d%H%M%S}Z)"


def references(numbers: Iterable[int]) -> str:
    """Return an array of references to objects."""
    return f"[{' '.join([f'{number} 0 R' for number in numbers])}]"


class PdfFile:
    """Objects by number. Numbers are given out first, so that objects can name one another."""

    def __init__(self) -> None:
        self._count = 0
        self._plain: dict[int, bytes] = {}
        self.packed: dict[int, str] = {}  # filled directly: a table has thousands of elements

    def reserve(self, count: int = 1) -> int:
        """Return the first of `count` new numbers."""
        first = self._count + 1
        self._count += count
        return first

    def put(self, number: int, body: str) -> int:
        """Say what the object with this number is."""
        self._plain[number] = body.encode("ascii")
        return number

    def add(self, body: str) -> int:
        return self.put(self.reserve(), body)

    def stream(self, entries: str, data: bytes, *, number: int = 0, packed: bool = True) -> int:
        """Add a stream with these entries in its dictionary. XMP must stay readable: not packed."""
        number = number or self.reserve()
        self._plain[number] = _stream(entries, data, packed=packed)
        return number

    def write(self, *, root: int, info: int) -> bytes:
        """Return the file. Its ID is the hash of its content: the same objects, the same bytes."""
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        places: dict[int, tuple[int, int, int]] = {0: (FREE, 0, 65535)}
        waiting = sorted(self.packed)
        for start in range(0, len(waiting), PACK):
            numbers = waiting[start : start + PACK]
            holder = self.reserve()
            places |= {each: (PACKED, holder, at) for at, each in enumerate(numbers)}
            self._plain[holder] = self._pack(numbers)
        for number in sorted(self._plain):
            places[number] = (PLAIN, len(out), 0)
            out += b"%d 0 obj\n%b\nendobj\n" % (number, self._plain[number])
        table = self.reserve()
        places[table] = (PLAIN, len(out), 0)
        mark = hashlib.sha256(out).hexdigest()[:32]
        entries = (
            f"/Type/XRef/Size {table + 1}/W[1 4 2]/Root {root} 0 R/Info {info} 0 R"
            f"/ID[<{mark}><{mark}>]"
        )
        rows = b"".join([struct.pack(">BIH", *places[number]) for number in range(table + 1)])
        end = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (table, _stream(entries, rows))
        return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % end

    def _pack(self, numbers: list[int]) -> bytes:
        bodies = [self.packed[number] for number in numbers]
        head, at = [], 0
        for number, body in zip(numbers, bodies, strict=True):
            head.append(f"{number} {at}")
            at += len(body) + 1
        first = " ".join(head) + "\n"
        data = (first + "\n".join(bodies)).encode("ascii")
        return _stream(f"/Type/ObjStm/N {len(numbers)}/First {len(first)}", data)


def _stream(entries: str, data: bytes, *, packed: bool = True) -> bytes:
    if packed:
        data, entries = zlib.compress(data), entries + "/Filter/FlateDecode"
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries.encode("ascii"), len(data), data)
