"""Which reasons fit what, and what a case must say before it can be sent. Pure.

The steps follow ui.md's dispute wizard. What may be asked for is limited by CN-CMP-06: who asks,
what about, what for, the main facts. Never what the bank holds already.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

# The kinds of line that belong to a matter: codes of Dispute.Matter and Line.Kind.
KINDS: dict[str, tuple[str, ...]] = {
    "record": ("record",),
    "charge": ("posting", "statement"),
    "contact": ("contact",),
    "service": (),
}
REASONS: dict[str, tuple[str, ...]] = {
    "record": (
        "not_mine", "already_paid", "wrong_amount", "wrong_dates", "bank_fault", "fraud",
        "hardship_agreed", "other",
    ),
    "charge": (
        "not_mine", "already_paid", "wrong_amount", "wrong_dates", "fraud", "hardship_agreed",
        "other",
    ),
    "contact": ("not_mine", "already_paid", "hardship_agreed", "other"),
    "service": (),
}  # fmt: skip
STEPS = ("matter", "lines", "reason", "right", "files", "contact", "authority", "check")
MATTER_OF = {kind: matter for matter, kinds in KINDS.items() for kind in kinds}


@dataclass(frozen=True)
class Representative:
    """Who acts for the cardholder; kept as JSON in Dispute.representative (CN-CMP-07)."""

    name: str
    relation: str
    reach: str  # how to reach them
    seen: bool = False  # the staff who took the case down have seen the authority

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> "Representative | None":
        """Return what to_json() wrote; None for a case filed in person."""
        return cls(**json.loads(text)) if text else None


@dataclass(frozen=True)
class Answers:
    """What a draft says so far."""

    matter: str = ""
    topic: str = ""
    lines: int = 0
    reason: str = ""
    words: str = ""
    helped: bool = False  # somebody acts for the cardholder
    authority: bool = False  # and the paper that allows it is here


def steps(matter: str, *, helped: bool) -> tuple[str, ...]:
    """Return the pages of a case in order; a complaint without a line skips lines and reason."""
    left_out = {"lines", "reason"} if matter == "service" else set()
    if not helped:
        left_out.add("authority")
    return tuple(step for step in STEPS if step not in left_out)


def lines_needed(matter: str) -> bool:
    """An objection is about a record; a payment or a call may be missing from our list."""
    return matter == "record"


def words_needed(answers: Answers) -> bool:
    """Own words are asked for where nothing else says what is wrong."""
    return answers.reason in ("", "other") or answers.matter == "contact" or not answers.lines


def first_gap(answers: Answers) -> str:
    """Return the first step that still lacks an answer without which nobody could help; or ""."""
    if not answers.matter or (answers.matter == "service" and not answers.topic):
        return "matter"
    if lines_needed(answers.matter) and not answers.lines:
        return "lines"
    if answers.matter != "service" and answers.reason not in REASONS[answers.matter]:
        return "reason"
    if words_needed(answers) and not answers.words:
        return "right"
    if answers.helped and not answers.authority:
        return "authority"
    return ""


def later(one: str, other: str) -> str:
    """Return the later of two steps; "" is before the first."""
    return max(one, other, key=lambda step: STEPS.index(step) if step in STEPS else -1)


def beside(step: str, order: Sequence[str], move: int) -> str:
    """Return the step before (-1) or after (+1) one; "" beyond the ends."""
    at = order.index(step) + move
    return order[at] if 0 <= at < len(order) else ""


def asks_amount(reason: str, kind: str) -> bool:
    """Whether "what should it be" has an amount as its answer."""
    return kind != "contact" and reason in ("wrong_amount", "hardship_agreed", "other")


def asks_days(reason: str, kind: str) -> bool:
    """Whether "what should it be" has days past due as its answer."""
    return kind == "record" and reason in ("wrong_dates", "hardship_agreed", "other")


def too_much(asked: Decimal | None, booked: Decimal | None) -> bool:
    """Whether a debit "should be" more than it is: nothing would be contested, so nothing held.

    Of a credit any amount may be right: nobody holds anything for it.
    """
    return asked is not None and booked is not None and booked >= 0 and asked > booked


def signed(asked: Decimal, booked: Decimal | None) -> Decimal:
    """Give an amount as people write it the sign of the line it corrects: + is debt."""
    return -asked if booked is not None and booked < 0 else asked
