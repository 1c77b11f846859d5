"""Holds that the staff place on a plan: a breathing space, an insolvency, a death."""

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from accounts import actions as ledger
from accounts.models import CardAccount, Hold, User
from accounts.own import is_own
from plans import rules
from plans.actions import give_days_back
from plans.keeping.queries import QUIET
from plans.models import Agreement
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records.audit import record

PREFIX = "plans.staff"


def _source(agreement: Agreement) -> str:
    """Return how the source of each hold begins that the staff place on an agreement."""
    return f"{PREFIX}:{agreement.number}:"


def stands_here(hold: Hold, agreement: Agreement) -> bool:
    """Tell whether the staff placed a hold on this agreement, and it can still be lifted."""
    return hold.until_at is None and hold.source.startswith(_source(agreement))


@transaction.atomic
def place(agreement: Agreement, *, reason: str, until: date | None, by: User, at: datetime) -> Hold:
    """Stop collection on the account, and the clock of its plan, to the end of a day or for good.

    Errors: Refused DUTY-1 for one's own case; HOLD-REASON for one that staff do not place;
    HOLD-PAST for a day that is over; HOLD-TWICE if the same reason holds the account already.
    """
    account = CardAccount.objects.select_for_update().get(pk=agreement.account_id)
    _check_duty(account, by)
    if reason not in QUIET:
        raise Refused("HOLD-REASON", gettext_noop("Choose one of the reasons in the list."))
    if until and until < localdate(at):
        raise Refused("HOLD-PAST", gettext_noop("Choose today or a later day."))
    if account.holds.filter(reason=reason, until_at=None).exists():
        raise Refused("HOLD-TWICE", gettext_noop("Collection is held for this reason already."))
    count = account.holds.filter(source__startswith=_source(agreement)).count()
    source = f"{_source(agreement)}{reason}:{count + 1}"
    hold = ledger.place_hold(
        account, reason=reason, source=source, amount=None, by=by, at=at, until_on=until
    )
    data = {"reason": reason, "until": until, "source": source}
    record("plans.agreement.held", subject=agreement, by=by, at=at, data=data)
    return hold


@transaction.atomic
def lift(agreement: Agreement, source: str, *, by: User | None, at: datetime) -> None:
    """End a hold that the staff placed here; the time of an offer goes on then.

    Errors: Refused DUTY-1; Stale if it has ended.
    """
    account = CardAccount.objects.select_for_update().get(pk=agreement.account_id)
    if by:
        _check_duty(account, by)
    held = account.holds.filter(source=source).first()
    if held is None or not stands_here(held, agreement):
        raise Stale(agreement.pk)
    if not ledger.lift_hold(source, by=by, at=at):
        raise Stale(agreement.pk)
    give_days_back(account, at=at)
    data = {"reason": held.reason, "source": source}
    record("plans.agreement.hold_lifted", subject=agreement, by=by, at=at, data=data)


def lift_over(*, at: datetime) -> int:
    """End the holds whose last day is over; return how many."""
    over = Hold.objects.filter(
        reason__in=QUIET, source__startswith=f"{PREFIX}:", until_at=None, until_on__lt=localdate(at)
    )
    done = 0
    for source in over.values_list("source", flat=True):
        number = source.split(":")[1]
        try:
            lift(Agreement.objects.get(number=number), source, by=None, at=at)
            done += 1
        except Stale:  # a colleague was first
            continue
    return done


def _check_duty(account: CardAccount, by: User) -> None:
    own = is_own(by, account.cardholder)
    rules.check_decider(by.pk, asked_by_id=None, own_cardholder=own)
