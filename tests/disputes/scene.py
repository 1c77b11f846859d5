"""Cases for tests, made as rows: for tests of what reads or moves a case that is there already."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.timezone import localdate, now

from accounts.models import CardAccount, OverdueRecord, User
from disputes.models import Deadline, Dispute, Line
from portal.records.documents import new_code
from tests.people import cardholder, staff
from tests.plans.scene import account_of

Status = Dispute.Status


def record(account: CardAccount, period: str = "2026-09", **changes: Any) -> OverdueRecord:
    """What was reported for one month."""
    facts: dict[str, Any] = {
        "days_past_due": 31, "reported_code": "2", "overdue_amount": Decimal("1000.00"),
        "reported_on": date(2026, 10, 3), "bureau": "Demo Bureau", "notified_on": date(2026, 9, 28),
    }  # fmt: skip
    return OverdueRecord.objects.create(account=account, period=period, **facts | changes)


def line(dispute: Dispute, kind: str, key: str, *, open: bool = True, **facts: Any) -> Line:
    """A line of a case, with facts as disputes.lines.Contested.facts() gives them."""
    kept = {
        "kind": kind, "key": key, "on": "2026-09-01", "text": "as booked", "amount": "1000.00",
        "currency": "CNY", "extra": {}, **facts,
    }  # fmt: skip
    amount = None if kept["amount"] is None else Decimal(str(kept["amount"]))
    return Line.objects.create(
        dispute=dispute, kind=kind, key=key, open=open, facts=kept, amount=amount
    )


def case(account: CardAccount, status: str = Status.RECEIVED, **changes: Any) -> Dispute:
    """A case that was sent in today, due in 20 days; it has no lines and no effects."""
    words, moment = changes.pop("words", "This is not right."), now()
    user = account.cardholder.user
    dispute = Dispute(
        number=f"DP-{new_code(8)}", account=account, matter="record", reason="already_paid",
        language="en", started_at=moment, started_by=user,
    )  # fmt: skip
    dispute.words = words
    dispute.save()
    due_in = changes.pop("due_in", 20)
    due = localdate() + timedelta(days=due_in)
    deadline = Deadline.objects.create(
        dispute=dispute, round=2 if status == Status.SECOND_REVIEW else 1, step=0, rule="CN-CR-04",
        counted_from=due - timedelta(days=20), value=20, unit="calendar days", due_on=due,
        plan_on=due, made_at=moment,
    )  # fmt: skip
    facts: dict[str, Any] = {"status": status}
    if status != Status.DRAFT:
        facts |= {"submitted_at": moment, "deadline": deadline, "due_on": due}
    if status in (Status.IN_REVIEW, Status.WAITING) and "taken_by" not in changes:
        facts |= {"taken_by": staff("complaint_handler"), "taken_at": moment}
    if status in Dispute.DECIDED:
        facts |= {"decided_at": moment}
    Dispute.objects.filter(pk=dispute.pk).update(**facts | changes)
    dispute.refresh_from_db()
    return dispute


@dataclass
class Scene:
    """A cardholder with an account that is overdue, and a complaint handler."""

    holder: User
    handler: User
    account: CardAccount

    @classmethod
    def made(cls) -> "Scene":
        holder = cardholder()
        return cls(holder, staff("complaint_handler"), account_of(holder))
