"""rejects.csv: every row that is not taken, where it stands and why."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from portal.kit.errors import Refused

MOST = 10_000  # then the feed is refused without reading on: such a file was never meant for us
LONGEST = 200  # characters of a value
REFERENCE = 40  # characters of the longest reference of an account or cardholder
PERSONAL = {"full_name", "id_number", "date_of_birth", "mobile", "email", "postal_address"}
HEADER = ("file", "line", "column", "value", "reason")


class Rejects:
    """The rejects of one run, written as they come; the file appears with the first of them.

    `held` are the references of accounts and cardholders with a reject: with a tolerance they
    keep their last good state as a whole; `unread` are accounts whose own row is rejected.
    `rows` are the lines of a file with a reject; what stands in no line of the feed, a statement
    of the ledger that adds up no more, is there by its account. Memory is bounded by MOST.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, set[int | str]] = {}
        self.held: dict[str, set[str]] = {"account": set(), "cardholder": set(), "unread": set()}
        path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return sum(len(lines) for lines in self.rows.values())

    def of(self, file: str) -> int:
        return len(self.rows.get(file, ()))

    def add(self, file: str, found: Iterable[tuple[int, str, str, str]]) -> None:
        """Write (line, column, value, reason) for each; with line 0 the value is an account.

        Errors: Refused FEED-2 past MOST.
        """
        out = io.StringIO()
        writer = csv.writer(out)
        lines = self.rows.setdefault(file, set())
        for line, column, value, reason in found:
            lines.add(line or value)
            writer.writerow((file, line, column, _safe(value), reason))
            if len(self) >= MOST:
                break
        self._append(out.getvalue())
        if len(self) >= MOST:
            raise Refused("FEED-2", f"Stopped after {MOST} rejects; see {self.path}.")

    def hold(self, kind: str, refs: Iterable[str]) -> None:
        """Keep the accounts or cardholders of rejected rows out of the load.

        What no reference can be is in no ledger; PostgreSQL cannot even be asked for a NUL.
        """
        self.held[kind].update(r for r in refs if r.isprintable() and len(r) <= REFERENCE)

    def _append(self, text: str) -> None:
        if not text:
            return
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.touch(mode=0o600)
            text = ",".join(HEADER) + "\r\n" + text
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def shown(cell: str, column: str) -> str:
    """Return the cell for rejects.csv; a person's facts stay in the bank's own file."""
    return f"(withheld, {len(cell)} characters)" if column in PERSONAL and cell else cell


def _safe(value: str) -> str:
    """Return the value so that no spreadsheet runs it and no terminal obeys it."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in value[:LONGEST])
    return f"'{shown}" if shown[:1] in tuple("=+-@") else shown
