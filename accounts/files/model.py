"""What every room's table of files has. A room adds whose they are, and says so in `rooms`."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from portal.kit.crypto import SealedText


class AbstractUpload(models.Model):
    """A file of a cardholder's. Only the copy we wrote anew is ever served, and only when clean.

    The row is the queue: `next_try_at` is set while a worker must still look at it. Bytes lie
    encrypted in the `evidence` store, under `ref`.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Being checked")
        CLEAN = "clean", _("Received whole")
        QUARANTINED = "quarantined", _("Held back for safety")
        REJECTED = "rejected", _("Could not be used")

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sealed_name = models.TextField(blank=True)
    name = SealedText("sealed_name", key="ref")  # for display only, cleaned; gone once taken back
    sensitive = models.BooleanField(
        default=False, help_text="Shows health or the like; separate consent was given (CN-PI-01)."
    )
    sha256 = models.CharField(max_length=64, help_text="Of the bytes as they came.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    status = models.CharField(max_length=11, choices=Status, default=Status.PENDING)
    problem = models.CharField(max_length=40, blank=True, help_text="A code: accounts.files.")
    kind = models.CharField(max_length=4, blank=True, help_text="jpeg png webp heic pdf")
    copy_sha256 = models.CharField(max_length=64, blank=True)
    copy_size = models.PositiveIntegerField(default=0, help_text="Bytes.")
    copy_type = models.CharField(max_length=20, blank=True, help_text="Its media type.")
    pages = models.PositiveSmallIntegerField(default=0)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True, help_text="Taken back: bytes and name are gone.")
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            CheckConstraint(
                condition=Q(status__in=["pending", "clean", "quarantined", "rejected"]),
                name="%(app_label)s_%(class)s_status_known",
            ),
            CheckConstraint(
                condition=~Q(status="clean") | ~Q(copy_sha256=""),
                name="%(app_label)s_%(class)s_clean_has_copy",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="%(app_label)s_%(class)s_due",
            ),
        ]

    @property
    def person_id(self) -> int:
        """The cardholder whose file it is."""
        raise NotImplementedError

    @property
    def said(self) -> dict[str, object]:
        """What a room's trail says of it, beside its hash."""
        return {}


S = AbstractUpload.Status
STEPS: dict[str, set[str]] = {
    S.PENDING: {S.CLEAN, S.QUARANTINED, S.REJECTED},
    S.QUARANTINED: {S.PENDING, S.REJECTED},
    S.CLEAN: set(),
    S.REJECTED: set(),
}
