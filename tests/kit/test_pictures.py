"""The geometry of pictures: what is higher lies higher, nothing leaves the frame."""

import itertools
from decimal import Decimal as D

import pytest

from portal.kit import pictures
from portal.kit.pictures import BOTTOM, HEIGHT, TOP, WIDTH

FOOT = HEIGHT - BOTTOM


@pytest.mark.parametrize(
    ("values", "low", "high", "step"),
    [
        ([], 0, 1, 1),
        ([0, 0], 0, 1, 1),
        ([8100], 0, 10000, 2000),
        ([7, 99], 0, 100, 20),
        ([101], 0, 150, 50),
        ([-120, 900], -500, 1000, 500),
        ([-40], -40, 0, 10),
        ([100_000_000], 0, 100_000_000, 20_000_000),
        ([D("0.01")], 0, 1, 1),
    ],
)
def test_an_axis_holds_zero_and_every_value_in_few_round_steps(values, low, high, step):
    axis = pictures.axis([D(value) for value in values], least=D(1))
    assert (axis.low, axis.high, axis.step) == (low, high, step)
    assert len(axis.ticks()) <= pictures.MOST_TICKS + 2
    assert (axis.at(axis.high), axis.at(axis.low)) == (TOP, FOOT)


@pytest.mark.parametrize(
    ("days", "high", "step"),
    [([], 30, 30), ([5], 30, 30), ([31], 60, 30), ([91], 120, 60), ([180], 180, 60),
     ([181], 200, 50), ([700], 800, 200)],
)  # fmt: skip
def test_days_are_told_in_the_banks_own_steps_while_they_fit(days, high, step):
    axis = pictures.steps([D(day) for day in days], each=30, last=6)
    assert (axis.high, axis.step) == (high, step)


def drawn(values, **more):
    values = [None if value is None else D(value) for value in values]
    axis = pictures.axis([value for value in values if value is not None], least=D(1))
    slots = [f"M{i}" for i in range(len(values))]
    return axis, pictures.chart(axis, slots=slots, label=str, bars=values, line=values, **more)


@pytest.mark.parametrize("count", [1, 2, 24, 60])
def test_nothing_leaves_the_frame_and_labels_do_not_meet(count):
    _axis, chart = drawn([i * 100 for i in range(1, count + 1)])
    assert len(chart.bars) == count
    for bar in chart.bars:
        assert chart.left <= bar.x <= bar.x + bar.width <= chart.right <= WIDTH
        assert bar.y >= TOP
        assert bar.y + bar.height <= FOOT + 1
    tops = [bar.y for bar in chart.bars]
    assert tops == sorted(tops, reverse=True)
    labels = [tick.label for tick in chart.columns]
    assert labels[-1] == f"M{count - 1}"  # the newest is always told
    assert len(labels) <= pictures.MOST_LABELS
    places = [tick.at for tick in chart.columns]
    assert all(b - a >= WIDTH // 8 for a, b in itertools.pairwise(places))


def test_bars_below_zero_hang_from_the_zero_line():
    _axis, chart = drawn([100, 0, -50])
    up, down = chart.bars  # zero has none
    assert up.y + up.height == chart.zero
    assert down.y in (chart.zero, chart.zero - 1)
    assert down.y + down.height > chart.zero


def test_the_line_steps_and_breaks_where_nothing_is_known():
    axis, chart = drawn([10, None, 5, 10])
    assert chart.line.count("M") == 2
    assert chart.line.count("V") == 1
    assert chart.line.startswith(f"M{chart.left} {axis.at(D(10))}H")
    assert chart.line.endswith(f"V{axis.at(D(10))}H{chart.right}")


BANDS = [*((D(30 * i), f"M{i}") for i in range(1, 7)), (D(10**9), "M7+")]


@pytest.mark.parametrize(
    ("days", "lines", "names"),
    [
        (5, 1, ["M1"]),
        (56, 2, ["M1", "M2"]),
        (175, 6, ["M1", "M2", "M3", "M4", "M5", "M6"]),
        (230, 6, ["M1", "M2", "M3", "M4", "M5", "M6", "M7+"]),
        (2000, 1, ["M7+"]),
    ],
)
def test_bands_are_named_while_there_is_room(days, lines, names):
    axis = pictures.steps([D(days)], each=30, last=6)
    chart = pictures.chart(axis, slots=["x"], label=str, bars=[D(days)], bands=BANDS)
    assert len(chart.bands) == lines
    assert [name.label for name in chart.band_names] == names
    assert all(TOP <= name.at <= FOOT for name in chart.band_names)


@pytest.mark.parametrize("count", [1, 3, 60])
def test_a_row_is_divided_by_amounts_without_a_rest(count):
    amounts = [D("333.33")] * (count - 1) + [D("400")]
    parts = pictures.row(amounts, past=count // 2)
    assert sum(part.past for part in parts) == count // 2
    assert parts[0].x == 0
    assert WIDTH - 2 <= parts[-1].x + parts[-1].width <= WIDTH
    assert all(a.x + a.width <= b.x for a, b in itertools.pairwise(parts))


def test_no_amounts_make_no_parts():
    assert pictures.row([], past=0) == []
