"""Corrections on their way: asked, sent with the outbox, done when a feed brings them.

The bank's books are the proof, never its word. A record is right once a version newer than the one
decided on has the right values. A movement is right once enough is off it: by movements that name
it (`reverses`), with what earlier answers brought, or by one waiver or adjustment of exactly the
amount, that names none, posted on the day we asked or later; it confirms one correction only. What
the bank books otherwise a supervisor settles.

`done_by` reads `record …`, `posting <ref>`, `otherwise <refs>` or `superseded <seq>`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import localdate

from accounts.models import CardAccount, OverdueRecord, Posting, User
from accounts.models.people import Role
from accounts.own import is_own
from disputes import duty, effects, lines, notices, settling, warnings, weighing
from disputes.models import Correction, Dispute, Line, Message
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.kit.money import ZERO
from portal.records.audit import record
from portal.records.models import OutboxEvent, OutboxExport

ASKED, SENT, DONE = "asked", "sent", "done"
OTHERWISE = "otherwise"
BY_AMOUNT = (Posting.Kind.WAIVER, Posting.Kind.ADJUSTMENT)


@dataclass(frozen=True)
class Row:
    """One correction as the pages show it. `state`: asked, sent or done; `data`: what was asked."""

    correction: Correction
    line: Line | None  # None: of what is in no list
    state: str
    asked_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    due_on: date
    data: dict[str, Any]  # of the outbox event: the right values, or the amount to be credited

    @property
    def way(self) -> str:
        """How it was done: "" by a feed, else otherwise or superseded."""
        way = self.correction.done_by.partition(" ")[0]
        return way if way in (OTHERWISE, settling.SUPERSEDED) else ""

    def late(self, on: date) -> bool:
        """Tell whether it should have been in the books by now."""
        return self.done_at is None and on > self.due_on


def _with_export() -> QuerySet[Correction]:
    """Every correction with the time of the file it went out in.

    Everything up to an export's `last_seq` has been sent, so the first one that reaches is it.
    """
    covers = OutboxExport.objects.exclude(sha256="").filter(last_seq__gte=OuterRef("seq"))
    return Correction.objects.select_related("ruling__line", "ruling__decision__dispute").annotate(
        sent_at=Subquery(covers.order_by("last_seq").values("made_at")[:1])
    )


def of(dispute: Dispute) -> list[Row]:
    """Return the corrections of a case, in the order they were asked for. Two queries."""
    return _rows(_with_export().filter(ruling__decision__dispute=dispute).order_by("seq"))


def late(*, on: date) -> list[Row]:
    """Return what should have been in the bank's books by now, the oldest first. Two queries."""
    return _rows(_with_export().filter(done_at=None, due_on__lt=on).order_by("due_on", "seq"))


def _rows(corrections: Iterable[Correction]) -> list[Row]:
    corrections = list(corrections)
    events = OutboxEvent.objects.in_bulk([each.seq for each in corrections])
    return [_row(each, events[each.seq].data) for each in corrections]


def _row(correction: Correction, data: dict[str, Any]) -> Row:
    sent_at = getattr(correction, "sent_at", None)
    state = DONE if correction.done_at else SENT if sent_at else ASKED
    return Row(
        correction, correction.ruling.line, state, correction.asked_at, sent_at,
        correction.done_at, correction.due_on, data,
    )  # fmt: skip


# == done


def confirm(*, at: datetime) -> int:
    """Mark those as done that a feed has brought; return how many.

    Each in its own transaction. Once all of a case are there, what is held is lifted and the
    cardholder told.
    """
    waiting = Correction.objects.filter(done_at=None).order_by("seq").values_list("pk", flat=True)
    return sum(_confirm(pk, at=at) for pk in list(waiting))


@transaction.atomic
def _confirm(pk: int, *, at: datetime) -> bool:
    correction = _locked(pk)
    account = correction.ruling.decision.dispute.account
    brought = "" if correction.done_at else _brought(correction, account)
    if not brought:
        return False
    _finish(correction, brought, verb="done", by=None, at=at)
    return True


def _locked(pk: int) -> Correction:
    """Lock the account, then read the correction."""
    rows = Correction.objects.select_related("ruling__line", "ruling__decision__dispute__account")
    account = rows.get(pk=pk).ruling.decision.dispute.account_id
    CardAccount.objects.select_for_update().get(pk=account)
    return rows.get(pk=pk)


def _finish(
    correction: Correction, brought: str, *, verb: str, by: User | None, at: datetime, **told: Any
) -> None:
    dispute = correction.ruling.decision.dispute
    Correction.objects.filter(pk=correction.pk).update(done_at=at, done_by=brought)
    _forget_mark(dispute.account, correction.ruling.line)
    data = {"correction": str(correction.ref), "kind": correction.kind, "by": brought}
    record(f"disputes.correction.{verb}", subject=dispute, by=by, at=at, data=data | told)
    if settling.release(dispute, by=by, at=at):
        notices.tell(dispute, "dispute.corrected", at=at)


@transaction.atomic
def settle_otherwise(
    correction: Correction, *, reason: str, refs: Sequence[str], by: User, at: datetime
) -> None:
    """A supervisor who did not decide it says that the bank put it right in another way.

    `refs`: the movements that did it, if any; they confirm nothing else then. The reason is kept
    as an internal note. Errors: Refused DUTY-…, SETTLE-REFS; Stale if it was done meanwhile.
    """
    correction = _locked(correction.pk)
    decision, dispute = correction.ruling.decision, correction.ruling.decision.dispute
    if by.role != Role.SUPERVISOR:
        raise Refused("DUTY-ROLE", gettext_noop("Only a supervisor settles a correction."))
    duty.check_second(decision.proposed_by_id, by.pk)
    duty.check_handler(duty.Ties(own=is_own(by, dispute.account.cardholder)))
    if correction.done_at:
        raise Stale(correction.pk)
    refs = sorted(set(refs))
    known = dispute.account.postings.filter(ref__in=refs).exclude(ref__in=_used())
    brought = " ".join([OTHERWISE, *refs])
    if known.count() != len(refs) or len(brought) > 200:
        raise Refused(
            "SETTLE-REFS",
            gettext_noop(
                "Enter references of movements on this account that put nothing else right, a few "
                "at most, or none."
            ),
        )
    note = Message(dispute=dispute, kind=Message.Kind.NOTE, sent_at=at, sent_by=by)
    note.body = reason
    note.save()
    _finish(correction, brought, verb="settled", by=by, at=at, note=str(note.ref))


def _brought(correction: Correction, account: CardAccount) -> str:
    """Return what brought the correction; "" if nothing has."""
    data = OutboxEvent.objects.get(pk=correction.seq).data
    if correction.kind == "record.correct":
        return _record_brought(account, data)
    line, day = correction.ruling.line, correction.ruling.right_on
    if line is not None and day is not None:
        return _day_brought(account, line, day)
    return _credit_brought(correction, account, line)


def _record_brought(account: CardAccount, data: dict[str, Any]) -> str:
    right = data["right"]
    newer = account.overdue_records.filter(period=data["period"]).order_by("-version").first()
    if newer is None or newer.version <= data.get("version", 0):
        return ""
    is_right = (
        newer.days_past_due == right.get("days_past_due", newer.days_past_due)
        and newer.reported_code == right.get("code", newer.reported_code)
        and newer.overdue_amount == Decimal(right.get("overdue_amount", newer.overdue_amount))
    )
    return f"record {newer.period}, version {newer.version}" if is_right else ""


def _day_brought(account: CardAccount, line: Line, day: date) -> str:
    """The movement itself reads so, or it was taken back and booked anew."""
    for own in account.postings.filter(ref=line.key, posted_on=day):
        return f"posting {own.ref}"
    if weighing.booked(account, line) != (line.amount or 0):
        return ""
    alike = account.postings.filter(
        posted_on=day, amount=line.amount, kind=line.facts["extra"].get("code", "")
    ).exclude(ref__in=[line.key, *_used()])
    return _first(alike)


def _credit_brought(correction: Correction, account: CardAccount, line: Line | None) -> str:
    if line is not None and line.kind == Line.Kind.POSTING:
        naming = account.postings.filter(reverses=line.key).order_by("posted_on", "pk")
        wanted = _reaches(correction, account, line)
        if naming and weighing.booked(account, line) >= wanted:
            return f"posting {list(naming)[-1].ref}"
    on = localdate(correction.asked_at)
    alike = Q(kind__in=BY_AMOUNT)
    if line is None:  # a payment that was found: made before the answer, booked after it
        alike |= Q(kind=Posting.Kind.REPAYMENT, transacted_on__lt=on)
    found = account.postings.filter(
        alike, amount=-correction.amount, posted_on__gte=on, reverses=""
    )
    return _first(found.exclude(ref__in=_used()))


def _reaches(correction: Correction, account: CardAccount, line: Line) -> Decimal:
    """Return how much must be off a movement in all once this correction is there."""
    found = lines.find(account, line.kind, line.key)
    reads: Decimal = (found.amount if found else line.amount) or ZERO
    right: Decimal = correction.ruling.right_amount or ZERO
    wanted: Decimal = max(correction.amount, reads - right)
    return wanted


def _first(found: QuerySet[Posting]) -> str:
    ref = found.order_by("posted_on", "pk").values_list("ref", flat=True).first()
    return f"posting {ref}" if ref else ""


def _used() -> set[str]:
    """Movements that put something right already."""
    rows = Correction.objects.filter(kind="posting.correct").exclude(done_at=None)
    return {ref for said in rows.values_list("done_by", flat=True) for ref in said.split()[1:]}


def _forget_mark(account: CardAccount, line: Line | None) -> None:
    """Take the mark off a record that is right now, unless another case contests it."""
    if line is None or line.kind != Line.Kind.RECORD:
        return
    if Line.objects.filter(kind=line.kind, key=line.key, open=True).exists():
        return
    if (found := effects.latest(account, line)) is not None:
        OverdueRecord.objects.filter(pk=found.pk).update(disputed=False)


# == late

ALARM = gettext_noop("A correction of case %(number)s has not come back")
ALARMED = gettext_noop(
    "We asked for a correction on %(asked)s. It should have been in the bank's books by %(due)s, "
    "and no feed has brought it. Please find out what is in its way:"
)


def alarm(*, at: datetime) -> int:
    """Tell the supervisors once of each that is late; return how many."""
    on = localdate(at)
    waiting = Correction.objects.filter(done_at=None, alarmed_at=None, due_on__lt=on)
    return sum(_alarm(each, at=at) for each in waiting.select_related("ruling__decision__dispute"))


@transaction.atomic
def _alarm(correction: Correction, *, at: datetime) -> bool:
    waiting = Correction.objects.filter(pk=correction.pk, done_at=None, alarmed_at=None)
    if not waiting.update(alarmed_at=at):
        return False
    dispute = correction.ruling.decision.dispute
    data = {"correction": str(correction.ref), "due_on": correction.due_on}
    record("disputes.correction.late", subject=dispute, by=None, at=at, data=data)
    for person in warnings.supervisors():
        warnings.tell_staff(
            person, "dispute.correction_late", dispute, subject=ALARM, body=ALARMED, at=at,
            asked=localdate(correction.asked_at), due=correction.due_on,
        )  # fmt: skip
    return True
