"""What the bank proposes, and the bytes that are read and then signed."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from plans.models.asking import PlanRequest
from plans.models.chosen import Chosen
from portal.kit.crypto import SealedText
from portal.kit.money import MoneyField


class Offer(Chosen):
    """What the bank proposes. PROPOSED while a second person must agree, then PREPARING until
    the worker has rendered the agreement's PDF.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Waiting for a second person")
        PREPARING = "preparing", _("Being prepared")
        OPEN = "open", _("Waiting to be signed")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn by the bank")
        SUPERSEDED = "superseded", _("Replaced by another offer")

    class EndedBy(models.TextChoices):
        CARDHOLDER = "cardholder", _("Ended at the cardholder's wish, for a person to look at it")
        PLAN = "plan", _("Ended with the plan that it was to change")
        REQUEST = "request", _("Ended with the request")

    number = models.CharField(max_length=20, unique=True, help_text="Also the agreement's number.")
    request = models.ForeignKey(PlanRequest, models.PROTECT, related_name="offers")
    account = models.ForeignKey("accounts.CardAccount", models.PROTECT, related_name="offers")
    status = models.CharField(max_length=12, choices=Status, default=Status.PREPARING)
    ended_by = models.CharField(
        max_length=10, choices=EndedBy, blank=True, help_text="WITHDRAWN, but not by the bank."
    )
    overdue = MoneyField(help_text="What was overdue and undisputed when it was made.")
    total = MoneyField(help_text="What the instalments repay, without interest of the plan.")
    sealed_explanation = models.TextField(blank=True)
    explanation = SealedText("sealed_explanation", key="number")  # why it differs
    sealed_ending = models.TextField(blank=True)
    ending = SealedText("sealed_ending", key="number")  # why declined or taken back, if said
    tries = models.PositiveSmallIntegerField(default=0, help_text="Renderings that failed.")
    problem = models.CharField(max_length=200, blank=True, help_text="Why the last one failed.")
    sealed_terms = models.TextField(help_text="Everything the agreement says, encrypted JSON.")
    policy_version = models.CharField(max_length=40)
    basis_version = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty: made by the policy alone.",
    )
    second = models.JSONField(default=list, help_text="Why a second person must agree: codes.")
    needs_second = models.BooleanField(default=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            *Chosen.Meta.constraints,
            CheckConstraint(
                condition=Q(approved_by=None) | Q(made_by=None) | ~Q(approved_by=F("made_by")),
                name="plans_offer_second_is_another",
            ),
            CheckConstraint(
                condition=Q(needs_second=False)
                | Q(approved_by__isnull=False)
                | Q(status__in=["proposed", "withdrawn", "expired"]),
                name="plans_offer_second_before_open",
            ),
            CheckConstraint(
                condition=Q(
                    status__in=[
                        "proposed",
                        "preparing",
                        "open",
                        "accepted",
                        "declined",
                        "expired",
                        "withdrawn",
                        "superseded",
                    ]
                ),
                name="plans_offer_status_known",
            ),
            CheckConstraint(
                condition=Q(ended_by="")
                | Q(status="withdrawn", ended_by__in=["cardholder", "plan", "request"]),
                name="plans_offer_ended_by_known",
            ),
            CheckConstraint(condition=Q(total__gt=0), name="plans_offer_total_positive"),
            UniqueConstraint(
                fields=["account"],
                condition=Q(status__in=["proposed", "preparing", "open"]),
                name="plans_offer_one_live",
            ),
        ]
        indexes = [
            models.Index(
                fields=["made_at"], condition=Q(status="preparing"), name="plans_offer_to_render"
            ),
            models.Index(
                fields=["made_at", "id"],
                condition=Q(status="proposed"),
                name="plans_offer_proposed",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_status_display(self) -> str:  # type: ignore[no-redef]  # Django leaves ours alone
        """Say who or what ended it: the bank did not withdraw each that is WITHDRAWN."""
        if self.ended_by:
            return str(self.EndedBy(self.ended_by).label)
        return str(self.Status(self.status).label)


class OfferDraft(models.Model):
    """The agreement's PDF in one language: the bytes that are read, and then signed."""

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="drafts")
    language = models.CharField(max_length=10)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(help_text="Bytes.")
    code = models.CharField(max_length=20, help_text="Printed with the QR code on every page.")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["offer", "language"], name="plans_offerdraft_one_a_language"),
            UniqueConstraint(fields=["code"], name="plans_offerdraft_one_code"),
        ]
        indexes = [models.Index(fields=["sha256"], name="plans_offerdraft_by_hash")]  # /verify/
