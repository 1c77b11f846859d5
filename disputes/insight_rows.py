"""The rows of the report on cases, and how they are shaped. Pure: counts and days come in."""

from bisect import bisect
from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import accumulate
from typing import Any, NamedTuple

RIGHT = ("upheld", "partly_upheld")


class Bar(NamedTuple):
    """One row of a table that is a chart as well."""

    label: Any
    cases: int
    percent: int  # of all
    width: int  # of 100, against the largest


class Time(NamedTuple):
    """How long answers took, in calendar days from receipt."""

    label: Any
    decided: int
    median: float
    longest: int
    in_time: int
    percent: int  # in time, of all


class Group(NamedTuple):
    """A product, or who looks after the account. `right`: of those decided, upheld or partly."""

    label: str
    filed: int
    decided: int
    right: int
    in_time: int


class Answer(NamedTuple):
    """A first answer that was made."""

    matter: str
    outcome: str
    cause: str
    product: str
    held_by: str
    agency: str
    made_on: date
    counted_from: date
    due_on: date

    @property
    def days(self) -> int:
        return (self.made_on - self.counted_from).days

    @property
    def in_time(self) -> bool:
        return self.made_on <= self.due_on

    @property
    def right(self) -> bool:
        return self.outcome in RIGHT


def drawn(rows: Iterable[tuple[Any, int]]) -> list[Bar]:
    """Return rows with their share of all and their width against the largest."""
    kept = list(rows)
    whole, most = sum(n for _, n in kept), max((n for _, n in kept), default=0)
    return [
        Bar(label, n, round(100 * n / whole) if n else 0, round(100 * n / most) if n else 0)
        for label, n in kept
    ]


def grouped(
    filed: Counter[str], decided: Counter[str], right: Counter[str], in_time: Counter[str]
) -> list[Group]:
    """Return a row for each name, those with the most cases first."""
    names = filed.keys() | decided.keys()
    groups = [Group(name, filed[name], decided[name], right[name], in_time[name]) for name in names]
    return sorted(groups, key=lambda group: (-group.filed, -group.decided, group.label))


def taken(label: Any, days: Counter[int], in_time: int) -> Time:
    """Return how long answers took: `days` says how many took so long. There must be one."""
    n = days.total()
    return Time(label, n, median(days), max(days), in_time, round(100 * in_time / n))


def median(days: Counter[int]) -> float:
    """Return the middle one, or the mean of the two in the middle, without listing them all."""
    ordered = sorted(days)
    upto = list(accumulate(days[each] for each in ordered))
    low, high = (ordered[bisect(upto, place)] for place in ((upto[-1] - 1) // 2, upto[-1] // 2))
    return (low + high) / 2
