"""What stands between this schema and shards by cardholder: read from the database's catalogue.

    DATABASE_URL=postgres://… python -m benchmarks.shard_keys      (any migrated database)

For each table: the shortest way by foreign keys that may not be empty to its cardholder, the
unique constraints that would have to carry the cardholder's key, and the foreign keys that would
leave the shard: to a table with another key or none. Prints a table in Markdown.
"""

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

HOLDER = "accounts_cardholder"
REFERENCE = {  # few rows, the same on every node
    "accounts_feedload", "accounts_feedrun", "disputes_formletter", "django_content_type",
    "auth_permission", "auth_group", "auth_group_permissions", "django_migrations",
    "records_purge", "records_legalhold", "records_outboxexport",
}  # fmt: skip

FOREIGN = """
SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, a.attnotnull
FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace"""

UNIQUE = """
SELECT i.indrelid::regclass::text, c.relname,
    array(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) k)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
WHERE i.indisunique AND t.relnamespace = 'public'::regnamespace
ORDER BY 1, i.indisprimary DESC, 2"""

TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1"""

Foreign = dict[str, list[tuple[str, str, bool]]]


def rows(sql: str) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def ways(foreign: Foreign) -> dict[str, list[str]]:
    """Return the columns that lead from each table to its cardholder, by the shortest way."""
    found: dict[str, list[str]] = {HOLDER: []}
    added = True
    while added:
        step = {
            table: [column, *found[to]]
            for table, keys in foreign.items()
            for column, to, needed in keys
            if table not in found and to in found and needed
        }
        found |= step
        added = bool(step)
    return found


def carried(table: str, way: list[str] | None) -> str:
    if table in REFERENCE:
        return "reference table"
    if table == HOLDER:
        return "**id** (is the key)"
    if way is None:
        return "none"
    return " → ".join(way)


def main() -> None:
    import django

    django.setup()
    foreign: Foreign = {}
    for table, column, to, needed in rows(FOREIGN):
        foreign.setdefault(table, []).append((column, to, needed))
    known = ways(foreign)
    unique: dict[str, list[str]] = {}
    for table, name, columns in rows(UNIQUE):
        if table not in REFERENCE and table in known and table != HOLDER:
            short = name.removeprefix(f"{table}_")
            unique.setdefault(table, []).append(f"{short} ({', '.join(columns)})")
    print("| table | way to its cardholder | unique, would need the key | leaves the shard |")
    print("|---|---|---|---|")
    for (table,) in rows(TABLES):
        apart = table in REFERENCE or table not in known
        leaving = [
            f"{column} → {to}" for column, to, _ in foreign.get(table, ())
            if to not in REFERENCE and not apart and to not in known
        ]  # fmt: skip
        cells = [
            carried(table, known.get(table)),
            *map("; ".join, (unique.get(table, ()), leaving)),
        ]
        print(f"| {table} | {' | '.join(cell or '–' for cell in cells)} |")


if __name__ == "__main__":
    main()
