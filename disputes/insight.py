"""What the cases of a period tell: how many, how old, how they end, why, and what comes again.

A constant number of queries, whatever the number of cases. Nothing here counts by person: nobody
is judged by one number (CN-COL-05). Small groups are shown as they are, since who reads this may
open the cases themselves; the export holds neither names nor anybody's words.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.utils.timezone import localdate
from django.utils.translation import gettext

from disputes import clock
from disputes.insight_rows import Answer, Bar, Group, Time, drawn, grouped, taken
from disputes.models import Correction, Deadline, Decision, Dispute, Line
from disputes.policy import CURRENT
from portal.records.retention import start_of

DAY = timedelta(days=1)
WEEKS = 26  # a longer period is shown by months
TOP = 10
LATE = "late"


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
    open_late: int  # today, of whatever period


class Report:
    """The cases of the days `from_on` to `until_on`, both included, as seen on `on`."""

    def __init__(self, from_on: date, until_on: date, *, on: date) -> None:
        self.from_on, self.until_on, self.on = from_on, until_on, on
        self.within = (start_of(from_on), start_of(until_on + DAY) - timedelta(microseconds=1))

    @cached_property
    def filed(self) -> QuerySet[Dispute]:
        return Dispute.objects.filter(submitted_at__range=self.within)

    @cached_property
    def kinds(self) -> Counter[tuple[str, str, str]]:
        """Matter, reason and channel of what was filed. One query."""
        rows = self.filed.order_by().values_list("matter", "reason", "channel")
        return Counter({(m, r, c): n for m, r, c, n in rows.annotate(n=Count("pk"))})

    @property
    def count(self) -> int:
        return self.kinds.total()

    def by_matter(self) -> list[Bar]:
        return _bars(Dispute.Matter.choices, self.kinds, 0)

    def by_reason(self) -> list[Bar]:
        return _bars([*Dispute.Reason.choices, ("", gettext("Not about a line"))], self.kinds, 1)

    def by_channel(self) -> list[Bar]:
        return _bars(Dispute.Channel.choices, self.kinds, 2)

    @property
    def by_weeks(self) -> bool:
        return (self.until_on - self.from_on).days <= WEEKS * 7

    @cached_property
    def over_time(self) -> list[Bar]:
        """How many were filed in each week or month; the label is its first day. One query."""
        rows = self.filed.annotate(day=TruncDate("submitted_at")).order_by().values_list("day")
        found: Counter[date] = Counter()
        for day, n in rows.annotate(n=Count("pk")):
            found[self._begin(day)] += n
        return drawn((first, found[first]) for first in self._begins())

    def _begin(self, day: date) -> date:
        return day - day.weekday() * DAY if self.by_weeks else day.replace(day=1)

    def _begins(self) -> Iterator[date]:
        first = self._begin(self.from_on)
        while first <= self.until_on:
            yield first
            first = self._begin(first + (7 if self.by_weeks else 31) * DAY)  # into the next one

    @cached_property
    def ages(self) -> list[Bar]:
        """How the live cases stand against their clocks today, whenever they were filed."""
        marks = [0, *CURRENT.warn_at]
        counts: dict[int | str, int] = dict.fromkeys([*marks, LATE], 0)
        live = Dispute.objects.filter(status__in=Dispute.LIVE).order_by()
        clocks = ("deadline__counted_from", "deadline__plan_on", "due_on")
        for began, plan_on, due_on, n in live.values_list(*clocks).annotate(n=Count("pk")):
            used = clock.share_used(counted_from=began, plan_on=plan_on, on=self.on)
            mark = clock.mark_reached(used, CURRENT.warn_at)
            counts[LATE if self.on > due_on else mark] += n
        return drawn((_age(mark, marks[1]), n) for mark, n in counts.items())

    @cached_property
    def answers(self) -> list[Answer]:
        """The first answers of the period with the clock that held for them. One query."""
        last = Deadline.objects.filter(dispute=OuterRef("dispute"), round=OuterRef("round"))
        made = Decision.objects.filter(
            status=Decision.Status.MADE, round=Deadline.FIRST, made_at__range=self.within
        ).annotate(
            began=Subquery(last.order_by("-step").values("counted_from")[:1]),
            due=Subquery(last.order_by("-step").values("due_on")[:1]),
        )
        rows = made.values_list(
            "dispute__matter", "outcome", "cause", "dispute__account__product",
            "dispute__account__held_by", "dispute__account__agency_name", "made_at", "began", "due",
        )  # fmt: skip
        return [Answer(*row[:6], localdate(row[6]), row[7], row[8]) for row in rows.iterator()]

    def outcomes(self) -> list[Bar]:
        counts = Counter(answer.outcome for answer in self.answers)
        return drawn((label, counts[code]) for code, label in Decision.Outcome.choices)

    def causes(self) -> list[Bar]:
        """What lay behind the answers (CN-CMP-12)."""
        counts = Counter(answer.cause for answer in self.answers)
        named = Decision.Cause.choices
        return drawn((label, counts[code]) for code, label in named if counts[code])

    def times(self) -> list[Time]:
        """How long first answers took, by matter and in all."""
        by_matter = [
            (label, [answer for answer in self.answers if answer.matter == code])
            for code, label in Dispute.Matter.choices
        ]
        return [
            taken(label, of) for label, of in [*by_matter, (gettext("All"), self.answers)] if of
        ]

    @cached_property
    def withdrawn(self) -> int:
        gone = Dispute.objects.filter(
            status=Dispute.Status.WITHDRAWN, submitted_at__isnull=False, ended_at__range=self.within
        )
        return gone.count()

    @cached_property
    def lines_again(self) -> Again:
        """Lines that more than one case is about, the last one filed in the period."""
        sent = Line.objects.filter(dispute__submitted_at__isnull=False).order_by()
        again = sent.values("kind", "key").annotate(
            cases=Count("dispute"), last=Max("dispute__submitted_at")
        )
        again = again.filter(cases__gt=1, last__range=self.within)
        words = dict(Line.Kind.choices)
        top = again.order_by("-cases", "kind", "key")[:TOP]
        return Again(again.count(), [(str(words[r["kind"]]), r["key"], r["cases"]) for r in top])

    @cached_property
    def accounts_again(self) -> Again:
        """Accounts with more than one case that was filed in the period."""
        again = self.filed.order_by().values("account__ref").annotate(cases=Count("pk"))
        again = again.filter(cases__gt=1)
        top = again.order_by("-cases", "account__ref")[:TOP]
        return Again(again.count(), [("", r["account__ref"], r["cases"]) for r in top])

    @cached_property
    def reviews(self) -> Reviews:
        """Second reviews asked for, and how often they came to another answer."""
        asked = Deadline.objects.filter(round=Deadline.REVIEW, step=0, made_at__range=self.within)
        first = Decision.objects.filter(
            dispute=OuterRef("dispute"), round=Deadline.FIRST, status=Decision.Status.MADE
        )
        again = Decision.objects.filter(
            status=Decision.Status.MADE, round=Deadline.REVIEW, made_at__range=self.within
        ).annotate(first=Subquery(first.values("outcome")[:1]))
        found = again.aggregate(n=Count("pk"), changed=Count("pk", filter=~Q(outcome=F("first"))))
        return Reviews(asked.count(), found["n"], found["changed"])

    @cached_property
    def corrections(self) -> Corrections:
        asked = Q(asked_at__range=self.within)
        late = Q(done_at__isnull=False, done_at__date__gt=F("due_on"))
        found = Correction.objects.aggregate(
            asked=Count("pk", filter=asked),
            done=Count("pk", filter=asked & Q(done_at__isnull=False)),
            done_late=Count("pk", filter=asked & late),
            open_late=Count("pk", filter=Q(done_at=None, due_on__lt=self.on)),
        )
        return Corrections(**found)

    @cached_property
    def sources(self) -> Counter[tuple[str, str, str]]:
        """Product and keeper of the accounts on which cases were filed. One query."""
        names = ("account__product", "account__held_by", "account__agency_name")
        rows = self.filed.order_by().values_list(*names).annotate(n=Count("pk"))
        return Counter({(product, by, name): n for product, by, name, n in rows})

    def products(self) -> list[Group]:
        filed = ((product, n) for (product, _by, _name), n in self.sources.items())
        return grouped(filed, ((answer.product, answer) for answer in self.answers))

    def keepers(self) -> list[Group]:
        """By who looks after the account now: the bank, or an agency by its name."""
        filed = ((keeper(by, name), n) for (_product, by, name), n in self.sources.items())
        return grouped(filed, ((keeper(a.held_by, a.agency), a) for a in self.answers))


def _age(mark: int | str, first: int) -> str:
    """Say how much of the promised time has passed at least."""
    if mark == LATE:
        return gettext("Later than the law allows")
    if mark == 0:
        return gettext("Less than %(share)s%% of the promised time") % {"share": first}
    if mark == 100:
        return gettext("The promised day has come")
    return gettext("%(share)s%% of the promised time or more") % {"share": mark}


def keeper(held_by: str, agency: str) -> str:
    return gettext("The bank") if held_by == "bank" else agency or held_by


def _bars(words: list[Any], kinds: Counter[Any], part: int) -> list[Bar]:
    """Add up one part of the kinds, in the order of its words; what never came is left out."""
    counts: Counter[str] = Counter()
    for kind, n in kinds.items():
        counts[kind[part]] += n
    return drawn((label, counts[code]) for code, label in words if counts[code])
