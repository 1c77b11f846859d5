"""Audit events, documents, notices and outbox events. Subjects are text, never foreign keys."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _


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
    purged_at = models.DateTimeField(
        null=True, help_text="When its bytes were deleted after their time; the row stays."
    )

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["kind", "subject", "language"], name="records_document_one_of_a_kind"
            ),
            UniqueConstraint(fields=["number", "language"], name="records_document_one_number"),
        ]
        indexes = [models.Index(fields=["subject"], name="records_document_of_subject")]


class Augmentation(models.Model):
    """A sealed document with proof of time appended: its own bytes are the beginning of these.

    PAdES B-T: a timestamp; B-LTA: what a check needs later, and a timestamp over that. What B-LT
    adds comes with the latter, since on its own no signature would cover it.
    """

    class Level(models.TextChoices):
        T = "B-T"
        LTA = "B-LTA"

    document = models.ForeignKey(Document, models.PROTECT, related_name="augmentations")
    level = models.CharField(max_length=5, choices=Level)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField(help_text="Bytes.")
    stamped_at = models.DateTimeField(help_text="The authority's time.")
    authority = models.CharField(max_length=200, help_text="Name in the authority's certificate.")
    authority_ends_at = models.DateTimeField(help_text="Its certificate's end: renew before.")
    made_at = models.DateTimeField()


class Stamping(models.Model):
    """What a sealed document still waits for from the timestamp authority: the row is the queue."""

    document = models.OneToOneField(Document, models.PROTECT, related_name="stamping")
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True, help_text="Why the last try failed.")
    next_try_at = models.DateTimeField(
        help_text="While a worker has it: when its claim ends. Far ahead once done: the renewal."
    )

    class Meta:
        indexes = [models.Index(fields=["next_try_at"], name="records_stamping_due")]


class LegalHold(models.Model):
    """Nothing of this subject is purged while this stands, whatever its age."""

    subject = models.CharField(max_length=120, help_text="e.g. accounts.cardholder:12")
    reason = models.CharField(max_length=400)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["subject"], condition=Q(lifted_at=None), name="records_legalhold_one_live"
            ),
            CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="records_legalhold_lifted_by_someone",
            ),
        ]


class Purge(models.Model):
    """What one person proposes to delete for good and another confirms; a command then does it."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        CONFIRMED = "confirmed", _("Confirmed")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        DONE = "done", _("Done")

    number = models.CharField(max_length=20, unique=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PROPOSED)
    category = models.CharField(max_length=40)
    rule = models.CharField(max_length=20, help_text="The retention rule's id.")
    before_on = models.DateField(help_text="What ended before this day is over its time.")
    count = models.PositiveIntegerField()
    list_sha256 = models.CharField(max_length=64, help_text="Of the exact list that was shown.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(status__in=["proposed", "confirmed", "withdrawn", "done"]),
                name="records_purge_status_known",
            ),
            CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
                name="records_purge_two_people",
            ),
            CheckConstraint(
                condition=~Q(status__in=["confirmed", "done"]) | Q(confirmed_by__isnull=False),
                name="records_purge_confirmed_by_someone",
            ),
            UniqueConstraint(
                fields=["category"],
                condition=Q(status__in=["proposed", "confirmed"]),
                name="records_purge_one_open_each",
            ),
        ]


class DueCount(models.Model):
    """How many rows of a category were over their time when they were last counted: at night."""

    category = models.CharField(max_length=40, primary_key=True)
    counted_at = models.DateTimeField()
    due = models.PositiveIntegerField(help_text="May go.")
    kept = models.PositiveIntegerField(help_text="Over their time, but kept.")
    oldest = models.DateField(null=True, help_text="The day on which the oldest of them ended.")


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

    class Meta:
        indexes = [models.Index(fields=["account_ref", "seq"], name="records_outbox_of_account")]


class OutboxExport(models.Model):
    """One file of events that was handed to the bank. Everything up to `last_seq` has been sent."""

    name = models.CharField(max_length=80, unique=True)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField(unique=True)
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(first_seq__lte=F("last_seq")), name="records_outboxexport_in_order"
            )
        ]


class StaffView(models.Model):
    """A member of staff saw a person's data: who, whose, on which page, when. Append-only."""

    actor = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    page = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject", "at"], name="records_staffview_in_order")]
