"""What a cardholder asks us to certify: one account, one kind, a period, and what becomes of it."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.ledger import CardAccount


class EvidenceRequest(models.Model):
    """Ends as one sealed Document per language, kind `evidence.<kind>`, or declined by a rule.

    What stops at a fault of ours is failed, with a reason, until the staff try it again.

    The row is the queue: `next_try_at` is set while a worker must still act.
    """

    class Kind(models.TextChoices):
        REPAYMENTS = "repayments", _("Repayment statement")
        OVERDUE = "overdue", _("Statement of overdue records")
        SETTLEMENT = "settlement", _("Settlement certificate")
        AGREEMENTS = "agreements", _("Certified copy of agreements")
        HOLDER = "holder", _("Confirmation of who holds the account")

    class Purpose(models.TextChoices):
        OWN = "own", _("For my own records")
        COURT = "court", _("For a court or an arbitrator")
        BANK = "bank", _("For another bank or lender")
        REGULATOR = "regulator", _("For a regulator or a complaint")
        OTHER = "other", _("For something else")

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Waiting to be prepared")
        PREPARING = "preparing", _("Being prepared")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Held back: a colleague is looking at it")
        DECLINED = "declined", _("Not possible as asked for")

    class Stage(models.TextChoices):
        GATHERING = "gathering", _("Gathering the figures and adding them up")
        DRAWING = "drawing", _("Writing and sealing the document")

    number = models.CharField(max_length=20, unique=True, help_text="Also the document's number.")
    account = models.ForeignKey(CardAccount, models.PROTECT, related_name="evidence_requests")
    kind = models.CharField(max_length=10, choices=Kind)
    purpose = models.CharField(max_length=9, choices=Purpose, default=Purpose.OWN)
    from_on = models.DateField(null=True, help_text="Empty for a kind without a period.")
    until_on = models.DateField(null=True, help_text="Included.")
    languages = models.JSONField(help_text="Of settings.LANGUAGES, in order.")
    with_contacts = models.BooleanField(default=False)
    with_records = models.BooleanField(default=False)
    with_plans = models.BooleanField(default=False)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.REQUESTED)
    stage = models.CharField(max_length=10, choices=Stage, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(
        null=True, help_text="While a worker prepares it: when its claim ends. Empty: no more."
    )
    problem = models.CharField(
        max_length=400,
        blank=True,
        help_text="The rule or fault that stopped it; more for staff.",
    )
    basis_version = models.PositiveIntegerField(
        null=True, help_text="CardAccount.version the figures were taken from."
    )
    ready_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(status__in=["requested", "preparing", "ready", "failed", "declined"]),
                name="accounts_evidence_status_known",
            ),
            CheckConstraint(
                condition=Q(from_on=None, until_on=None) | Q(from_on__lte=F("until_on")),
                name="accounts_evidence_period_in_order",
            ),
            CheckConstraint(
                condition=Q(status__in=["requested", "preparing"], next_try_at__isnull=False)
                | Q(status__in=["ready", "failed", "declined"], next_try_at=None),
                name="accounts_evidence_waits_or_not",
            ),
            CheckConstraint(
                condition=~Q(status="ready") | Q(ready_at__isnull=False),
                name="accounts_evidence_ready_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="accounts_evidence_due",
            ),
            models.Index(
                fields=["id"], condition=Q(status="failed"), name="accounts_evidence_held_back"
            ),
            models.Index(fields=["account", "-requested_at"], name="accounts_evidence_in_order"),
        ]

    def __str__(self) -> str:
        return self.number
