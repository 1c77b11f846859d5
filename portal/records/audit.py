"""The audit trail: one hash chain per subject, written in the transaction of the act."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction

from portal.records.models import AuditEvent, AuditHead


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
    """Walk the chains in order, streaming, and yield each place that does not hold."""
    events = AuditEvent.objects.order_by("subject", "seq")
    heads = AuditHead.objects.order_by("subject")
    if subject:
        events, heads = events.filter(subject=subject), heads.filter(subject=subject)
    ends: dict[str, tuple[int, str]] = {}
    for event in events.iterator(chunk_size=2000):
        seq, last = ends.get(event.subject, (0, ""))
        if event.seq != seq + 1:
            yield Break(event.subject, event.seq, f"event {seq + 1} is missing")
        if event.previous != last:
            yield Break(event.subject, event.seq, "does not follow the event before it")
        if digest(event) != event.hash:
            yield Break(event.subject, event.seq, "was altered")
        ends = {event.subject: (event.seq, event.hash)}
        if not AuditHead.objects.filter(subject=event.subject).exists():
            yield Break(event.subject, event.seq, "has no head")
    for head in heads.iterator(chunk_size=2000):
        last_event = AuditEvent.objects.filter(subject=head.subject).order_by("-seq").first()
        end = (last_event.seq, last_event.hash) if last_event else (0, "")
        if end != (head.seq, head.hash):
            yield Break(head.subject, head.seq, "the end of the chain was cut off")
