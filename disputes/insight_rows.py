"""The rows of the report on cases, and how they are shaped. Pure: counts and days come in."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from statistics import median
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


def drawn(rows: Iterable[tuple[Any, int]]) -> list[Bar]:
    """Return rows with their share of all and their width against the largest."""
    kept = list(rows)
    whole, most = sum(n for _, n in kept), max((n for _, n in kept), default=0)
    return [
        Bar(label, n, round(100 * n / whole) if n else 0, round(100 * n / most) if n else 0)
        for label, n in kept
    ]


def grouped(filed: Iterable[tuple[str, int]], made: Iterable[tuple[str, Answer]]) -> list[Group]:
    """Return a row for each name, those with the most cases first."""
    many, answers = Counter[str](), list(made)
    for name, n in filed:
        many[name] += n
    groups = []
    for name in many.keys() | {name for name, _ in answers}:
        of = [answer for key, answer in answers if key == name]
        right = sum(answer.outcome in RIGHT for answer in of)
        groups.append(Group(name, many[name], len(of), right, sum(answer.in_time for answer in of)))
    return sorted(groups, key=lambda group: (-group.filed, -group.decided, group.label))


def taken(label: Any, answers: list[Answer]) -> Time:
    """Return how long these answers took. There must be at least one."""
    days, in_time = [answer.days for answer in answers], sum(a.in_time for a in answers)
    return Time(
        label, len(days), median(days), max(days), in_time, round(100 * in_time / len(days))
    )
