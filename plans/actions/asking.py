"""What the cardholder does with a request, until the bank has it."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from accounts import queries as ledger
from accounts.models import CardAccount, User
from plans import policies
from plans.actions.ending import drop_proposed
from plans.actions.moving import move
from plans.choosing import draft_of, revised_by
from plans.models import Agreement, Kind, PlanQuestion, PlanRequest, columns
from plans.notices import tell
from plans.rules import Choice
from plans.situation import askable, papers
from plans.situation.queries import sealed_for
from portal.kit.errors import IllegalMove, Refused, Stale, gettext_noop
from portal.records import documents
from portal.records.audit import record


def check_open_for_plan(account: CardAccount, *, revises: Agreement | None = None) -> None:
    """Refuse where a request, offer or plan already runs; the plan to be changed does not count.

    Errors: Refused PLAN-ONE.
    """
    askable.refuse(askable.running(account, revises=revises))


def check_askable(account: CardAccount, *, revises: Agreement | None = None) -> None:
    """Refuse with the first reason against asking (plans.eligibility). Errors: Refused PLAN-…"""
    askable.refuse(askable.reasons(account, revises=revises))


@transaction.atomic
def draft(
    account: CardAccount, choice: Choice, *, reason: str, by: User, at: datetime
) -> PlanRequest:
    """Keep what the cardholder chose; one draft per account, overwritten until it is sent.

    A draft that asks to change a live plan goes on to do so.
    Errors: Refused if nothing is overdue or a plan already runs.
    """
    account = CardAccount.objects.select_for_update().get(pk=account.pk)
    revises = revised_by(draft_of(account))
    check_askable(account, revises=revises)
    kept: dict[str, Any] = {
        **columns(choice), "total": ledger.plannable(account).overdue, "reason": reason,
        "basis_version": account.version, "submitted_by": by, "revises": revises,
    }  # fmt: skip
    request, made = PlanRequest.objects.update_or_create(
        account=account,
        status=PlanRequest.Status.DRAFT,
        defaults=kept,
        create_defaults={"number": f"PR-{documents.new_code(8)}", **kept},
    )
    data = {"kind": choice.kind, "months": choice.months, "first_on": choice.first_on, "new": made}
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

    What was told of the person's means goes with it. Where the policy allows, it is answered at
    once. Errors: IllegalMove; Stale; Refused if a plan already runs, or if what it rests on
    changed.
    """
    account = CardAccount.objects.select_for_update().get(pk=request.account_id)
    request.refresh_from_db()
    if request.status != PlanRequest.Status.DRAFT:
        raise IllegalMove(request.status, PlanRequest.Status.SUBMITTED)
    revises = revised_by(request)
    check_askable(account, revises=revises)
    if account.version != request.basis_version:
        raise Refused(
            "PLAN-BASIS",
            gettext_noop(
                "The account changed since you wrote this. Look at it again, then send it."
            ),
        )
    if request.kind != Kind.OTHER:  # which names no date
        check_first_date(request.first_on, at=at)
    sealed = sealed_for(request)
    move(
        request, PlanRequest.Status.SUBMITTED, by=by, at=at, submitted_at=at,
        sealed_situation=sealed, revises=revises, data={"files": papers.go_with(request)},
    )  # fmt: skip
    from plans.actions.automatic import offer_at_once  # which decides, and needs this module

    if offer_at_once(request, at=at) is None:
        tell(request.account, "plan.received", number=request.number, at=at)


@transaction.atomic
def withdraw_request(request: PlanRequest, *, by: User, at: datetime) -> None:
    """Take the request back; another can be made at once. What was proposed on it ends with it."""
    CardAccount.objects.select_for_update().get(pk=request.account_id)
    move(request, PlanRequest.Status.WITHDRAWN, by=by, at=at)
    drop_proposed(request, by=by, at=at)
    papers.let_go(request, by=by, at=at)


@transaction.atomic
def answer_question(question: PlanQuestion, answer: str, *, by: User, at: datetime) -> None:
    """Answer what the bank asks about a request that it still looks at, once.

    Errors: Stale if it was answered meanwhile, or the request has moved on.
    """
    request = PlanRequest.objects.select_for_update().get(pk=question.request_id)
    open_question = PlanQuestion.objects.filter(pk=question.pk, answered_at=None)
    question.answer = answer
    waits = request.status in PlanRequest.OPEN
    said = {"sealed_answer": question.sealed_answer, "answered_at": at}
    if not waits or not open_question.update(**said):
        raise Stale(question.pk)
    record(
        "plans.planrequest.answered", subject=request, by=by, at=at, data={"question": question.pk}
    )
