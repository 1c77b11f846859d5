"""The one way a status of this room changes."""

from datetime import datetime
from typing import Any

from accounts.models import User
from plans import states
from plans.models import Agreement
from portal.records import moves


def move(thing: Any, to: str, *, by: User | None, at: datetime, **changes: Any) -> None:
    """Change a status by this room's tables. Call it inside a transaction.

    `changes`: columns, and `data` for the trail. Errors: IllegalMove, Stale.
    """
    if isinstance(thing, Agreement):
        changes["ended_at"] = at  # every step of an agreement is its end
    moves.move(thing, to, table=states.TABLES[type(thing)], by=by, at=at, **changes)
