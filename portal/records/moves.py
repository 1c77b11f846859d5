"""One way to change a status: the table is asked, the row must still stand, the trail says it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models

from portal.kit.errors import IllegalMove, Stale
from portal.records.audit import record


def move(
    thing: Any,
    to: str,
    *,
    table: Mapping[str, set[str]],
    by: models.Model | None,
    at: datetime,
    data: dict[str, Any] | None = None,
    still: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Change `thing.status`, and whatever else `changes` names. Nothing else writes a status.

    `still`: columns that must be as they were read, beside the status. Call it inside a
    transaction. Errors: IllegalMove if the table forbids it; Stale if another was first.
    """
    if to not in table.get(thing.status, set()):
        raise IllegalMove(thing.status, to)
    rows = type(thing).objects.filter(pk=thing.pk, status=thing.status, **(still or {}))
    if not rows.update(status=to, **changes):
        raise Stale(thing.pk)
    told = {"was": thing.status, **(data or {})}
    record(f"{thing._meta.label_lower}.{to}", subject=thing, by=by, at=at, data=told)
    thing.refresh_from_db()
