"""What a decision sets in motion: corrections out; marks and holds off, or kept until they came.

Lock order everywhere: the account, then the outbox (portal.records.outbox.publish).
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.timezone import localdate

from accounts.actions import lift_hold, place_hold
from accounts.models import CardAccount, Hold, User
from disputes import duty, weighing
from disputes.effects import account_of, latest, own_holds, reads, source_of, unmark
from disputes.lines import Contested
from disputes.models import Correction, Decision, Dispute, Line, Ruling
from disputes.policy import CURRENT
from portal.kit.money import ZERO, rounded
from portal.records.audit import record
from portal.records.outbox import publish

RIGHT = (Decision.Outcome.UPHELD, Decision.Outcome.PARTLY)
SUPERSEDED = "superseded"  # by a later answer: how a correction's `done_by` begins then


def settle(decision: Decision, *, by: User | None, at: datetime) -> None:
    """Make a decision's effects final: corrections out, marks and holds off. Inside its act.

    Of what is upheld, the mark and the hold stay until a feed brings the correction: until then
    collection would go on over a wrong sum, and the bureau would show a wrong record as sound.
    What cannot be confirmed is told to the bank with `noted`: the bureau records that it was
    verified and what the objection said, and removes the mark (CN-CR-05).
    """
    dispute, account = decision.dispute, account_of(decision.dispute)
    rulings = list(decision.rulings.select_related("line").order_by("pk"))
    weighed = weighing.ruled_all(dispute, rulings)
    asked = []
    for ruling in rulings:
        line, correction = ruling.line, _correct(ruling, decision, account, weighed, at=at)
        if correction:
            asked.append(correction)
        elif line:
            unmark(dispute, account, line, at=at, **_told(ruling, line, decision))
    dispute.lines.update(open=False)
    _keep(decision, dispute, asked, by=by, at=at)
    for each in asked:
        _supersede(each, by=by, at=at)
        data = {"case": dispute.number, "correction": str(each.ref),
                "kind": each.kind, "seq": each.seq}  # fmt: skip
        record("disputes.correction.asked", subject=dispute, by=by, at=at, data=data)


def _told(ruling: Ruling, line: Line, decision: Decision) -> dict[str, Any]:
    """Say why a mark goes; what cannot be confirmed carries the objection, as codes (CN-CR-05)."""
    noted = ruling.outcome == Decision.Outcome.UNCONFIRMED
    told: dict[str, Any] = {"outcome": ruling.outcome, "noted": noted}
    if noted:
        asked = line.asked_amount
        told["objection"] = {
            "reason": decision.dispute.reason, "days_past_due": line.asked_days,
            "overdue_amount": None if asked is None else str(asked),
        }  # fmt: skip
    return told | {"decision": str(decision.ref)}


def _correct(
    ruling: Ruling, decision: Decision, account: CardAccount, weighed: dict[int, duty.Ruled], *,
    at: datetime,
) -> Correction | None:  # fmt: skip
    """Ask the bank to put something right; None where a ruling needs nothing of the books."""
    if ruling.outcome not in RIGHT:
        return None
    line, told = ruling.line, {"case": decision.dispute.number, "decision": str(decision.ref)}
    if line and line.kind == Line.Kind.RECORD:
        kind, data, amount = "record.correct", _right_record(line, ruling, account), ZERO
    elif line is None or line.kind in (Line.Kind.POSTING, Line.Kind.STATEMENT):
        amount = weighed[line.pk].credit if line else decision.credit
        if not amount and ruling.right_on is None:
            return None  # it was credited before
        kind, data = "posting.correct", _right_posting(ruling, account, amount)
    else:
        return None
    event = publish(kind, account_ref=account.ref, at=at, data=data | told)
    return Correction.objects.create(
        ruling=ruling, kind=kind, seq=event.seq, asked_at=at, amount=amount,
        due_on=localdate(at) + timedelta(days=CURRENT.correction_within),
    )  # fmt: skip


def _supersede(new: Correction, *, by: User | None, at: datetime) -> None:
    """End what an earlier answer asked for the same record: only the newest values can come.

    Of the same case its hold follows the new correction; of another case it is lifted. Credits
    are not superseded: each is only what the earlier ones left.
    """
    line = new.ruling.line
    if new.kind != "record.correct" or line is None:
        return
    same = {"ruling__line__kind": line.kind, "ruling__line__key": line.key, "kind": new.kind}
    older = Correction.objects.filter(done_at=None, seq__lt=new.seq, **same)
    for each in list(older.select_related("ruling__decision__dispute")):
        Correction.objects.filter(pk=each.pk).update(done_at=at, done_by=f"{SUPERSEDED} {new.seq}")
        dispute = each.ruling.decision.dispute
        data = {"correction": str(each.ref), "by": str(new.ref)}
        record("disputes.correction.superseded", subject=dispute, by=by, at=at, data=data)
        release(dispute, by=by, at=at)


def release(dispute: Dispute, *, by: User | None, at: datetime) -> bool:
    """Lift what is held for a case's answers once nothing of them is to come; False if it is."""
    if Correction.objects.filter(ruling__decision__dispute=dispute, done_at=None).exists():
        return False
    made = dispute.decisions.filter(status=Decision.Status.MADE)
    for round in made.order_by("round").values_list("round", flat=True):
        source = source_of(dispute, round)
        for each in (source, f"{source}:kept"):
            lift_hold(each, by=by, at=at)
    return True


def _right_record(line: Line, ruling: Ruling, account: CardAccount) -> dict[str, Any]:
    """Return the period, reported and right values; what no ruling names stays as reported."""
    found = latest(account, line)
    period: dict[str, Any] = {"period": line.key.rpartition(":")[2]}
    said = reads(found) if found else period
    right: dict[str, Any] = dict(said.get("reported", {}))
    if ruling.right_days is not None:
        right["days_past_due"] = ruling.right_days
    if ruling.right_amount is not None:
        right["overdue_amount"] = str(ruling.right_amount)
    if ruling.right_code:
        right["code"] = ruling.right_code
    return said | {"right": right}


def _right_posting(ruling: Ruling, account: CardAccount, credit: Decimal) -> dict[str, Any]:
    """Return the posting or the bill's day, if one is named, its kind, the amount to be credited
    and the right day; without either it is something that is missing in the books."""
    line, told = ruling.line, {"posting_ref": "", "statement_on": "", "kind": "missing"}
    if line and line.kind == Line.Kind.POSTING:
        told |= {"posting_ref": line.key, "kind": line.facts.get("extra", {}).get("code", "")}
    elif line:
        told |= {"statement_on": line.key.rpartition(":")[2], "kind": "statement"}
    amount = str(rounded(credit, account.currency))
    found: dict[str, Any] = told | {"amount": amount, "currency": account.currency}
    if line and ruling.right_on:
        reads = Contested.read(line.facts)
        day = {"posted_on": reads.on.isoformat(),
               "transacted_on": reads.extra.get("transacted_on", "")}  # fmt: skip
        found |= {"reads": day, "right": {"posted_on": ruling.right_on.isoformat()}}
    return found


def _keep(
    decision: Decision,
    dispute: Dispute,
    asked: list[Correction],
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
        kept = min(hold.amount, _still_held(asked, decision, dispute))
        if kept == hold.amount:
            return
        if kept:  # placed before the other is lifted: collection does not resume in between
            place_hold(
                hold.account, reason=Hold.Reason.DISPUTE, source=f"{source}:kept", amount=kept,
                by=by, at=at,
            )  # fmt: skip
    lift_hold(source, by=by, at=at)


def _still_held(asked: list[Correction], decision: Decision, dispute: Dispute) -> Decimal:
    """Return what the corrections take off the debt, less what an earlier round still holds."""
    charges = sum((each.amount for each in asked), ZERO)
    records = max((_off_record(each.ruling) for each in asked), default=ZERO)
    own = source_of(dispute, decision.round)
    earlier = own_holds(dispute).exclude(source__startswith=own)
    held: Decimal = earlier.aggregate(sum=Sum("amount"))["sum"] or ZERO
    return max(ZERO, max(charges, records) - held)


def _off_record(ruling: Ruling) -> Decimal:
    line, right = ruling.line, ruling.right_amount
    if line is None or line.kind != Line.Kind.RECORD or right is None or line.amount is None:
        return ZERO
    off: Decimal = line.amount - right
    return max(ZERO, off)
