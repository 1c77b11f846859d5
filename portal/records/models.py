"""Audit events, documents, notices and outbox events. Subjects are text, never foreign keys."""

import uuid

from django.db import models
from django.db.models import Q, UniqueConstraint


class AuditHead(models.Model):
    """The end of one subject's chain; taken with a lock in the transaction of the change."""

    subject = models.CharField(max_length=120, primary_key=True)
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)


class AuditEvent(models.Model):
    """Who did what to which subject, when, from where. Triggers refuse UPDATE, DELETE, TRUNCATE."""

    subject = models.CharField(max_length=120)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    verb = models.CharField(max_length=60)
    actor = models.CharField(max_length=60, help_text="user:<id>, or system.")
    role = models.CharField(max_length=20, blank=True)
    data = models.JSONField(help_text="Facts and hashes; never personal data.")
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["subject", "seq"], name="records_auditevent_one_at_a_place")
        ]


class Document(models.Model):
    """Bytes that never change: kept by their hash. Another version is another Document."""

    number = models.CharField(max_length=40, help_text="Printed on every page.")
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=120)
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField(help_text="Bytes.")
    code = models.CharField(max_length=20, unique=True, help_text="For /verify/<code>/.")
    sealed = models.BooleanField()
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["kind", "subject", "language"], name="records_document_one_of_a_kind"
            ),
            UniqueConstraint(fields=["number", "language"], name="records_document_one_number"),
        ]


class Notice(models.Model):
    """A mail to someone. The row is the queue; a code is wiped once sent (not in the demo)."""

    kind = models.CharField(max_length=40)
    recipient = models.EmailField()
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    secret = models.BooleanField(default=False, help_text="Holds a code.")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(
        null=True,
        help_text="While a worker sends it: when its claim ends. Empty: sent or given up.",
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="records_notice_to_send",
            )
        ]


class OutboxEvent(models.Model):
    """What the bank must act on (feed.md §2), written with the act. seq is the order of export."""

    seq = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    type = models.CharField(max_length=40)
    account_ref = models.CharField(max_length=40)
    data = models.JSONField()


class StaffView(models.Model):
    """A member of staff saw a person's data: who, whose, on which page, when. Append-only."""

    actor = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    page = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject", "at"], name="records_staffview_in_order")]
