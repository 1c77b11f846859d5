"""Letters: sealed PDFs that a worker draws. The row is the queue, as with certified statements."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from disputes.models.cases import Dispute
from portal.kit.crypto import SealedText


class Letter(models.Model):
    """One letter of a case in one language, with everything it says; then its document."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("Receipt")
        EXTENSION = "extension", _("More time")
        DECISION = "decision", _("Decision")
        REVIEW_RECEIPT = "review_receipt", _("Receipt of the request for a second review")
        REVIEW_DECISION = "review_decision", _("Decision of the second review")
        WITHDRAWAL = "withdrawal", _("Confirmation of the withdrawal")
        DELAY = "delay", _("Our answer is late")

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="letters")
    number = models.CharField(max_length=30, unique=True, help_text="Printed on every page.")
    kind = models.CharField(max_length=15, choices=Kind)
    language = models.CharField(max_length=10)
    sealed_facts = models.TextField()
    facts = SealedText("sealed_facts", key="ref")  # JSON
    made_at = models.DateTimeField(help_text="The date of the letter.")
    document = models.OneToOneField("records.Document", models.PROTECT, null=True, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(document=None) | Q(next_try_at=None), name="disputes_letter_done"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="disputes_letter_due",
            ),
            models.Index(fields=["dispute", "id"], name="disputes_letter_in_order"),
            models.Index(
                fields=["dispute"],
                condition=Q(document=None, next_try_at=None),
                name="disputes_letter_held_back",
            ),
        ]


class FormLetter(models.Model):
    """The bank's own wording of a paragraph; each change is another version (disputes.wording)."""

    key = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    body = models.TextField(help_text="With {fields} from a list.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, help_text="In use from then on.")

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["key", "language", "version"], name="disputes_formletter_one_version"
            ),
            CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("made_by")),
                name="disputes_formletter_two_people",
            ),
        ]
