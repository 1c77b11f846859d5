"""What is said in a case, and the files that came with it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from disputes.models.cases import Dispute
from portal.kit.crypto import SealedText


class Message(models.Model):
    """One entry of the thread. A note is for the staff only and is never shown to anyone else."""

    class Kind(models.TextChoices):
        MESSAGE = "message", _("Message")
        QUESTION = "question", _("Question")
        ANSWER = "answer", _("Answer")
        NOTE = "note", _("Internal note")

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=8, choices=Kind)
    sealed_body = models.TextField()
    body = SealedText("sealed_body", key="ref")
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answers = models.OneToOneField("self", models.PROTECT, null=True, related_name="answered_by")

    class Meta:
        indexes = [models.Index(fields=["dispute", "id"], name="disputes_message_in_order")]


class Upload(models.Model):
    """A file of the cardholder's. Only the copy we wrote anew is ever served, and only when clean.

    The row is the queue: `next_try_at` is set while a worker must still look at it. Bytes lie
    encrypted in the `evidence` store, under `ref`.
    """

    class Purpose(models.TextChoices):
        EVIDENCE = "evidence", _("Evidence")
        AUTHORITY = "authority", _("Authority to act for someone")

    class Status(models.TextChoices):
        PENDING = "pending", _("Being checked")
        CLEAN = "clean", _("Received whole")
        QUARANTINED = "quarantined", _("Held back for safety")
        REJECTED = "rejected", _("Could not be used")

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="uploads")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="uploads")
    purpose = models.CharField(max_length=9, choices=Purpose, default=Purpose.EVIDENCE)
    sealed_name = models.TextField(blank=True)
    name = SealedText("sealed_name", key="ref")  # for display only, cleaned; gone once taken back
    sensitive = models.BooleanField(
        default=False, help_text="Shows health or the like; separate consent was given (CN-PI-01)."
    )
    sha256 = models.CharField(max_length=64, help_text="Of the bytes as they came.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    status = models.CharField(max_length=11, choices=Status, default=Status.PENDING)
    problem = models.CharField(max_length=40, blank=True, help_text="A code: disputes.files.")
    kind = models.CharField(max_length=4, blank=True, help_text="jpeg png webp heic pdf")
    copy_sha256 = models.CharField(max_length=64, blank=True)
    copy_size = models.PositiveIntegerField(default=0, help_text="Bytes.")
    copy_type = models.CharField(max_length=20, blank=True, help_text="Its media type.")
    pages = models.PositiveSmallIntegerField(default=0)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True, help_text="Taken back by its owner in the draft.")
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(status__in=["pending", "clean", "quarantined", "rejected"]),
                name="disputes_upload_status_known",
            ),
            CheckConstraint(
                condition=~Q(status="clean") | ~Q(copy_sha256=""),
                name="disputes_upload_clean_has_copy",
            ),
            UniqueConstraint(
                fields=["dispute", "sha256"],
                condition=Q(removed_at=None) & ~Q(status="rejected"),
                name="disputes_upload_once_a_case",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="disputes_upload_due",
            ),
            models.Index(fields=["dispute", "id"], name="disputes_upload_in_order"),
        ]
