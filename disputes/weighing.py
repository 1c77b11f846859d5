"""What a decision gives back: each ruling beside how its line reads, and what was given before.

The same money is never credited twice. A movement was put right as far as movements that name it
(`reverses`) or an earlier answer took it off. A bill is cumulative: what was credited for movements
and bills up to its day, and was not booked by then, is given for it too. Inside the lock of the
account, so that two cases cannot miss each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.db.models import Q, Sum
from django.utils.timezone import localdate

from accounts.models import CardAccount
from disputes import duty, lines
from disputes.lines import Contested, Name
from disputes.models import Correction, Dispute, Line
from portal.kit.money import ZERO

P, S = Line.Kind.POSTING, Line.Kind.STATEMENT


class Answer(Protocol):
    """A ruling, kept or only said. Amounts in the account's currency, + is debt."""

    @property
    def line(self) -> Line | None: ...
    @property
    def outcome(self) -> str: ...
    @property
    def right_amount(self) -> Decimal | None: ...
    @property
    def right_days(self) -> int | None: ...
    @property
    def right_code(self) -> str: ...
    @property
    def right_on(self) -> date | None: ...


@dataclass(frozen=True)
class Given:
    """What was taken off a line before, or is asked for; `case`: one whose answer holds it too."""

    amount: Decimal = ZERO
    case: str = ""


def reads_now(dispute: Dispute) -> dict[int, Contested]:
    """Return its lines as they read now, by id; one that the books lost is not among them."""
    rows = list(dispute.lines.all())
    found = lines.find_all(dispute.account, [(row.kind, row.key) for row in rows])
    return {row.pk: found[row.kind, row.key] for row in rows if (row.kind, row.key) in found}


def read(line: Line, reads: dict[int, Contested]) -> Contested:
    """Return how a line reads now, or read then if the books lost it."""
    return reads.get(line.pk) or Contested.read(line.facts)


def ruled(line: Line, said: Answer, reads: Contested, given: Given | None = None) -> duty.Ruled:
    """Put a ruling of a line beside how the line reads."""
    given = given or Given()
    of_record = reads.extra if line.kind == Line.Kind.RECORD else {}
    return duty.Ruled(
        kind=line.kind, outcome=said.outcome, booked=reads.amount, booked_on=reads.on,
        booked_days=of_record.get("days"), booked_code=of_record.get("code", ""),
        asked=line.asked_amount, given=given.amount, given_in=given.case,
        right_amount=said.right_amount, right_days=said.right_days, right_code=said.right_code,
        right_on=said.right_on,
    )  # fmt: skip


def ruled_all(dispute: Dispute, answers: Sequence[Answer]) -> dict[int, duty.Ruled]:
    """Return each ruling of a line by the line's id, with what is left to be credited."""
    reads = reads_now(dispute)
    each = [(said.line, said, read(said.line, reads)) for said in answers if said.line]
    before = given(dispute.account, (now for _line, _said, now in each))
    return duty.shared(
        {line.pk: ruled(line, said, now, before.get(_name(now))) for line, said, now in each}
    )


def _name(line: Contested) -> Name:
    return line.kind, line.key


# == given before


def given(account: CardAccount, reads: Iterable[Contested]) -> dict[Name, Given]:
    """Return what was given before, for each movement and bill. Two queries, two for each bill."""
    wanted = [line for line in reads if line.kind in (P, S)]
    if not wanted:
        return {}
    asked = _asked(account)
    refs = [line.key for line in wanted if line.kind == P]
    taken = named(account, refs)
    return {
        _name(line): _of_bill(account, line, asked)
        if line.kind == S
        else _of_movement(line, asked, taken.get(line.key, ZERO))
        for line in wanted
    }


@dataclass(frozen=True)
class Credit:
    """One that was asked for because of a line."""

    kind: str
    key: str
    on: date  # of the line
    amount: Decimal
    reaches: Decimal  # what is off the line in all once it is there: right amounts are absolute
    done_on: date | None
    case: str


def _asked(account: CardAccount) -> list[Credit]:
    """Return all of this account, first to last."""
    rows = Correction.objects.filter(ruling__decision__dispute__account=account, amount__gt=0)
    rows = rows.select_related("ruling__line", "ruling__decision__dispute").order_by("seq")
    return [_credit(each, each.ruling.line) for each in rows if each.ruling.line]


def _credit(correction: Correction, line: Line) -> Credit:
    reaches: Decimal = (line.amount or ZERO) - (correction.ruling.right_amount or ZERO)
    return Credit(
        line.kind, line.key, date.fromisoformat(line.facts["on"]), correction.amount, reaches,
        localdate(correction.done_at) if correction.done_at else None,
        correction.ruling.decision.dispute.number,
    )  # fmt: skip


def named(account: CardAccount, refs: Iterable[str], **which: date) -> dict[str, Decimal]:
    """Return how much the movements that name these took off them."""
    rows = account.postings.filter(reverses__in=list(refs), **which).order_by()
    return {ref: -sum for ref, sum in rows.values_list("reverses").annotate(Sum("amount"))}


def booked(account: CardAccount, line: Line) -> Decimal:
    """Return how much of what was taken off a movement is in the books."""
    came = Correction.objects.filter(
        ruling__line__key=line.key, ruling__line__kind=P, amount__gt=0, done_at__isnull=False
    )
    refs = " ".join(came.values_list("done_by", flat=True)).split()
    apart = account.postings.filter(ref__in=refs, reverses="").aggregate(sum=Sum("amount"))["sum"]
    return named(account, [line.key]).get(line.key, ZERO) - (apart or ZERO)


def _of_movement(line: Contested, asked: list[Credit], taken: Decimal) -> Given:
    own = [each for each in asked if (each.kind, each.key) == _name(line)]
    over = [each.case for each in asked if each.kind == S and each.on >= line.on]
    reached = max(sum((each.amount for each in own), ZERO), own[-1].reaches) if own else ZERO
    return Given(max(taken, reached), over[-1] if over else "")


def _of_bill(account: CardAccount, line: Contested, asked: list[Credit]) -> Given:
    """Bills and movements up to its day; of a movement also what the bank took off by itself."""
    newer = [each.case for each in asked if each.kind == S and each.on > line.on]
    after = [
        each
        for each in asked
        if each.on <= line.on and (each.done_on is None or each.done_on > line.on)
    ]
    bills = sum((each.amount for each in after if each.kind == S), ZERO)
    within: dict[str, Decimal] = defaultdict(Decimal)
    for each in after:
        if each.kind == P:
            within[each.key] += each.amount
    late = Q(posted_on__gt=line.on) & ~Q(reverses="")
    refs = account.postings.filter(late).values_list("reverses", flat=True)
    theirs = account.postings.filter(ref__in=set(refs), posted_on__lte=line.on)
    taken = named(account, theirs.values_list("ref", flat=True), posted_on__gt=line.on)
    for ref, amount in taken.items():
        within[ref] = max(within[ref], amount)
    movements = sum((each for each in within.values() if each > 0), ZERO)
    return Given(bills + movements, newer[-1] if newer else "")
