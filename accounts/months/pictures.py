"""The pictures of an account over time, each with a sentence and a table that say the same."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.book import ZERO
from accounts.evidence.ledger import Ledger
from accounts.evidence.walk import DayEnd, Walked
from accounts.months.rules import reach
from accounts.rules import LAST_BUCKET, MONTH_OF_DELAY, bucket, month_end
from portal.kit import pictures
from portal.kit.money import formatted

WHOLE = Decimal(1)  # the labels of an axis are in whole units of the currency
ENDLESS = Decimal(10**9)  # days: where the last band ends


class Point(NamedTuple):
    """One month of the books. `on` is its last day, or the last day of the books."""

    on: date
    balance: Decimal
    repaid: Decimal  # less what came back; may be below zero then
    end: DayEnd
    reach: str  # rules.reach: what our books know of `end`

    @property
    def whole(self) -> bool:
        return self.on == month_end(self.on)


@dataclass(frozen=True)
class Figure:
    """A picture, in words too. The first cell of a row is its head."""

    id: str
    title: str
    said: str
    legend: str
    chart: pictures.Chart
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def points(ledger: Ledger, walked: Walked, *, since: date) -> list[Point]:
    """Return the months that end on `since` or later, oldest first; none of empty books."""
    if not ledger.bills and not ledger.entries:
        return []
    balances: dict[date, Decimal] = {}
    repaid: dict[date, Decimal] = defaultdict(Decimal)
    for step in walked.steps:
        on = min(month_end(step.movement.on), ledger.as_of)
        balances[on] = step.balance
        if step.movement.ref in ledger.repaid:
            repaid[on] -= step.movement.amount
    first = ledger.bills[0] if ledger.bills else None
    found, balance = [], first.opening if first else ZERO
    for end in walked.month_ends:
        balance = balances.get(end.on, balance)
        found.append(Point(end.on, balance, repaid[end.on], end, reach(end, first)))
    return [point for point in found if point.on >= since]


def figures(months: Sequence[Point], currency: str) -> list[Figure]:
    return [of_balance(months, currency), of_lateness(months, currency)] if months else []


def of_balance(months: Sequence[Point], currency: str) -> Figure:
    """Draw the balance at each month's end as a line, and what was repaid in it as bars."""
    balances, repaid = [p.balance for p in months], [p.repaid for p in months]
    rows = [
        (_name(p), formatted(p.balance, currency), formatted(p.repaid, currency)) for p in months
    ]
    return Figure(
        id="balance",
        title=_("Balance and repayments, in %(currency)s") % {"currency": currency},
        said=_of_balance(months, currency),
        legend=_("Line: balance at the end of the month. Bars: repaid in the month."),
        chart=pictures.chart(
            pictures.axis([*balances, *repaid], least=WHOLE),
            slots=[_slot(p.on) for p in months],
            label=_plain,
            bars=repaid,
            line=balances,
        ),
        heads=(_("Month"), _("Balance at its end"), _("Repaid in it")),
        rows=rows[::-1],
    )


def of_lateness(months: Sequence[Point], currency: str) -> Figure:
    """Draw the days past due at each month's end over the steps M1, M2 …"""
    days = [Decimal(p.end.days) for p in months]
    rows = [
        (_name(p), _days(p), formatted(p.end.overdue, currency) if p.reach else "–") for p in months
    ]
    return Figure(
        id="late",
        title=_("Days past due at the end of each month"),
        said=_of_lateness(months),
        legend=_("Dotted lines: the steps M1, M2 … of %(days)d days in which banks count.")
        % {"days": MONTH_OF_DELAY},
        chart=pictures.chart(
            pictures.steps(days, each=MONTH_OF_DELAY, last=LAST_BUCKET - 1),
            slots=[_slot(p.on) for p in months],
            label=_plain,
            bars=days,
            bands=_steps(),
        ),
        heads=(_("Month"), _("Days past due at its end"), _("Overdue then")),
        rows=rows[::-1],
    )


def _steps() -> list[tuple[Decimal, str]]:
    """Return the banks' steps of delay: the days with which each ends, and its name."""
    days = [MONTH_OF_DELAY * step for step in range(1, LAST_BUCKET + 1)]
    ends = [*map(Decimal, days[:-1]), ENDLESS]
    return [(end, bucket(day)) for end, day in zip(ends, days, strict=True)]


def _of_balance(months: Sequence[Point], currency: str) -> str:
    first, last, most = months[0], months[-1], max(months, key=lambda p: p.balance)
    paid = [p.repaid for p in months if p.repaid]
    facts = {
        "first": formatted(first.balance, currency), "first_on": date_format(first.on),
        "last": formatted(last.balance, currency), "last_on": date_format(last.on),
        "most": formatted(most.balance, currency), "most_on": date_format(most.on),
    }  # fmt: skip
    said = [_("The balance was %(first)s on %(first_on)s and %(last)s on %(last_on)s.") % facts]
    if len(months) == 1:
        said = [_("The balance was %(last)s on %(last_on)s.") % facts]
    elif most.balance > max(first.balance, last.balance):
        said.append(_("Of these month ends it was highest on %(most_on)s: %(most)s.") % facts)
    if any(p.balance < 0 for p in months):
        said.append(_("Below zero the bank owes the money, not the cardholder."))
    if not paid:
        return " ".join([*said, _("Nothing was repaid in this time.")])
    total = ngettext(
        "%(sum)s was repaid, in %(count)d month.", "%(sum)s was repaid, in %(count)d months.",
        len(paid),
    )  # fmt: skip
    total %= {"sum": formatted(sum(paid, ZERO), currency), "count": len(paid)}
    return " ".join([*said, total])


def _of_lateness(months: Sequence[Point]) -> str:
    over, last = [p for p in months if p.whole and p.reach], months[-1]
    late = [p for p in over if p.end.days]
    said: list[str] = []
    if over and not late:
        said.append(_("Nothing was overdue at the end of any of these months."))
    elif late:
        longest = max(late, key=lambda p: p.end.days)
        told = ngettext(
            "Something was overdue at the end of %(count)d of these %(all)d months.",
            "Something was overdue at the end of %(count)d of these %(all)d months.",
            len(late),
        ) % {"count": len(late), "all": len(over)}
        most = ngettext(
            "It was %(days)d day past due at most, on %(on)s.",
            "It was %(days)d days past due at most, on %(on)s.",
            longest.end.days,
        ) % {"days": longest.end.days, "on": date_format(longest.on)}
        said += [told, most]
    if last.reach and (not last.whole or not over):
        now = ngettext("On %(on)s it was %(days)d day past due.",
                       "On %(on)s it was %(days)d days past due.", last.end.days)  # fmt: skip
        none = _("On %(on)s nothing was overdue.")
        said.append(
            (now if last.end.days else none) % {"on": date_format(last.on), "days": last.end.days}
        )
    if any(p.reach != "all" for p in months):
        said.append(
            _(
                "The first bill we hold began with a debt. Whether bills before it were overdue we "
                "cannot tell, so it may have been late for longer than shown here."
            )
        )
    return " ".join(said)


def _days(point: Point) -> str:
    """Write the days past due as far as our books know them (REC-5)."""
    if not point.reach:
        return "–"
    if point.reach == "sum":
        return _("at least %(days)d") % {"days": point.end.days}
    return str(point.end.days)


def _name(point: Point) -> str:
    if point.whole:
        return date_format(point.on, "YEAR_MONTH_FORMAT")
    return _("Up to %(on)s") % {"on": date_format(point.on, "SHORT_DATE_FORMAT")}


def _slot(on: date) -> str:
    return date_format(on, pgettext("date format: a month in little room", "M Y"))


def _plain(value: Decimal) -> str:
    text = number_format(abs(value), 0, use_l10n=True, force_grouping=True)
    return f"−{text}" if value < 0 else text
