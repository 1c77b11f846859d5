"""What a case changes outside this room at once, and what its end lifts (settling: an answer's).

Lock order everywhere: the account, then the outbox (portal.records.outbox.publish).
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum

from accounts import queries as ledger
from accounts.actions import lift_hold, place_hold
from accounts.models import CardAccount, Hold, OverdueRecord, User
from disputes import sums
from disputes.lines import Contested
from disputes.models import Correction, Dispute, Line
from portal.kit.errors import Refused, gettext_noop
from portal.kit.money import ZERO
from portal.records.outbox import publish


def source_of(dispute: Dispute, round: int) -> str:
    """Return who places the hold of one round; the part kept after it ends in `:kept`."""
    return f"disputes.dispute:{dispute.pk}:{round}"


def round_of(dispute: Dispute) -> int:
    """1: first answer, 2: second review."""
    return dispute.deadline.round if dispute.deadline else 1


def own_holds(dispute: Dispute) -> Any:
    """Return the live holds of a case, of all its rounds."""
    ours = Hold.objects.filter(account=dispute.account_id, until_at=None)
    return ours.filter(source__startswith=source_of(dispute, 0)[:-1])


# == a case begins


def begin(dispute: Dispute, *, by: User | None, at: datetime) -> None:
    """Open its lines, mark records as disputed, place the hold. Inside the act's transaction.

    Call it after clocks.start(), which says in which round the case is.
    Errors: Refused DISPUTE-LINE if a line is in another open case.
    """
    account = account_of(dispute)
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


def account_of(dispute: Dispute) -> CardAccount:
    """Lock the account of a case."""
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
        sums.Claim(line.kind, Contested.read(line.facts).on, line.amount, line.asked_amount)
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


def unmark(
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
    account = account_of(dispute)
    for line in dispute.lines.all():
        unmark(dispute, account, line, at=at, outcome="withdrawn", noted=False)
    dispute.lines.update(open=False)
    lift_hold(source_of(dispute, round_of(dispute)), by=by, at=at)
