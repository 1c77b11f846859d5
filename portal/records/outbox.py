"""Events for the bank (feed.md §2): written in the transaction of the act, exported in order.

`seq` is the order of export, so no event may become visible after one with a higher seq: publish()
takes its turn with a lock that is held until the transaction ends (PostgreSQL; SQLite has one
writer anyway). Take the rows you need before you publish, so that two acts cannot wait for each
other; the account's row first.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from portal.records.models import OutboxEvent

PUBLISHING, EXPORTING = 0x6F7574626F78, 0x6F7574626F79  # keys of PostgreSQL's advisory locks

TYPES = {
    "plan.accepted", "plan.completed", "plan.broken", "plan.revised", "plan.withdrawn",
    "collection.hold", "collection.resume",
    "record.disputed", "record.mark_removed", "record.correct", "record.statement",
    "posting.correct", "contact.changed", "complaint.escalated",
}  # fmt: skip

# What people wrote is no part of an event, which is kept for good: the room that owns it says, when
# the event is handed over, what its data is then. From the data that is kept to what is written.
RESOLVERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def publish(type: str, *, account_ref: str, at: datetime, data: dict[str, Any]) -> OutboxEvent:
    """Write one event; money in `data` is text. Call it inside the act's transaction.

    Errors: KeyError for a type the bank lacks.
    """
    if type not in TYPES:
        raise KeyError(type)
    with transaction.atomic():
        take_turn(PUBLISHING)
        return OutboxEvent.objects.create(type=type, account_ref=account_ref, at=at, data=data)


def take_turn(key: int) -> None:
    """Wait until nobody else has this turn; it ends with the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
