"""What happened to something, as its page tells it: the audit trail in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from accounts.models.people import Role, User
from portal.records.audit import subject_of
from portal.records.models import AuditEvent


@dataclass(frozen=True)
class Happened:
    """One line of a history: when, what, and who in which role."""

    at: datetime
    what: object
    who: str
    role: object

    @property
    def by(self) -> str:
        """Who in which role, as far as either says something."""
        return " · ".join(str(part) for part in (self.who, self.role) if part)


def history(things: Sequence[Any], words: Mapping[str, object]) -> list[Happened]:
    """What happened to these rows, oldest first. `words` by verb; a verb without stays as it is.

    Colleagues are named; of a cardholder the role says it. Two queries.
    """
    roles = dict(Role.choices)
    found = AuditEvent.objects.filter(subject__in=[subject_of(thing) for thing in things])
    events = list(found.order_by("at", "seq"))
    names = _names({event.actor for event in events})
    return [
        Happened(
            event.at, words.get(event.verb, event.verb), names.get(event.actor, event.actor),
            roles.get(event.role, ""),
        )
        for event in events
    ]  # fmt: skip


def _names(actors: set[str]) -> dict[str, str]:
    """Return how each actor is named: users ("user:8"), cardholders with "", the system."""
    pks = [int(actor.removeprefix("user:")) for actor in actors if actor.startswith("user:")]
    users = User.objects.filter(pk__in=pks)
    return {"system": gettext("automatically")} | {
        f"user:{user.pk}": "" if user.role == Role.CARDHOLDER else user.name or f"user:{user.pk}"
        for user in users
    }
