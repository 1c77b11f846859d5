"""The bank's ledger as fed, and our holds on collecting it. Amounts in the account's currency.

Sign of a posting: + raises the debt, − lowers it. A balance above zero is owed to the bank.
"""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.people import REF_AS_TYPED, Cardholder
from portal.kit.money import MoneyField


class FeedLoad(models.Model):
    """One feed that is live: what was loaded, when, and with which content. Append-only."""

    feed_id = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=5)
    institution = models.CharField(max_length=40)
    as_of = models.DateField()
    manifest_sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    counts = models.JSONField(help_text="Per file: rows, added, changed, unchanged.")


class FeedRun(models.Model):
    """One call of import_feed, from its first row to its end; what the progress pages read.

    A run that was killed stays `running` with a `seen_at` that no longer moves.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        LOADED = "loaded", pgettext_lazy("of a feed", "Live")
        KNOWN = "known", _("Was live already")
        CHECKED = "checked", _("Checked, not loaded")
        REFUSED = "refused", pgettext_lazy("of a feed", "Refused")
        UNREADABLE = "unreadable", _("Cannot be read")
        FAILED = "failed", _("Stopped by a fault")

    class Phase(models.TextChoices):
        CLAIMS = "claims", _("Reading the manifest")
        ROWS = "rows", _("Reading the rows")
        WHOLE = "whole", _("Checking the whole")
        LIVE = "live", _("Going live")
        DONE = "done", _("Done")

    folder = models.CharField(max_length=200, help_text="The folder's own name, not its path.")
    feed_id = models.CharField(max_length=80, blank=True, help_text="Empty: no manifest was read.")
    kind = models.CharField(max_length=5, blank=True)
    as_of = models.DateField(null=True)
    only_check = models.BooleanField(default=False)
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    phase = models.CharField(max_length=6, choices=Phase, default=Phase.CLAIMS)
    rows_total = models.PositiveBigIntegerField(default=0, help_text="As the manifest says.")
    rows_done = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When the run last said how far it is.")
    ended_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict, help_text="As in FeedLoad, when it ended.")
    rejected = models.PositiveIntegerField(default=0)
    rejects_file = models.CharField(max_length=200, blank=True, help_text="Below VAR_DIR.")
    message = models.CharField(max_length=400, blank=True, help_text="Why it was not loaded.")

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(state="running", ended_at=None)
                | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="accounts_feedrun_ends_once",
            )
        ]


class CardAccount(models.Model):
    """One card account. Rates are fractions: daily_rate 0.0005 is 0.05 % a day."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        FROZEN = "frozen", _("Frozen")
        CLOSED = "closed", _("Closed")
        WRITTEN_OFF = "written_off", _("Written off")

    class Basis(models.TextChoices):
        FULL = "full", _("the whole statement balance")
        UNPAID = "unpaid", _("the unpaid part")

    ref = models.CharField(max_length=40, unique=True)
    cardholder = models.ForeignKey(Cardholder, models.PROTECT, related_name="accounts")
    product = models.CharField(max_length=60)
    card_last4 = models.CharField(max_length=4)
    currency = models.CharField(max_length=3)
    credit_limit = MoneyField()
    opened_on = models.DateField()
    statement_day = models.PositiveSmallIntegerField()
    daily_rate = models.DecimalField(max_digits=9, decimal_places=8)
    late_fee_rate = models.DecimalField(max_digits=9, decimal_places=8)
    minimum_rate = models.DecimalField(max_digits=9, decimal_places=8)
    interest_basis = models.CharField(max_length=6, choices=Basis)
    status = models.CharField(max_length=12, choices=Status)
    held_by = models.CharField(
        max_length=40, default="bank", help_text="bank, or an agency's code."
    )
    agency_name = models.CharField(max_length=120, blank=True)
    closed_by_feed = models.BooleanField(default=False, help_text="Absent from a full feed.")
    as_of = models.DateField(help_text="The feed these figures come from.")
    version = models.PositiveIntegerField(
        default=1,
        help_text="Raised by each feed that changes the account; an offer names its basis.",
    )

    class Meta:
        indexes = [
            models.Index(REF_AS_TYPED, name="accounts_account_ref_typed"),
            models.Index(
                fields=["id"],
                condition=Q(closed_by_feed=True) | Q(status="written_off"),
                name="accounts_account_gone",
            ),
        ]
        constraints = [
            CheckConstraint(
                condition=Q(statement_day__gte=1, statement_day__lte=31),
                name="accounts_cardaccount_statement_day_in_month",
            )
        ]

    def __str__(self) -> str:
        return self.ref


class Statement(models.Model):
    account = models.ForeignKey(
        CardAccount, models.PROTECT, related_name="statements", db_index=False
    )
    statement_on = models.DateField()
    due_on = models.DateField()
    opening_balance = MoneyField()
    closing_balance = MoneyField()
    minimum_due = MoneyField(help_text="Includes earlier minimums not paid.")

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["account", "statement_on"], name="accounts_statement_one_a_day"
            ),
            CheckConstraint(
                condition=Q(minimum_due__gte=0), name="accounts_statement_minimum_positive"
            ),
            CheckConstraint(
                condition=Q(due_on__gte=F("statement_on")), name="accounts_statement_due_after_made"
            ),
        ]


class Posting(models.Model):
    """One movement. Append-only: a correction is a new posting that names what it reverses."""

    class Kind(models.TextChoices):
        PURCHASE = "purchase", _("Purchase")
        CASH_ADVANCE = "cash_advance", _("Cash advance")
        REPAYMENT = "repayment", _("Repayment")
        INTEREST = "interest", _("Interest")
        LATE_FEE = "late_fee", _("Late payment charge")
        ANNUAL_FEE = "annual_fee", _("Annual fee")
        OTHER_FEE = "other_fee", _("Other fee")
        REVERSAL = "reversal", _("Reversal")
        WAIVER = "waiver", _("Waiver")
        ADJUSTMENT = "adjustment", _("Adjustment")

    ref = models.CharField(max_length=60)  # unique below: `unique=True` would add a second index
    account = models.ForeignKey(
        CardAccount, models.PROTECT, related_name="postings", db_index=False
    )
    posted_on = models.DateField()
    transacted_on = models.DateField()
    kind = models.CharField(max_length=12, choices=Kind)
    amount = MoneyField()
    description = models.CharField(max_length=200, blank=True)
    merchant = models.CharField(max_length=120, blank=True)
    channel = models.CharField(max_length=40, blank=True)
    reverses = models.CharField(max_length=60, blank=True, help_text="The ref of another posting.")

    class Meta:
        constraints = [UniqueConstraint(fields=["ref"], name="accounts_posting_one_ref")]
        indexes = [
            models.Index(fields=["account", "posted_on", "ref"], name="accounts_posting_in_order")
        ]


class OverdueRecord(models.Model):
    """What the bank reported to the credit bureau for one month. A correction is a new version."""

    account = models.ForeignKey(
        CardAccount, models.PROTECT, related_name="overdue_records", db_index=False
    )
    period = models.CharField(max_length=7, help_text="YYYY-MM")
    version = models.PositiveSmallIntegerField(default=1)
    days_past_due = models.PositiveIntegerField()
    reported_code = models.CharField(max_length=4)
    overdue_amount = MoneyField()
    reported_on = models.DateField(null=True)
    bureau = models.CharField(max_length=60, blank=True)
    notified_on = models.DateField(null=True, help_text="When the person was told beforehand.")
    disputed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["account", "period", "version"], name="accounts_overduerecord_one_version"
            )
        ]


class ContactAttempt(models.Model):
    """A call, message, letter or visit made to collect. Shown to the cardholder; append-only."""

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        SMS = "sms", _("Text message")
        EMAIL = "email", _("E-mail")
        LETTER = "letter", _("Letter")
        VISIT = "visit", _("Visit")
        APP = "app", _("App message")

    ref = models.CharField(max_length=60)  # unique below: `unique=True` would add a second index
    account = models.ForeignKey(
        CardAccount, models.PROTECT, related_name="contact_attempts", db_index=False
    )
    at = models.DateTimeField()
    channel = models.CharField(max_length=6, choices=Channel)
    by = models.CharField(max_length=40)
    purpose = models.CharField(max_length=200)
    outcome = models.CharField(max_length=200)

    class Meta:
        constraints = [UniqueConstraint(fields=["ref"], name="accounts_contact_one_ref")]
        indexes = [models.Index(fields=["account", "at"], name="accounts_contact_in_order")]


class Hold(models.Model):
    """An amount, or a whole account (amount empty), on which collection stops; or only contact."""

    class Reason(models.TextChoices):
        PLAN = "plan", _("Instalment plan")
        DISPUTE = "dispute", _("Dispute")
        BREATHING_SPACE = "breathing_space", _("Breathing space")
        INSOLVENCY = "insolvency", _("Insolvency")
        DEATH = "death", _("The cardholder has died")

    account = models.ForeignKey(CardAccount, models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=20, choices=Reason)
    source = models.CharField(max_length=80, help_text="What placed it, e.g. plans.agreement:12.")
    amount = MoneyField(null=True)
    contact_only = models.BooleanField(
        default=False, help_text="Stops contact about the account; nets no amount."
    )
    from_at = models.DateTimeField()
    until_on = models.DateField(
        null=True, help_text="Its last day, where it was placed for a time: lifted after it."
    )
    until_at = models.DateTimeField(null=True, help_text="When it was lifted.")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["source"], name="accounts_hold_one_per_source"),
            CheckConstraint(
                condition=Q(amount=None) | Q(amount__gt=0), name="accounts_hold_amount_positive"
            ),
            CheckConstraint(
                condition=Q(contact_only=False) | Q(amount=None),
                name="accounts_hold_contact_has_no_amount",
            ),
            CheckConstraint(
                condition=Q(until_at=None) | Q(until_at__gte=F("from_at")),
                name="accounts_hold_ends_after_start",
            ),
        ]
        indexes = [
            models.Index(fields=["reason"], condition=Q(until_at=None), name="accounts_hold_live")
        ]
