"""Legal holds: while one stands, nothing of its subject is purged, however old it is."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records.audit import record
from portal.records.models import LegalHold, Purge


def live() -> QuerySet[LegalHold]:
    """Return the holds that stand, newest first."""
    standing = LegalHold.objects.filter(lifted_at=None).select_related("placed_by")
    return standing.order_by("-placed_at", "-pk")


def place(subject: str, *, reason: str, by: Any, at: datetime) -> LegalHold:
    """Keep everything of a subject, such as accounts.cardholder:12, from now on.

    Waits for the batch of a purge that runs just now; the next one heeds the hold.
    Errors: Refused HOLD-ONE if a hold stands already.
    """
    try:
        with transaction.atomic():
            confirmed = Purge.objects.filter(status=Purge.Status.CONFIRMED).order_by("pk")
            list(confirmed.select_for_update().values_list("pk", flat=True))
            hold = LegalHold.objects.create(
                subject=subject, reason=reason, placed_by=by, placed_at=at
            )
            record("records.hold_placed", subject=subject, by=by, at=at, data={"hold": hold.pk})
    except IntegrityError:
        no = gettext_noop("A legal hold on this stands already. Lift it first to change it.")
        raise Refused("HOLD-ONE", no) from None
    return hold


@transaction.atomic
def lift(hold: LegalHold, *, reason: str, by: Any, at: datetime) -> None:
    """End a hold: what is over its time may go again. The reason stays in the audit trail.

    Errors: Stale if a colleague was first.
    """
    standing = LegalHold.objects.filter(pk=hold.pk, lifted_at=None)
    if not standing.update(lifted_at=at, lifted_by=by):
        raise Stale(hold.pk)
    data = {"hold": hold.pk, "reason": reason}
    record("records.hold_lifted", subject=hold.subject, by=by, at=at, data=data)
