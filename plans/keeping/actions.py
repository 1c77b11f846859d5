"""What follows from how a plan is kept: each thing once, however often and by whomever watched."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from accounts.models import CardAccount, User
from accounts.models.people import Role
from plans import policies
from plans.actions import deciding
from plans.keeping import ending, queries
from plans.keeping.looking import Seen, look
from plans.keeping.rules import Step
from plans.models import Agreement, Instalment
from plans.notices import tell
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records.audit import record

Status = Agreement.Status


@transaction.atomic
def watch(agreement: Agreement, *, at: datetime) -> Step | None:
    """Match one agreement anew and do what follows by rule; None if it is no longer watched.

    The account's row and then the agreement's are locked, so two watchers take turns.
    """
    CardAccount.objects.select_for_update().get(pk=agreement.account_id)
    agreement = _locked(agreement)
    if agreement.status not in (Status.ACTIVE, Status.COMPLETED):
        return None
    seen = look(agreement, at=at)
    paid = _write(seen)
    agreement.watched_on, agreement.watched_as_of = seen.today, seen.as_of
    agreement.by_hand_since = (agreement.by_hand_since or at) if seen.by_hand else None
    agreement.save(update_fields=["watched_on", "watched_as_of", "by_hand_since"])
    if agreement.status == Status.COMPLETED:
        _note_taken_back(seen, paid, at=at)
        return None
    return _act(seen, paid, at=at)


def _locked(agreement: Agreement) -> Agreement:
    """Lock an agreement; its account's row first."""
    rows = Agreement.objects.select_for_update(of=("self",)).select_related(
        "account__cardholder__user", "offer__request", "document"
    )
    return rows.get(pk=agreement.pk)


@transaction.atomic
def end_by_hand(agreement: Agreement, *, reason: str, by: User, at: datetime) -> None:
    """A supervisor ends a plan that no rule ends, and tells the cardholder why.

    What is paid by now is written first: it stays as the plan's page shows it. Errors: Refused
    DUTY-ROLE, DUTY-1, PLAN-DEATH … while the account is held, PLAN-BY-RULE where a rule decides;
    Stale if it has ended.
    """
    if by.role != Role.SUPERVISOR:
        raise Refused("DUTY-ROLE", gettext_noop("Only a supervisor ends a plan."))
    deciding.locked(agreement.offer.request)
    agreement = _locked(agreement)
    deciding.check_duty(agreement.offer.request, by)
    if agreement.status != Status.ACTIVE:
        raise Stale(agreement.pk)
    seen = look(agreement, at=at)
    if no := why_not_ended(seen):
        raise no
    _write(seen)
    ending.end_by_hand(seen, reason=reason, by=by, at=at)


def why_not_ended(seen: Seen) -> Refused | None:
    """Return why a plan that runs cannot be ended by hand now: PLAN-DEATH … or PLAN-BY-RULE."""
    if no := deciding.why_held(seen.agreement.account):
        return no
    by_rule = not seen.by_hand or seen.follows(noticed_on=None) is Step.COMPLETED
    return Refused("PLAN-BY-RULE", BY_RULE) if by_rule else None


BY_RULE = gettext_noop(
    "By the books as they are now, the rules of the agreement say how this plan goes on or ends. "
    "It cannot be ended by hand."
)


class Written(NamedTuple):
    """The instalments that are met now, those that are open again, and whether money came back."""

    met: list[Instalment]
    opened: list[Instalment]
    came_back: bool


def _write(seen: Seen) -> Written:
    """Write what is paid of each instalment. What is open again is reminded of and told anew."""
    met, opened, changed = [], [], []
    before = sum((due.paid for due in seen.dues), Decimal(0))
    for due, one in zip(seen.dues, seen.met, strict=True):
        paid_on = one.paid_on or seen.settled_on
        if (due.paid, due.paid_on) == (one.paid, paid_on):
            continue
        if paid_on and not due.paid_on:
            met.append(due)
        elif due.paid_on and not paid_on:
            opened.append(due)
            due.reminded_at = due.late_told_at = None
        due.paid, due.paid_on = one.paid, paid_on
        changed.append(due)
    columns = ["paid", "paid_on", *(["reminded_at", "late_told_at"] if opened else [])]
    Instalment.objects.bulk_update(changed, columns)
    after = sum((one.paid for one in seen.met), Decimal(0))
    return Written(met, opened, came_back=bool(opened) and after < before)


def _note_taken_back(seen: Seen, paid: Written, *, at: datetime) -> None:
    """A repayment of a completed plan came to nothing: it stays completed, the staff look at it.

    The list of plans shows it until all is paid again; the trail says it once.
    """
    agreement = seen.agreement
    if paid.opened:
        data = {"payments": [due.position for due in paid.opened], "as_of": seen.as_of}
        record("plans.agreement.taken_back", subject=agreement, by=None, at=at, data=data)
    since = (agreement.taken_back_at or at) if seen.is_short else None
    if since != agreement.taken_back_at:
        agreement.taken_back_at = since
        agreement.save(update_fields=["taken_back_at"])


def _act(seen: Seen, paid: Written, *, at: datetime) -> Step:
    agreement, step = seen.agreement, seen.follows(noticed_on=seen.noticed_on)
    if step is Step.COMPLETED:
        ending.complete(seen, at=at)
        return step
    if paid.came_back:
        _tell_reopened(seen, paid.opened, at=at)
    if seen.why_by_hand in ("gone", "corrected"):
        if agreement.breach_noticed_at:
            _take_notice_back(seen, at=at)
        return Step.GO_ON  # the list of plans says so: a person decides
    if step is Step.CURED:
        _cure(seen, at=at)
        step = seen.follows(noticed_on=None)  # what was missed later needs its own notice
        step = step if step is Step.NOTICE else Step.CURED
    if step is Step.BROKEN and queries.is_being_changed(agreement):
        step = Step.GO_ON
    if step is Step.BROKEN:
        ending.end_broken(seen, at=at)
        return step
    _tell(seen, step, paid, at=at)
    if step is Step.NOTICE:
        _give_notice(seen, at=at)
    elif agreement.breach_noticed_at:
        _prolong(seen)
    return step


def _give_notice(seen: Seen, *, at: datetime) -> None:
    """Write that too much is missed, until when it can be put right, and how."""
    agreement, until = seen.agreement, seen.remedy_until(seen.today)
    agreement.breach_noticed_at, agreement.remedy_until = at, until
    agreement.save(update_fields=["breach_noticed_at", "remedy_until"])
    data = {"payments": [due.position for due in seen.missed], "remedy_until": until}
    record("plans.agreement.breach_noticed", subject=agreement, by=None, at=at, data=data)
    tell(agreement.account, "plan.breach", number=agreement.number, at=at, day=until)


def _cure(seen: Seen, *, at: datetime) -> None:
    agreement = seen.agreement
    agreement.breach_noticed_at = agreement.remedy_until = None
    agreement.save(update_fields=["breach_noticed_at", "remedy_until"])
    record("plans.agreement.cured", subject=agreement, by=None, at=at)
    if not queries.is_quiet(agreement):
        tell(agreement.account, "plan.cured", number=agreement.number, at=at)


def _take_notice_back(seen: Seen, *, at: datetime) -> None:
    """No rule decides any more: if one does again, it takes a new notice."""
    agreement = seen.agreement
    agreement.breach_noticed_at = agreement.remedy_until = None
    agreement.save(update_fields=["breach_noticed_at", "remedy_until"])
    record("plans.agreement.notice_taken_back", subject=agreement, by=None, at=at)


def _tell_reopened(seen: Seen, opened: list[Instalment], *, at: datetime) -> None:
    """A payment came back: what it had met is open again, whatever receipt was sent."""
    agreement, data = seen.agreement, {"payments": [due.position for due in opened]}
    record("plans.agreement.reopened", subject=agreement, by=None, at=at, data=data)
    if not (seen.by_hand or queries.is_quiet(agreement)):
        tell(agreement.account, "plan.came_back", number=agreement.number, at=at)


def _prolong(seen: Seen) -> None:
    """Days on which the clock stood are added to the remedy."""
    agreement = seen.agreement
    until = seen.noticed_on and seen.remedy_until(seen.noticed_on)
    if until != agreement.remedy_until:
        agreement.remedy_until = until
        agreement.save(update_fields=["remedy_until"])


def _tell(seen: Seen, step: Step, paid: Written, *, at: datetime) -> None:
    """The small mails of a plan that runs: at most one of a kind, none while all must be quiet."""
    agreement = seen.agreement
    if queries.is_quiet(agreement):
        return
    new = [due for due in seen.late if not due.late_told_at and not seen.stands]
    if new:
        _mark(new, "late_told_at", at)
        data = {"payments": [due.position for due in new]}
        record("plans.agreement.late", subject=agreement, by=None, at=at, data=data)
    if new and step is not Step.NOTICE and not paid.came_back:  # that mail says it
        tell(agreement.account, "plan.late", number=agreement.number, at=at)
    if soon := _coming(seen):
        _mark(soon, "reminded_at", at)
        tell(agreement.account, "plan.reminder", number=agreement.number, at=at, day=soon[0].day)
    if paid.met and step is not Step.CURED:
        tell(agreement.account, "plan.paid", number=agreement.number, at=at)


def _coming(seen: Seen) -> list[Instalment]:
    """Return the instalments to remind of: the reminder's days before the day, until it is over."""
    ahead = seen.today + timedelta(days=policies.in_force(seen.today).remind_before)
    return [
        due
        for due in seen.dues
        if not due.paid_on and not due.reminded_at and _within(due.day, seen.today, ahead)
    ]


def _within(day: date, first: date, last: date) -> bool:
    return first <= day <= last


def _mark(dues: Iterable[Instalment], column: str, at: datetime) -> None:
    Instalment.objects.filter(pk__in=[due.pk for due in dues]).update(**{column: at})
