"""What a case changes outside this room at once, and what its end lifts or makes final.

Lock order everywhere: the account, then the outbox (portal.records.outbox.publish).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.utils.timezone import localdate

from accounts import queries as ledger
from accounts.actions import lift_hold, place_hold
from accounts.models import CardAccount, Hold, OverdueRecord, User
from disputes import lines, sums
from disputes.models import Correction, Decision, Dispute, Line, Ruling
from disputes.policy import CURRENT
from portal.kit.errors import Refused, gettext_noop
from portal.kit.money import ZERO
from portal.records.audit import record
from portal.records.outbox import publish

RIGHT = (Decision.Outcome.UPHELD, Decision.Outcome.PARTLY)


def source_of(dispute: Dispute, round: int) -> str:
    """Return who places the hold of one round; the part kept after it ends in `:kept`."""
    return f"disputes.dispute:{dispute.pk}:{round}"


def round_of(dispute: Dispute) -> int:
    """1: first answer, 2: second review."""
    return dispute.deadline.round if dispute.deadline else 1


def own_holds(dispute: Dispute) -> Any:
    """Return the live holds of a case, of all its rounds."""
    return Hold.objects.filter(source__startswith=source_of(dispute, 0)[:-1], until_at=None)


# == a case begins


def begin(dispute: Dispute, *, by: User | None, at: datetime) -> None:
    """Open its lines, mark records as disputed, place the hold. Inside the act's transaction.

    Call it after clocks.start(), which says in which round the case is.
    Errors: Refused DISPUTE-LINE if a line is in another open case.
    """
    account = _account(dispute)
    contested = list(dispute.lines.all())
    _open(dispute)
    for line in contested:
        if line.kind == Line.Kind.RECORD:
            _mark(dispute, account, line, at=at)
    amount = disputed_amount(dispute, account, contested)
    source = source_of(dispute, round_of(dispute))
    place_hold(
        account, reason=Hold.Reason.DISPUTE, source=source, amount=amount or None,
        contact_only=not amount, by=by, at=at,
    )  # fmt: skip


def _account(dispute: Dispute) -> CardAccount:
    return CardAccount.objects.select_for_update().get(pk=dispute.account_id)


def _open(dispute: Dispute) -> None:
    """Take the lines. The index on open lines decides between two cases at once."""
    try:
        with transaction.atomic():
            dispute.lines.update(open=True)
    except IntegrityError as taken:
        keys = dispute.lines.values_list("kind", "key")
        others = Line.objects.filter(open=True).exclude(dispute=dispute).select_related("dispute")
        found = next((each for each in others.filter(_any_of(keys))), None)
        raise Refused(
            "DISPUTE-LINE",
            gettext_noop("A line of this case is in dispute already, in case %(number)s."),
            number=found.dispute.number if found else "",
        ) from taken


def _any_of(keys: Iterable[tuple[str, str]]) -> Any:
    return reduce(or_, (Q(kind=kind, key=key) for kind, key in keys), Q(pk=None))


def disputed_amount(dispute: Dispute, account: CardAccount, contested: Iterable[Line]) -> Decimal:
    """Return what this round holds: what is contested less what an earlier round still holds."""
    position = ledger.position(account)
    claims = [
        sums.Claim(line.kind, lines.Contested.read(line.facts).on, line.amount, line.asked_amount)
        for line in contested
    ]
    amount = sums.contested(
        claims, dispute.reason,
        balance=position.balance, overdue=position.overdue, since=position.since,
    )  # fmt: skip
    held = own_holds(dispute).aggregate(sum=Sum("amount"))["sum"] or ZERO
    return max(ZERO, amount - held)


# == records at the bureau


def latest(account: CardAccount, line: Line) -> OverdueRecord | None:
    """Return the newest version of the record a line names."""
    period = line.key.rpartition(":")[2]
    return account.overdue_records.filter(period=period).order_by("-version").first()


def reads(found: OverdueRecord) -> dict[str, Any]:
    """Return a record as the bank's messages write it; money as text."""
    return {
        "period": found.period, "version": found.version, "bureau": found.bureau,
        "reported": {"days_past_due": found.days_past_due, "code": found.reported_code,
                     "overdue_amount": str(found.overdue_amount)},
    }  # fmt: skip


def _mark(dispute: Dispute, account: CardAccount, line: Line, *, at: datetime) -> None:
    """Mark the newest version as disputed and tell the bank (CN-CR-03; 15 USC 1681s-2(a)(3))."""
    if (found := latest(account, line)) is None:
        return
    OverdueRecord.objects.filter(pk=found.pk).update(disputed=True)
    data = reads(found) | {"case": dispute.number, "reason": dispute.reason}
    publish("record.disputed", account_ref=account.ref, at=at, data=data)


def _unmark(
    dispute: Dispute, account: CardAccount, line: Line, *, at: datetime, **told: Any
) -> None:
    """End the mark of a record and tell the bank why. Not while its correction is on the way."""
    if line.kind != Line.Kind.RECORD or (found := latest(account, line)) is None:
        return
    same = {"ruling__line__kind": line.kind, "ruling__line__key": line.key}
    if Correction.objects.filter(done_at=None, **same).exists():
        return
    OverdueRecord.objects.filter(pk=found.pk).update(disputed=False)
    data = reads(found) | {"case": dispute.number, **told}
    publish("record.mark_removed", account_ref=account.ref, at=at, data=data)


# == a case ends


def lift(dispute: Dispute, *, by: User | None, at: datetime) -> None:
    """End marks and hold without a correction: withdrawn. Inside the act's transaction.

    A second review that is withdrawn leaves the first answer as it stands: what waits for a
    correction of that keeps its mark and its hold.
    """
    account = _account(dispute)
    for line in dispute.lines.all():
        _unmark(dispute, account, line, at=at, outcome="withdrawn", noted=False)
    dispute.lines.update(open=False)
    lift_hold(source_of(dispute, round_of(dispute)), by=by, at=at)


def settle(decision: Decision, *, by: User | None, at: datetime) -> None:
    """Make a decision's effects final: corrections out, marks and holds off. Inside its act.

    Of what is upheld, the mark and the hold stay until a feed brings the correction: until then
    collection would go on over a wrong sum, and the bureau would show a wrong record as sound.
    What cannot be confirmed is told to the bank with `noted`: the bureau records that it was
    verified and what the objection said, and removes the mark (CN-CR-05).
    """
    dispute, account = decision.dispute, _account(decision.dispute)
    rulings = {each.line_id: each for each in decision.rulings.select_related("line")}
    asked = []
    for line in dispute.lines.all():
        ruling = rulings.get(line.pk)
        outcome = ruling.outcome if ruling else decision.outcome
        correction = _correct(ruling, decision, account, at=at) if ruling else None
        if correction:
            asked.append(correction)
            continue
        noted = outcome == Decision.Outcome.UNCONFIRMED
        told = {"outcome": outcome, "noted": noted, "decision": str(decision.ref)}
        _unmark(dispute, account, line, at=at, **told)
    dispute.lines.update(open=False)
    _keep(decision, dispute, account, asked, by=by, at=at)
    for each in asked:
        data = {"case": dispute.number, "correction": str(each.correction.ref),
                "kind": each.correction.kind, "seq": each.correction.seq}  # fmt: skip
        record("disputes.correction.asked", subject=dispute, by=by, at=at, data=data)


@dataclass(frozen=True)
class Asked:
    """A correction that was asked for, and how much of the debt it takes away."""

    correction: Correction
    amount: Decimal


def _correct(
    ruling: Ruling, decision: Decision, account: CardAccount, *, at: datetime
) -> Asked | None:
    """Ask the bank to put a line right; None where a ruling needs nothing of the books."""
    if ruling.outcome not in RIGHT:
        return None
    line, told = ruling.line, {"case": decision.dispute.number, "decision": str(decision.ref)}
    if line.kind == Line.Kind.RECORD:
        kind, data, amount = "record.correct", _right_record(ruling, account), ZERO
        if ruling.right_amount is not None and line.amount is not None:
            amount = max(ZERO, line.amount - ruling.right_amount)
    elif line.kind in (Line.Kind.POSTING, Line.Kind.STATEMENT):
        amount = credit_of(ruling, account)
        kind, data = "posting.correct", _right_posting(line, account, amount)
    else:
        return None
    event = publish(kind, account_ref=account.ref, at=at, data=data | told)
    correction = Correction.objects.create(
        ruling=ruling, kind=kind, seq=event.seq, asked_at=at,
        due_on=localdate(at) + timedelta(days=CURRENT.correction_within),
    )  # fmt: skip
    return Asked(correction, amount)


def credit_of(ruling: Ruling, account: CardAccount) -> Decimal:
    """Return what is to be credited for a movement or a bill: as it reads, less what is right."""
    line = ruling.line
    found = lines.find(account, line.kind, line.key)
    booked = found.amount if found else line.amount
    return (booked or ZERO) - (ruling.right_amount or ZERO)


def _right_record(ruling: Ruling, account: CardAccount) -> dict[str, Any]:
    """Return the period, reported and right values; what no ruling names stays as reported."""
    found = latest(account, ruling.line)
    period: dict[str, Any] = {"period": ruling.line.key.rpartition(":")[2]}
    said = reads(found) if found else period
    right: dict[str, Any] = dict(said.get("reported", {}))
    if ruling.right_days is not None:
        right["days_past_due"] = ruling.right_days
    if ruling.right_amount is not None:
        right["overdue_amount"] = str(ruling.right_amount)
    if ruling.right_code:
        right["code"] = ruling.right_code
    return said | {"right": right}


def _right_posting(line: Line, account: CardAccount, credit: Decimal) -> dict[str, Any]:
    """Return the posting (or the bill's day), its kind and the amount to be credited."""
    posting = line.kind == Line.Kind.POSTING
    return {
        "posting_ref": line.key if posting else "",
        "statement_on": "" if posting else line.key.rpartition(":")[2],
        "kind": line.facts.get("extra", {}).get("code", "") if posting else "statement",
        "amount": str(credit),
        "currency": account.currency,
    }


def _keep(
    decision: Decision,
    dispute: Dispute,
    account: CardAccount,
    asked: list[Asked],
    *,
    by: User | None,
    at: datetime,
) -> None:
    """Lift the hold of what was not upheld, and keep the rest until the books are right."""
    source = source_of(dispute, decision.round)
    hold = Hold.objects.filter(source=source, until_at=None).first()
    if hold is None or (asked and hold.amount is None):
        return  # a pause of contact is not divided: it stays while anything is to be corrected
    if hold.amount is not None and asked:
        kept = min(hold.amount, _still_held(asked, decision.round, dispute))
        if kept == hold.amount:
            return
        if kept:  # placed before the other is lifted: collection does not resume in between
            place_hold(
                account, reason=Hold.Reason.DISPUTE, source=f"{source}:kept", amount=kept,
                by=by, at=at,
            )  # fmt: skip
    lift_hold(source, by=by, at=at)


def _still_held(asked: list[Asked], round: int, dispute: Dispute) -> Decimal:
    """Return what the corrections take off the debt, less what an earlier round still holds."""
    records = (each.amount for each in asked if each.correction.kind == "record.correct")
    charges = (each.amount for each in asked if each.correction.kind == "posting.correct")
    off = max(sum(charges, ZERO), max(records, default=ZERO))
    earlier = own_holds(dispute).exclude(source__startswith=source_of(dispute, round))
    return max(ZERO, off - (earlier.aggregate(sum=Sum("amount"))["sum"] or ZERO))
