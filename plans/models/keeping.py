"""What both signed, and what falls due."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.offering import Offer
from portal.kit.crypto import SealedText
from portal.kit.money import MoneyField


class Agreement(models.Model):
    """What both signed. Never changes; a revision is another agreement."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        COMPLETED = "completed", _("Completed")
        BROKEN = "broken", _("Ended early")
        REPLACED = "replaced", _("Replaced")
        WITHDRAWN = "withdrawn", pgettext_lazy("of an agreement", "Taken back")
        ENDED = "ended", pgettext_lazy("of an agreement", "Ended by the bank")

    number = models.CharField(max_length=20, unique=True)
    offer = models.OneToOneField(Offer, models.PROTECT, related_name="agreement")
    account = models.ForeignKey("accounts.CardAccount", models.PROTECT, related_name="agreements")
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    total = MoneyField()
    document = models.OneToOneField("records.Document", models.PROTECT, related_name="+")
    accepted_sha256 = models.CharField(
        max_length=64, help_text="The draft that was read and accepted."
    )
    evidence_sha256 = models.CharField(max_length=64, help_text="Of acceptance.json in the PDF.")
    method = models.CharField(max_length=20, help_text="How the signer proved who they are.")
    accepted_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="replaced_by", help_text="It revises that."
    )
    watched_on = models.DateField(null=True, help_text="The day up to which it was last watched.")
    watched_as_of = models.DateField(null=True, help_text="The feed it was last matched with.")
    breach_noticed_at = models.DateTimeField(null=True)
    remedy_until = models.DateField(null=True, help_text="Until then what is missed can be paid.")
    ended_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(
        null=True, help_text="Completed, and money came back since: when that was seen."
    )
    by_hand_since = models.DateTimeField(
        null=True,
        help_text="No rule decides what follows, a person does: since when.",
    )
    sum_due = MoneyField(null=True, help_text="What was due when it ended early, as told.")
    sealed_ending = models.TextField(blank=True)
    ending = SealedText("sealed_ending", key="number")  # why the bank ended it, to the cardholder
    certificate = models.OneToOneField(
        "records.Document",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The settlement certificate, once completed and written out.",
    )

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(
                    status__in=[
                        "active",
                        "completed",
                        "broken",
                        "replaced",
                        "withdrawn",
                        "ended",
                    ]
                ),
                name="plans_agreement_status_known",
            ),
            CheckConstraint(
                condition=Q(status="active", ended_at=None)
                | (~Q(status="active") & Q(ended_at__isnull=False)),
                name="plans_agreement_ends_once",
            ),
            CheckConstraint(
                condition=Q(breach_noticed_at=None, remedy_until=None)
                | Q(breach_noticed_at__isnull=False, remedy_until__isnull=False),
                name="plans_agreement_remedy_with_notice",
            ),
            CheckConstraint(
                condition=Q(sealed_ending="") | Q(status="ended"),
                name="plans_agreement_ending_of_ended",
            ),
            CheckConstraint(condition=Q(total__gt=0), name="plans_agreement_total_positive"),
            UniqueConstraint(
                fields=["account"], condition=Q(status="active"), name="plans_agreement_one_active"
            ),
        ]
        indexes = [  # of the watcher's and the staff's lists
            models.Index(
                fields=["ended_at", "id"],
                condition=Q(ended_at__isnull=False),
                name="plans_agreement_ended",
            ),
            models.Index(
                fields=["remedy_until", "id"],
                condition=Q(status="active", remedy_until__isnull=False),
                name="plans_agreement_in_remedy",
            ),
            models.Index(
                fields=["ended_at", "id"],
                condition=Q(status="completed", certificate=None),
                name="plans_agreement_to_certify",
            ),
            models.Index(
                fields=["id"],
                condition=Q(status="active", by_hand_since__isnull=False)
                | Q(taken_back_at__isnull=False),
                name="plans_agreement_to_look_at",
            ),
            models.Index(
                fields=["watched_on"], condition=Q(status="active"), name="plans_agreement_watched"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Instalment(models.Model):
    """One payment of a plan. What was paid is matched anew from the ledger after each feed."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="instalments")
    position = models.PositiveSmallIntegerField(help_text="1 for the first.")
    due_on = models.DateField()
    amount = MoneyField()
    interest = MoneyField(default=0, help_text="Of the amount: interest of the plan.")
    moved_to = models.DateField(null=True, help_text="The cardholder moved the day, as agreed.")
    paid = MoneyField(default=0)
    paid_on = models.DateField(null=True, help_text="When it was paid in full.")
    reminded_at = models.DateTimeField(null=True)
    late_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(amount__gt=0), name="plans_instalment_amount_positive"),
            CheckConstraint(
                condition=Q(paid__gte=0, paid__lte=F("amount")), name="plans_instalment_paid_within"
            ),
            CheckConstraint(
                condition=Q(interest__gte=0, interest__lte=F("amount")),
                name="plans_instalment_interest_within",
            ),
            UniqueConstraint(fields=["agreement", "position"], name="plans_instalment_one_place"),
        ]
        ordering = ["position"]
        indexes = [
            models.Index(
                fields=["agreement"],
                condition=Q(paid_on=None, late_told_at__isnull=False),
                name="plans_instalment_late",
            )
        ]

    @property
    def day(self) -> "date":
        """The day it is due, a move by the cardholder included."""
        return self.moved_to or self.due_on
