"""What the reported months come to: what is adverse, whether notice came before, and the years.

Pure. docs/rules.md has CN-CR-01, CN-CR-06 and the readings REC-1 to REC-5.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from accounts.book import Bill
from accounts.evidence.walk import DayEnd, Spell
from accounts.rules import month_end

DAY = timedelta(days=1)
STEPS_OF_DELAY = frozenset("1234567")  # the bureau's codes for months behind


def adverse(code: str, days_past_due: int, overdue: Decimal) -> bool:
    """Tell whether a report says that something was overdue (REC-1)."""
    return days_past_due > 0 or overdue > 0 or code in STEPS_OF_DELAY


def notice(*, is_adverse: bool, reported_on: date | None, notified_on: date | None) -> str:
    """Return how the notice stands to the report, as a code (CN-CR-01, REC-2).

    before; late: on the day of the report or after it; none; open: no day of a report is known;
    "": nothing adverse was reported, so none was needed.
    """
    if not is_adverse:
        return ""
    if reported_on is None:
        return "open"
    if notified_on is None:
        return "none"
    return "before" if notified_on < reported_on else "late"


def reach(end: DayEnd, first: Bill | None) -> str:
    """Return how much our books know of a month's end, as a code (REC-5).

    all; sum: how much was overdue, but not for how long, as it began with the first bill we hold;
    "": nothing, as an older bill may have been overdue. `first` is that first bill.
    """
    if first is None or first.opening <= 0:
        return "all"
    if end.on <= first.due_on:
        return ""
    return "sum" if end.days and end.on - end.days * DAY == first.due_on else "all"


@dataclass(frozen=True)
class Run:
    """Months in a row, each with an adverse report: `first` and `last` are firsts of months.

    `settled_on` is the day on which nothing overdue was left; None while something is, or, if
    not `in_books`, where the books show nothing overdue at all in these months.
    """

    first: date
    last: date
    settled_on: date | None
    in_books: bool


def runs(months: Iterable[date], spells: Sequence[Spell]) -> list[Run]:
    """Return the unbroken runs of adverse months (firsts of months), newest first (REC-3).

    `spells`: the times overdue by the books, in order, as known today.
    """
    found: list[list[date]] = []
    for month in sorted(months):
        if found and month_end(found[-1][-1]) + DAY == month:
            found[-1].append(month)
        else:
            found.append([month])
    return [_run(run[0], run[-1], spells) for run in reversed(found)]


def _run(first: date, last: date, spells: Sequence[Spell]) -> Run:
    """The conduct ends with the last time overdue that touches the months (REC-3)."""
    touching = [s for s in spells if s.since < month_end(last) and (s.cured_on or date.max) > first]
    ended = touching[-1].cured_on if touching else None
    return Run(first, last, ended, bool(touching))


def shown_until(settled_on: date, years: int) -> date:
    """Return the last day of so many years from a day; from 29 February it is 28 (REC-4)."""
    year = settled_on.year + years
    try:
        return settled_on.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
