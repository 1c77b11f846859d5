"""What the bank decides on a request: one verb, one transaction, one event."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import get_current_timezone, localdate

from accounts import queries as ledger
from accounts.models import CardAccount, User
from plans import policies, rules
from plans.actions.asking import check_first_date
from plans.actions.moving import move
from plans.agreement import terms_for
from plans.models import Offer, PlanRequest, columns
from plans.notices import tell
from plans.policy import Policy
from plans.rules import Choice
from portal import packs
from portal.kit import money
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.packs import Pack
from portal.records import documents
from portal.records.audit import record


@transaction.atomic
def take(request: PlanRequest, *, by: User, at: datetime) -> None:
    """An agent takes a waiting request, or takes one over from a colleague.

    Errors: Stale if a colleague was first; Refused DUTY-1; IllegalMove once it is decided.
    """
    check_duty(request, by)
    if request.status != PlanRequest.Status.UNDER_REVIEW:
        return move(request, PlanRequest.Status.UNDER_REVIEW, by=by, at=at, taken_by=by)
    held = PlanRequest.objects.filter(
        pk=request.pk, status=request.status, taken_by=request.taken_by_id
    )
    if not held.update(taken_by=by):
        raise Stale(request.pk)
    record("plans.planrequest.taken_over", subject=request, by=by, at=at)


def check_duty(request: PlanRequest, by: User) -> None:
    """Nobody decides on their own case. Errors: Refused DUTY-1."""
    own = request.account.cardholder.user_id == by.pk
    rules.check_decider(by.pk, asked_by_id=request.submitted_by_id, own_cardholder=own)


def check_taken(request: PlanRequest, by: User) -> None:
    """Only the one who has taken the request decides on it. Errors: Refused DUTY-1, DUTY-2."""
    check_duty(request, by)
    if request.taken_by_id != by.pk:
        raise Refused("DUTY-2", gettext_noop("Take this request before you decide on it."))


@transaction.atomic
def make_offer(
    request: PlanRequest,
    choice: Choice,
    *,
    findings: list[str],
    explanation: str,
    basis_version: int,
    by: User,
    at: datetime,
) -> Offer:
    """Offer a plan over what is overdue now and undisputed; the worker then renders it.

    Errors: Refused for a missing finding, one's own case, or terms outside rule and policy; Stale
    if the account changed after the agent saw it (`basis_version`) or the request moved.
    """
    locked = CardAccount.objects.select_for_update().select_related("cardholder")
    account = locked.get(pk=request.account_id)
    if account.version != basis_version:
        raise Stale(account.pk)
    check_taken(request, by)
    check_first_date(choice.first_on, at=at)
    pack = packs.load(settings.JURISDICTION, on=localdate(at))
    rules.check_findings(findings, required=pack["plan.findings"])
    decided: dict[str, Any] = {"decided_by": by, "decided_at": at, "findings": findings}
    move(request, PlanRequest.Status.OFFERED, by=by, at=at, **decided)
    offer = _offered(request, account, choice, explanation, pack=pack, by=by, at=at)
    data = {"request": request.number, "total": offer.total, "months": offer.months}
    data["policy"] = offer.policy_version
    record("plans.offer.made", subject=offer, by=by, at=at, data=data)
    transaction.on_commit(_wake_renderer)
    return offer


def _offered(
    request: PlanRequest,
    account: CardAccount,
    choice: Choice,
    explanation: str,
    *,
    pack: Pack,
    by: User,
    at: datetime,
) -> Offer:
    position, number = ledger.plannable(account), f"PA-{documents.new_code(8)}"
    limits = policies.in_force(localdate(at))
    unit, longest = money.unit(account.currency), pack["plan.longest"]
    total = rules.plan_sum(position.overdue, choice)
    dues = rules.schedule(total, choice, agreed_on=localdate(at), unit=unit, longest=longest)
    person = account.cardholder.person
    terms = terms_for(
        number, account, person, position, choice, dues, policy=limits, pack=pack, at=at
    )
    return Offer.objects.create(
        **columns(choice), number=number, request=request, account=account, total=total,
        overdue=position.overdue,
        explanation=explanation, sealed_terms=terms.sealed(), policy_version=limits.version,
        basis_version=account.version, made_at=at, made_by=by,
        expires_at=expiry(choice.first_on, limits, at=at),
    )  # fmt: skip


def expiry(first_on: date, limits: Policy, *, at: datetime) -> datetime:
    """An offer ends after the policy's days, and in any case the day before the first payment."""
    end = min(localdate(at) + timedelta(days=limits.offer_valid), first_on - timedelta(days=1))
    return datetime.combine(end, time(23, 59, 59), tzinfo=get_current_timezone())


def _wake_renderer() -> None:
    from plans.tasks import render_offers

    try:
        render_offers.delay()
    except Exception:  # noqa: S110  (a dead broker: the sweep finds the row)
        pass


@transaction.atomic
def refuse(request: PlanRequest, *, reason: str, by: User, at: datetime) -> None:
    """Say no, and why: the cardholder reads it. Errors: Refused DUTY-…, IllegalMove, Stale."""
    check_taken(request, by)
    move(
        request,
        PlanRequest.Status.REFUSED,
        by=by,
        at=at,
        decided_by=by,
        decided_at=at,
        refusal=reason,
    )
    tell(request.account, "plan.refused", number=request.number, at=at)
