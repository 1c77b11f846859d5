"""What the cardholder may change of a plan that runs: a day, its end, or all of it anew."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from accounts import queries as ledger
from accounts.actions import lift_hold
from accounts.models import CardAccount, User
from plans.actions.moving import move
from plans.agreement import Terms
from plans.models import Agreement, Instalment, PlanRequest, columns
from plans.notices import tell
from plans.situation import askable
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
        "account__cardholder__user", "offer"
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
    last = due.due_on + timedelta(days=terms.move_within)
    if later:
        last = min(last, min(later) - timedelta(days=1))
    days = (last - due.due_on).days
    return [due.due_on + timedelta(days=i + 1) for i in range(days)]


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
    facts = {"agreement": agreement.number, "total": str(agreement.total)}
    publish("plan.withdrawn", account_ref=agreement.account.ref, at=at, data=facts)
    tell(agreement.account, "plan.taken_back", number=agreement.number, at=at)


# == all of it


@transaction.atomic
def begin_change(agreement: Agreement, *, by: User, at: datetime) -> PlanRequest:
    """Start a request that would change this plan; the plan goes on until a new one is signed.

    The draft begins with what was agreed. Errors: Refused PLAN-… if a request or an offer runs
    already, or nothing is left to divide; DUTY-3; Stale if the plan has ended.
    """
    agreement = _locked(agreement, by)
    account = agreement.account
    askable.refuse(askable.reasons(account, revises=agreement))
    choice = {**columns(agreement.offer.choice), "first_on": _first_on(agreement, at=at)}
    kept = {
        **choice, "total": ledger.plannable(account).overdue, "basis_version": account.version,
        "submitted_by": by, "revises": agreement,
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


def _first_on(agreement: Agreement, *, at: datetime) -> date:
    """The next day on which the plan as it stands would be paid: a first date to start from."""
    today = localdate(at)
    coming = [due.day for due in agreement.instalments.all() if due.day > today]
    return min(coming, default=today + timedelta(days=14))
