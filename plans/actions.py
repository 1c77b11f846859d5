"""What happens to plan requests, offers and agreements: one verb, one transaction, one event."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import get_current_timezone, localdate

from accounts import queries as ledger
from accounts.models import CardAccount, User
from plans import rules, states
from plans.agreement import terms_for
from plans.models import Agreement, Offer, PlanRequest
from plans.notices import tell
from plans.policy import CURRENT
from plans.rules import Choice
from portal import packs
from portal.kit import money
from portal.kit.errors import IllegalMove, Refused, Stale, gettext_noop
from portal.packs import Pack
from portal.records import documents, moves
from portal.records.audit import record


def move(thing: Any, to: str, *, by: User | None, at: datetime, **changes: Any) -> None:
    """Change a status by this room's tables. Call it inside a transaction.

    `changes`: columns, and `data` for the trail. Errors: IllegalMove, Stale.
    """
    moves.move(thing, to, table=states.TABLES[type(thing)], by=by, at=at, **changes)


# == the cardholder asks


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
        **asdict(choice), "total": ledger.plannable(account).overdue, "reason": reason,
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
    if first_on < localdate(at) + timedelta(days=CURRENT.first_after):
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


# == the bank decides


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
    record(
        "plans.offer.made", subject=offer, by=by, at=at, data={**data, "policy": CURRENT.version}
    )
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
    unit, longest = money.unit(account.currency), pack["plan.longest"]
    dues = rules.schedule(
        position.overdue, choice, agreed_on=localdate(at), unit=unit, longest=longest
    )
    person = account.cardholder.person
    terms = terms_for(number, account, person, position, dues, policy=CURRENT, pack=pack, at=at)
    return Offer.objects.create(
        **asdict(choice), number=number, request=request, account=account, total=position.overdue,
        explanation=explanation, sealed_terms=terms.sealed(), policy_version=CURRENT.version,
        basis_version=account.version, made_at=at, made_by=by,
        expires_at=expiry(choice.first_on, at=at),
    )  # fmt: skip


def expiry(first_on: date, *, at: datetime) -> datetime:
    """An offer ends after the policy's days, and in any case the day before the first payment."""
    end = min(localdate(at) + timedelta(days=CURRENT.offer_valid), first_on - timedelta(days=1))
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


@transaction.atomic
def withdraw_offer(offer: Offer, *, reason: str, by: User, at: datetime) -> None:
    """The bank takes an offer back and says why. Errors: Stale if it was accepted meanwhile."""
    move(offer, Offer.Status.WITHDRAWN, by=by, at=at, ending=reason)
    tell(offer.account, "plan.offer_withdrawn", number=offer.number, at=at)


@transaction.atomic
def decline(offer: Offer, *, reason: str, by: User, at: datetime) -> None:
    """The cardholder says no thank you, and why if they like; they can ask again at once."""
    move(offer, Offer.Status.DECLINED, by=by, at=at, ending=reason)


def expire(offers: Iterable[Offer], *, at: datetime) -> int:
    """End offers whose time is over; each in its own transaction."""
    done = 0
    for offer in offers:
        try:
            with transaction.atomic():
                move(offer, Offer.Status.EXPIRED, by=None, at=at)
                tell(offer.account, "plan.offer_expired", number=offer.number, at=at)
            done += 1
        except (Stale, IllegalMove):
            continue
    return done


def is_live(offer: Offer, *, at: datetime) -> bool:
    """Tell whether the offer can still be accepted, as far as its own row says."""
    return offer.status == Offer.Status.OPEN and at <= offer.expires_at
