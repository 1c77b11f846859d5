"""What the bank told the bureau, month by month, as texts: beside it our own count of that month.

No query: page.py reads the rows. `Month` is one month of which something was reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import queries
from accounts.models import OverdueRecord
from accounts.months import rules
from accounts.months.count import Count
from portal.kit.money import formatted


class Version(NamedTuple):
    """One report of a month. `replaced`: by what and when; "" for the one that stands."""

    number: int
    said: str
    replaced: str


@dataclass(frozen=True)
class Month:
    """One month as the bureau has it, and what stands beside it. All texts are plain, unescaped."""

    period: str  # YYYY-MM
    name: str
    code: str
    said: str
    on: str  # when it was reported, and to whom
    notice: str  # before, late, none, open, "": a code
    told: str  # whether notice was given before, in words
    notified_on: date | None
    versions: list[Version]  # oldest first; empty if there is but one
    count: str  # our own
    differs: bool
    adverse: bool
    disputed: bool  # so marked by the bank
    case: str  # the number of the open case that contests it
    words: queries.OwnWords | None

    @property
    def corrected(self) -> bool:
        return bool(self.versions)

    @property
    def brief(self) -> str:
        """All that a cell of the strip means, for who cannot see its marks."""
        marks = [_("in dispute")] if self.disputed or self.case else []
        marks += [_("corrected")] if self.corrected else []
        facts = [f"{self.name}: {self.said}", self.on, self.told, *marks]
        return " · ".join(fact.rstrip(".。") for fact in facts if fact)


@dataclass(frozen=True)
class Beside:
    """What is known of an account's months besides the reports."""

    ref: str
    currency: str
    count: Count  # our own
    cases: Mapping[str, str]  # YYYY-MM → the number of the open case
    words: Mapping[str, queries.OwnWords]
    notice_before: bool  # the law wants notice before the report

    def money(self, record: OverdueRecord) -> str:
        return formatted(record.overdue_amount, self.currency)


def first_day(period: str) -> date:
    year, month = period.split("-")
    return date(int(year), int(month), 1)


def is_adverse(record: OverdueRecord) -> bool:
    return rules.adverse(record.reported_code, record.days_past_due, record.overdue_amount)


def month(versions: Sequence[OverdueRecord], beside: Beside) -> Month:
    """Word one month. `versions` are its reports, oldest first."""
    record, adverse = versions[-1], is_adverse(versions[-1])
    notice = rules.notice(
        is_adverse=adverse, reported_on=record.reported_on, notified_on=record.notified_on
    )
    count, differs = _count(record, beside)
    return Month(
        period=record.period,
        name=date_format(first_day(record.period), "YEAR_MONTH_FORMAT"),
        code=record.reported_code,
        said=_said(record, beside),
        on=_on(record),
        notice=notice,
        told=_told(notice, record, beside),
        notified_on=record.notified_on,
        versions=_versions(versions, beside) if len(versions) > 1 else [],
        count=count,
        differs=differs,
        adverse=adverse,
        disputed=record.disputed,
        case=beside.cases.get(record.period, ""),
        words=beside.words.get(record.period),
    )


def _said(record: OverdueRecord, beside: Beside) -> str:
    if not is_adverse(record):
        return _("%(code)s, nothing overdue") % {"code": record.reported_code}
    return ngettext(
        "%(code)s, %(days)d day past due, %(amount)s overdue",
        "%(code)s, %(days)d days past due, %(amount)s overdue",
        record.days_past_due,
    ) % {
        "code": record.reported_code, "days": record.days_past_due, "amount": beside.money(record),
    }  # fmt: skip


def _on(record: OverdueRecord) -> str:
    if not record.reported_on:
        return _("We do not have the day on which it was reported.")
    facts = {"on": date_format(record.reported_on), "bureau": record.bureau}
    if record.bureau:
        return _("Reported on %(on)s to %(bureau)s.") % facts
    return _("Reported on %(on)s.") % facts


def _told(notice: str, record: OverdueRecord, beside: Beside) -> str:
    """Say whether notice came before. What the law wants is said only where the pack has it."""
    on = {"on": date_format(record.notified_on) if record.notified_on else ""}
    if notice == "before":
        return _("You were told before, on %(on)s.") % on
    if notice == "open":
        return _("You were told on %(on)s.") % on if record.notified_on else ""
    if notice == "late":
        said = _("By our books you were told on %(on)s: not before it was reported.") % on
    elif notice == "none":
        said = _("Our books show no notice to you before it was reported.")
    else:
        return ""
    if not beside.notice_before:
        return said
    wanted = _("The bank must tell you before it reports. If it did not, you can object.")
    return f"{said} {wanted}"


def _versions(versions: Sequence[OverdueRecord], beside: Beside) -> list[Version]:
    newer: list[OverdueRecord | None] = [*versions[1:], None]
    return [
        Version(
            record.version,
            _("%(said)s. %(on)s") % {"said": _said(record, beside), "on": _on(record)},
            _replaced(by),
        )
        for record, by in zip(versions, newer, strict=True)
    ]


def _replaced(by: OverdueRecord | None) -> str:
    if by is None:
        return ""
    facts = {"number": by.version, "on": date_format(by.reported_on) if by.reported_on else ""}
    if by.reported_on:
        return _("Replaced by version %(number)d, reported on %(on)s.") % facts
    return _("Replaced by version %(number)d.") % facts


def _count(record: OverdueRecord, beside: Beside) -> tuple[str, bool]:
    """Return our own count at the month's end, and whether the report says otherwise."""
    own = beside.count.at(first_day(record.period))
    if own.end is None:
        return own.why, False
    if own.end.days or own.end.overdue:
        said = ngettext(
            "Our own count at the end of %(on)s: %(days)d day past due, %(amount)s overdue.",
            "Our own count at the end of %(on)s: %(days)d days past due, %(amount)s overdue.",
            own.end.days,
        )
    else:
        said = _("Our own count at the end of %(on)s: nothing overdue.")
    facts = {"days": own.end.days, "amount": formatted(own.end.overdue, beside.currency)}
    differs = any(own.differs(record.days_past_due, record.overdue_amount))
    verdict = _("The report says something else.") if differs else _("The report says the same.")
    if own.why:
        same, other = _("The report names the same sum."), _("The report names another sum.")
        verdict = f"{other if differs else same} {own.why}"
    return f"{said % {**facts, 'on': date_format(own.on)}} {verdict}", differs
