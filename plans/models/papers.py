"""What a person adds to show what they told of their means: a pay slip, a bill. Always optional."""

from django.db import models
from django.db.models import Q, UniqueConstraint

from accounts.files.model import AbstractUpload
from plans.models.asking import PlanRequest, Situation
from portal.kit.crypto import SealedText


class Paper(AbstractUpload):
    """One file beside a budget. It goes with each request that is sent while it is there.

    Kept only with consent (CN-PI-01). With neither a situation nor a request it is deleted.
    """

    # No columns, while it is being added: the open request it is for, and the tick beside it.
    joins: PlanRequest | None = None
    consents = False

    cardholder = models.ForeignKey("accounts.Cardholder", models.PROTECT, related_name="papers")
    situation = models.ForeignKey(
        Situation,
        models.PROTECT,
        null=True,
        related_name="papers",
        help_text="Goes with what is asked next; empty: only with the requests that have it.",
    )
    requests = models.ManyToManyField(PlanRequest, related_name="+")
    sealed_release = models.TextField(blank=True)
    release = SealedText("sealed_release", key="ref")  # why staff had it looked at again

    class Meta:
        constraints = [
            *AbstractUpload.Meta.constraints,
            UniqueConstraint(
                fields=["situation", "sha256"],
                condition=Q(removed_at=None) & ~Q(status="rejected"),
                name="plans_paper_once",
            ),
        ]
        indexes = [
            *AbstractUpload.Meta.indexes,
            models.Index(fields=["cardholder", "id"], name="plans_paper_in_order"),
        ]

    @property
    def person_id(self) -> int:
        return self.cardholder_id

    @property
    def said(self) -> dict[str, object]:
        facts: dict[str, object] = {"consents": True} if self.consents else {}
        return facts | ({"request": self.joins.number} if self.joins else {})
