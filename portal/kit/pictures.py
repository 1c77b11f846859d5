"""Pictures of figures as geometry in the units of an SVG's viewBox: templates/pictures draws them.

Pure: callers write the labels. A picture is as wide as a phone, so that text of 12 units is 12 px
there. Every coordinate is a whole number: short markup, and the same in every language.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import NamedTuple

WIDTH, HEIGHT = 360, 210
TOP, BOTTOM = 12, 26  # above the highest value; below the axis, for the labels
LETTER = 7  # the width of a figure in text of 12 units, with some air
BAND = 26  # at the right, for the names of bands
MARGIN = 16  # at the right without them: half of the newest label hangs over
MOST_TICKS = 5
STEPS = (Decimal(1), Decimal(2), Decimal(5))
MOST_LABELS = 4  # below the axis
EVERY = (1, 2, 3, 6, 12, 24, 36, 60)  # slots from one label to the next
LEAST_BAND = 14  # between two lines, so that a name fits

Label = Callable[[Decimal], str]
Values = Sequence[Decimal | None]  # one a slot; None where nothing is known


class Tick(NamedTuple):
    """A label at a place along an axis."""

    at: int
    label: str


class Box(NamedTuple):
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Chart:
    """Bars and a stepped line over slots of equal width. `zero` is where the value 0 lies."""

    left: int
    right: int
    zero: int
    rows: list[Tick]
    columns: list[Tick]
    bars: list[Box]
    line: str  # the d of a path; "" for none
    bands: list[int]  # quiet lines of their own
    band_names: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    foot: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Axis:
    """A vertical axis from `low` to `high`, both multiples of `step`."""

    low: Decimal
    high: Decimal
    step: Decimal

    def at(self, value: Decimal) -> int:
        share = (self.high - value) / (self.high - self.low)
        return TOP + round(share * (HEIGHT - BOTTOM - TOP))

    def ticks(self) -> list[Decimal]:
        count = int((self.high - self.low) / self.step)
        return [self.low + self.step * i for i in range(count + 1)]


def axis(values: Sequence[Decimal], *, least: Decimal) -> Axis:
    """Return an axis that holds zero and all values, in at most MOST_TICKS steps of 1, 2 or 5.

    `least`: the smallest step that makes sense, as one minor unit of a currency.
    """
    low, high = min([Decimal(0), *values]), max([Decimal(0), *values])
    step = max(least, (high - low) / MOST_TICKS)
    power = Decimal(1).scaleb(step.adjusted())
    step = next((s * power for s in STEPS if s * power >= step), power * 10)
    axis = Axis(_down(low, step), _up(high, step), step)
    return axis if axis.high > axis.low else Axis(axis.low, axis.low + step, step)


def steps(values: Sequence[Decimal], *, each: int, last: int) -> Axis:
    """Return an axis in steps of `each`, the scale of the bands, while the values stay below `last`
    of them; above, a plain one: so the lines of the bands and those of the axis fall together."""
    high = max([Decimal(0), *values])
    if high > each * last:
        return axis(values, least=Decimal(each))
    step = Decimal(each if high <= each * 3 else each * 2)
    return Axis(Decimal(0), max(step, _up(high, step)), step)


def chart(
    axis: Axis,
    *,
    slots: Sequence[str],
    label: Label,
    bars: Values = (),
    line: Values = (),
    bands: Sequence[tuple[Decimal, str]] = (),
) -> Chart:
    """Return the picture. `slots` are the labels below; `bands` each end at a value, with a name.

    Where the lines of the bands would be too close, only the last one is drawn and named.
    """
    ticks = [(value, label(value)) for value in axis.ticks()]
    left = max(len(text) for _, text in ticks) * LETTER + 6
    right = WIDTH - (BAND if bands else MARGIN)
    edges = [left + round((right - left) * i / max(1, len(slots))) for i in range(len(slots) + 1)]
    lines, names = _bands(axis, bands)
    return Chart(
        left=left,
        right=right,
        zero=axis.at(Decimal(0)),
        rows=[Tick(axis.at(value), text) for value, text in ticks],
        columns=_columns(edges, slots),
        bars=_bars(axis, edges, bars),
        line=_line(axis, edges, line),
        bands=lines,
        band_names=names,
    )


def _columns(edges: Sequence[int], slots: Sequence[str]) -> list[Tick]:
    """Label some slots, counted back from the newest, which is always told."""
    every = next((n for n in EVERY if len(slots) <= n * MOST_LABELS), len(slots))
    middles = [(a + b) // 2 for a, b in pairwise(edges)]
    chosen = range(len(slots) - 1, -1, -every)
    most = [WIDTH - len(slots[i]) * LETTER // 2 for i in chosen]  # none is cut off at the right
    return [Tick(min(middles[i], m), slots[i]) for i, m in zip(chosen, most, strict=True)][::-1]


def _bars(axis: Axis, edges: Sequence[int], values: Values) -> list[Box]:
    """Draw each value that is not zero from the zero line, with a gap to its neighbour."""
    zero, boxes = axis.at(Decimal(0)), []
    for i, value in enumerate(values):
        if value:
            top, foot = sorted((axis.at(value), zero))
            gap = 1 if edges[i + 1] - edges[i] > 3 else 0
            wide = edges[i + 1] - edges[i] - 2 * gap
            boxes.append(Box(edges[i] + gap, min(top, zero - 1), max(1, wide), max(1, foot - top)))
    return boxes


def _line(axis: Axis, edges: Sequence[int], values: Values) -> str:
    path, known = [], False
    for i, value in enumerate(values):
        if value is not None:
            y = axis.at(value)
            path.append(f"V{y}" if known else f"M{edges[i]} {y}")
            path.append(f"H{edges[i + 1]}")
        known = value is not None
    return "".join(path)


def _bands(axis: Axis, bands: Sequence[tuple[Decimal, str]]) -> tuple[list[int], list[Tick]]:
    """Return the lines at which bands end, and the names in their middles."""
    if not bands:
        return [], []
    ends = [axis.at(end) for end, _ in bands if end <= axis.high]
    if not ends or axis.at(Decimal(0)) - ends[0] < LEAST_BAND:
        end, _name = bands[-2]
        return [axis.at(end)], [Tick((axis.at(end) + TOP) // 2, bands[-1][1])]
    feet = [axis.at(Decimal(0)), *ends]
    tops = [*ends, TOP]
    named = zip(feet, tops, (name for _, name in bands), strict=False)
    return ends, [Tick((a + b) // 2, name) for a, b, name in named if a - b >= LEAST_BAND]


class Part(NamedTuple):
    """A piece of a whole that lies in a row; `past` ones are drawn full."""

    x: int
    width: int
    past: bool


def row(amounts: Sequence[Decimal], *, past: int) -> list[Part]:
    """Divide the picture's width by the amounts; the first `past` of them are full."""
    whole, so_far, parts = sum(amounts, Decimal(0)), Decimal(0), []
    for i, amount in enumerate(amounts):
        start = round(so_far / whole * WIDTH)
        so_far += amount
        end = round(so_far / whole * WIDTH)
        gap = 1 if end - start > 2 else 0
        parts.append(Part(start, max(1, end - start - gap), i < past))
    return parts


def _up(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_CEILING) * step


def _down(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_FLOOR) * step
