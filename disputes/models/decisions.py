"""What the bank decides on a case, line by line, and the corrections that follow from it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from disputes.models.cases import Dispute, Line
from portal.kit.crypto import SealedText
from portal.kit.money import MoneyField


class Decision(models.Model):
    """One answer: proposed by the handler, made at once or by a second person above the limits."""

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("Upheld")
        PARTLY = "partly_upheld", _("Partly upheld")
        REJECTED = "rejected", _("Rejected")
        UNCONFIRMED = "unconfirmed", _("Cannot be confirmed")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Waiting for a second person")
        MADE = "made", _("Made")
        RETURNED = "returned", _("Sent back")

    class Cause(models.TextChoices):
        """Root cause (CN-CMP-12)."""

        DATA_ENTRY = "data_entry", _("Data entered wrongly")
        LATE_POSTING = "late_posting", _("Payment booked late")
        SYSTEM = "system", _("System or interface fault")
        PROCESS = "process", _("Process or instruction")
        CONDUCT = "conduct", _("Conduct of staff")
        AGENCY = "agency", _("Conduct of an agency")
        COMMUNICATION = "communication", _("Unclear communication")
        THIRD_PARTY_FRAUD = "third_party_fraud", _("Fraud by a third party")
        PRODUCT_TERMS = "product_terms", _("Terms of the product")
        NO_FAULT = "no_fault", _("No fault found")

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField(help_text="1: first answer, 2: second review.")
    status = models.CharField(max_length=8, choices=Status)
    outcome = models.CharField(max_length=13, choices=Outcome)
    sealed_reasons = models.TextField()
    reasons = SealedText("sealed_reasons", key="ref")  # told to the cardholder
    cause = models.CharField(max_length=17, choices=Cause)
    over = models.JSONField(default=list, help_text="The limits it exceeds; [] needs nobody else.")
    credit = MoneyField(default=0, help_text="To be credited in all.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, help_text="Approved or sent back.")
    sealed_return = models.TextField(blank=True)
    return_reason = SealedText("sealed_return", key="ref")  # staff only
    made_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(status__in=["proposed", "made", "returned"]),
                name="disputes_decision_status_known",
            ),
            UniqueConstraint(
                fields=["dispute", "round"],
                condition=Q(status__in=["proposed", "made"]),
                name="disputes_decision_one_a_round",
            ),
            CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")),
                name="disputes_decision_two_people",
            ),
            CheckConstraint(
                condition=~Q(status="made") | Q(over=[]) | Q(approved_by__isnull=False),
                name="disputes_decision_above_limits_approved",
            ),
            CheckConstraint(
                condition=~Q(status="made") | Q(made_at__isnull=False),
                name="disputes_decision_made_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["dispute"],
                condition=Q(status="proposed"),
                name="disputes_decision_proposed",
            ),
            models.Index(
                fields=["made_at"], condition=Q(status="made"), name="disputes_decision_by_day"
            ),
        ]


class Ruling(models.Model):
    """What a decision says of one line."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="rulings")
    line = models.ForeignKey(
        Line, models.PROTECT, related_name="rulings", null=True,
        help_text="None: of a charge that is in no list. What it credits, the decision says.",
    )  # fmt: skip
    outcome = models.CharField(max_length=13, choices=Decision.Outcome)
    right_amount = MoneyField(null=True, help_text="What it should read.")
    right_days = models.PositiveIntegerField(null=True)
    right_code = models.CharField(max_length=4, blank=True)
    right_on = models.DateField(null=True, help_text="The right day of a movement.")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["decision", "line"], name="disputes_ruling_one_a_line")
        ]


class Correction(models.Model):
    """What the bank was asked to put right: asked, sent with the outbox, done when fed back."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ruling = models.ForeignKey(Ruling, models.PROTECT, related_name="corrections")
    kind = models.CharField(max_length=20, help_text="record.correct or posting.correct")
    seq = models.BigIntegerField(unique=True, help_text="Of the outbox event.")
    amount = MoneyField(default=0, help_text="To be credited; 0 of a record or a day.")
    asked_at = models.DateTimeField()
    due_on = models.DateField(help_text="Alarm after this day.")
    done_at = models.DateTimeField(null=True, help_text="When a feed brought it.")
    done_by = models.CharField(
        max_length=200, blank=True, help_text="What came: see disputes.corrections."
    )
    alarmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["ruling", "kind"], name="disputes_correction_once")]
        indexes = [
            models.Index(
                fields=["due_on"], condition=Q(done_at=None), name="disputes_correction_to_come"
            )
        ]
