# ruff: noqa: S608 (only our own table names are put into SQL)
"""A ledger table filled for the first time: PostgreSQL's indexes and foreign keys come after.

Checking a million rows at once costs a tenth of checking each as it comes. Only for a ledger that
is empty: whoever reads it meanwhile waits until it is live, and had nothing to read before.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from accounts.feed.stage import one, rows_of, run

MANY = 10_000  # rows; for fewer it is not worth a lock that readers wait for

CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('f', 'u') ORDER BY contype DESC, conname
"""
INDEXES = """
SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass AND NOT i.indisprimary AND NOT EXISTS (
  SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid)
ORDER BY c.relname
"""


@contextmanager
def bare(table: str, rows: int) -> Iterator[None]:
    """Take the table's indexes and foreign keys off while it is filled, if it is empty.

    The caller gives no rows unless the whole ledger is: taking the keys off locks its accounts.
    Only inside a transaction, whose end on a fault puts everything back as it was.
    """
    few = connection.vendor != "postgresql" or rows < MANY
    if few or one(f"SELECT EXISTS (SELECT 1 FROM {table})"):
        yield
        return
    constraints, indexes = rows_of(CONSTRAINTS, [table]), rows_of(INDEXES, [table])
    run("SET CONSTRAINTS ALL IMMEDIATE")  # no table with checks to come can be altered
    run("SET CONSTRAINTS ALL DEFERRED")
    for name, _ in constraints:
        run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        run(f'DROP INDEX "{name}"')
    yield
    for _, definition in indexes:
        run(definition)
    for name, definition in constraints:
        run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
