"""How a plan ends: kept to the last payment, broken, or by hand. Each tells the bank once."""

from datetime import datetime
from typing import Any

from accounts.actions import lift_hold
from accounts.models import User
from plans.actions import move
from plans.keeping import queries
from plans.keeping.looking import Seen, reckoning
from plans.models import Agreement, Instalment, Offer, PlanRequest
from plans.notices import tell
from portal.records.outbox import publish

COMPONENTS = ("principal", "interest", "default_sum", "fees")


def complete(seen: Seen, *, at: datetime) -> None:
    """All that was agreed is paid: end the hold, have what is waived written off, tell everyone.

    The certificate is due now: plans.tasks.write_certificates finds the row. Call it inside the
    watcher's transaction. Errors: IllegalMove, Stale.
    """
    agreement = seen.agreement
    settled = max((due.paid_on for due in seen.dues if due.paid_on), default=seen.as_of)
    data = {"settled_on": settled}
    move(
        agreement, Agreement.Status.COMPLETED, by=None, at=at, data=data,
        breach_noticed_at=None, remedy_until=None,
    )  # fmt: skip
    _lift(agreement, at=at)
    facts = facts_of(seen) | {
        "settled_on": settled.isoformat(),
        "beyond": str(seen.beyond),
    }
    publish("plan.completed", account_ref=agreement.account.ref, at=at, data=facts)
    if not queries.is_quiet(agreement):
        tell(agreement.account, "plan.completed", number=agreement.number, at=at)
    _end_change(agreement, by=None, at=at)


def _end_change(agreement: Agreement, *, by: User | None, at: datetime) -> None:
    """Nothing is left to change: an offer for it ends, what was asked is asked for the account."""
    asked = PlanRequest.objects.filter(revises=agreement)
    for offer in Offer.objects.filter(request__in=asked, status__in=queries.LIVE):
        known = offer.status != Offer.Status.PROPOSED  # else no cardholder heard of it
        data = {agreement.status: agreement.number}
        move(
            offer, Offer.Status.WITHDRAWN, by=by, at=at, data=data,
            ended_by=Offer.EndedBy.PLAN,
        )  # fmt: skip
        if known and not queries.is_quiet(agreement):
            tell(agreement.account, "plan.offer_withdrawn", number=offer.number, at=at)
    waiting = (PlanRequest.Status.DRAFT, *PlanRequest.OPEN)
    asked.filter(status__in=waiting).update(revises=None)


def end_broken(seen: Seen, *, at: datetime) -> None:
    """What was missed was not put right: end the plan and say what is due, and how that comes.

    What was waived counts again: it was given up for a plan that is kept. Call it inside the
    watcher's transaction. Errors: IllegalMove, Stale.
    """
    agreement = seen.agreement
    owed = reckoning(agreement, seen.dues)
    told = {
        "sum_due": str(owed.due),
        "how": {
            "overdue": str(owed.overdue), "interest": str(owed.interest), "paid": str(owed.paid),
            "beyond": str(owed.beyond),
        },
    }  # fmt: skip
    move(agreement, Agreement.Status.BROKEN, by=None, at=at, data=told, sum_due=owed.due)
    _lift(agreement, at=at)
    until = agreement.remedy_until
    facts = facts_of(seen) | told | {"remedy_until": until.isoformat() if until else None}
    publish("plan.broken", account_ref=agreement.account.ref, at=at, data=facts)
    tell(agreement.account, "plan.broken", number=agreement.number, at=at)


def end_by_hand(seen: Seen, *, reason: str, by: User, at: datetime) -> None:
    """End a plan that no rule ends: nothing more is asked for in it, and the account is free.

    What was waived counts again. Call it in a transaction, with the account's and the agreement's
    row locked. Errors: IllegalMove, Stale.
    """
    agreement = seen.agreement
    agreement.ending = reason
    why = {"why": seen.why_by_hand}
    move(
        agreement, Agreement.Status.ENDED, by=by, at=at, data=why,
        sealed_ending=agreement.sealed_ending, watched_as_of=seen.as_of,
        breach_noticed_at=None, remedy_until=None,
    )  # fmt: skip
    _end_change(agreement, by=by, at=at)
    lift_hold(f"plans.agreement:{agreement.pk}", by=by, at=at)
    facts = facts_of(seen) | why | {"ended_by": "bank"}
    publish("plan.withdrawn", account_ref=agreement.account.ref, at=at, data=facts)
    tell(agreement.account, "plan.ended", number=agreement.number, at=at)


def facts_of(seen: Seen) -> dict[str, Any]:
    """Return what the bank needs of a plan's end (feed.md §2); money as text.

    `waived` is to be written off when the plan was kept, and counts again when it was not.
    """
    agreement = seen.agreement
    return {
        "agreement": agreement.number,
        "total": str(agreement.total),
        "currency": agreement.account.currency,
        "schedule": [_line(due) for due in seen.dues],
        "waived": {name: str(getattr(agreement.offer.waived, name)) for name in COMPONENTS},
        "document_sha256": agreement.document.sha256,
        "as_of": seen.as_of.isoformat(),
    }


def _line(due: Instalment) -> dict[str, str | None]:
    return {
        "due_on": due.day.isoformat(),
        "amount": str(due.amount),
        "interest": str(due.interest),
        "paid": str(due.paid),
        "paid_on": due.paid_on.isoformat() if due.paid_on else None,
    }


def _lift(agreement: Agreement, *, at: datetime) -> None:
    lift_hold(f"plans.agreement:{agreement.pk}", by=None, at=at)
