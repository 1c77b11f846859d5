"""What changes in this room, each with its audit event and what the bank must be told."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

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
    contact_only: bool = False,
    until_on: date | None = None,
) -> Hold:
    """Stop collection on an amount, or on the whole account (`amount` None), from now on.

    `contact_only` stops contact about the account and nets no amount. `source` names what asks
    for it, e.g. plans.agreement:12, and lifts it again; after `until_on` whoever placed it does.
    What a plan may divide changes with a disputed amount, so that raises the account's version: a
    draft or an offer names its basis.
    Errors: IntegrityError if that source already holds something.
    """
    hold = Hold(
        account=account, reason=Hold.Reason(reason), source=source, amount=amount,
        contact_only=contact_only, from_at=at, until_on=until_on,
    )  # fmt: skip
    _raise_version(hold)  # takes the account's row first: whoever writes about it waits here
    hold.save(force_insert=True)
    facts = _facts(hold)
    outbox.publish("collection.hold", account_ref=account.ref, at=at, data=facts)
    audit.record("accounts.hold_placed", subject=account, by=by, at=at, data=facts)
    return hold


@transaction.atomic
def lift_hold(source: str, *, by: User | None, at: datetime) -> bool:
    """End the hold of a source; False if there is none or it has ended already."""
    hold = Hold.objects.select_related("account").filter(source=source, until_at=None).first()
    if hold is None:
        return False
    _raise_version(hold)
    if not Hold.objects.filter(source=source, until_at=None).update(until_at=at):
        return False
    facts = _facts(hold) | {"effective_at": at.isoformat()}
    outbox.publish("collection.resume", account_ref=hold.account.ref, at=at, data=facts)
    audit.record("accounts.hold_lifted", subject=hold.account, by=by, at=at, data=facts)
    return True


def _raise_version(hold: Hold) -> None:
    """A disputed amount changes what may be divided: tell who works on older figures."""
    if hold.reason == Hold.Reason.DISPUTE and hold.amount is not None:
        CardAccount.objects.filter(pk=hold.account_id).update(version=F("version") + 1)


def _scope(hold: Hold) -> str:
    if hold.contact_only:
        return "contact"
    return "account" if hold.amount is None else "amount"


def _facts(hold: Hold) -> dict[str, Any]:
    """Return what the bank needs (feed.md §2); money as text. The last day only if it has one."""
    until = {"until_on": hold.until_on.isoformat()} if hold.until_on else {}
    return until | {
        "reason": hold.reason,
        "source": hold.source,
        "scope": _scope(hold),
        "amount": None if hold.amount is None else str(hold.amount),
        "currency": hold.account.currency,
        "effective_at": hold.from_at.isoformat(),
    }
