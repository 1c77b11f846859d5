"""The clock of a case. A deadline never changes: an extension is another row, with its reason."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from disputes.models.cases import Dispute


class Deadline(models.Model):
    """Until when an answer is due, by which rule. A trigger refuses UPDATE."""

    FIRST, REVIEW = 1, 2

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="deadlines")
    round = models.PositiveSmallIntegerField(help_text="1: first answer, 2: second review.")
    step = models.PositiveSmallIntegerField(help_text="0, then one more for each change.")
    rule = models.CharField(max_length=20, help_text="The rule's id in the pack.")
    counted_from = models.DateField()
    value = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=20, help_text="calendar days, or working days.")
    due_on = models.DateField(help_text="The last lawful day.")
    plan_on = models.DateField(help_text="The last working day by then: what we promise.")
    reason = models.CharField(max_length=2000, blank=True, help_text="Told to the cardholder.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["dispute", "round", "step"], name="disputes_deadline_in_turn"),
            CheckConstraint(
                condition=Q(step=0) | ~Q(reason="") & Q(asked_by__isnull=False),
                name="disputes_deadline_moved_with_reason",
            ),
            CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by")),
                name="disputes_deadline_two_people",
            ),
            CheckConstraint(
                condition=Q(plan_on__lte=F("due_on")), name="disputes_deadline_plan_before_due"
            ),
        ]
        indexes = [models.Index(fields=["due_on", "id"], name="disputes_deadline_by_day")]


class Extension(models.Model):
    """More time that was asked for: granted at once, or by another person where the rule says."""

    class Status(models.TextChoices):
        ASKED = "asked", _("Waiting for approval")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        ENDED = "ended", _("Not needed any more")

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="extensions")
    status = models.CharField(max_length=7, choices=Status, default=Status.ASKED)
    rule = models.CharField(max_length=20)
    needs_approval = models.BooleanField()
    reason = models.CharField(max_length=2000, help_text="Told to the cardholder once granted.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=2000, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["dispute"], condition=Q(status="asked"), name="disputes_extension_one_open"
            ),
            CheckConstraint(
                condition=Q(needs_approval=False)
                | Q(status__in=["asked", "ended"])
                | Q(answered_by__isnull=False) & ~Q(answered_by=F("asked_by")),
                name="disputes_extension_two_people",
            ),
        ]


class Pause(models.Model):
    """The clock stands, where the pack allows it at all; its end makes a new deadline."""

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="pauses")
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    reason = models.CharField(max_length=2000)
    was = models.CharField(max_length=22, help_text="The status to return to.")
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    restarted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["dispute"], condition=Q(until_on=None), name="disputes_pause_one_open"
            ),
            CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="disputes_pause_ends_after_start",
            ),
            CheckConstraint(condition=~Q(reason=""), name="disputes_pause_has_reason"),
        ]
