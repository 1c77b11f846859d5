"""Everything the page of months says. Five queries for staff; for the cardholder up to eight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts import queries
from accounts.evidence import facts
from accounts.evidence.walk import Spell
from accounts.models import CardAccount, OverdueRecord
from accounts.months import pictures, reported, rules
from accounts.months.count import Count
from accounts.rules import months_before
from portal.packs import Pack, load

SPANS = (24, 60)  # not of the law: months that can be shown; the first is the usual
Reports = dict[str, list[OverdueRecord]]  # YYYY-MM → its versions, oldest first


class Cell(NamedTuple):
    """One month of the strip. `outside`: before the account was opened, or after the books."""

    name: str
    month: reported.Month | None
    outside: bool


class Year(NamedTuple):
    year: int
    cells: list[Cell]


class Told(NamedTuple):
    """What the law says of some months in a row: until when the bureau may show them."""

    months: str
    said: str


@dataclass(frozen=True)
class MonthsPage:
    span: int
    figures: list[pictures.Figure]
    heads: list[tuple[str, str]]  # of the strip: a month's short name, and its whole one
    strip: list[Year]  # newest first
    months: list[reported.Month]  # newest first
    older: int  # months with a report before those that are shown
    runs: list[Told]  # newest first

    @property
    def spans(self) -> tuple[int, ...]:
        return SPANS


def span_of(asked: Mapping[str, Any]) -> int:
    """Return how many months are asked for. Anything unknown means the usual."""
    return next((span for span in SPANS if asked.get("span") == str(span)), SPANS[0])


def months_page(account: CardAccount, span: int, *, staff: bool) -> MonthsPage:
    """Read an account's months as of its books, the newest `span` of them.

    Staff do not see the words a cardholder put beside a record.
    """
    ledger, reports = facts.read(account), _reports(account)
    walked = ledger.walk(account.as_of)
    pack = load(settings.JURISDICTION, on=account.as_of)
    since = months_before(account.as_of, span - 1)
    count = Count.of(walked, ledger.bills, account.as_of)
    beside = _beside(account, count, pack, reports, staff=staff)
    shown = {
        period: reported.month(versions, beside)
        for period, versions in reports.items()
        if period >= f"{since:%Y-%m}"
    }
    drawn = pictures.points(ledger, walked, since=since)
    return MonthsPage(
        span=span,
        figures=pictures.figures(drawn, account.currency),
        heads=_heads(),
        strip=_strip(account, since, shown),
        months=list(shown.values()),
        older=len(reports) - len(shown),
        runs=_runs(reports, walked.spells, pack, account.as_of),
    )


def _reports(account: CardAccount) -> Reports:
    """Return every report, newest month first. One query."""
    rows = account.overdue_records.order_by("-period", "version")
    return {period: list(group) for period, group in groupby(rows, lambda row: row.period)}


def _beside(
    account: CardAccount, count: Count, pack: Pack, reports: Reports, *, staff: bool
) -> reported.Beside:
    """Read what stands beside the reports: one query; for the cardholder up to four."""
    own = f"{account.ref}:"
    wanted = pack.rules.get("record.notice_before")
    return reported.Beside(
        ref=account.ref,
        currency=account.currency,
        count=count,
        cases={
            line.key.removeprefix(own): line.number
            for line in (queries.disputed(account) if reports else ())
            if line.kind == "record"
        },
        words=queries.own_words(account) if reports and not staff else {},
        notice_before=bool(wanted and wanted.value),
    )


def _heads() -> list[tuple[str, str]]:
    short = pgettext("date format: a month's name in very little room", "M")
    months = [date(2001, month, 1) for month in range(1, 13)]
    return [(date_format(month, short), date_format(month, "F")) for month in months]


def _strip(account: CardAccount, since: date, shown: Mapping[str, reported.Month]) -> list[Year]:
    newest = max([f"{account.as_of:%Y-%m}", *shown])
    oldest = f"{max(since, account.opened_on):%Y-%m}"
    oldest = min([oldest, *shown])  # never leave out what was reported
    years = range(int(newest[:4]), int(oldest[:4]) - 1, -1)
    return [Year(year, [_cell(year, i, oldest, newest, shown) for i in range(1, 13)])
            for year in years]  # fmt: skip


def _cell(
    year: int, month: int, oldest: str, newest: str, shown: Mapping[str, reported.Month]
) -> Cell:
    period = f"{year}-{month:02}"
    name = date_format(date(year, month, 1), "YEAR_MONTH_FORMAT")
    return Cell(name, shown.get(period), not oldest <= period <= newest)


def _runs(reports: Reports, spells: Sequence[Spell], pack: Pack, as_of: date) -> list[Told]:
    """Say of each run of adverse months until when it may be shown (CN-CR-06)."""
    rule = pack.rules.get("record.shown_for")
    if rule is None:
        return []
    adverse = [reported.first_day(period) for period, versions in reports.items()
               if reported.is_adverse(versions[-1])]  # fmt: skip
    return [
        Told(_months(run), _told(run, rule.value, as_of)) for run in rules.runs(adverse, spells)
    ]


def _months(run: rules.Run) -> str:
    first, last = (date_format(on, "YEAR_MONTH_FORMAT") for on in (run.first, run.last))
    if run.first == run.last:
        return first
    return _("%(first)s to %(last)s") % {"first": first, "last": last}


def _told(run: rules.Run, years: int, as_of: date) -> str:
    if run.settled_on is None:
        return _not_begun(run, years)
    until = rules.shown_until(run.settled_on, years)
    told = {
        "settled": date_format(run.settled_on), "until": date_format(until), "years": years,
    }  # fmt: skip
    if until < as_of:
        said = ngettext(
            "What was overdue was settled on %(settled)s. The %(years)d year ended on %(until)s: "
            "the bureau should not show it any more. If it still does, please tell us.",
            "What was overdue was settled on %(settled)s. The %(years)d years ended on %(until)s: "
            "the bureau should not show it any more. If it still does, please tell us.",
            years,
        )
    else:
        said = ngettext(
            "What was overdue was settled on %(settled)s. The bureau may show it until %(until)s, "
            "%(years)d year from then.",
            "What was overdue was settled on %(settled)s. The bureau may show it until %(until)s, "
            "%(years)d years from then.",
            years,
        )
    return said % told


def _not_begun(run: rules.Run, years: int) -> str:
    if run.in_books:
        return ngettext(
            "The %(years)d year has not begun: it begins when what was overdue is settled.",
            "The %(years)d years have not begun: they begin when what was overdue is settled.",
            years,
        ) % {"years": years}
    return _(
        "Our books show nothing overdue in this time, so they do not say when it was settled. "
        "If the report is wrong, you can object to it; if it is older than our books, ask us."
    )
