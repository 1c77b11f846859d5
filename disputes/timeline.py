"""A case as the cardholder follows it: what is done, what is being done, what comes next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from disputes import words
from disputes.models import Deadline, Decision, Dispute

Status = Dispute.Status
DONE, NOW, NEXT = "done", "now", "next"


@dataclass(frozen=True)
class Step:
    """One entry. `on` is empty for what has no day of its own; `note` says more."""

    state: str  # done, now or next
    text: str
    on: date | None = None
    note: str = ""


def steps(dispute: Dispute, deadlines: Sequence[Deadline], made: Sequence[Decision]) -> list[Step]:
    """Return the steps of a case that was sent, oldest first. `made`: its decisions, in order."""
    return list(_steps(dispute, list(deadlines), {each.round: each for each in made}))


def _steps(
    dispute: Dispute, deadlines: list[Deadline], made: dict[int, Decision]
) -> Iterator[Step]:
    portal = dispute.channel == Dispute.Channel.PORTAL
    sent = _("You sent the case.") if portal else _("We wrote down what you told us.")
    yield Step(DONE, sent, _day(dispute.submitted_at))
    yield from _round(dispute, Deadline.FIRST, deadlines, made.get(Deadline.FIRST))
    again = [each for each in deadlines if each.round == Deadline.REVIEW]
    if again:
        yield Step(DONE, _("You asked for a second review."), _day(again[0].made_at))
        yield from _round(dispute, Deadline.REVIEW, deadlines, made.get(Deadline.REVIEW))
    if dispute.status == Status.WITHDRAWN:
        yield Step(DONE, _("You withdrew the case. It ended the same day."), _day(dispute.ended_at))
    elif dispute.status == Status.CLOSED:
        yield Step(DONE, _("The case is closed."), _day(dispute.ended_at))


def _round(
    dispute: Dispute, round: int, deadlines: list[Deadline], answer: Decision | None
) -> Iterator[Step]:
    """Return what happened between a request and its answer."""
    if answer is None and dispute.status == Status.WITHDRAWN:
        return
    if answer:
        yield Step(DONE, _("Somebody looked into it."))
    else:
        yield _now(dispute, round)
    for each in deadlines:
        if each.round == round and each.step:
            said = _("We needed more time. The new day is %(day)s.")
            day = date_format(each.plan_on)
            yield Step(DONE, said % {"day": day}, _day(each.made_at), each.reason)
    if answer:
        said = words.verdict(dispute.matter, answer.outcome)
        yield Step(DONE, _("You have our answer."), _day(answer.made_at), said)
    elif dispute.deadline:
        by = date_format(dispute.deadline.plan_on)
        yield Step(NEXT, _("You have our answer by %(day)s at the latest.") % {"day": by})


def _now(dispute: Dispute, round: int) -> Step:
    if dispute.status == Status.WAITING:
        return Step(NOW, _("We have a question and wait for your answer."))
    on = _day(dispute.taken_at)
    if dispute.taken_by_id is None:
        return Step(NOW, _("A complaint handler takes it up."))
    if round == Deadline.REVIEW:
        return Step(NOW, _("Somebody who had no part in the first answer looks at it."), on)
    return Step(NOW, _("A complaint handler is looking at it."), on)


def _day(at: datetime | None) -> date | None:
    return localdate(at) if at else None
