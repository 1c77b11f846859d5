"""The texts of a worked example: sums whose lines add up to a figure, ready for the template."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.kit.exact import exact
from portal.kit.http import law
from portal.kit.money import formatted


def rules_of(*ids: str) -> str:
    """Join ids of docs/rules.md; those of mainland China's law only where it holds."""
    return _(", ").join(each for each in ids if law() == "cn" or not each.startswith("CN-"))


class Line(NamedTuple):
    """One step of a sum. `ref` is a movement, to whose page `link` leads, or else the text."""

    text: str
    amount: str
    hint: str = ""
    ref: str = ""
    link: str = ""


@dataclass(frozen=True)
class Sum:
    """Steps that lead to a result; `heads` name the two columns."""

    caption: str
    lines: list[Line]
    result: Line
    heads: tuple[str, str] = field(default_factory=lambda: (_("Step"), _("Amount")))


@dataclass(frozen=True)
class Writer:
    """Writes days and amounts of one currency in the language of the moment."""

    currency: str

    def money(self, amount: Decimal) -> str:
        return formatted(amount, self.currency)

    def exact(self, amount: Decimal) -> str:
        return exact(amount, self.currency)

    def day(self, on: date) -> str:
        return date_format(on, "SHORT_DATE_FORMAT")

    def long_day(self, on: date) -> str:
        return date_format(on)

    def days(self, first: date, last: date) -> str:
        """Write a stretch of days: 1 Oct 2026 to 14 Oct 2026, or the one day."""
        if first == last:
            return self.day(first)
        return _("%(first)s to %(last)s") % {"first": self.day(first), "last": self.day(last)}
