"""A case on its real clock, for tests of what depends on it."""

from datetime import datetime, timedelta
from decimal import Decimal as D
from typing import Any

from django.utils.timezone import localdate, now

from disputes import effects, settling
from disputes.actions import clocks
from disputes.models import Decision, Dispute, Ruling
from tests.disputes.scene import Scene, Status, case, line, record

PERIOD = (localdate() - timedelta(days=40)).strftime("%Y-%m")  # the month of the missed due date
RIGHT = {"right_amount": D(0), "right_days": 0, "right_code": "N"}


def sent(
    scene: Scene, matter: str = "charge", *, at: datetime | None = None, **changes: Any
) -> Dispute:
    """A case that its handler has taken; sent in at `at`."""
    dispute = case(scene.account, Status.DRAFT, matter=matter)
    dispute.deadlines.all().delete()  # scene.case wrote one; a draft has none yet
    dispute.submitted_at = at or now()
    dispute.save(update_fields=["submitted_at"])
    clocks.start(dispute, round=1, by=scene.holder, at=at or now())
    facts = {"status": Status.IN_REVIEW, "taken_by": scene.handler, "taken_at": now()} | changes
    Dispute.objects.filter(pk=dispute.pk).update(**facts)
    return Dispute.objects.select_related("deadline").get(pk=dispute.pk)


def objection(scene, *, reason="already_paid", period=PERIOD, **facts):
    """A record objection whose effects have begun."""
    kept = record(scene.account, period, overdue_amount=D(1000))
    dispute = sent(scene, "record", reason=reason)
    line(dispute, "record", f"{scene.account.ref}:{period}", open=False, amount="1000.00",
         on=f"{period}-01", **facts)  # fmt: skip
    effects.begin(dispute, by=scene.holder, at=now())
    return dispute, kept


def charge(scene, *amounts, **changes):
    """A dispute of postings, begun."""
    dispute = sent(scene, "charge", **({"reason": "fraud"} | changes))
    for i, amount in enumerate(amounts):
        line(dispute, "posting", f"{scene.account.ref}-X{i}", open=False, amount=amount)
    effects.begin(dispute, by=scene.holder, at=now())
    return dispute


def decide(dispute, *rulings, outcome="upheld", round=1, by=None):
    """A decision as a row, and its effects. `rulings`: outcome and right values, line by line."""
    decision = Decision(dispute=dispute, round=round, status="made", outcome=outcome,
                        cause="system", proposed_by=dispute.taken_by, proposed_at=now(),
                        made_at=now())  # fmt: skip
    decision.reasons = "Because"
    decision.save()
    for contested, (result, facts) in zip(dispute.lines.all(), rulings, strict=True):
        Ruling.objects.create(decision=decision, line=contested, outcome=result, **facts)
    settling.settle(decision, by=dispute.taken_by, at=now())
    return decision
