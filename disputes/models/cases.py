"""A case: what is contested, why, and where it stands. At most one open case for each line."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.kit.crypto import SealedText
from portal.kit.money import MoneyField

LIVE = Q(  # as Dispute.LIVE, for indexes: the class is not there yet when its Meta is read
    status__in=["received", "in_review", "waiting_for_cardholder", "under_second_review"]
)


class Dispute(models.Model):
    """A dispute of lines, or a complaint without one. What people wrote is encrypted."""

    class Matter(models.TextChoices):
        """What it is about; the rule pack says which clock that sets."""

        RECORD = "record", _("An overdue record")
        CHARGE = "charge", _("A charge, a payment or a bill")
        CONTACT = "contact", _("How I was contacted")
        SERVICE = "service", _("Something else")

    class Topic(models.TextChoices):
        """Of a complaint that is not about a line."""

        CONDUCT = "conduct", _("How someone behaved")
        CONTACT = "contact", _("How or when I am contacted")
        SERVICE = "service", _("A service that did not work")
        DATA = "data", _("My personal data")
        OTHER = "other", _("Something else")

    class Reason(models.TextChoices):
        NOT_MINE = "not_mine", _("It is not mine")
        ALREADY_PAID = "already_paid", _("I had paid it already")
        WRONG_AMOUNT = "wrong_amount", _("The amount is wrong")
        WRONG_DATES = "wrong_dates", _("The date or the days are wrong")
        BANK_FAULT = "bank_fault", _("It was reported in error or late by the bank's fault")
        FRAUD = "fraud", _("Someone used my card or my name")
        HARDSHIP_AGREED = "hardship_agreed", _("The bank had agreed to something else")
        OTHER = "other", _("Something else")

    class Channel(models.TextChoices):
        PORTAL = "portal", _("This site")
        PHONE = "phone", _("By phone")
        LETTER = "letter", _("By letter or e-mail")
        COUNTER = "counter", _("At a branch")
        REGULATOR = "regulator", _("Passed on by a regulator")

    class Contact(models.TextChoices):
        """How the cardholder wishes to be asked, should we need to."""

        PORTAL = "portal", _("By message here, with a short mail that there is one")
        PHONE = "phone", _("By a call to the number you have for me")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Not sent yet")
        RECEIVED = "received", _("Received")
        IN_REVIEW = "in_review", _("Being looked at")
        WAITING = "waiting_for_cardholder", _("Waiting for an answer from you")
        UPHELD = "upheld", _("You are right")
        PARTLY = "partly_upheld", _("You are right in part")
        REJECTED = "rejected", pgettext_lazy("of a case", "Not agreed")
        UNCONFIRMED = "unconfirmed", _("Could not be confirmed")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        SECOND_REVIEW = "under_second_review", _("Being reviewed again")
        FINAL = "final", _("Reviewed again, final")
        CLOSED = "closed", _("Closed")

    LIVE = (Status.RECEIVED, Status.IN_REVIEW, Status.WAITING, Status.SECOND_REVIEW)
    DECIDED = (Status.UPHELD, Status.PARTLY, Status.REJECTED, Status.UNCONFIRMED)

    number = models.CharField(max_length=20, unique=True, help_text="DP-…, told to everybody.")
    account = models.ForeignKey("accounts.CardAccount", models.PROTECT, related_name="disputes")
    status = models.CharField(max_length=22, choices=Status, default=Status.DRAFT)
    matter = models.CharField(max_length=7, choices=Matter)
    topic = models.CharField(max_length=7, choices=Topic, blank=True)
    reason = models.CharField(max_length=15, choices=Reason, blank=True)
    sealed_words = models.TextField(blank=True)
    words = SealedText("sealed_words", key="number")  # in the cardholder's own words
    sealed_remedy = models.TextField(blank=True)
    remedy = SealedText("sealed_remedy", key="number")  # what it should be, in words
    contact_by = models.CharField(max_length=7, choices=Contact, default=Contact.PORTAL)
    language = models.CharField(max_length=10, help_text="Of the letters.")
    channel = models.CharField(max_length=9, choices=Channel, default=Channel.PORTAL)
    sealed_representative = models.TextField(blank=True)
    representative = SealedText("sealed_representative", key="number")  # JSON; empty: in person
    step = models.CharField(max_length=20, blank=True, help_text="Of a draft: the furthest one.")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    taken_at = models.DateTimeField(null=True)
    deadline = models.ForeignKey(
        "disputes.Deadline", models.PROTECT, null=True, related_name="+",
        help_text="The one that holds now. Deadlines never change: another is another row.",
    )  # fmt: skip
    due_on = models.DateField(
        null=True, help_text="That deadline's last lawful day: the queue is in its order."
    )
    warned = models.PositiveSmallIntegerField(
        default=0,
        help_text="Per cent of the time that a warning went out for; 101: the cardholder knows.",
    )
    decided_at = models.DateTimeField(null=True, help_text="The answer that stands now.")
    ended_at = models.DateTimeField(null=True, help_text="Withdrawn, final or closed.")

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(
                    status__in=[
                        "draft",
                        "received",
                        "in_review",
                        "waiting_for_cardholder",
                        "upheld",
                        "partly_upheld",
                        "rejected",
                        "unconfirmed",
                        "withdrawn",
                        "under_second_review",
                        "final",
                        "closed",
                    ]
                ),
                name="disputes_dispute_status_known",
            ),
            CheckConstraint(
                condition=Q(status="draft")
                | Q(submitted_at__isnull=False, deadline__isnull=False)
                | Q(status="withdrawn"),
                name="disputes_dispute_sent_has_deadline",
            ),
            CheckConstraint(
                condition=Q(deadline=None, due_on=None)
                | Q(deadline__isnull=False, due_on__isnull=False),
                name="disputes_dispute_deadline_has_day",
            ),
            CheckConstraint(
                condition=~Q(status="in_review") | Q(taken_by__isnull=False),
                name="disputes_dispute_review_has_handler",
            ),
            UniqueConstraint(
                fields=["account"],
                condition=Q(status="draft", channel="portal"),
                name="disputes_dispute_one_draft",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-started_at"], name="disputes_dispute_of_account"),
            models.Index(fields=["due_on", "id"], condition=LIVE, name="disputes_dispute_queue"),
            models.Index(
                fields=["matter", "due_on", "id"],
                condition=LIVE,
                name="disputes_dispute_of_matter",
            ),
            models.Index(
                fields=["taken_by", "due_on", "id"],
                condition=LIVE,
                name="disputes_dispute_in_hand",
            ),
            models.Index(
                fields=["due_on", "id"],
                condition=Q(status="under_second_review"),
                name="disputes_dispute_in_review",
            ),
            models.Index(
                fields=["id"],
                condition=~LIVE & ~Q(submitted_at=None),
                name="disputes_dispute_not_live",
            ),
            models.Index(
                fields=["submitted_at"],
                condition=~Q(submitted_at=None),
                name="disputes_dispute_by_day",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Line(models.Model):
    """One line of the bank's books that a case contests, and how it read when it was sent in.

    `key` finds it: a record by `<account ref>:<YYYY-MM>`, a statement by `<account ref>:<day>`,
    a posting and a contact by their own reference.
    """

    class Kind(models.TextChoices):
        RECORD = "record", _("Overdue record")
        POSTING = "posting", _("Movement")
        STATEMENT = "statement", _("Bill")
        CONTACT = "contact", _("Contact")

    dispute = models.ForeignKey(Dispute, models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=9, choices=Kind)
    key = models.CharField(max_length=80)
    open = models.BooleanField(default=False, help_text="While the case is live.")
    facts = models.JSONField(help_text="disputes.lines.Contested as it read then; money as text.")
    amount = MoneyField(null=True, help_text="As booked or reported; + is debt.")
    asked_amount = MoneyField(null=True, help_text="What it should be, if said.")
    asked_days = models.PositiveIntegerField(null=True, help_text="Days past due, if said.")
    document_number = models.CharField(max_length=40, blank=True, help_text="Certified copy cited.")
    document_sha256 = models.CharField(max_length=64, blank=True)
    document_line = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["kind", "key"], condition=Q(open=True), name="disputes_line_one_open_case"
            ),
            UniqueConstraint(fields=["dispute", "kind", "key"], name="disputes_line_once_a_case"),
        ]
        ordering = ["pk"]


class PersonalStatement(models.Model):
    """What a person adds to a record about themselves (CN-CR-06); sent to the bureau as written."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey("accounts.CardAccount", models.PROTECT, related_name="+")
    period = models.CharField(max_length=7, help_text="YYYY-MM")
    sealed_text = models.TextField()
    text = SealedText("sealed_text", key="ref")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["account", "period"],
                condition=Q(withdrawn_at=None),
                name="disputes_statement_one_a_record",
            )
        ]
