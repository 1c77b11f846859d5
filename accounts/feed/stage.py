# ruff: noqa: S608 (only our own table and column names are put into SQL; values are parameters)
"""Temporary tables that hold a feed while it is judged. They vanish with the connection.

Cardholders are staged sealed: nothing personal lies readable in a temporary file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from operator import lt
from typing import Any

from django.db import DatabaseError, connection, transaction

from accounts.feed import sealed
from accounts.feed.manifest import NAMES

TEXT, BIG, INT, DAY, TIME, RATE = "text", "bigint", "integer", "date", "timestamp", "rate"
TYPES = {
    "postgresql": {TIME: "timestamptz", RATE: "numeric(9,8)"},
    "sqlite": {TIME: "datetime", RATE: "decimal"},
}
TABLES: dict[str, dict[str, str]] = {
    "cardholders": {"cardholder_ref": TEXT, "language": TEXT, "sealed_person": TEXT,
                    "person_hash": TEXT},
    "card_accounts": {
        "account_ref": TEXT, "cardholder_ref": TEXT, "product": TEXT, "card_last4": TEXT,
        "currency": TEXT, "credit_limit": BIG, "opened_on": DAY, "statement_day": INT,
        "daily_rate": RATE, "late_fee_rate": RATE, "minimum_rate": RATE, "interest_basis": TEXT,
        "status": TEXT, "held_by": TEXT, "agency_name": TEXT, "places": INT,
    },
    "statements": {
        "account_ref": TEXT, "statement_on": DAY, "due_on": DAY, "opening_balance": BIG,
        "closing_balance": BIG, "minimum_due": BIG, "places": INT,
    },
    "postings": {
        "posting_ref": TEXT, "account_ref": TEXT, "posted_on": DAY, "transacted_on": DAY,
        "kind": TEXT, "amount": BIG, "description": TEXT, "merchant": TEXT, "channel": TEXT,
        "reverses": TEXT, "places": INT,
    },
    "overdue_records": {
        "account_ref": TEXT, "period": TEXT, "days_past_due": INT, "reported_code": TEXT,
        "overdue_amount": BIG, "reported_on": DAY, "bureau": TEXT, "notified_on": DAY,
        "places": INT,
    },
    "contacts": {
        "contact_ref": TEXT, "account_ref": TEXT, "at": TIME, "channel": TEXT, "by": TEXT,
        "purpose": TEXT, "outcome": TEXT,
    },
}  # fmt: skip
KEYS = {
    "cardholders": ("cardholder_ref",),
    "card_accounts": ("account_ref",),
    "statements": ("account_ref", "statement_on"),
    "postings": ("posting_ref",),
    "overdue_records": ("account_ref", "period"),
    "contacts": ("contact_ref",),
}
OTHERS = (
    "feed_held", "feed_mention", *(f"feed_{name}{kind}" for name in NAMES for kind in ("_diff", ""))
)  # fmt: skip
SETTINGS = {  # of the load's own connection, while it loads
    "work_mem": "'64MB'",
    "maintenance_work_mem": "'128MB'",
    "default_statistics_target": "20",  # of tables that live for a minute
    "jit": "off",
}
TEMPORARY = "64MB"  # of staged rows kept out of files; can be set once in a connection's life


def run(sql: str, params: Sequence[Any] = ()) -> int:
    """Execute one statement and return its row count. `%` stands doubled in no statement here."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def rows_of(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of a query that limits itself."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def one(sql: str, params: Sequence[Any] = ()) -> Any:
    return rows_of(sql, params)[0][0]


def quoted(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)


def create() -> None:
    """Make the empty tables, dropping what an earlier run left on this connection."""
    drop()
    types = TYPES[connection.vendor]
    for name, columns in TABLES.items():
        typed = ", ".join(f'"{c}" {types.get(kind, kind)}' for c, kind in columns.items())
        run(f"CREATE TEMPORARY TABLE feed_{name} (line integer, {typed})")
    run("CREATE TEMPORARY TABLE feed_held (kind text, ref text)")


def drop() -> None:
    schema = "pg_temp" if connection.vendor == "postgresql" else "temp"
    for name in NAMES:
        run(f"DROP VIEW IF EXISTS {schema}.feed_{name}_new")
    for name in OTHERS:
        run(f"DROP TABLE IF EXISTS {schema}.{name}")


@contextmanager
def tuned() -> Iterator[None]:
    """Let PostgreSQL sort and hash in memory, and plan for tables that were just filled."""
    if connection.vendor != "postgresql":
        yield
        return
    for name, value in SETTINGS.items():
        run(f"SET {name} = {value}")
    with suppress(DatabaseError), transaction.atomic():
        run(f"SET temp_buffers = '{TEMPORARY}'")
    try:
        yield
    finally:
        for name in SETTINGS:
            run(f"RESET {name}")


class Filling:
    """Takes the rows of one file by column: a COPY for many chunks, so that both ends are busy.

    While it is open the connection can do nothing else; close() as often as something must.
    """

    def __init__(self, name: str) -> None:
        columns = TABLES[name]
        self._columns = list(columns)
        self._days = [c for c, kind in columns.items() if kind == DAY]
        self._sealed = name == "cardholders"
        self._target = f"feed_{name} (line, {quoted(columns)})"
        texts = quoted(c for c, kind in columns.items() if kind == TEXT)
        self._copy_sql = (  # no good cell holds a control character: nothing is ever quoted
            f"COPY {self._target} FROM STDIN WITH (FORMAT csv, DELIMITER E'\\t', "
            f"QUOTE E'\\x01', FORCE_NOT_NULL ({texts}))"
        )
        self._open = ExitStack()
        self._copy: Any = None
        self._keys = KEYS[name]
        self._last: Any = None
        self.in_order = True  # each key so far is greater than the one before

    def put(self, lines: Sequence[int], cells: Mapping[str, Sequence[Any]]) -> None:
        if self.in_order:
            columns = [cells[key] for key in self._keys]
            keys = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
            self.in_order = not self._last or self._last < keys[0]
            self.in_order &= all(map(lt, keys, islice(keys, 1, None)))
            self._last = keys[-1]
        if self._sealed:
            self.close()
            cells = sealed.columns(cells)
        if connection.vendor == "postgresql":
            self._write(_text([list(map(str, lines)), *(cells[c] for c in self._columns)]))
            return
        cells = {**cells, **{day: [c or None for c in cells[day]] for day in self._days}}
        marks = ", ".join("?" * (len(self._columns) + 1))
        link = connection.connection  # sqlite3 itself: Django would rewrite each ?
        link.execute("SAVEPOINT feed_chunk")  # or each row would be a transaction of its own
        try:
            link.executemany(
                f"INSERT INTO {self._target} VALUES ({marks})",
                zip(lines, *(cells[c] for c in self._columns), strict=True),
            )
        finally:
            link.execute("RELEASE feed_chunk")

    def _write(self, text: str) -> None:
        if not self._copy:
            cursor = self._open.enter_context(connection.cursor())
            self._copy = self._open.enter_context(cursor.copy(self._copy_sql))
        if text:
            self._copy.write(text.encode())

    def close(self) -> None:
        """End the COPY. What was put is staged."""
        self._open.close()
        self._copy = None


def _text(columns: Sequence[Sequence[str]]) -> str:
    """Return rows of cells parted by tabs. No cell holds a tab or a line's end."""
    width = len(columns) + 1
    cells = ["\n"] * (len(columns[0]) * width)
    for place, column in enumerate(columns):
        cells[place::width] = column
    return "\t".join(cells).replace("\t\n\t", "\n").removesuffix("\t\n") + "\n"


def settle(name: str) -> None:
    """Tell PostgreSQL's planner how often a key comes; SQLite needs an index to join by."""
    if connection.vendor == "postgresql":
        run(f"ANALYZE feed_{name} ({quoted(KEYS[name])})")
    else:
        run(f"CREATE INDEX feed_{name}_key ON feed_{name} ({quoted(KEYS[name])})")
