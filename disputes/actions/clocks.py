"""Deadlines of a case: started, extended, stopped and started again, only where the pack allows.

A deadline's row never changes (a trigger refuses it): another row follows it, with who asked and
why, and the case is moved to it by one conditional update with one audit event.
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from accounts.models import User
from accounts.models.people import Role
from disputes import clock, duty, letters, notices, terms
from disputes import staff_queries as queries
from disputes.locks import locked
from disputes.models import Deadline, Dispute, Extension, Pause
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.packs import Rule
from portal.records.audit import record


@transaction.atomic
def start(
    dispute: Dispute, *, round: int, by: User | None, at: datetime,
    received_at: datetime | None = None,
) -> Deadline:  # fmt: skip
    """Write the first deadline of a round and make it the case's. Inside the act's transaction.

    The first round counts from `dispute.submitted_at` if that is set (a case that came on paper
    counts from the day it came), else from `at`; the second from `received_at`, else from `at`.
    """
    if round == Deadline.REVIEW:  # more time that was asked for in the round before
        asked = dispute.extensions.filter(status=Extension.Status.ASKED)
        asked.update(status=Extension.Status.ENDED)
    received = dispute.submitted_at if round == Deadline.FIRST else received_at
    counted_from = localdate(received or at)
    rule = clock.chain(terms.pack_on(counted_from), dispute.matter, round=round)[0]
    deadline = _written(dispute, rule, round=round, counted_from=counted_from, at=at)
    _hold_to(dispute, deadline, verb="clock_started", by=by, at=at)
    return deadline


def _written(
    dispute: Dispute,
    rule: Rule,
    *,
    round: int,
    counted_from: date,
    at: datetime,
    step: int = 0,
    stood: int = 0,
    **said: Any,
) -> Deadline:
    """Write a deadline by a rule. `said`: reason, asked_by and approved_by of a moved one."""
    due = clock.due(
        rule,
        counted_from=counted_from,
        is_working=terms.working_days().is_working,
        stood=stood,
        cycles=terms.cycles_for(terms.pack_on(counted_from), rule),
        statement_day=dispute.account.statement_day,
    )
    return Deadline.objects.create(
        dispute=dispute, round=round, step=step, rule=due.rule, counted_from=counted_from,
        value=due.value, unit=due.unit, due_on=due.due_on, plan_on=due.plan_on, made_at=at, **said,
    )  # fmt: skip


def _hold_to(
    dispute: Dispute, deadline: Deadline, *, verb: str, by: User | None, at: datetime, **facts: Any
) -> None:
    """Make a deadline the one that holds; warnings start anew. Errors: Stale if it was moved."""
    held = Dispute.objects.filter(pk=dispute.pk, deadline=dispute.deadline_id)
    if not held.update(deadline=deadline, due_on=deadline.due_on, warned=0):
        raise Stale(dispute.pk)
    was = dispute.deadline.due_on if dispute.deadline else None
    data = {"round": deadline.round, "step": deadline.step, "rule": deadline.rule,
            "due_on": deadline.due_on, "was": was, **facts}  # fmt: skip
    record(f"disputes.dispute.{verb}", subject=dispute, by=by, at=at, data=data)
    dispute.deadline, dispute.due_on, dispute.warned = deadline, deadline.due_on, 0


# == more time


@transaction.atomic
def extend(dispute: Dispute, *, reason: str, by: User, at: datetime) -> Extension:
    """Ask for the next longer time: granted at once, or waiting for another person's approval.

    `reason` is told to the cardholder once it is granted. Errors: Refused with the rule's id if no
    law lengthens this time; CLOCK-LATE, CLOCK-REASON, CLOCK-WAITS, CLOCK-STANDS, DUTY-2.
    """
    dispute = locked(dispute)
    _check_handler(dispute, by)
    clock.check_reason(reason)
    rule = _check_extendable(dispute, at=at)
    if dispute.extensions.filter(status=Extension.Status.ASKED).exists():
        raise Refused(
            "CLOCK-WAITS", gettext_noop("More time was asked for already and waits for approval.")
        )
    approval = terms.needs_approval(dispute, rule)
    extension = Extension.objects.create(
        dispute=dispute, rule=rule.id, needs_approval=approval, reason=reason.strip(),
        asked_by=by, asked_at=at,
    )  # fmt: skip
    data = {"rule": rule.id, "needs_approval": approval}
    record("disputes.dispute.extension_asked", subject=dispute, by=by, at=at, data=data)
    if not approval:
        _grant(extension, dispute, rule, approved_by=None, answer="", by=by, at=at)
    return extension


@transaction.atomic
def answer_extension(
    extension: Extension, *, grant: bool, answer: str, by: User, at: datetime
) -> None:
    """A supervisor without a part in the case grants or refuses more time that waits for it.

    Errors: Stale if it was answered meanwhile; Refused DUTY-…; as extend() for a grant.
    """
    dispute = locked(extension.dispute)
    extension = Extension.objects.get(pk=extension.pk)
    if extension.status != Extension.Status.ASKED:
        raise Stale(extension.pk)
    if by.pk == extension.asked_by_id:
        raise Refused(
            "DUTY-4", gettext_noop("Another person must approve what you have asked for.")
        )
    duty.check_handler(queries.ties(dispute, by))
    if by.role != Role.SUPERVISOR:
        raise Refused("DUTY-ROLE", gettext_noop("Only a supervisor approves more time."))
    if grant:
        rule = _check_extendable(dispute, at=at)
        _grant(extension, dispute, rule, approved_by=by, answer=answer, by=by, at=at)
        return
    _answered(extension, Extension.Status.REFUSED, answer=answer, by=by, at=at)
    data = {"rule": extension.rule}
    record("disputes.dispute.extension_refused", subject=dispute, by=by, at=at, data=data)


def _check_extendable(dispute: Dispute, *, at: datetime) -> Rule:
    """Return the rule of the next longer time. Errors: as extend()."""
    check_live(dispute)
    check_runs(dispute)
    deadline = terms.deadline_of(dispute)
    longer = terms.next_extension(dispute)
    return clock.check_extension(
        terms.base_of(dispute, deadline).id,
        terms.chain_of(dispute, deadline),
        due_on=deadline.due_on,
        on=localdate(at),
        news=terms.has_news(dispute),
        needs_news=longer is not None and terms.needs_news(dispute, longer),
    )


def _grant(
    extension: Extension,
    dispute: Dispute,
    rule: Rule,
    *,
    approved_by: User | None,
    answer: str,
    by: User,
    at: datetime,
) -> None:
    """Write the new deadline and tell the cardholder. Errors: Stale if another rule is next now."""
    if extension.rule != rule.id:
        raise Stale(extension.pk)
    was = terms.deadline_of(dispute)
    _answered(extension, Extension.Status.GRANTED, answer=answer, by=by, at=at)
    deadline = _written(
        dispute, rule, round=was.round, counted_from=was.counted_from, at=at, step=was.step + 1,
        stood=_stood(dispute, was), reason=extension.reason, asked_by=extension.asked_by,
        approved_by=approved_by,
    )  # fmt: skip
    _hold_to(dispute, deadline, verb="extended", by=by, at=at, asked_by=extension.asked_by_id)
    letters.write(dispute, "extension", at=at, deadline=deadline)
    notices.tell(dispute, "dispute.extended", at=at)


def _answered(extension: Extension, to: str, *, answer: str, by: User, at: datetime) -> None:
    asked = Extension.objects.filter(pk=extension.pk, status=Extension.Status.ASKED)
    if not asked.update(status=to, answered_by=by, answered_at=at, answer=answer.strip()):
        raise Stale(extension.pk)
    extension.refresh_from_db()


# == the clock stands: in no pack so far, but a jurisdiction may allow it


@transaction.atomic
def stop(dispute: Dispute, *, reason: str, by: User, at: datetime) -> Pause:
    """Let the clock stand from today. The case keeps its state; warnings wait.

    Errors: Refused with the rule's id unless the pack allows it, CLOCK-REASON, CLOCK-STANDS,
    DUTY-2.
    """
    dispute = locked(dispute)
    _check_handler(dispute, by)
    check_live(dispute)
    pack = terms.pack_on(terms.deadline_of(dispute).counted_from)
    clock.check_stop(pack["clock.may_stop"], reason=reason)
    check_runs(dispute)
    pause = Pause.objects.create(
        dispute=dispute, from_on=localdate(at), reason=reason.strip(), was=dispute.status,
        stopped_by=by,
    )  # fmt: skip
    data = {"from_on": pause.from_on, "was": pause.was}
    record("disputes.dispute.clock_stopped", subject=dispute, by=by, at=at, data=data)
    return pause


@transaction.atomic
def restart(dispute: Dispute, *, restart_on: date, by: User, at: datetime) -> Deadline:
    """Let the clock go on from a day not in the future: the deadline moves by the days it stood.

    Errors: Refused CLOCK-RUNS if it does not stand, CLOCK-RESTART for a wrong day, DUTY-2.
    """
    dispute = locked(dispute)
    _check_handler(dispute, by)
    pause = dispute.pauses.filter(until_on=None).first()
    if pause is None:
        raise Refused("CLOCK-RUNS", gettext_noop("This clock runs already."))
    was = terms.deadline_of(dispute)
    rule, working = terms.base_of(dispute, was), terms.working_days().is_working
    clock.check_restart(
        restart_on, stopped_on=pause.from_on, counted_from=was.counted_from, on=localdate(at)
    )
    days = clock.days_between(pause.from_on, restart_on, rule.unit, is_working=working)
    Pause.objects.filter(pk=pause.pk).update(until_on=restart_on, restarted_by=by)
    deadline = _written(
        dispute, rule, round=was.round, counted_from=was.counted_from, at=at, step=was.step + 1,
        stood=_stood(dispute, was) + days, reason=pause.reason, asked_by=by,
    )  # fmt: skip
    facts = {"from_on": pause.from_on, "restart_on": restart_on}
    _hold_to(dispute, deadline, verb="clock_restarted", by=by, at=at, **facts)
    return deadline


def _stood(dispute: Dispute, deadline: Deadline) -> int:
    """Return for how long the clock has stood in this round, in the unit of the deadline's rule."""
    rule = terms.base_of(dispute, deadline)
    return deadline.value - rule.value if deadline.rule == rule.id else 0


# == checks


def check_live(dispute: Dispute) -> None:
    """Errors: Refused CLOCK-OVER once there is an answer, or before the case was sent."""
    if dispute.status not in Dispute.LIVE:
        raise Refused("CLOCK-OVER", gettext_noop("This case waits for no answer."))


def check_runs(dispute: Dispute) -> None:
    """Errors: Refused CLOCK-STANDS while the clock stands."""
    if dispute.pauses.filter(until_on=None).exists():
        raise Refused("CLOCK-STANDS", gettext_noop("This clock stands. Let it go on first."))


def _check_handler(dispute: Dispute, by: User) -> None:
    """Only who has taken the case moves its clock. Errors: Refused DUTY-2."""
    if dispute.taken_by_id != by.pk:
        raise Refused("DUTY-2", gettext_noop("Take this case before you change its clock."))
