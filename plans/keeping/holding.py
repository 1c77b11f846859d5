"""Holds that the staff place on a plan: a breathing space, an insolvency, a death."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from accounts import actions as ledger
from accounts.models import CardAccount, Hold, User
from plans import rules
from plans.keeping.queries import QUIET
from plans.models import Agreement
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records.audit import record

PREFIX = "plans.staff"


@dataclass(frozen=True)
class StaffHold:
    """What the source of such a hold says: plans.staff:<number>:<reason>:<until>:<count>."""

    number: str
    reason: str
    until: date | None  # the last day; None: until somebody lifts it

    @classmethod
    def read(cls, source: str) -> "StaffHold | None":
        """Return what a source says; None if another room placed that hold."""
        parts = source.split(":")
        if len(parts) != 5 or parts[0] != PREFIX:
            return None
        _, number, reason, until, _ = parts
        return cls(number, reason, date.fromisoformat(until) if until != "open" else None)

    def source(self, count: int) -> str:
        until = self.until.isoformat() if self.until else "open"
        return f"{PREFIX}:{self.number}:{self.reason}:{until}:{count}"


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
    count = account.holds.filter(source__startswith=f"{PREFIX}:{agreement.number}:").count()
    source = StaffHold(agreement.number, reason, until).source(count + 1)
    hold = ledger.place_hold(account, reason=reason, source=source, amount=None, by=by, at=at)
    data = {"reason": reason, "until": until, "source": source}
    record("plans.agreement.held", subject=agreement, by=by, at=at, data=data)
    return hold


@transaction.atomic
def lift(agreement: Agreement, source: str, *, by: User | None, at: datetime) -> None:
    """End a hold that the staff placed here. Errors: Refused DUTY-1; Stale if it has ended."""
    account = CardAccount.objects.select_for_update().get(pk=agreement.account_id)
    if by:
        _check_duty(account, by)
    held = StaffHold.read(source) if Hold.objects.filter(source=source).exists() else None
    if held is None or held.number != agreement.number:
        raise Stale(agreement.pk)
    if not ledger.lift_hold(source, by=by, at=at):
        raise Stale(agreement.pk)
    data = {"reason": held.reason, "source": source}
    record("plans.agreement.hold_lifted", subject=agreement, by=by, at=at, data=data)


def lift_over(*, at: datetime) -> int:
    """End the holds whose last day is over; return how many."""
    live = Hold.objects.filter(reason__in=QUIET, source__startswith=f"{PREFIX}:", until_at=None)
    done = 0
    for source in live.values_list("source", flat=True):
        held = StaffHold.read(source)
        if held is None or held.until is None or held.until >= localdate(at):
            continue
        try:
            lift(Agreement.objects.get(number=held.number), source, by=None, at=at)
            done += 1
        except Stale:  # a colleague was first
            continue
    return done


def _check_duty(account: CardAccount, by: User) -> None:
    own = account.cardholder.user_id == by.pk
    rules.check_decider(by.pk, asked_by_id=None, own_cardholder=own)
