"""What the staff see of plans that run or ended: lists a page at a time, late ones first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.evidence.queries import MANY, counted
from accounts.models import User
from plans.keeping.queries import LOOKED_AT_AFTER, is_automatic
from plans.models import Agreement, Instalment
from portal.kit.counting import Counted

Status = Agreement.Status
NOT_ASKED = (Status.REPLACED, Status.WITHDRAWN, Status.ENDED)
PAGE = 50
LATELY = timedelta(days=90)
LABELS = {
    "late": pgettext_lazy("of plans", "Late"),
    "remedy": _("In remedy"),
    "look": _("To look at"),
    "running": _("All running"),
    "ended": _("Ended lately"),
}
ORDER = {
    "late": ("pk",), "remedy": ("remedy_until", "pk"), "look": ("pk",),
    "running": ("-pk",), "ended": ("-ended_at", "-pk"),
}  # fmt: skip
HAPPENED = {
    "plans.agreement.active": _("The agreement was signed and began."),
    "plans.agreement.downloaded": _("The cardholder fetched a document of the agreement."),
    "plans.agreement.late": _("A payment was late."),
    "plans.agreement.breach_noticed": _("Too much was missed: the notice went out."),
    "plans.agreement.reopened": _("A repayment came back: what it had met is open again."),
    "plans.agreement.notice_taken_back": _("The notice was taken back: a person decides now."),
    "plans.agreement.cured": _("What was missed was put right."),
    "plans.agreement.completed": _("Everything agreed was paid: the agreement was completed."),
    "plans.agreement.certified": _("The certificate was written."),
    "plans.agreement.taken_back": _("A repayment came back after the agreement was completed."),
    "plans.agreement.broken": _("The agreement ended, because what was missed did not come."),
    "plans.agreement.replaced": _("Another agreement replaced it."),
    "plans.agreement.withdrawn": _("The cardholder took the agreement back."),
    "plans.agreement.ended": _("A supervisor ended the agreement and told the cardholder why."),
    "plans.agreement.day_moved": _("The cardholder moved the day of a payment."),
    "plans.agreement.held": _("Collection was held and the clock stopped."),
    "plans.agreement.hold_lifted": _("A hold was lifted."),
}


def agreements() -> QuerySet[Agreement]:
    """Every agreement, for staff."""
    return Agreement.objects.select_related(
        "account__cardholder__user", "offer__request", "document", "certificate", "replaces",
        "accepted_by",
    )  # fmt: skip


def _instalments(**which: Any) -> Exists:
    return Exists(Instalment.objects.filter(agreement=OuterRef("pk"), paid_on=None, **which))


def _in_tab(*, at: datetime) -> dict[str, Q]:
    active, late = Q(status=Status.ACTIVE), Q(_instalments(late_told_at__isnull=False))
    lately = Q(ended_at__gte=at - LATELY)
    by_hand = active & Q(by_hand_since__isnull=False)  # both in one index, in the list's order
    back = Q(taken_back_at__gte=at - LOOKED_AT_AFTER)
    return {
        "late": active & late,
        "remedy": active & Q(remedy_until__isnull=False),
        "look": by_hand | back,
        "running": active,
        "ended": lately,
    }


@dataclass(frozen=True)
class Tab:
    key: str
    label: object
    count: object  # in words above MANY


def tabs(user: User, *, at: datetime) -> list[Tab]:
    """The tabs and how many plans are in each, MANY at most: one query."""
    found = {
        key: Counted(Agreement.objects.filter(where).order_by(*ORDER[key]).values("pk")[:MANY])
        for key, where in _in_tab(at=at).items()
    }
    counts: Any = User.objects.filter(pk=user.pk).values(**found).get()
    return [Tab(key, label, counted(counts[key])) for key, label in LABELS.items()]


@dataclass(frozen=True)
class Row:
    """One plan of a list. Amounts in its account's currency."""

    agreement: Agreement
    dues: list[Instalment]

    @property
    def left(self) -> Decimal:
        """What the instalments still lack; one that needs nothing more lacks nothing.

        Nothing of a plan that asks for nothing any more.
        """
        if self.agreement.status in NOT_ASKED:
            return Decimal(0)
        return sum((due.amount - due.paid for due in self._unpaid), Decimal(0))

    @property
    def late(self) -> int:
        return sum(due.late_told_at is not None for due in self._unpaid)

    @property
    def next(self) -> Instalment | None:
        return next(iter(self._unpaid), None)

    @property
    def came_back(self) -> bool:
        """Money of a completed plan came back."""
        return self.agreement.status == Status.COMPLETED and bool(self._unpaid)

    @property
    def gone(self) -> bool:
        """The bank has closed its books on the account of a plan that runs."""
        running = self.agreement.status == Status.ACTIVE
        return running and not is_automatic(self.agreement.account)

    @property
    def by_hand(self) -> bool:
        """Nothing ends by rule here; why, the plan's page says."""
        seen = self.agreement.status == Status.ACTIVE and self.agreement.by_hand_since
        return self.gone or bool(seen)

    @property
    def _unpaid(self) -> list[Instalment]:
        return [due for due in self.dues if not due.paid_on]


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and the number behind which the next page starts ("" at the end)."""

    rows: list[Row]
    after: str


def page(tab: str, *, after: str, at: datetime) -> Page:
    """Return the plans of a tab behind the one numbered `after`. Four queries."""
    order = ORDER[tab]
    rows = Agreement.objects.filter(_in_tab(at=at)[tab])
    if last := Agreement.objects.filter(number=after).first():
        columns = [name.removeprefix("-") for name in order]
        place = [getattr(last, name) for name in columns]
        beyond = TupleLessThan if order[0].startswith("-") else TupleGreaterThan
        if None not in place:
            rows = rows.filter(beyond(tuple(columns), tuple(place)))
    pks = list(rows.order_by(*order).values_list("pk", flat=True)[: PAGE + 1])
    found = list(
        agreements().filter(pk__in=pks[:PAGE]).order_by(*order).prefetch_related("instalments")
    )
    page_rows = [Row(each, list(each.instalments.all())) for each in found]
    return Page(page_rows, found[-1].number if len(pks) > PAGE else "")
