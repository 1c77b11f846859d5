"""Plan requests, offers, agreements and instalments: what is asked, proposed, signed and due."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from plans.rules import Choice
from portal.kit.money import MoneyField


class PlanRequest(models.Model):
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
    each = MoneyField(help_text="The regular instalment; the last takes the remainder.")
    months = models.PositiveSmallIntegerField()
    first_on = models.DateField()
    reason = models.CharField(
        max_length=2000, blank=True, help_text="In the cardholder's own words."
    )
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
    refusal = models.CharField(max_length=2000, blank=True, help_text="Told to the cardholder.")

    class Meta:
        constraints = [
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

    @property
    def choice(self) -> Choice:
        """What was asked for, as the rules take it."""
        return Choice(self.each, self.months, self.first_on)


class Offer(models.Model):
    """What the bank proposes. PREPARING until the worker has rendered the agreement's PDF."""

    class Status(models.TextChoices):
        PREPARING = "preparing", _("Being prepared")
        OPEN = "open", _("Waiting to be signed")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn by the bank")
        SUPERSEDED = "superseded", _("Replaced by another offer")

    number = models.CharField(max_length=20, unique=True, help_text="Also the agreement's number.")
    request = models.ForeignKey(PlanRequest, models.PROTECT, related_name="offers")
    account = models.ForeignKey("accounts.CardAccount", models.PROTECT, related_name="offers")
    status = models.CharField(max_length=12, choices=Status, default=Status.PREPARING)
    total = MoneyField()
    each = MoneyField()
    months = models.PositiveSmallIntegerField()
    first_on = models.DateField()
    explanation = models.CharField(max_length=2000, blank=True, help_text="Why it differs.")
    ending = models.CharField(
        max_length=2000, blank=True, help_text="Why it was declined or taken back, if said."
    )
    tries = models.PositiveSmallIntegerField(default=0, help_text="Renderings that failed.")
    problem = models.CharField(max_length=200, blank=True, help_text="Why the last one failed.")
    sealed_terms = models.TextField(help_text="Everything the agreement says, encrypted JSON.")
    policy_version = models.CharField(max_length=40)
    basis_version = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(
                    status__in=[
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
            CheckConstraint(condition=Q(total__gt=0), name="plans_offer_total_positive"),
            UniqueConstraint(
                fields=["account"],
                condition=Q(status__in=["preparing", "open"]),
                name="plans_offer_one_live",
            ),
        ]
        indexes = [
            models.Index(
                fields=["made_at"], condition=Q(status="preparing"), name="plans_offer_to_render"
            )
        ]

    def __str__(self) -> str:
        return self.number


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


class Agreement(models.Model):
    """What both signed. Never changes; a revision is another agreement."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        COMPLETED = "completed", _("Completed")
        BROKEN = "broken", _("Ended early")
        REPLACED = "replaced", _("Replaced")

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

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(status__in=["active", "completed", "broken", "replaced"]),
                name="plans_agreement_status_known",
            ),
            CheckConstraint(condition=Q(total__gt=0), name="plans_agreement_total_positive"),
            UniqueConstraint(
                fields=["account"], condition=Q(status="active"), name="plans_agreement_one_active"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Instalment(models.Model):
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="instalments")
    position = models.PositiveSmallIntegerField(help_text="1 for the first.")
    due_on = models.DateField()
    amount = MoneyField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(amount__gt=0), name="plans_instalment_amount_positive"),
            UniqueConstraint(fields=["agreement", "position"], name="plans_instalment_one_place"),
        ]
        ordering = ["position"]
