"""What is asked for, and what the person told of their means. Free words are encrypted."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from plans.models.chosen import Chosen
from portal.kit.crypto import SealedText
from portal.kit.money import MoneyField


class PlanRequest(Chosen):
    """What a cardholder asks for on one account. At most one is open per account."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Waiting for the bank")
        UNDER_REVIEW = "under_review", _("Being looked at")
        OFFERED = "offered", _("Offer made")
        REFUSED = "refused", _("Not agreed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    OPEN = (Status.SUBMITTED, Status.UNDER_REVIEW)

    number = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey(
        "accounts.CardAccount", models.PROTECT, related_name="plan_requests"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    total = MoneyField(help_text="The overdue sum when asked; the plan's sum if agreed.")
    revises = models.ForeignKey(
        "plans.Agreement",
        models.PROTECT,
        null=True,
        related_name="revisions",
        help_text="The live plan that this asks to change.",
    )
    sealed_situation = models.TextField(
        blank=True, help_text="Why, and the budget, as they were when sent: encrypted JSON."
    )
    sealed_reason = models.TextField(blank=True)
    reason = SealedText("sealed_reason", key="number")  # in the cardholder's own words
    basis_version = models.PositiveIntegerField(
        help_text="CardAccount.version the sum is taken from."
    )
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    findings = models.JSONField(default=list, help_text="Art. 70 findings the approver recorded.")
    sealed_refusal = models.TextField(blank=True)
    refusal = SealedText("sealed_refusal", key="number")  # told to the cardholder

    class Meta:
        constraints = [
            *Chosen.Meta.constraints,
            CheckConstraint(
                condition=Q(
                    status__in=[
                        "draft",
                        "submitted",
                        "under_review",
                        "offered",
                        "refused",
                        "withdrawn",
                    ]
                ),
                name="plans_planrequest_status_known",
            ),
            CheckConstraint(condition=Q(total__gt=0), name="plans_planrequest_total_positive"),
            CheckConstraint(condition=Q(months__gte=1), name="plans_planrequest_months_positive"),
            CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("submitted_by")),
                name="plans_planrequest_not_decided_by_asker",
            ),
            UniqueConstraint(
                fields=["account"],
                condition=Q(status__in=["submitted", "under_review"]),
                name="plans_planrequest_one_open",
            ),
            UniqueConstraint(
                fields=["account"],
                condition=Q(status="draft"),
                name="plans_planrequest_one_draft",
            ),
        ]
        indexes = [
            models.Index(
                fields=["submitted_at", "id"],
                condition=Q(status__in=["submitted", "under_review"]),
                name="plans_planrequest_queue",
            ),
            models.Index(
                fields=["-decided_at"],
                condition=Q(decided_at__isnull=False),
                name="plans_planrequest_decided",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PlanQuestion(models.Model):
    """What an agent asks about a request, and the cardholder's answer. One is open at a time."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    request = models.ForeignKey(PlanRequest, models.PROTECT, related_name="questions")
    sealed_text = models.TextField()
    text = SealedText("sealed_text", key="ref")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    sealed_answer = models.TextField(blank=True)
    answer = SealedText("sealed_answer", key="ref")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["request"],
                condition=Q(answered_at=None),
                name="plans_planquestion_one_open",
            )
        ]
        ordering = ["pk"]


class Situation(models.Model):
    """What a person told of their means and needs; kept between visits, asked once for all cards.

    `sealed` holds everything as encrypted JSON, bound to the cardholder.
    """

    cardholder = models.OneToOneField(
        "accounts.Cardholder", models.PROTECT, related_name="situation"
    )
    sealed = models.TextField(blank=True)
    needs_consent_at = models.DateTimeField(
        null=True, help_text="When they agreed that we keep sensitive facts; empty: none are kept."
    )
    version = models.PositiveIntegerField(default=1, help_text="Raised by each saved answer.")
    begun_at = models.DateTimeField()
    updated_at = models.DateTimeField()
