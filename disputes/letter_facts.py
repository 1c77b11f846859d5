"""What a letter says, fixed in the act that asks for it: plain JSON, worded by disputes.paper.

Codes, days and amounts are kept as such, so that the same facts read in either language.
"""

import json
from copy import copy
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.timezone import localdate

from disputes import queries, terms
from disputes.models import Correction, Deadline, Decision, Dispute, Letter, Line, Ruling
from disputes.policy import CURRENT
from portal.kit.http import law
from portal.packs import load

K = Letter.Kind
DECISIONS = (K.DECISION, K.REVIEW_DECISION)
REVIEWS = (K.REVIEW_RECEIPT, K.REVIEW_DECISION)


def gather(
    dispute: Dispute,
    kind: str,
    *,
    at: datetime,
    decision: Decision | None = None,
    deadline: Deadline | None = None,
) -> dict[str, Any]:
    """Return everything a letter of this kind says, as of now."""
    lines = list(dispute.lines.all())
    facts = _case(dispute) | {"lines": [_line(line) for line in lines]}
    if kind not in DECISIONS and kind != K.WITHDRAWAL:
        facts["deadline"] = _deadline(deadline or dispute.deadline)
        facts["files"] = _files(dispute)
        facts["paused"] = _paused(dispute)
    if kind in DECISIONS:
        decision = decision or queries.decision_of(dispute)
    elif kind in (K.REVIEW_RECEIPT, K.WITHDRAWAL):
        decision = queries.decision_of(dispute)  # the first answer
    facts["decision"] = decision and _decision(decision, lines, at=at)
    if kind in REVIEWS:
        facts["asked_again"] = queries.asked_again(dispute)
    if kind == K.DECISION and decision:
        answered = copy(dispute)  # also for the preview of an answer that is not given yet
        answered.status, answered.decided_at = decision.outcome, at
        until = terms.review_until(answered)
        facts["review_until"] = until and until.isoformat()
    if kind == K.DELAY:
        by = terms.expected_by(terms.deadline_of(dispute), on=localdate(at))
        facts["expected_by"] = by.isoformat()
    if kind in (*DECISIONS, K.DELAY):
        ways = terms.routes(dispute, on=localdate(at))
        facts["routes"] = [{"text": way.text, "params": dict(way.params)} for way in ways]
    return facts


def _case(dispute: Dispute) -> dict[str, Any]:
    account = dispute.account
    helper = json.loads(dispute.representative) if dispute.representative else {}
    return {
        "number": dispute.number,
        "matter": dispute.matter,
        "topic": dispute.topic,
        "reason": dispute.reason,
        "words": dispute.words,
        "remedy": dispute.remedy,
        "channel": dispute.channel,
        "contact_by": dispute.contact_by,
        "representative": str(helper.get("name", "")),
        "received_at": dispute.submitted_at and dispute.submitted_at.isoformat(),
        "name": account.cardholder.person.full_name,
        "account": account.ref,
        "product": account.product,
        "last4": account.card_last4,
        "currency": account.currency,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "facts": line.facts,
        "asked_amount": _text(line.asked_amount),
        "asked_days": line.asked_days,
        "document_number": line.document_number,
        "document_sha256": line.document_sha256,
        "document_line": line.document_line,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _paused(dispute: Dispute) -> dict[str, Any]:
    paused = queries.paused(dispute)
    return asdict(paused) | {"amount": _text(paused.amount)}


def _files(dispute: Dispute) -> list[dict[str, Any]]:
    """Name each file that came in, as it came: also those that are still being looked at."""
    kept = dispute.uploads.filter(removed_at=None).exclude(status="rejected").order_by("pk")
    return [{"name": each.name, "sha256": each.sha256, "size": each.size} for each in kept]


def _deadline(deadline: Deadline | None) -> dict[str, Any] | None:
    if deadline is None:
        return None
    return {
        "rule": deadline.rule,
        "source": source(deadline),
        "value": deadline.value,
        "unit": deadline.unit,
        "counted_from": deadline.counted_from.isoformat(),
        "due_on": deadline.due_on.isoformat(),
        "plan_on": deadline.plan_on.isoformat(),
        "reason": deadline.reason,
    }


def source(deadline: Deadline) -> str:
    """Name the provision that sets a deadline; "" for the bank's own reading (grade C)."""
    rules = load(law(), on=deadline.counted_from).rules.values()
    return next((r.source for r in rules if r.id == deadline.rule and r.grade != "C"), "")


def _decision(decision: Decision, lines: list[Line], *, at: datetime) -> dict[str, Any]:
    place = {line.pk: n for n, line in enumerate(lines)}
    rulings = list(decision.rulings.select_related("line").order_by("pk"))
    wanted = Correction.objects.filter(ruling__decision=decision).order_by("-due_on").first()
    by = wanted.due_on if wanted else localdate(at) + timedelta(days=CURRENT.correction_within)
    corrected = wanted or decision.credit or any(map(corrects, rulings))
    return {
        "outcome": decision.outcome,
        "reasons": decision.reasons,
        "credit": _text(decision.credit),
        "made_at": (decision.made_at or at).isoformat(),
        "rulings": [
            _ruling(each) | {"line": place[each.line_id]} for each in rulings if each.line_id
        ],
        "correct_by": by.isoformat() if corrected else None,
    }


def corrects(ruling: Ruling) -> bool:
    """Tell whether a ruling makes the bank change a record or a day; money: Decision.credit."""
    of_record = ruling.line is not None and ruling.line.kind == Line.Kind.RECORD
    right = ruling.outcome in (Decision.Outcome.UPHELD, Decision.Outcome.PARTLY)
    return right and (of_record or ruling.right_on is not None)


def _ruling(ruling: Ruling) -> dict[str, Any]:
    return {
        "outcome": ruling.outcome,
        "right_amount": _text(ruling.right_amount),
        "right_days": ruling.right_days,
        "right_code": ruling.right_code,
        "right_on": ruling.right_on and ruling.right_on.isoformat(),
    }
