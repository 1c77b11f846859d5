"""Deadlines that come near or are missed, and cases that nobody can contest any more."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.timezone import localdate

from accounts.models import User
from disputes import clock, letters, notices, states, terms
from disputes.locks import locked
from disputes.models import Correction, Dispute, Letter, Pause
from disputes.policy import CURRENT
from disputes.warnings import supervisors, tell_staff
from portal.kit.errors import IllegalMove, Stale, gettext_noop
from portal.records import moves
from portal.records.audit import record, subject_of
from portal.records.models import AuditEvent

TOLD_LATE = 101  # in Dispute.warned: past 100 per cent, and the cardholder has heard of it
CLOSE_CALL = 80  # per cent: from there on the supervisors hear of it too (CN-CR-08)

SUBJECT = gettext_noop("Case %(number)s: %(mark)s per cent of the time is over")
BODY = gettext_noop(
    "The answer is promised by %(plan)s, and the last lawful day is %(due)s. "
    "You can see the case here:"
)
OVER_SUBJECT = gettext_noop("Case %(number)s: the promised day is here")
OVER_BODY = gettext_noop(
    "The answer was promised by %(plan)s. The last lawful day is %(due)s. "
    "You can see the case here:"
)

RECEIPT_SUBJECT = gettext_noop("Case %(number)s: the receipt is not out yet")
RECEIPT_BODY = gettext_noop(
    "The receipt must be out by %(by)s and could not be made so far. You can see the case here:"
)


def warn(*, at: datetime) -> int:
    """Warn once at each mark of the policy (per cent of the promised time); return how many.

    Marks that were passed together, say over a night without a worker, make one warning. While a
    clock stands nobody is warned.
    """
    live = _running().filter(warned__lt=max(CURRENT.warn_at))
    return sum(_warn(dispute, at=at) for dispute in live)


def _running() -> QuerySet[Dispute]:
    """The cases that wait for an answer and whose clock runs."""
    stands = Pause.objects.filter(dispute=OuterRef("pk"), until_on=None)
    live = Dispute.objects.filter(~Exists(stands), status__in=Dispute.LIVE)
    return live.select_related("deadline", "taken_by")


@transaction.atomic
def _warn(dispute: Dispute, *, at: datetime) -> bool:
    deadline = terms.deadline_of(dispute)
    share = clock.share_used(
        counted_from=deadline.counted_from, plan_on=deadline.plan_on, on=localdate(at)
    )
    mark = clock.mark_reached(share, CURRENT.warn_at)
    if mark <= dispute.warned:
        return False
    if not _marked(dispute, mark):
        return False
    data = {"mark": mark, "due_on": deadline.due_on, "claimed": dispute.taken_by_id is not None}
    record("disputes.dispute.warned", subject=dispute, by=None, at=at, data=data)
    over = mark >= max(CURRENT.warn_at)
    for person in _to_tell(dispute, mark):
        tell_staff(
            person, "dispute.warning", dispute, at=at, mark=mark, plan=deadline.plan_on,
            due=deadline.due_on, subject=OVER_SUBJECT if over else SUBJECT,
            body=OVER_BODY if over else BODY,
        )  # fmt: skip
    return True


def _marked(dispute: Dispute, mark: int) -> bool:
    """Note what went out; False if the case or its deadline moved, or another worker was first."""
    still = Dispute.objects.filter(
        pk=dispute.pk, status=dispute.status, deadline=dispute.deadline, warned=dispute.warned
    )
    return bool(still.update(warned=mark))


def tell_late(*, at: datetime) -> int:
    """Tell cardholders once that their answer is late, where the law wants it by letter.

    After warn(): the staff hear first. Another deadline begins anew. Returns how many were told.
    """
    over = _running().filter(warned=max(CURRENT.warn_at))
    return sum(_tell_late(dispute, at=at) for dispute in over)


@transaction.atomic
def _tell_late(dispute: Dispute, *, at: datetime) -> bool:
    deadline = terms.deadline_of(dispute)
    if localdate(at) < terms.late_on(deadline) or not _marked(dispute, TOLD_LATE):
        return False
    data = {"plan_on": deadline.plan_on, "due_on": deadline.due_on}
    record("disputes.dispute.told_late", subject=dispute, by=None, at=at, data=data)
    if terms.delay_letter(deadline):
        letters.write(dispute, Letter.Kind.DELAY, at=at)
    notices.tell(dispute, "dispute.late", at=at)
    return True


def check_receipts(*, at: datetime) -> int:
    """Tell the supervisors once of a receipt that is not drawn by its last day; return how many."""
    waiting = Letter.objects.filter(kind=Letter.Kind.RECEIPT, document=None)
    return sum(_check_receipt(letter, at=at) for letter in waiting.select_related("dispute"))


@transaction.atomic
def _check_receipt(letter: Letter, *, at: datetime) -> bool:
    dispute = locked(letter.dispute)  # two workers: one warns
    late = AuditEvent.objects.filter(verb="disputes.letter.late", subject=subject_of(letter))
    if dispute.status not in Dispute.LIVE or localdate(at) < terms.acknowledge_by(dispute):
        return False
    if late.exists():
        return False
    record("disputes.letter.late", subject=letter, by=None, at=at, data=letters.about(letter))
    for person in supervisors():
        tell_staff(
            person, "dispute.letter_late", dispute, at=at, by=terms.acknowledge_by(dispute),
            subject=RECEIPT_SUBJECT, body=RECEIPT_BODY,
        )  # fmt: skip
    return True


def _to_tell(dispute: Dispute, mark: int) -> list[User]:
    """Return who has the case, and the supervisors if nobody has it or time is short."""
    handler = dispute.taken_by
    told = [handler] if handler is not None and handler.is_active else []
    if not told or mark >= CLOSE_CALL:
        told += [person for person in supervisors() if person not in told]
    return told


def close(*, at: datetime) -> int:
    """Close decided cases whose time for a second review is over; return how many.

    Not while a correction is still to come: the case is then not over for the cardholder.
    """
    to_come = Correction.objects.filter(ruling__decision__dispute=OuterRef("pk"), done_at=None)
    decided = Dispute.objects.filter(~Exists(to_come), status__in=Dispute.DECIDED)
    return sum(_close(dispute, at=at) for dispute in decided.order_by(F("decided_at").asc()))


def _close(dispute: Dispute, *, at: datetime) -> bool:
    until = terms.review_until(dispute)
    if until is None or localdate(at) <= until:
        return False
    try:
        with transaction.atomic():
            table = states.TABLES[Dispute]
            moves.move(dispute, Dispute.Status.CLOSED, table=table, by=None, at=at, ended_at=at)
    except (Stale, IllegalMove):  # a second review was asked for this moment
        return False
    return True
