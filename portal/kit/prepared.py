"""Reads whose SQL Django builds once: building costs a page several times what the rows cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

STAND_IN = -7_700_000_000  # an id nobody has


@dataclass(frozen=True)
class _Built:
    sql: str
    places: Sequence[int | None]  # of each parameter: which argument it is; None for a constant
    constants: Sequence[Any]
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]]


class Prepared:
    """The rows of a `values_list` query that differs only in the arguments of its filters.

    `build` is given a stand-in for each argument, of the type named, and filters by it as it is
    (`field=argument`). Called with the arguments, it runs the SQL built at the first call and
    returns the rows, converted as Django would. Errors: ValueError if an argument is not used.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *types: type) -> None:
        self.build, self.types = build, types
        self._built: dict[str, _Built] = {}  # by vendor: tests and tools may use two

    def __call__(self, *arguments: Any) -> list[tuple[Any, ...]]:
        connection = connections[DEFAULT_DB_ALIAS]
        built = self._built.get(connection.vendor)
        if built is None:
            built = self._built[connection.vendor] = self._prepared(connection)
        pairs = zip(built.places, built.constants, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(built.sql, [c if at is None else arguments[at] for at, c in pairs])
            rows = cursor.fetchall()
        return [_converted(row, built.converters, connection) for row in rows]

    def _prepared(self, connection: Any) -> _Built:
        stand_ins = [kind(f"{STAND_IN - i}") for i, kind in enumerate(self.types)]
        compiler = self.build(*stand_ins).query.get_compiler(connection=connection)
        sql, constants = compiler.as_sql()
        places = [stand_ins.index(c) if c in stand_ins else None for c in constants]
        if set(places) - {None} != set(range(len(stand_ins))):
            raise ValueError(f"The query does not use each of its arguments: {sql}")
        fields = [column[0] for column in compiler.select[: compiler.col_count]]
        found = compiler.get_converters(fields)
        return _Built(
            sql, places, constants, [(at, by, field) for at, (by, field) in found.items()]
        )


def _converted(
    row: tuple[Any, ...],
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]],
    connection: Any,
) -> tuple[Any, ...]:
    values = list(row)
    for at, by, field in converters:
        for convert in by:
            values[at] = convert(values[at], field, connection)
    return tuple(values)
