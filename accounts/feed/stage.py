# ruff: noqa: S608 (only our own table and column names are put into SQL; values are parameters)
"""Temporary tables that hold a feed while it is judged. They vanish with the connection.

Cardholders are staged sealed: nothing personal lies readable in a temporary file.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection

from accounts.feed.manifest import NAMES
from accounts.models import Cardholder, Person

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
OTHERS = ("feed_held", "feed_mention", *(f"feed_{name}_new" for name in NAMES))
BATCH = 500  # rows of one INSERT on SQLite: at most 8,500 of its 32,766 variables


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
    for name in itertools.chain(OTHERS, (f"feed_{name}" for name in NAMES)):
        run(f"DROP TABLE IF EXISTS {schema}.{name}")


def fill(name: str, lines: list[int], cells: dict[str, list[Any]]) -> None:
    """Add rows given by column: COPY on PostgreSQL, long INSERTs on SQLite."""
    if name == "cardholders":
        cells = _sealed(cells)
    columns = list(TABLES[name])
    rows = zip(lines, *(cells[column] for column in columns), strict=True)
    target = f"feed_{name} (line, {quoted(columns)})"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    group = f"({', '.join('?' * (len(columns) + 1))})"
    for batch in _batches(rows):  # sqlite3 itself: Django would rewrite each ? from a %s
        connection.connection.execute(
            f"INSERT INTO {target} VALUES {', '.join([group] * len(batch))}",
            list(itertools.chain.from_iterable(batch)),
        )


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch


def _sealed(cells: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Replace a person's facts by their encrypted form and its fingerprint."""
    facts = ("full_name", "id_type", "id_number", "date_of_birth", "mobile", "email",
             "postal_address")  # fmt: skip
    people = zip(*(cells[fact] for fact in facts), strict=True)
    sealed = [
        Cardholder.sealed(ref, Person(*person))
        for ref, person in zip(cells["cardholder_ref"], people, strict=True)
    ]
    return {
        "cardholder_ref": cells["cardholder_ref"],
        "language": cells["language"],
        "sealed_person": [row["sealed_person"] for row in sealed],
        "person_hash": [row["person_hash"] for row in sealed],
    }


def settle(name: str) -> None:
    """Index a filled table by its key and tell PostgreSQL's planner its size."""
    run(f"CREATE INDEX feed_{name}_key ON feed_{name} ({quoted(KEYS[name])})")
    if connection.vendor == "postgresql":
        run(f"ANALYZE feed_{name}")
