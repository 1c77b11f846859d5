"""Counts, each night, what the report on cases shows: a row of figures for every day.

Everything is counted anew each time, so that what came late, a case that was deleted after its
time and an account that went to an agency are right in the next count. Every figure belongs to
one day and adds up over days: how long answers took as a number of answers for each number of
days; what comes again by the day of its last case.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import TruncDate
from django.utils.timezone import localdate

from disputes import clock
from disputes.insight_rows import Answer
from disputes.models import Correction, DayFigures, Deadline, Decision, Dispute, Line
from disputes.policy import CURRENT

log = logging.getLogger(__name__)
TOP = 10
LATE = "late"
ALL = ""  # the key of a figure that has no parts
BANK = ""  # the keeper that is no agency

One = tuple[date, str, str, int]  # day, figure, key, how many
SENT = Dispute.objects.filter(submitted_at__isnull=False).order_by()


def wake() -> bool:
    """Call a worker to count now; False if there is none: then it is counted at night."""
    from disputes.tasks import count_cases

    try:
        count_cases.delay()
    except Exception:
        log.warning("broker not reached; the report on cases is counted at night")
        return False
    return True


def count(*, at: datetime) -> None:
    """Count all days until today and keep the figures in place of the last count's."""
    on = localdate(at)
    days: dict[date, dict[str, Counter[str]]] = {on: defaultdict(Counter)}
    for part in (_filed, _answers, _withdrawn, _lines, _accounts, _reviews, _corrections):
        for day, figure, key, n in part():
            days.setdefault(day, defaultdict(Counter))[figure][key] += n
    days[on] |= {"open": _ages(on), "open.corrections": _late(on)}
    rows = [DayFigures(on=day, counted_at=at, figures=found) for day, found in days.items()]
    with transaction.atomic():
        DayFigures.objects.bulk_create(
            [row for row in rows if row.on <= on], batch_size=200,
            update_conflicts=True, unique_fields=["on"], update_fields=["counted_at", "figures"],
        )  # fmt: skip
        DayFigures.objects.exclude(counted_at=at).delete()


def keeper(held_by: str, agency: str) -> str:
    """Say who looks after an account now: an agency by its name, or BANK."""
    return BANK if held_by == "bank" else agency or held_by


def _filed() -> Iterator[One]:
    """How many cases were filed, by matter, reason, channel, and the account's product, keeper."""
    rows = SENT.annotate(day=TruncDate("submitted_at")).values_list(
        "day", "matter", "reason", "channel",
        "account__product", "account__held_by", "account__agency_name",
    )  # fmt: skip
    for day, matter, reason, channel, product, by, agency, n in rows.annotate(
        n=Count("pk")
    ).iterator():
        yield day, "matter", matter, n
        yield day, "reason", reason, n
        yield day, "channel", channel, n
        yield day, "product", product, n
        yield day, "keeper", keeper(by, agency), n


def _answers() -> Iterator[One]:
    """The first answers, and how many of them were in time, and right to the cardholder."""
    for answer in _made():
        day, owner = answer.made_on, keeper(answer.held_by, answer.agency)
        yield day, "outcome", answer.outcome, 1
        yield day, "cause", answer.cause, 1
        yield day, f"days.{answer.matter}", str(answer.days), 1
        yield day, "in_time", answer.matter, answer.in_time
        for group, name in (("product", answer.product), ("keeper", owner)):
            yield day, f"{group}.decided", name, 1
            yield day, f"{group}.right", name, answer.right
            yield day, f"{group}.in_time", name, answer.in_time


def _made() -> Iterator[Answer]:
    """Yield the first answers with the clock that held for them."""
    last = Deadline.objects.filter(dispute=OuterRef("dispute"), round=OuterRef("round"))
    made = Decision.objects.filter(status=Decision.Status.MADE, round=Deadline.FIRST).annotate(
        began=Subquery(last.order_by("-step").values("counted_from")[:1]),
        due=Subquery(last.order_by("-step").values("due_on")[:1]),
    )
    rows = made.values_list(
        "dispute__matter", "outcome", "cause", "dispute__account__product",
        "dispute__account__held_by", "dispute__account__agency_name", "made_at", "began", "due",
    )  # fmt: skip
    for row in rows.iterator():
        yield Answer(*row[:6], localdate(row[6]), row[7], row[8])


def _withdrawn() -> Iterator[One]:
    gone = SENT.filter(status=Dispute.Status.WITHDRAWN, ended_at__isnull=False)
    for day, n in gone.values_list(TruncDate("ended_at")).annotate(n=Count("pk")):
        yield day, "withdrawn", ALL, n


def _lines() -> Iterator[One]:
    """Lines that more than one case is about, on the day of the last one."""
    sent = Line.objects.filter(dispute__submitted_at__isnull=False).order_by()
    again = sent.values("kind", "key").annotate(
        cases=Count("dispute"), last=Max("dispute__submitted_at")
    )
    rows = again.filter(cases__gt=1).order_by("-cases", "kind", "key")
    found = rows.values_list("last", "kind", "key", "cases").iterator()
    return _again("lines", ((last, f"{kind} {key}", n) for last, kind, key, n in found))


def _accounts() -> Iterator[One]:
    """Accounts with more than one case, on the day of the last one."""
    again = SENT.values("account__ref").annotate(cases=Count("pk"), last=Max("submitted_at"))
    rows = again.filter(cases__gt=1).order_by("-cases", "account__ref")
    return _again("accounts", rows.values_list("last", "account__ref", "cases").iterator())


def _again(figure: str, most_first: Iterator[tuple[datetime, str, int]]) -> Iterator[One]:
    """Count by day, and name each day's most frequent: a period's are among those of its days."""
    named: Counter[date] = Counter()
    for last, key, cases in most_first:
        day = localdate(last)
        named[day] += 1
        yield day, figure, ALL, 1
        if named[day] <= TOP:
            yield day, f"{figure}.top", key, cases


def _reviews() -> Iterator[One]:
    """Second reviews asked for, and how often they came to another answer."""
    asked = Deadline.objects.filter(round=Deadline.REVIEW, step=0).order_by()
    for day, n in asked.values_list(TruncDate("made_at")).annotate(n=Count("pk")):
        yield day, "reviews", "asked", n
    first = Decision.objects.filter(
        dispute=OuterRef("dispute"), round=Deadline.FIRST, status=Decision.Status.MADE
    )
    again = Decision.objects.filter(status=Decision.Status.MADE, round=Deadline.REVIEW).annotate(
        first=Subquery(first.values("outcome")[:1])
    )
    for made_at, outcome, before in again.values_list("made_at", "outcome", "first").iterator():
        yield localdate(made_at), "reviews", "decided", 1
        yield localdate(made_at), "reviews", "changed", outcome != before


def _corrections() -> Iterator[One]:
    """Corrections by the day on which they were asked for."""
    done = Q(done_at__isnull=False)
    rows = Correction.objects.order_by().values_list(TruncDate("asked_at"))
    for day, asked, ready, late in rows.annotate(
        asked=Count("pk"),
        done=Count("pk", filter=done),
        done_late=Count("pk", filter=done & Q(done_at__date__gt=F("due_on"))),
    ):
        yield day, "corrections", "asked", asked
        yield day, "corrections", "done", ready
        yield day, "corrections", "done_late", late


def _ages(on: date) -> Counter[str]:
    """How the live cases stand against their clocks on a day, whenever they were filed."""
    counts: Counter[str] = Counter()
    live = Dispute.objects.filter(status__in=Dispute.LIVE).order_by()
    clocks = ("deadline__counted_from", "deadline__plan_on", "due_on")
    for began, plan_on, due_on, n in live.values_list(*clocks).annotate(n=Count("pk")):
        used = clock.share_used(counted_from=began, plan_on=plan_on, on=on)
        mark = clock.mark_reached(used, CURRENT.warn_at)
        counts[LATE if on > due_on else str(mark)] += n
    return counts


def _late(on: date) -> Counter[str]:
    """Corrections that are late on a day, of whatever period."""
    return Counter({LATE: Correction.objects.filter(done_at=None, due_on__lt=on).count()})
