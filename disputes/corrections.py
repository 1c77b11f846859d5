"""Corrections on their way: asked, sent with the outbox, done when a feed brings them.

The bank's books are the proof, never its word. A record is right once a version newer than the one
decided on has the right values. A movement is right once what was fed later takes the amount off:
either movements that name it (`reverses`) and sum up to it, or one waiver, adjustment or reversal
of exactly that amount, posted on the day we asked or later, which confirms one correction only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.utils.timezone import localdate

from accounts.actions import lift_hold
from accounts.models import CardAccount, OverdueRecord, Posting
from disputes import effects, notices, warnings
from disputes.models import Correction, Dispute, Line
from portal.kit.errors import gettext_noop
from portal.records.audit import record
from portal.records.models import OutboxEvent, OutboxExport

ASKED, SENT, DONE = "asked", "sent", "done"
BY_AMOUNT = (Posting.Kind.WAIVER, Posting.Kind.ADJUSTMENT, Posting.Kind.REVERSAL)


@dataclass(frozen=True)
class Row:
    """One correction as the pages show it. `state`: asked, sent or done; `data`: what was asked."""

    correction: Correction
    line: Line
    state: str
    asked_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    due_on: date
    data: dict[str, Any]  # of the outbox event: the right values, or the amount to be credited

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

    Each in its own transaction. Once all of a decision are there, the hold that was kept is
    lifted and the cardholder told.
    """
    waiting = Correction.objects.filter(done_at=None).order_by("seq").values_list("pk", flat=True)
    return sum(_confirm(pk, at=at) for pk in list(waiting))


@transaction.atomic
def _confirm(pk: int, *, at: datetime) -> bool:
    correction = Correction.objects.select_related("ruling__line", "ruling__decision").get(pk=pk)
    decision, line = correction.ruling.decision, correction.ruling.line
    dispute = Dispute.objects.select_related("deadline").get(pk=decision.dispute_id)
    account = CardAccount.objects.select_for_update().get(pk=dispute.account_id)
    brought = _brought(correction, account)
    if not brought:
        return False
    waiting = Correction.objects.filter(pk=pk, done_at=None)
    if not waiting.update(done_at=at, done_by=brought):
        return False
    _forget_mark(account, line)
    data = {"correction": str(correction.ref), "kind": correction.kind, "by": brought}
    record("disputes.correction.done", subject=dispute, by=None, at=at, data=data)
    if not Correction.objects.filter(ruling__decision=decision, done_at=None).exists():
        source = effects.source_of(dispute, decision.round)
        for each in (source, f"{source}:kept"):
            lift_hold(each, by=None, at=at)
        notices.tell(dispute, "dispute.corrected", at=at)
    return True


def _brought(correction: Correction, account: CardAccount) -> str:
    """Return what brought the correction, at most 80 characters; "" if nothing has."""
    data = OutboxEvent.objects.get(pk=correction.seq).data
    if correction.kind == "record.correct":
        return _record_brought(account, data)
    return _posting_brought(correction, account, data)


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


def _posting_brought(correction: Correction, account: CardAccount, data: dict[str, Any]) -> str:
    wanted, ref = -Decimal(data["amount"]), data["posting_ref"]
    if ref:
        naming = account.postings.filter(reverses=ref)
        if naming.aggregate(sum=Sum("amount"))["sum"] == wanted:
            last = naming.order_by("posted_on", "pk").values_list("ref", flat=True).last()
            return f"posting {last}"
    used = Correction.objects.filter(done_by__startswith="posting ").values_list("done_by")
    alike = account.postings.filter(
        amount=wanted, kind__in=BY_AMOUNT, posted_on__gte=localdate(correction.asked_at)
    ).exclude(ref__in=[said.removeprefix("posting ") for (said,) in used])
    if ref:  # what names another movement puts that one right, not ours
        alike = alike.filter(reverses__in=["", ref])
    found = alike.order_by("posted_on", "pk").values_list("ref", flat=True).first()
    return f"posting {found}" if found else ""


def _forget_mark(account: CardAccount, line: Line) -> None:
    """Take the mark off a record that is right now, unless another case contests it."""
    if line.kind != Line.Kind.RECORD:
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
