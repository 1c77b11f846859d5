"""How far a plan is: what has been paid of it, what is late, and what is still to come."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from plans.models import Instalment
from portal.kit.money import ZERO
from portal.kit.pictures import WIDTH, row

PAID, LATE, COMING = "paid", "late", "coming"
UNPAID, DROPPED = "unpaid", "dropped"  # of a plan that ended: had been due; no longer asked for
STATES = (PAID, LATE, COMING, UNPAID, DROPPED)


class Piece(NamedTuple):
    """What of one payment is in which state, at its place in a row."""

    x: int
    width: int
    state: str


class Told(NamedTuple):
    """How many payments are in a state, and their sum in the account's currency."""

    payments: int
    sum: Decimal


@dataclass(frozen=True)
class Progress:
    """A plan's payments in order. One made in part is not counted as paid; its sum is."""

    pieces: list[Piece]
    paid: Told
    late: Told
    coming: Told
    unpaid: Told
    dropped: Told
    width: int = WIDTH


def state_of(due: Instalment, late: Collection[int], *, asked_to: date | None = None) -> str:
    """Return in which state a payment is; `late` are positions.

    `asked_to`: the last day whose payments a plan that ended had asked for; None: it goes on.
    """
    if due.paid_on:
        return PAID
    if asked_to:
        return UNPAID if due.day <= asked_to else DROPPED
    return LATE if due.position in late else COMING


def progress(instalments: Sequence[Instalment], states: Sequence[str]) -> Progress:
    """Divide a plan by what is paid. `instalments` in order, each with its state.

    What a payment no longer needs, because the plan was settled early, is neither paid nor to come.
    """
    both = list(zip(instalments, states, strict=True))
    parts = [part for due, state in both for part in _parts(due, state) if part[0]]
    places = row([amount for amount, _ in parts], past=0)
    told = {
        each: Told(
            states.count(each), sum((amount for amount, state in parts if state == each), ZERO)
        )
        for each in STATES
    }
    pieces = [Piece(at.x, at.width, part[1]) for at, part in zip(places, parts, strict=True)]
    return Progress(pieces, told[PAID], told[LATE], told[COMING], told[UNPAID], told[DROPPED])


def _parts(due: Instalment, state: str) -> list[tuple[Decimal, str]]:
    paid = (due.paid, PAID)
    return [paid] if state == PAID else [paid, (due.amount - due.paid, state)]
