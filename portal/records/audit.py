"""The audit trail: one hash chain per subject, written in the transaction of the act."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Subquery

from portal.records.models import AuditEvent, AuditHead

CUT = "the end of the chain was cut off"


def subject_of(thing: models.Model | str) -> str:
    """Return the subject's text: plans.offer:12 for a row, the text itself for a text."""
    return thing if isinstance(thing, str) else f"{thing._meta.label_lower}:{thing.pk}"


def actor_of(user: Any) -> tuple[str, str]:
    """Return (actor, role) as texts; (system, "") for None."""
    return (f"user:{user.pk}", getattr(user, "role", "")) if user is not None else ("system", "")


def digest(event: AuditEvent) -> str:
    """Return the hash over every column of the event and the hash before it."""
    content = [
        event.subject, event.seq, event.at.astimezone(UTC).isoformat(), event.verb,
        event.actor, event.role, event.data, event.previous,
    ]  # fmt: skip
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def record(
    verb: str,
    *,
    subject: models.Model | str,
    by: Any,
    at: datetime,
    data: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one event to the subject's chain. Call it inside the transaction of the change.

    `data` holds facts as JSON, money as text, never personal data. If the insert fails, the
    change must fail with it.
    """
    name = subject_of(subject)
    AuditHead.objects.get_or_create(subject=name)
    head = AuditHead.objects.select_for_update().get(subject=name)
    actor, role = actor_of(by)
    event = AuditEvent(
        subject=name, seq=head.seq + 1, at=at, verb=verb, actor=actor, role=role,
        data=json.loads(json.dumps(data or {}, default=str)), previous=head.hash,
    )  # fmt: skip
    event.hash = digest(event)
    event.save(force_insert=True)
    head.seq, head.hash = event.seq, event.hash
    head.save(update_fields=["seq", "hash"])
    return event


@dataclass(frozen=True)
class Break:
    """Where a chain stops being what was written."""

    subject: str
    seq: int
    problem: str


def breaks(subject: str | None = None) -> Iterator[Break]:
    """Walk the chains in order, streaming, and yield each place that does not hold.

    An event and its head are written together and read here in one statement, which sees both or
    neither: writers may go on meanwhile.
    """
    head = AuditHead.objects.filter(subject=OuterRef("subject"))
    events = AuditEvent.objects.order_by("subject", "seq").annotate(
        head_seq=Subquery(head.values("seq")), head_hash=Subquery(head.values("hash"))
    )
    followed = Exists(AuditEvent.objects.filter(subject=OuterRef("subject")))
    alone = AuditHead.objects.filter(~followed, seq__gt=0).order_by("subject")
    if subject:
        events, alone = events.filter(subject=subject), alone.filter(subject=subject)
    for _name, chain in groupby(events.iterator(chunk_size=2000), key=attrgetter("subject")):
        yield from _breaks_in(chain)
    for left in alone.iterator(chunk_size=2000):
        yield Break(left.subject, left.seq, CUT)


def _breaks_in(chain: Iterator[Any]) -> Iterator[Break]:
    """Yield what does not hold in one subject's events, which carry what its head says."""
    seq, last = 0, ""
    for event in chain:
        if event.seq != seq + 1:
            yield Break(event.subject, event.seq, f"event {seq + 1} is missing")
        if event.previous != last:
            yield Break(event.subject, event.seq, "does not follow the event before it")
        if digest(event) != event.hash:
            yield Break(event.subject, event.seq, "was altered")
        seq, last = event.seq, event.hash
    if event.head_seq is None:
        yield Break(event.subject, seq, "has no head")
    elif (event.head_seq, event.head_hash) != (seq, last):
        yield Break(event.subject, event.head_seq, CUT)
