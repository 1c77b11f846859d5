"""The bank's limits for plans as versioned data: one proposes, another approves."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PolicyVersion(models.Model):
    """One version of the policy. In force is the approved one whose day came last."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("of a policy", "Draft")
        PROPOSED = "proposed", _("Waiting for a second person")
        APPROVED = "approved", pgettext_lazy("of a policy", "Approved")
        WITHDRAWN = "withdrawn", pgettext_lazy("of a policy", "Given up")

    name = models.CharField(max_length=40, unique=True, help_text="As offers name it: 2026-1.")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    effective_from = models.DateField()
    data = models.JSONField(help_text="The fields of plans.policy.Policy; amounts as strings.")
    note = models.CharField(max_length=1000, blank=True, help_text="What changes, and why.")
    returned = models.CharField(
        max_length=1000, blank=True, help_text="Why it was sent back; empty once proposed again."
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(status__in=["draft", "proposed", "approved", "withdrawn"]),
                name="plans_policyversion_status_known",
            ),
            CheckConstraint(
                condition=~Q(status="approved")
                | (Q(approved_by__isnull=False) & ~Q(approved_by=F("made_by"))),
                name="plans_policyversion_two_people",
            ),
            UniqueConstraint(
                fields=["effective_from"],
                condition=Q(status="approved"),
                name="plans_policyversion_one_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name
