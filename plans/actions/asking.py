"""What the cardholder does with a request, until the bank has it."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from accounts import queries as ledger
from accounts.models import CardAccount, User
from plans import policies
from plans.actions.moving import move
from plans.models import Agreement, Offer, PlanRequest, columns
from plans.notices import tell
from plans.rules import Choice
from portal.kit.errors import IllegalMove, Refused, gettext_noop
from portal.records import documents
from portal.records.audit import record


def check_open_for_plan(account: CardAccount) -> None:
    """Refuse where a request, offer or plan already runs. Errors: Refused PLAN-ONE."""
    for taken in (
        account.plan_requests.filter(status__in=PlanRequest.OPEN),
        account.offers.filter(status__in=[Offer.Status.PREPARING, Offer.Status.OPEN]),
        account.agreements.filter(status=Agreement.Status.ACTIVE),
    ):
        if taken.exists():
            raise Refused(
                "PLAN-ONE",
                gettext_noop(
                    "There is already a request, an offer or a plan for this account. "
                    "You can see it under My plans."
                ),
            )


def check_askable(account: CardAccount) -> None:
    """Refuse where there is nothing to divide, or a plan already runs. Errors: Refused PLAN-…"""
    check_open_for_plan(account)
    if account.closed_by_feed:
        raise Refused(
            "PLAN-GONE",
            gettext_noop(
                "The bank no longer lists this account. Talk to us before you pay or ask."
            ),
        )
    position = ledger.plannable(account)
    if position.overdue <= 0 and position.disputed:
        raise Refused(
            "PLAN-DISPUTE",
            gettext_noop(
                "All that is overdue on this account is in dispute. You need not pay it while it "
                "is, so there is nothing to divide for now."
            ),
        )
    if position.overdue <= 0:
        raise Refused(
            "PLAN-NONE",
            gettext_noop("Nothing is overdue on this account, so there is nothing to divide."),
        )


@transaction.atomic
def draft(
    account: CardAccount, choice: Choice, *, reason: str, by: User, at: datetime
) -> PlanRequest:
    """Keep what the cardholder chose; one draft per account, overwritten until it is sent.

    Errors: Refused if nothing is overdue or a plan already runs.
    """
    account = CardAccount.objects.select_for_update().get(pk=account.pk)
    check_askable(account)
    kept = {
        **columns(choice), "total": ledger.plannable(account).overdue, "reason": reason,
        "basis_version": account.version, "submitted_by": by,
    }  # fmt: skip
    request, made = PlanRequest.objects.update_or_create(
        account=account,
        status=PlanRequest.Status.DRAFT,
        defaults=kept,
        create_defaults={"number": f"PR-{documents.new_code(8)}", **kept},
    )
    data = {"months": choice.months, "first_on": choice.first_on, "new": made}
    record("plans.planrequest.drafted", subject=request, by=by, at=at, data=data)
    return request


def check_first_date(first_on: date, *, at: datetime) -> None:
    """Leave time to read and sign before the first payment. Errors: Refused PLAN-FIRST."""
    today = localdate(at)
    if first_on < today + timedelta(days=policies.in_force(today).first_after):
        raise Refused(
            "PLAN-FIRST", gettext_noop("The first date is too near now. Choose a later one.")
        )


@transaction.atomic
def submit(request: PlanRequest, *, by: User, at: datetime) -> None:
    """Send the request to the bank, if it still fits the account and the calendar.

    Errors: IllegalMove; Stale; Refused if a plan already runs, or if what it rests on changed.
    """
    account = CardAccount.objects.select_for_update().get(pk=request.account_id)
    request.refresh_from_db()
    if request.status != PlanRequest.Status.DRAFT:
        raise IllegalMove(request.status, PlanRequest.Status.SUBMITTED)
    check_askable(account)
    if account.version != request.basis_version:
        raise Refused(
            "PLAN-BASIS",
            gettext_noop(
                "The account changed since you wrote this. Look at it again, then send it."
            ),
        )
    check_first_date(request.first_on, at=at)
    move(request, PlanRequest.Status.SUBMITTED, by=by, at=at, submitted_at=at)
    tell(request.account, "plan.received", number=request.number, at=at)


@transaction.atomic
def withdraw_request(request: PlanRequest, *, by: User, at: datetime) -> None:
    """Take the request back; another can be made at once."""
    move(request, PlanRequest.Status.WITHDRAWN, by=by, at=at)
