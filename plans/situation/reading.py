"""What a person told, in words: for the person's pages and for those who decide."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from plans.situation import rules, words
from plans.situation.rules import Sums, Told
from portal.kit.money import formatted


class Line(NamedTuple):
    """One answer as it is read. `note`: as it was told, where that is not by the month."""

    label: Any
    text: Any
    note: str = ""


@dataclass(frozen=True)
class Part:
    """One part of what was told. `total`: what it comes to a month; None if it holds no money."""

    code: str
    title: Any
    state: str
    lines: list[Line]
    total: Decimal | None = None

    @property
    def state_label(self) -> Any:
        return words.STATES[self.state]


@dataclass(frozen=True)
class Described:
    """All that was told. Amounts a month in `currency`."""

    currency: str
    parts: list[Part]
    sums: Sums
    left: Decimal | None  # None while a needed part is missing or is to be checked again


def described(told: Told) -> Described:
    """Return what was told, in the reader's language; parts without an answer are left out."""
    parts = [part(told, section) for section in rules.SECTIONS if section in told.answers]
    return Described(told.currency, parts, rules.sums(told), rules.left_each_month(told))


def part(told: Told, section: str) -> Part:
    title, state = words.TITLES[section], rules.state(told, section)
    if section in rules.SUMS:
        return Part(section, title, state, _money(told, section), rules.total(told, section))
    return Part(section, title, state, _ANSWERS[section](told.answers.get(section, {})))


def _money(told: Told, section: str) -> list[Line]:
    found = []
    for name, row in rules.rows(told, section).items():
        label = words.ROWS[section][name][0]
        if row.amount is None:
            found.append(Line(label, _("Not sure")))
            continue
        notes = []
        if row.every != "month":
            notes.append(_each(row.amount, row.every, told.currency))
        if row.unsure:
            notes.append(_("not sure"))
        text = _each(row.monthly(told.currency), "month", told.currency)
        found.append(Line(label, text, " · ".join(notes)))
    return found


def _each(amount: Decimal, every: str, currency: str) -> str:
    return str(words.EACH[every]) % {"sum": formatted(amount, currency)}


def _chosen(label: str, codes: list[str], names: dict[str, Any]) -> list[Line]:
    return [Line(label, str(names[code])) for code in codes]


def _why(kept: dict[str, Any]) -> list[Line]:
    found = _chosen(_("Reason"), kept.get("reasons", []), words.REASONS)
    return found + _own(kept)


def _needs(kept: dict[str, Any]) -> list[Line]:
    found = _chosen(_("Support"), kept.get("needs", []), words.NEEDS)
    return found + _own(kept)


def _own(kept: dict[str, Any]) -> list[Line]:
    return [Line(_("In own words"), kept["words"])] if kept.get("words") else []


def _household(kept: dict[str, Any]) -> list[Line]:
    home = kept.get("housing")
    answers = (
        (_("Adults"), kept.get("adults")),
        (_("Children"), kept.get("children")),
        (_("Home"), words.HOUSING[home] if home else None),
    )
    return [Line(label, str(value)) for label, value in answers if value is not None]


_ANSWERS = {"why": _why, "household": _household, "needs": _needs}
