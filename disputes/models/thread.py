"""What is said in a case, and the files that came with it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from accounts.files.model import AbstractUpload
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


class Upload(AbstractUpload):
    """A file that came with a case."""

    class Purpose(models.TextChoices):
        EVIDENCE = "evidence", _("Evidence")
        AUTHORITY = "authority", _("Authority to act for someone")

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="uploads")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="uploads")
    purpose = models.CharField(max_length=9, choices=Purpose, default=Purpose.EVIDENCE)

    class Meta:
        constraints = [
            *AbstractUpload.Meta.constraints,
            UniqueConstraint(
                fields=["dispute", "sha256"],
                condition=Q(removed_at=None) & ~Q(status="rejected"),
                name="disputes_upload_once_a_case",
            ),
        ]
        indexes = [
            *AbstractUpload.Meta.indexes,
            models.Index(fields=["dispute", "id"], name="disputes_upload_in_order"),
        ]

    @property
    def person_id(self) -> int:
        return self.dispute.account.cardholder_id

    @property
    def said(self) -> dict[str, object]:
        return {"purpose": self.purpose}
