"""How far a plan is: what was paid of it, what is late, and what is still to come."""

from datetime import date
from decimal import Decimal as D

import pytest

from plans.models import Instalment
from plans.pictures import DROPPED, UNPAID, progress, state_of

DAY = date(2026, 1, 9)


def dues(*paid):
    """Payments of 100, 101 …; what is paid of each, and whether that is all it needs."""
    return [
        Instalment(
            position=i + 1, due_on=date(2026, i + 1, 10), amount=D(100 + i), paid=D(got),
            paid_on=DAY if done else None,
        )
        for i, (got, done) in enumerate(paid)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("paid", "late", "told", "drawn"),
    [
        ([(0, 0), (0, 0)], [], ((0, 0), (0, 0), (2, 201)), "coming coming"),
        ([(100, 1), (0, 0)], [], ((1, 100), (0, 0), (1, 101)), "paid coming"),
        ([(40, 0), (0, 0)], [1], ((0, 40), (1, 60), (1, 101)), "paid late coming"),
        ([(100, 1), (0, 0), (30, 0)], [2], ((1, 130), (1, 101), (1, 72)), "paid late paid coming"),
        ([(100, 1), (101, 1)], [], ((2, 201), (0, 0), (0, 0)), "paid paid"),
        # settled early: the second needs 50 less, the third nothing
        ([(100, 1), (51, 1), (0, 1)], [], ((3, 151), (0, 0), (0, 0)), "paid paid"),
    ],
)
def test_a_plan_is_divided_by_what_was_paid(paid, late, told, drawn):
    made = dues(*paid)
    found = progress(made, [state_of(due, late) for due in made])
    assert (found.paid, found.late, found.coming) == told
    assert " ".join(piece.state for piece in found.pieces) == drawn


def test_the_pieces_fill_the_width_in_proportion():
    first, second = progress(dues((100, 1), (0, 0)), ["paid", "coming"]).pieces
    assert (first.x, second.x) == (0, 179)
    assert second.x + second.width == 359  # and a gap of one unit


def test_an_ended_plan_leaves_out_what_it_never_asked_for():
    made = dues((100, 1), (40, 0), (0, 0))  # due in January, February and March
    states = [state_of(due, [], asked_to=date(2026, 2, 10)) for due in made]
    assert states == ["paid", UNPAID, DROPPED]
    found = progress(made, states)
    assert (found.paid, found.unpaid, found.dropped) == ((1, 140), (1, 61), (1, 102))
    assert found.late == found.coming == (0, 0)
