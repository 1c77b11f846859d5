"""From bytes on disk to blocks of CSV rows: inflate within limits, decode strictly, hash all.

The traps of csv and gzip are met here (BOM, lone CR, long and short rows, unclosed quotes,
endless lines, bombs); values are judged in rows.py.
"""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accounts.feed.manifest import Entry, Fault, Unreadable, changed, refuse
from accounts.feed.rejects import MOST

BLOCK = 1 << 16  # bytes read, judged and staged together; more leaves the processor's cache
LINE = 262_144  # bytes of one line; csv itself stops at 131,072 characters for a field
RATIO, SMALL = 100, 1 << 20  # bytes out for each byte in, above a first mebibyte


@dataclass
class Chunk:
    """Rows of the header's width by column, the line each begins on, and what is no such row."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    broken: list[tuple[int, str, str, str]] = field(default_factory=list)


class _Hashed(io.RawIOBase):
    """A file that keeps the hash of what was read from it."""

    def __init__(self, file: io.FileIO) -> None:
        self.file = file
        self.sha = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self.file.readinto(buffer) or 0
        self.sha.update(memoryview(buffer)[:count])
        self.size += count
        return count


class _Inflated(io.RawIOBase):
    """What gzip gives, until it gives too much."""

    def __init__(self, packed: _Hashed, name: str) -> None:
        self.packed, self.name = packed, name
        self.file = gzip.GzipFile(fileobj=io.BufferedReader(packed, 1 << 17))
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self.file.readinto(buffer)
        self.size += count
        if self.size > SMALL + RATIO * self.packed.size:
            raise refuse(f"{self.name} inflates to more than {RATIO} times its size")
        return count


class _Lines:
    """The lines of a block for csv, and lines beyond it while a quote is open."""

    def __init__(self, block: str, more: Callable[[], str]) -> None:
        self.all = list(io.StringIO(block, newline="\n"))  # a lone CR ends no line
        self.at = 0
        self._more = more

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at == len(self.all):
            line = self._more()
            if not line:
                raise StopIteration
            self.all.append(line)
        self.at += 1
        return self.all[self.at - 1]


def _too_long(block: str) -> bool:
    """Say that a line may hold a field that csv would not read."""
    at, most = 0, csv.field_size_limit()
    while len(block) - at > most:
        at = block.rfind("\n", at, at + most + 1) + 1
        if not at:
            return True
    return False


class Table:
    """One CSV file, read once from front to back. `header` is known at once, `rows` at the end."""

    def __init__(self, folder: Path, entry: Entry, encoding: str) -> None:
        self.entry = entry
        self.rows = 0
        self._closing = ExitStack()
        try:
            file = (folder / entry.name).open("rb", buffering=0)
        except OSError as problem:
            raise Unreadable(f"{entry.name}: {problem.strerror}") from problem
        self._closing.callback(file.close)
        self._raw = _Hashed(file)
        plain = _Inflated(self._raw, entry.name) if entry.name.endswith(".gz") else self._raw
        self._bytes = io.BufferedReader(plain, 1 << 17)
        self._encoding = encoding
        self._line = 1  # where the next block begins
        self._decoded = 1  # the line up to which bytes were read
        self._ahead = ""  # lines that were read beyond the block before
        self._no_row = ""  # the first line that is not CSV, or not of the header's width
        self._fault: Fault | None = None  # why no line behind those already read can be
        self.header: list[str] = []

    def close(self) -> None:
        self._closing.close()

    def begin(self) -> None:
        """Read the header. Errors: Fault, Unreadable."""
        self._ahead = self._read().removeprefix("\ufeff")
        lines = _Lines(self._ahead, self._read_line)
        try:
            self.header = next(csv.reader(lines, strict=True), [])
        except csv.Error as problem:
            raise refuse(
                f"{self.entry.name} has no header we can read: {problem}", Fault
            ) from problem
        if self._fault and not self.header:
            raise self._fault
        self._ahead = "".join(lines.all[lines.at :])
        self._line += lines.at

    def _read(self, size: int = BLOCK) -> str:
        """Return whole lines of about so many bytes, nothing at the end or before a fault."""
        if self._fault:
            return ""
        try:
            data, tail = self._bytes.read(size), b""
            if data and not data.endswith(b"\n"):
                tail = self._bytes.readline(LINE)
        except (EOFError, zlib.error, OSError) as problem:
            raise Unreadable(f"{self.entry.name} cannot be inflated: {problem}") from problem
        if len(tail) == LINE and not tail.endswith(b"\n"):
            data, tail = data[: data.rfind(b"\n") + 1], b""
            line = self._decoded + data.count(b"\n")
            self._fault = Fault(
                "FEED-2",
                f"{self.entry.name}, line {line}, is not CSV: it is longer than {LINE} bytes; "
                "the rest of the file was not read.",
            )
        return self._text(data + tail)

    def _read_line(self) -> str:
        return self._read(1)

    def _text(self, data: bytes) -> str:
        """Decode whole lines: in neither encoding is a line's end a part of a character."""
        try:
            text = data.decode(self._encoding)
        except UnicodeDecodeError as problem:
            data = data[: data.rfind(b"\n", 0, problem.start) + 1]
            text = data.decode(self._encoding)
            line = self._decoded + data.count(b"\n")
            self._fault = Fault(
                "FEED-1",
                f"{self.entry.name} is not {self._encoding} in line {line}; "
                "the rest of the file was not read.",
            )
        self._decoded += data.count(b"\n")
        return text

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows, a block at a time, reading on behind lines that are not CSV.

        Errors: Unreadable; Refused FEED-1 (inflates, changed); Fault for what ends this file
        only: encoding, an endless line, more rows than claimed, lines that are no rows.
        """
        while block := (self._ahead + self._read() if len(self._ahead) < BLOCK else self._ahead):
            self._ahead = ""
            chunk = self._plain(block) or self._careful(block)
            self.rows += len(chunk.lines) + len(chunk.broken)
            yield chunk
            if self.rows > self.entry.rows and not self._no_row:
                raise refuse(f"{self.entry.name} has more than {self.entry.rows} rows", Fault)
        if self._fault:
            raise self._fault
        self._unchanged()
        if self._no_row:  # whose row it was cannot be known, so nobody's can be left out
            raise Fault("FEED-2", f"{self.entry.name}, {self._no_row}.")

    def _plain(self, block: str) -> Chunk | None:
        """Cut a block by its commas, if that is all there is to it; else None."""
        if '"' in block:
            return None
        if "\r" in block:
            block = block.replace("\r\n", "\n")
        block = block.removesuffix("\n")
        width, count = len(self.header), block.count("\n") + 1
        if "\r" in block or _too_long(block):
            return None
        cells = block.replace("\n", ",\n,").split(",")  # each line's end is a cell of its own
        ends = cells[width :: width + 1]
        if len(cells) != count * (width + 1) - 1 or ends.count("\n") != count - 1:
            return None
        first, self._line = self._line, self._line + count
        columns = [cells[place :: width + 1] for place in range(width)]
        return Chunk(range(first, self._line), columns)

    def _careful(self, block: str) -> Chunk:
        """Let csv cut a block; a line that begins no CSV record is left out, the next is tried."""
        lines = _Lines(block, self._read_line)
        ends, width = len(lines.all), len(self.header)
        chunk, rows, begins = Chunk([], []), [], []
        reader = csv.reader(lines, strict=True)
        while (at := lines.at) < ends and len(chunk.broken) < MOST:
            try:
                cells = next(reader, [])
            except csv.Error as problem:
                chunk.broken.append((self._line + at, "", "", f"is not CSV: {problem}"))
                self._no_row = self._no_row or f"line {self._line + at}, is not CSV"
                lines.at = at + 1
                reader = csv.reader(lines, strict=True)
                continue
            if len(cells) == width:
                begins.append(self._line + at)
                rows.append(cells)
            elif cells:  # an empty line holds no row
                reason = f"has {len(cells)} fields where the header has {width}"
                chunk.broken.append((self._line + at, "", "", reason))
                self._no_row = self._no_row or f"line {self._line + at}, {reason}"
        self._line += lines.at
        self._ahead = "".join(lines.all[lines.at :])
        chunk.lines, chunk.columns = begins, list(zip(*rows, strict=True)) or [()] * width
        return chunk

    def _unchanged(self) -> None:
        """Compare the hash of the very bytes that were read: the file may change under us."""
        while self._raw.read(1 << 20):
            pass
        if self._raw.sha.hexdigest() != self.entry.sha256:
            raise changed(self.entry.name)
