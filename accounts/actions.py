"""What changes in this room, each with its audit event and what the bank must be told."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import CardAccount, Hold, User
from portal.records import audit, outbox


@transaction.atomic
def place_hold(
    account: CardAccount,
    *,
    reason: str,
    source: str,
    amount: Decimal | None,
    by: User | None,
    at: datetime,
) -> Hold:
    """Stop collection on an amount, or on the whole account (`amount` None), from now on.

    `source` names what asks for it, e.g. plans.agreement:12, and lifts it again.
    Errors: IntegrityError if that source already holds something.
    """
    hold = Hold.objects.create(
        account=account, reason=Hold.Reason(reason), source=source, amount=amount, from_at=at
    )
    facts = _facts(hold)
    outbox.publish("collection.hold", account_ref=account.ref, at=at, data=facts)
    audit.record("accounts.hold_placed", subject=account, by=by, at=at, data=facts)
    return hold


@transaction.atomic
def lift_hold(source: str, *, by: User | None, at: datetime) -> bool:
    """End the hold of a source; False if there is none or it has ended already."""
    if not Hold.objects.filter(source=source, until_at=None).update(until_at=at):
        return False
    hold = Hold.objects.select_related("account").get(source=source)
    facts = _facts(hold) | {"effective_at": at.isoformat()}
    outbox.publish("collection.resume", account_ref=hold.account.ref, at=at, data=facts)
    audit.record("accounts.hold_lifted", subject=hold.account, by=by, at=at, data=facts)
    return True


def _facts(hold: Hold) -> dict[str, Any]:
    """Return what the bank needs (feed.md §2); money as text."""
    return {
        "reason": hold.reason,
        "source": hold.source,
        "scope": "account" if hold.amount is None else "amount",
        "amount": None if hold.amount is None else str(hold.amount),
        "currency": hold.account.currency,
        "effective_at": hold.from_at.isoformat(),
    }
