"""Decisions: proposed by the handler, made at once or by a second person above the limits."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from accounts.models.people import Role
from disputes import duty, letter_facts, letters, notices, paper, settling, weighing
from disputes import staff_queries as queries
from disputes.actions.handling import check_works, move
from disputes.locks import with_account
from disputes.models import Decision, Dispute, Letter, Line, Message, Ruling
from disputes.policy import CURRENT
from portal.kit.errors import IllegalMove, Refused, Stale, gettext_noop
from portal.records.audit import record
from portal.records.typeset import Paper

DECIDABLE = (Dispute.Status.IN_REVIEW, Dispute.Status.SECOND_REVIEW)


class Changed(Stale):
    """Something came in after the handler looked. `what`: codes of BASIS; nothing was written."""

    def __init__(self, what: list[str]) -> None:
        super().__init__(what)
        self.what = what


# == what a decision rests on

BASIS = ("messages", "files", "lines", "deadline")


def basis_of(dispute: Dispute) -> str:
    """Return what a handler has before them, as a short text to compare: newest message, files,
    how the lines read, which deadline. Internal notes do not count."""
    said = dispute.messages.exclude(kind=Message.Kind.NOTE).order_by("-pk").values_list("pk")[:1]
    files = dispute.uploads.filter(removed_at=None).order_by("pk").values_list("pk", "status")
    read = {pk: found.facts() for pk, found in weighing.reads_now(dispute).items()}
    parts = [list(said), list(files), read, dispute.deadline_id]
    return ".".join(_short(part) for part in parts)


def _short(part: object) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True, default=str).encode()).hexdigest()[:12]


def check_basis(dispute: Dispute, basis: str) -> None:
    """Errors: Changed, naming what is no longer as the handler saw it."""
    saw, is_now = basis.split("."), basis_of(dispute).split(".")
    if len(saw) != len(BASIS):
        raise Changed(list(BASIS))
    what = [name for name, a, b in zip(BASIS, saw, is_now, strict=True) if a != b]
    if what:
        raise Changed(what)


# == proposing


@dataclass(frozen=True)
class Said:
    """What the handler decides on one line; amounts in the account's currency, + is debt."""

    line: Line
    outcome: str
    right_amount: Decimal | None = None
    right_days: int | None = None
    right_code: str = ""
    right_on: date | None = None


@dataclass(frozen=True)
class Weighed:
    """What an answer comes to."""

    outcome: str
    credit: Decimal
    over: list[str]


def weigh(
    dispute: Dispute,
    rulings: Sequence[Said],
    *,
    outcome: str = "",
    credit: Decimal | None = None,
) -> Weighed:
    """Check each ruling and return the answer they make; `outcome` where there are no lines, and
    `credit` for a charge that is in no list. Errors: Refused DECIDE-….
    """
    contested = set(dispute.lines.values_list("pk", flat=True))
    if contested != {said.line.pk for said in rulings} or len(rulings) != len(contested):
        raise Refused("DECIDE-LINES", gettext_noop("Each line needs one answer."))
    each = weighing.ruled_all(dispute, rulings).values()
    for one in each:
        duty.check_ruling(one)
    if each:
        outcome = duty.overall(one.outcome for one in each)
        duty.check_no_credit(credit)
        credit = duty.credit_of(each)
    else:
        credit = duty.check_whole(outcome, credit, of_charge=dispute.matter == "charge")
    over = duty.over(
        outcome, dispute.reason, credit,
        alone=CURRENT.credit_alone, reasons=CURRENT.approved_reasons,
        credited_before=queries.credited_before(dispute),
        filed_by_proposer=dispute.started_by_id == dispute.taken_by_id,
    )  # fmt: skip
    return Weighed(outcome, credit, over)


@transaction.atomic
def propose(
    dispute: Dispute,
    rulings: Sequence[Said],
    *,
    reasons: str,
    cause: str,
    basis: str,
    by: User,
    at: datetime,
    outcome: str = "",
    credit: Decimal | None = None,
) -> Decision:
    """Decide a case. Within the limits it is made at once; above them it waits for a supervisor.

    `basis`: basis_of() as the handler's page had it. Errors: Refused DUTY-…, DECIDE-…; Changed if
    something came in meanwhile; Stale if another answer is there; IllegalMove.
    """
    dispute = _locked(dispute)
    check_works(dispute, by)
    check_basis(dispute, basis)
    decision = _written(
        dispute, rulings, reasons=reasons, cause=cause, by=by, at=at, outcome=outcome,
        credit=credit,
    )  # fmt: skip
    data = {"case": dispute.number, "outcome": decision.outcome, "over": decision.over}
    record("disputes.decision.proposed", subject=decision, by=by, at=at, data=data)
    if not decision.over:
        _make(decision, dispute, by=by, at=at)
    return decision


def _locked(dispute: Dispute) -> Dispute:
    """Take the case so that nobody else decides. Errors: IllegalMove if none is to be made."""
    case = with_account(dispute)
    if case.status not in DECIDABLE:
        raise IllegalMove(case.status, "decided")
    return case


def _written(
    dispute: Dispute,
    rulings: Sequence[Said],
    *,
    reasons: str,
    cause: str,
    by: User,
    at: datetime,
    outcome: str,
    credit: Decimal | None,
) -> Decision:
    weighed = weigh(dispute, rulings, outcome=outcome, credit=credit)
    round = queries.round_of(dispute)
    if dispute.decisions.filter(round=round).exclude(status=Decision.Status.RETURNED).exists():
        raise Stale(dispute.pk)
    decision = Decision(
        dispute=dispute, round=round, status=Decision.Status.PROPOSED, outcome=weighed.outcome,
        cause=cause, over=weighed.over, credit=weighed.credit, proposed_by=by, proposed_at=at,
    )  # fmt: skip
    decision.reasons = reasons
    decision.save(force_insert=True)
    for said in rulings:
        Ruling.objects.create(
            decision=decision, line=said.line, outcome=said.outcome,
            right_amount=said.right_amount, right_days=said.right_days, right_code=said.right_code,
            right_on=said.right_on,
        )  # fmt: skip
    if not rulings and weighed.credit:  # so that its correction is followed like any other
        Ruling.objects.create(decision=decision, outcome=weighed.outcome)
    return decision


def letter_kind(decision: Decision) -> str:
    return "decision" if decision.round == 1 else "review_decision"


def _make(decision: Decision, dispute: Dispute, *, by: User, at: datetime) -> None:
    """Give the answer: status, effects, letter, mail. Inside the act's transaction."""
    second = decision.round > 1
    made = {"status": Decision.Status.MADE, "made_at": at}
    if by.pk != decision.proposed_by_id:
        made |= {"approved_by": by, "answered_at": at}
    waiting = Decision.objects.filter(pk=decision.pk, status=Decision.Status.PROPOSED)
    if not waiting.update(**made):
        raise Stale(decision.pk)
    decision.refresh_from_db()
    data = {"case": dispute.number, "outcome": decision.outcome, "credit": decision.credit}
    record("disputes.decision.made", subject=decision, by=by, at=at, data=data)
    told = {"decision": str(decision.ref), "outcome": decision.outcome}
    if second:
        move(dispute, Dispute.Status.FINAL, by=by, at=at, data=told, decided_at=at, ended_at=at)
    else:
        move(dispute, decision.outcome, by=by, at=at, data=told, decided_at=at)
    settling.settle(decision, by=by, at=at)
    letters.write(dispute, letter_kind(decision), at=at, decision=decision)
    notices.tell(dispute, "dispute.review_decided" if second else "dispute.decided", at=at)


def preview(
    dispute: Dispute,
    rulings: Sequence[Said],
    *,
    reasons: str,
    cause: str,
    by: User,
    at: datetime,
    outcome: str = "",
    credit: Decimal | None = None,
) -> Paper:
    """Return the letter that a decision would send. Nothing is kept, nothing goes out.

    Errors: Refused DECIDE-…; Stale if another answer is there.
    """
    with transaction.atomic():
        decision = _written(
            dispute, rulings, reasons=reasons, cause=cause, by=by, at=at, outcome=outcome,
            credit=credit,
        )  # fmt: skip
        sheet = letter_of(decision, at=at)
        transaction.set_rollback(True)
    return sheet


def letter_of(decision: Decision, *, at: datetime) -> Paper:
    """Return the letter of a decision as it would read if it were made now."""
    dispute, kind = decision.dispute, letter_kind(decision)
    letter = Letter(
        dispute=dispute, number=dispute.number, kind=kind, language=dispute.language, made_at=at
    )
    facts = letter_facts.gather(dispute, kind, at=at, decision=decision)
    letter.facts = json.dumps(facts, ensure_ascii=False)
    return paper.paper_of(letter, code="–")  # it has none before it is filed


# == the second person


@transaction.atomic
def approve(decision: Decision, *, basis: str, by: User, at: datetime) -> None:
    """A supervisor makes a proposed decision. Errors: as propose()."""
    dispute = _locked(decision.dispute)
    _check_second(decision, dispute, by)
    check_basis(dispute, basis)
    _check_same(decision, dispute)
    _make(decision, dispute, by=by, at=at)


def _check_same(decision: Decision, dispute: Dispute) -> None:
    """What was proposed still comes to the same: nothing was credited elsewhere since.

    Errors: Changed. It can only be sent back then.
    """
    rulings = [each for each in decision.rulings.select_related("line") if each.line_id]
    each = weighing.ruled_all(dispute, rulings).values()
    try:
        for one in each:
            duty.check_ruling(one)
    except Refused as no:
        raise Changed(["lines"]) from no
    if rulings and duty.credit_of(each) != decision.credit:
        raise Changed(["lines"])


@transaction.atomic
def send_back(decision: Decision, *, reason: str, by: User, at: datetime) -> None:
    """A supervisor returns a proposal with a reason, for the staff only. Errors: as propose()."""
    dispute = _locked(decision.dispute)
    _check_second(decision, dispute, by)
    waiting = Decision.objects.filter(pk=decision.pk, status=Decision.Status.PROPOSED)
    decision.return_reason = reason
    back = {"status": Decision.Status.RETURNED, "answered_at": at}
    if not waiting.update(**back, sealed_return=decision.sealed_return):
        raise Stale(decision.pk)
    decision.refresh_from_db()
    data = {"case": dispute.number}
    record("disputes.decision.returned", subject=decision, by=by, at=at, data=data)


def _check_second(decision: Decision, dispute: Dispute, by: User) -> None:
    if by.role != Role.SUPERVISOR:
        raise Refused("DUTY-ROLE", gettext_noop("Only a supervisor approves decisions."))
    duty.check_second(decision.proposed_by_id, by.pk)
    duty.check_handler(queries.ties(dispute, by))
