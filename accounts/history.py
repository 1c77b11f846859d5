"""What happened to something, as its page tells it: the audit trail in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models.people import Role
from portal.records.audit import subject_of
from portal.records.models import AuditEvent


@dataclass(frozen=True)
class Happened:
    """One line of a history: when, what, and who in which role."""

    at: datetime
    what: object
    who: str
    role: object


def history(things: Sequence[Any], words: Mapping[str, object]) -> list[Happened]:
    """What happened to these rows, oldest first. `words` by verb; a verb without stays as it is."""
    roles = dict(Role.choices)
    events = AuditEvent.objects.filter(subject__in=[subject_of(thing) for thing in things])
    return [
        Happened(
            event.at, words.get(event.verb, event.verb), event.actor, roles.get(event.role, "")
        )
        for event in events.order_by("at", "seq")
    ]
