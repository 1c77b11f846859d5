"""What the cardholder may change of a plan that runs: a day, its end, or all of it anew."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from accounts import queries as ledger
from accounts.actions import lift_hold
from accounts.models import CardAccount, User
from plans import policies, rules
from plans.actions.moving import move
from plans.agreement import Terms
from plans.choosing import draft_of
from plans.models import Agreement, Instalment, Offer, PlanRequest, columns
from plans.notices import tell
from plans.rules import Choice
from plans.situation import askable, papers
from portal import packs
from portal.kit import money
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records import documents
from portal.records.audit import record
from portal.records.outbox import publish


def terms_of(agreement: Agreement) -> Terms:
    """Return what both signed."""
    return Terms.unsealed(agreement.offer.number, agreement.offer.sealed_terms)


def _locked(agreement: Agreement, by: User) -> Agreement:
    """Lock the account, then the agreement, as the watcher does. Errors: Refused DUTY-3; Stale."""
    CardAccount.objects.select_for_update().get(pk=agreement.account_id)
    rows = Agreement.objects.select_for_update(of=("self",)).select_related(
        "account__cardholder__user", "offer", "document"
    )
    locked = rows.get(pk=agreement.pk)
    if locked.account.cardholder.user_id != by.pk:
        raise Refused("DUTY-3", gettext_noop("Only the cardholder changes their own plan."))
    if locked.status != Agreement.Status.ACTIVE:
        raise Stale(agreement.pk)
    return locked


# == a day


def moves_left(terms: Terms, dues: list[Instalment]) -> int:
    """Return how many payments the person may still move."""
    return max(0, terms.moves_allowed - sum(due.moved_to is not None for due in dues))


def window(terms: Terms, dues: list[Instalment], due: Instalment, *, on: date) -> list[date]:
    """Return the days to which a payment may be moved: none if it may not be."""
    if due.moved_to or due.paid_on or due.due_on <= on or not moves_left(terms, dues):
        return []
    later = [each.day for each in dues if each.position > due.position]
    last = min(due.due_on + timedelta(days=terms.move_within), _last_day(terms))
    if later:
        last = min(last, min(later) - timedelta(days=1))
    days = (last - due.due_on).days
    return [due.due_on + timedelta(days=i + 1) for i in range(days)]


def _last_day(terms: Terms) -> date:
    """The last day the law leaves to a plan, from the day of its offer (in China CN-PLAN-02)."""
    made_on = localdate(terms.made_at)
    return rules.add_months(made_on, packs.load(terms.law, on=made_on)["plan.longest"].value)


@transaction.atomic
def move_due(agreement: Agreement, position: int, to: date, *, by: User, at: datetime) -> None:
    """Move the day of one coming payment, within what was agreed.

    Errors: Refused PLAN-DAY if it may not be moved, or not to that day; DUTY-3; Stale.
    """
    agreement = _locked(agreement, by)
    dues = list(agreement.instalments.all())
    due = next((each for each in dues if each.position == position), None)
    if due is None or to not in window(terms_of(agreement), dues, due, on=localdate(at)):
        raise Refused(
            "PLAN-DAY",
            gettext_noop("This payment cannot be moved to that day. Choose one of the days shown."),
        )
    Instalment.objects.filter(pk=due.pk).update(moved_to=to, reminded_at=None)
    data = {"position": position, "was": due.due_on, "to": to}
    record("plans.agreement.day_moved", subject=agreement, by=by, at=at, data=data)
    tell(agreement.account, "plan.day_moved", number=agreement.number, at=at, day=to)


# == its end, in the first days


def take_back_until(agreement: Agreement, terms: Terms) -> date | None:
    """Return the last day on which the agreement can be taken back; None if that was not agreed."""
    if not terms.cooling_off:
        return None
    return localdate(agreement.accepted_at) + timedelta(days=terms.cooling_off)


@transaction.atomic
def take_back(agreement: Agreement, *, by: User, at: datetime) -> None:
    """End the plan in its first days, as if it had not been agreed; what was paid stays paid.

    Errors: Refused PLAN-BACK once those days are over; DUTY-3; Stale.
    """
    agreement = _locked(agreement, by)
    until = take_back_until(agreement, terms_of(agreement))
    if until is None or localdate(at) > until:
        raise Refused(
            "PLAN-BACK",
            gettext_noop(
                "The days in which it could be taken back are over. You can ask for a change."
            ),
        )
    move(
        agreement, Agreement.Status.WITHDRAWN, by=by, at=at,
        breach_noticed_at=None, remedy_until=None,
    )  # fmt: skip
    lift_hold(f"plans.agreement:{agreement.pk}", by=by, at=at)
    _end_change(agreement, by=by, at=at)
    facts = {
        "agreement": agreement.number, "total": str(agreement.total),
        "currency": agreement.account.currency, "document_sha256": agreement.document.sha256,
        "ended_by": "cardholder",
    }  # fmt: skip
    publish("plan.withdrawn", account_ref=agreement.account.ref, at=at, data=facts)
    tell(agreement.account, "plan.taken_back", number=agreement.number, at=at)


def _end_change(agreement: Agreement, *, by: User, at: datetime) -> None:
    """What was asked or offered to change the plan ends with it: nothing could be signed any more.

    A draft goes on as a request of its own.
    """
    offers = Offer.objects.filter(request__revises=agreement, status__in=askable.OPEN_OFFERS)
    for offer in offers:
        move(
            offer, Offer.Status.WITHDRAWN, by=by, at=at, data={"taken_back": agreement.number},
            ended_by=Offer.EndedBy.PLAN,
        )  # fmt: skip
    for asked in PlanRequest.objects.filter(revises=agreement, status__in=PlanRequest.OPEN):
        move(asked, PlanRequest.Status.WITHDRAWN, by=by, at=at)
        papers.let_go(asked, by=by, at=at)
    begun = PlanRequest.objects.filter(revises=agreement, status=PlanRequest.Status.DRAFT)
    begun.update(revises=None)


# == all of it


@transaction.atomic
def begin_change(agreement: Agreement, *, by: User, at: datetime) -> PlanRequest:
    """Start a request that would change this plan; the plan goes on until a new one is signed.

    The draft begins with the payment that was agreed, and one that was begun stays as it is.
    Errors: Refused PLAN-… if a request or an offer runs already, or nothing is left to divide;
    DUTY-3; Stale if the plan has ended.
    """
    agreement = _locked(agreement, by)
    account = agreement.account
    askable.refuse(askable.reasons(account, revises=agreement))
    begun = draft_of(account)
    if begun and begun.revises_id == agreement.pk:
        return begun
    total = ledger.plannable(account).overdue
    kept: dict[str, Any] = {
        **columns(_beginning(agreement, total, at=at)), "total": total, "submitted_by": by,
        "basis_version": account.version, "revises": agreement,
    }  # fmt: skip
    request, _ = PlanRequest.objects.update_or_create(
        account=account,
        status=PlanRequest.Status.DRAFT,
        defaults=kept,
        create_defaults={"number": f"PR-{documents.new_code(8)}", **kept},
    )
    data = {"agreement": agreement.number}
    record("plans.planrequest.change_begun", subject=request, by=by, at=at, data=data)
    return request


def _beginning(agreement: Agreement, total: Decimal, *, at: datetime) -> Choice:
    """Return a choice to begin with: the payment as it was agreed, as often as it takes now."""
    longest, first_on = policies.in_force(localdate(at)).longest, _first_on(agreement, at=at)
    each = min(agreement.offer.each, total)
    months = rules.months_for(total, each)
    if months > longest:
        unit = money.unit(agreement.account.currency)
        return Choice(rules.each_for(total, longest, unit=unit), longest, first_on)
    return Choice(each, months, first_on)


def _first_on(agreement: Agreement, *, at: datetime) -> date:
    """The next day of the plan as it stands that leaves time to ask and sign, or two weeks on."""
    today = localdate(at)
    earliest = today + timedelta(days=policies.in_force(today).first_after)
    coming = [due.day for due in agreement.instalments.all() if due.day >= earliest]
    return min(coming, default=today + timedelta(days=14))
