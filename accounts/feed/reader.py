"""From bytes on disk to chunks of CSV rows: inflate within limits, decode strictly, hash all.

The traps of csv and gzip are met here (BOM, lone CR, long and short rows, unclosed quotes,
endless lines, bombs); values are judged in rows.py.
"""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accounts.feed.manifest import Entry, Unreadable, changed, refuse
from portal.kit.errors import Refused

CHUNK = 2_000  # rows judged and staged together
LINE = 262_144  # characters of one line; csv itself stops at 131,072 for a field
RATIO, SMALL = 100, 1 << 20  # bytes out for each byte in, above a first mebibyte


@dataclass
class Chunk:
    """Rows of the header's width, with the line each begins on, and the lines that are not rows."""

    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
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
        self.file = gzip.GzipFile(fileobj=io.BufferedReader(packed))
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self.file.readinto(buffer)
        self.size += count
        if self.size > SMALL + RATIO * self.packed.size:
            raise refuse(f"{self.name} inflates to more than {RATIO} times its size")
        return count


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
        # newline="\n": a lone CR then ends no line, and csv refuses it outside quotes
        self._text = io.TextIOWrapper(
            io.BufferedReader(plain, 1 << 17), encoding=encoding, errors="strict", newline="\n"
        )
        self._reader = csv.reader(self._lines(), strict=True)
        self.header = self._first()

    def close(self) -> None:
        self._closing.close()

    def _lines(self) -> Iterator[str]:
        line = self._text.readline(LINE).removeprefix("\ufeff")
        while line:
            if len(line) == LINE:
                raise csv.Error(f"a line is longer than {LINE} characters")
            yield line
            line = self._text.readline(LINE)

    def _first(self) -> list[str]:
        try:
            return next(self._records(), (1, []))[1]
        except csv.Error as problem:
            raise refuse(f"{self.entry.name} has no header we can read: {problem}") from problem

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells). Errors: csv.Error, Unreadable, Refused FEED-1."""
        reader = self._reader
        line = reader.line_num + 1
        try:
            for cells in reader:
                if cells:  # an empty line holds no row
                    yield line, cells
                line = reader.line_num + 1
        except UnicodeDecodeError as problem:
            raise refuse(
                f"{self.entry.name} is not {self._text.encoding} after line {reader.line_num}"
            ) from problem
        except (EOFError, zlib.error, OSError) as problem:
            raise Unreadable(f"{self.entry.name} cannot be inflated: {problem}") from problem

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows. Errors: Unreadable; Refused FEED-1 (encoding, size, changed), FEED-2."""
        chunk, width = Chunk(), len(self.header)
        records = self._records()
        while True:
            try:
                line, cells = next(records)
            except StopIteration:
                break
            except csv.Error as problem:
                yield self._stopped(chunk, str(problem))
                raise self._unread() from problem
            self.rows += 1
            if self.rows > self.entry.rows:
                raise refuse(f"{self.entry.name} has more than {self.entry.rows} rows")
            if len(cells) == width:
                chunk.lines.append(line)
                chunk.rows.append(cells)
            else:
                reason = f"has {len(cells)} fields where the header has {width}"
                chunk.broken.append((line, "", "", reason))
            if len(chunk.rows) + len(chunk.broken) >= CHUNK:
                yield chunk
                chunk = Chunk()
        yield chunk
        self._unchanged()

    def _stopped(self, chunk: Chunk, problem: str) -> Chunk:
        chunk.broken.append((self._reader.line_num, "", "", f"is not CSV: {problem}"))
        return chunk

    def _unread(self) -> Refused:
        where = f"{self.entry.name}, line {self._reader.line_num}"
        return Refused("FEED-2", f"{where}, is not CSV; the rest of the file was not read.")

    def _unchanged(self) -> None:
        """Compare the hash of the very bytes that were read: the file may change under us."""
        while self._raw.read(1 << 20):
            pass
        if self._raw.sha.hexdigest() != self.entry.sha256:
            raise changed(self.entry.name)
