"""How much is over its time, counted at night: a small row for each category.

Counting reads all that is old, so no page waits for it. What a proposal lists is read afresh.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localdate

from portal.packs import Rule
from portal.records.models import DueCount
from portal.records.retention import CATEGORIES, Category, in_order, rules, standing

log = logging.getLogger(__name__)


def wake() -> bool:
    """Call a worker to count now; False if there is none: then it is counted at night."""
    from portal.records.tasks import count_due

    try:
        count_due.delay()
    except Exception:
        log.warning("broker not reached; what is over its time is counted at night")
        return False
    return True


def count(*, at: datetime) -> None:
    """Count every category and keep what was found. Killed and run again, it begins anew."""
    for category in in_order():
        found = standing(category, on=localdate(at))
        facts = {"counted_at": at, "due": found.due, "kept": found.kept, "oldest": found.oldest}
        DueCount.objects.update_or_create(category=category.code, defaults=facts)
    DueCount.objects.exclude(category__in=CATEGORIES).delete()


@dataclass(frozen=True)
class Shown:
    """A category with the last count of it, if there is one, and the rule of the day of that."""

    category: Category
    rule: Rule
    before_on: date
    count: DueCount | None

    @property
    def in_years(self) -> bool:
        return rules.in_years(self.rule)

    @property
    def may_go(self) -> bool:
        """Anything, as far as is known? A proposal looks afresh."""
        return self.count is None or self.count.due > 0


def overview(*, on: date) -> list[Shown]:
    """Return every category, first those that need two people, as the last count found it."""
    counted = DueCount.objects.in_bulk()
    return [_shown(category, counted.get(category.code), on) for category in in_order()]


def _shown(category: Category, found: DueCount | None, on: date) -> Shown:
    day = localdate(found.counted_at) if found else on
    rule = rules.longest(day, category.periods(day))
    return Shown(category, rule, category.before(day), found)


def counted_at(shown: list[Shown]) -> datetime | None:
    """Return when the count was made; None while a category has not been counted yet."""
    moments = [each.count.counted_at if each.count else None for each in shown]
    return None if None in moments else min(filter(None, moments), default=None)
