"""What may be deleted after its time: categories that each room adds, and what stands by today.

A category knows which of its rows are over their time, whose they are, and how to delete them.
Nothing here deletes what a legal hold keeps; `purges` deletes after two people agreed, `tidy`
the few things that nobody would miss.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.files.storage import storages
from django.db.models import Exists, F, Min, OuterRef, QuerySet
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext_lazy as _

from portal.kit.http import law
from portal.packs import Rule, load
from portal.records import audit, documents
from portal.records.models import Augmentation, Document, LegalHold, StaffView, Stamping
from portal.records.retention import rules

AT_ONCE = 500  # rows in one transaction of tidy
LONGEST = 50_000  # rows in one list: read in a second or two, in a request; the next takes more


@dataclass(frozen=True)
class Category:
    """One kind of thing with its time. `rules` are names in the pack or in RETENTION_DAYS.

    `due(before_on)` returns the rows that ended before a day, annotated with `ended` (a day or a
    moment) and `owner` (the subject whose legal hold keeps the row). `purge(pks, at)` deletes or
    blanks rows inside a transaction and returns the hashes of files to delete after it; a row
    that was purged is not due again. A routine category needs no two people and knows no holds.
    """

    code: str
    label: Any
    loses: Any  # a sentence: what is deleted, what stays
    rules: tuple[str, ...]
    due: Callable[[date], QuerySet[Any, Any]]
    purge: Callable[[list[Any], datetime], list[str]]
    routine: bool = False

    def periods(self, on: date) -> list[Rule]:
        pack = load(law(), on=on)
        return rules.fitting(self.rules, pack, settings.RETENTION_DAYS)

    def before(self, on: date) -> date:
        """Return the day before which a row must have ended to be deleted on `on`."""
        return rules.before(on, self.periods(on))

    def free(self, before_on: date) -> QuerySet[Any, Any]:
        """Return the due rows that no legal hold keeps, always in the same order."""
        rows = self.due(before_on).exclude(owner__in=held())
        for keeps in KEEPS:  # in SQL: what goes on may be with as many as the bank has customers
            for going_on in keeps(OuterRef("owner")):
                rows = rows.exclude(Exists(going_on))
        return rows.order_by("pk")


CATEGORIES: dict[str, Category] = {}
Widen = Callable[[set[str]], set[str]]
WIDENERS: list[Widen] = []  # held subjects to what is held with them: a person's accounts
Keep = Callable[[OuterRef], list[QuerySet[Any, Any]]]
KEEPS: list[Keep] = []  # what goes on with an owner and keeps what is theirs, as a hold would
USES: list[Callable[[str], bool]] = []  # does another room still need the file of this hash?


def add(*categories: Category) -> None:
    """Take in the categories of a room. Called once, when the site starts."""
    CATEGORIES.update({category.code: category for category in categories})


def held() -> set[str]:
    """Return the subjects that a legal hold keeps, directly or through their owner."""
    live = set(LegalHold.objects.filter(lifted_at=None).values_list("subject", flat=True))
    return live.union(*(widen(live) for widen in WIDENERS))


@dataclass(frozen=True)
class Standing:
    """How a category stands on a day: which rule decides, how much may go, what holds keep."""

    category: Category
    rule: Rule
    before_on: date
    due: int
    kept: int  # over its time, but under a legal hold
    oldest: date | None

    @property
    def in_years(self) -> bool:
        return rules.in_years(self.rule)


def standing(category: Category, *, on: date) -> Standing:
    """Count what may go. Changes nothing."""
    before_on = category.before(on)
    rows = category.due(before_on)
    free = rows if category.routine else category.free(before_on)
    due = free.count()
    oldest = None if category.routine else free.aggregate(oldest=Min("ended"))["oldest"]
    return Standing(
        category, rules.longest(on, category.periods(on)), before_on, due,
        rows.count() - due, day(oldest) if oldest else None,
    )  # fmt: skip


def in_order() -> list[Category]:
    """Return all categories: first those that need two people."""
    return sorted(CATEGORIES.values(), key=lambda c: (c.routine, c.code))


def standings(*, on: date) -> list[Standing]:
    """Count what may go of every category. Reads all that is old: not for a page (counts.py)."""
    return [standing(category, on=on) for category in in_order()]


def listed(category: Category, before_on: date) -> Iterator[str]:
    """Yield a line for each row that may go: its subject and the day it ended. Nothing personal."""
    rows = category.free(before_on)
    # No .iterator(): a cursor is planned for its first rows, and takes minutes for all of them.
    for pk, ended in rows.values_list("pk", "ended")[:LONGEST]:
        yield f"{rows.model._meta.label_lower}:{pk} {day(ended).isoformat()}\n"


def tidy(*, at: datetime) -> dict[str, int]:
    """Delete what needs no two people; return how many of each. Run again, it goes on."""
    done: dict[str, int] = {}
    for category in (c for c in CATEGORIES.values() if c.routine):
        rows = category.due(category.before(localdate(at))).order_by("pk")
        while pks := list(rows.values_list("pk", flat=True)[:AT_ONCE]):
            category.purge(pks, at)
            done[category.code] = done.get(category.code, 0) + len(pks)
    if done:
        audit.record("records.tidied", subject="retention", by=None, at=at, data=done)
    return done


# == what the rooms use for their categories


def start_of(on: date) -> datetime:
    """Return the first moment of a day where the bank is."""
    return make_aware(datetime.combine(on, time.min))


def day(moment: date) -> date:
    """Return the local day of a moment, or the day itself."""
    return localdate(moment) if isinstance(moment, datetime) else moment


def clear(kept: QuerySet[Document], *, at: datetime) -> list[str]:
    """Blank documents and return their files' hashes. Their lines in the register stay.

    So an outsider still learns that the document was issued and that its time is over.
    """
    pks = list(kept.values_list("pk", flat=True))
    Stamping.objects.filter(document__in=pks).delete()  # first: from here on none is stamped
    hashes = [*Document.objects.filter(pk__in=pks).values_list("sha256", flat=True)]
    hashes += Augmentation.objects.filter(document__in=pks).values_list("sha256", flat=True)
    Document.objects.filter(pk__in=pks).update(title="", purged_at=at)
    return hashes


def delete_file(sha256: str) -> bool:
    """Delete a file unless something that is kept has it too. After the commit; may be repeated."""
    if needed(sha256):
        return False
    storages["documents"].delete(documents.name_of(sha256))
    return True


def needed(sha256: str) -> bool:
    """Tell whether a row that is kept has the file of this hash."""
    return (
        Document.objects.filter(sha256=sha256, purged_at=None).exists()
        or Augmentation.objects.filter(sha256=sha256, document__purged_at=None).exists()
        or any(uses(sha256) for uses in USES)
    )


@register
def known_names(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A slip in RETENTION_DAYS would keep or delete too much without a word."""
    known = {name for category in CATEGORIES.values() for name in category.rules}
    return [
        Error(f"RETENTION_DAYS: {name}={days} names nothing or no days.", id="records.E003")
        for name, days in settings.RETENTION_DAYS.items()
        if name not in known or days < 0
    ]


# == this room's own


def _views(before_on: date) -> QuerySet[Any, Any]:
    old = StaffView.objects.filter(at__lt=start_of(before_on))
    return old.annotate(owner=F("subject"), ended=F("at"))


def _forget_views(pks: list[Any], at: datetime) -> list[str]:
    StaffView.objects.filter(pk__in=pks).delete()
    return []


add(
    Category(
        "records.views",
        _("Log of what staff looked at"),
        _("The entries are deleted. The audit trail stays."),
        ("views",),
        _views,
        _forget_views,
    )
)
