"""What the cases of a period tell: how many, how old, how they end, why, and what comes again.

Adds up the days that `insight_count` counted at night: two queries, and as much work for a million
cases as for a thousand. Nothing here counts by person: nobody is judged by one number (CN-COL-05).
Small groups are shown as they are, since who reads this may open the cases themselves; the export
holds neither names nor anybody's words.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.utils.timezone import localdate
from django.utils.translation import gettext

from disputes.insight_count import ALL, BANK, LATE, TOP
from disputes.insight_rows import Bar, Group, Time, drawn, grouped, taken
from disputes.models import DayFigures, Decision, Dispute, Line
from disputes.policy import CURRENT

DAY = timedelta(days=1)
WEEKS = 26  # a longer period is shown by months


class Again(NamedTuple):
    """What was contested more than once, with the most frequent."""

    total: int
    top: list[tuple[str, str, int]]  # kind in words, key, cases


class Reviews(NamedTuple):
    asked: int
    decided: int
    changed: int  # the second answer differs from the first


class Corrections(NamedTuple):
    asked: int  # in the period
    done: int  # of these
    done_late: int  # of these
    open_late: int  # on the day of the count, of whatever period


def newest() -> DayFigures | None:
    """Return the row of the day of the last count; None before the first one."""
    return DayFigures.objects.order_by("-on").first()


class Report:
    """The cases of the days `from_on` to `until_on`, both included, as the last count found them.

    `newest` is the row of the day of that count.
    """

    def __init__(self, from_on: date, until_on: date, *, newest: DayFigures) -> None:
        self.from_on, self.until_on = from_on, until_on
        self.counted_at, self.on = newest.counted_at, localdate(newest.counted_at)
        self.standing = newest.figures

    @cached_property
    def days(self) -> dict[date, dict[str, dict[str, int]]]:
        """The figures of each day on which anything happened. One query."""
        found = DayFigures.objects.filter(on__range=(self.from_on, self.until_on))
        return dict(found.values_list("on", "figures"))

    @cached_property
    def sums(self) -> defaultdict[str, Counter[str]]:
        """Each figure, added up over the days."""
        sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for figures in self.days.values():
            for figure, parts in figures.items():
                sums[figure].update(parts)
        return sums

    @property
    def count(self) -> int:
        return self.sums["matter"].total()

    def by_matter(self) -> list[Bar]:
        return _bars(Dispute.Matter.choices, self.sums["matter"])

    def by_reason(self) -> list[Bar]:
        words = [*Dispute.Reason.choices, ("", gettext("Not about a line"))]
        return _bars(words, self.sums["reason"])

    def by_channel(self) -> list[Bar]:
        return _bars(Dispute.Channel.choices, self.sums["channel"])

    @property
    def by_weeks(self) -> bool:
        return (self.until_on - self.from_on).days <= WEEKS * 7

    @property
    def over_time(self) -> list[Bar]:
        """How many were filed in each week or month; the label is its first day."""
        found: Counter[date] = Counter()
        for day, figures in self.days.items():
            found[self._begin(day)] += sum(figures.get("matter", {}).values())
        return drawn((first, found[first]) for first in self._begins())

    def _begin(self, day: date) -> date:
        return day - day.weekday() * DAY if self.by_weeks else day.replace(day=1)

    def _begins(self) -> Iterator[date]:
        first = self._begin(self.from_on)
        while first <= self.until_on:
            yield first
            first = self._begin(first + (7 if self.by_weeks else 31) * DAY)  # into the next one

    def ages(self) -> list[Bar]:
        """How the live cases stood against their clocks at the count, whenever they were filed."""
        counts = self.standing["open"]
        marks: list[int | str] = [0, *CURRENT.warn_at, LATE]
        return drawn((_age(mark, CURRENT.warn_at[0]), counts.get(str(mark), 0)) for mark in marks)

    def outcomes(self) -> list[Bar]:
        counts = self.sums["outcome"]
        return drawn((label, counts[code]) for code, label in Decision.Outcome.choices)

    def causes(self) -> list[Bar]:
        """What lay behind the answers (CN-CMP-12)."""
        return _bars(Decision.Cause.choices, self.sums["cause"])

    def times(self) -> list[Time]:
        """How long first answers took, by matter and in all."""
        in_time, whole, times = self.sums["in_time"], Counter[int](), []
        for code, label in Dispute.Matter.choices:
            days = Counter({int(each): n for each, n in self.sums[f"days.{code}"].items()})
            whole += days
            if days:
                times.append(taken(label, days, in_time[code]))
        return [*times, taken(gettext("All"), whole, in_time.total())] if whole else []

    @property
    def withdrawn(self) -> int:
        return self.sums["withdrawn"][ALL]

    def lines_again(self) -> Again:
        """Lines that more than one case is about, the last one filed in the period."""
        words = dict(Line.Kind.choices)
        named = [(key.split(" ", 1), n) for key, n in self._top("lines.top")]
        return Again(
            self.sums["lines"][ALL], [(str(words[kind]), key, n) for (kind, key), n in named]
        )

    def accounts_again(self) -> Again:
        """Accounts with more than one case, the last one filed in the period."""
        named = [("", ref, n) for ref, n in self._top("accounts.top")]
        return Again(self.sums["accounts"][ALL], named)

    def _top(self, figure: str) -> list[tuple[str, int]]:
        return sorted(self.sums[figure].items(), key=lambda each: (-each[1], each[0]))[:TOP]

    def reviews(self) -> Reviews:
        """Second reviews asked for, and how often they came to another answer."""
        found = self.sums["reviews"]
        return Reviews(found["asked"], found["decided"], found["changed"])

    def corrections(self) -> Corrections:
        found, late = self.sums["corrections"], self.standing["open.corrections"].get(LATE, 0)
        return Corrections(found["asked"], found["done"], found["done_late"], late)

    def products(self) -> list[Group]:
        return self._grouped("product")

    def keepers(self) -> list[Group]:
        """By who looks after the account at the count: the bank, or an agency by its name."""
        groups = self._grouped("keeper")
        return [g._replace(label=gettext("The bank")) if g.label == BANK else g for g in groups]

    def _grouped(self, by: str) -> list[Group]:
        parts = (by, f"{by}.decided", f"{by}.right", f"{by}.in_time")
        return grouped(*(self.sums[part] for part in parts))


def _age(mark: int | str, first: int) -> str:
    """Say how much of the promised time has passed at least."""
    if mark == LATE:
        return gettext("Later than the law allows")
    if mark == 0:
        return gettext("Less than %(share)s%% of the promised time") % {"share": first}
    if mark == 100:
        return gettext("The promised day has come")
    return gettext("%(share)s%% of the promised time or more") % {"share": mark}


def _bars(words: list[Any], counts: Counter[str]) -> list[Bar]:
    """Return a bar for each word that came, in the order of the words."""
    return drawn((label, counts[code]) for code, label in words if counts[code])
