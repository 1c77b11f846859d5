"""Everything the cardholder's page of a case shows, read in a fixed number of queries."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from disputes import corrections, filing_queries, queries, terms, timeline, words
from disputes.lines import Contested
from disputes.models import Decision, Dispute, Line, Ruling, Upload


@dataclass(frozen=True)
class Shown:
    """A line as it was sent in, what was asked, and what each decision said of it."""

    line: Line
    reads: Contested
    rulings: list[Ruling]

    @property
    def record(self) -> tuple[str, str] | None:
        """Account and month of a record, beside which one may put one's own words."""
        ref, colon, period = self.line.key.rpartition(":")
        return (ref, period) if self.line.kind == Line.Kind.RECORD and colon else None


def facts(dispute: Dispute, *, on: date) -> dict[str, Any]:
    """Return what disputes/case.html expects. `on`: today."""
    made = queries.decisions(dispute)
    deadlines = list(dispute.deadlines.order_by("round", "step"))
    live = dispute.status in Dispute.LIVE
    said = filing_queries.answers(dispute)
    post, paused = queries.post_of(dispute), queries.paused(dispute)
    return {
        "dispute": dispute,
        "state": words.STATES[Dispute.Status(dispute.status)],
        "live": live,
        "steps": timeline.steps(dispute, deadlines, made),
        "late": live and dispute.deadline is not None and dispute.deadline.plan_on < on,
        "promise": words.promise(dispute.deadline.plan_on, on=on) if dispute.deadline else "",
        "length": _length(dispute),
        "answers": [_answer(dispute, each) for each in made],
        "lines": shown(dispute, made),
        "paused": paused,
        "bureau_told": paused.marked and queries.bureau_told(dispute),
        "helper": filing_queries.representative(dispute),
        "authority": dispute.uploads.filter(purpose=Upload.Purpose.AUTHORITY).exists(),
        "authority_lacking": said.helped and not said.authority,
        "thread": queries.thread(dispute),
        "question": queries.open_question(dispute) if live else None,
        "corrections": [Putting(row) for row in corrections.of(dispute)],
        "post": post,
        "seen": queries.seen(post),
        "review_until": terms.review_until(dispute),
        "may_review": queries.may_ask_review(dispute, on=on),
        "routes": _routes(dispute, on=on) if made else [],
    }


def shown(dispute: Dispute, made: list[Decision]) -> list[Shown]:
    ruled = queries.rulings_by_line(made)
    return [
        Shown(line, Contested.read(line.facts), ruled.get(line.pk, []))
        for line in dispute.lines.all()
    ]


def _length(dispute: Dispute) -> str:
    """Say how long the rule of the deadline gives."""
    deadline = dispute.deadline
    return words.length(deadline.value, deadline.unit) if deadline else ""


@dataclass(frozen=True)
class Putting:
    """A correction on its way, and what it puts right."""

    row: corrections.Row

    @property
    def title(self) -> str:
        line = self.row.line
        return Contested.read(line.facts).title if line else _("What was missing")


@dataclass(frozen=True)
class Answer:
    decision: Decision
    verdict: str


def _answer(dispute: Dispute, decision: Decision) -> Answer:
    return Answer(decision, words.verdict(dispute.matter, decision.outcome))


def _routes(dispute: Dispute, *, on: date) -> list[str]:
    return [words.way(way.text, way.params) for way in terms.routes(dispute, on=on)]


def review_facts(dispute: Dispute) -> dict[str, Any]:
    """Return what disputes/review.html expects besides its form."""
    return {"dispute": dispute, "until": terms.review_until(dispute)}
