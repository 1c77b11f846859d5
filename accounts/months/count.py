"""Our own count of a month's end beside a report: one for the cardholder and for the handler.

As known today (EV-E); where our books cannot tell, it says so (REC-5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.book import Bill
from accounts.evidence.walk import DayEnd, Walked
from accounts.months import rules
from accounts.rules import month_end


@dataclass(frozen=True)
class Own:
    """Where an account stood when a month ended; without `end`, `why` says why we cannot tell.

    `why` may also be given with it: then the days are the least that they may be.
    """

    on: date
    end: DayEnd | None
    why: str

    @property
    def with_days(self) -> bool:
        return self.end is not None and not self.why

    def differs(self, days: int, overdue: Decimal | None) -> tuple[bool, bool]:
        """Tell whether a report says other days, and whether another sum; never where unsure."""
        if self.end is None:
            return False, False
        return self.with_days and days != self.end.days, overdue != self.end.overdue


@dataclass(frozen=True)
class Count:
    """The month ends of one account. `first`: the first bill we hold."""

    as_of: date
    ends: Mapping[date, DayEnd]
    first: Bill | None

    @classmethod
    def of(cls, walked: Walked, bills: Sequence[Bill], as_of: date) -> "Count":
        ends = {end.on: end for end in walked.month_ends}
        return cls(as_of, ends, bills[0] if bills else None)

    def at(self, month: date) -> Own:
        """Return our count at the end of the month that a day is in."""
        on = month_end(month)
        if on > self.as_of:
            said = _("Our books end on %(on)s, before the month did: we cannot compare yet.")
            return Own(on, None, said % {"on": date_format(self.as_of)})
        end = self.ends.get(on)
        reach = rules.reach(end, self.first) if end else ""
        if not reach:
            said = _("Our books do not reach back to this month, so we cannot compare.")
            return Own(on, None, said)
        if reach == "sum":
            said = _(
                "The first bill we hold began with a debt, and it may have been overdue before: we "
                "cannot compare the days."
            )
            return Own(on, end, said)
        return Own(on, end, "")
