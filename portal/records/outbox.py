"""Events for the bank (feed.md §2): written in the transaction of the act, exported in order."""

from datetime import datetime
from typing import Any

from portal.records.models import OutboxEvent

TYPES = {
    "plan.accepted", "plan.completed", "plan.broken", "plan.revised",
    "collection.hold", "collection.resume",
    "record.disputed", "record.mark_removed", "record.correct",
    "posting.correct", "contact.changed", "complaint.escalated",
}  # fmt: skip


def publish(type: str, *, account_ref: str, at: datetime, data: dict[str, Any]) -> OutboxEvent:
    """Write one event; money in `data` is text. Errors: KeyError for a type the bank lacks."""
    if type not in TYPES:
        raise KeyError(type)
    return OutboxEvent.objects.create(type=type, account_ref=account_ref, at=at, data=data)
