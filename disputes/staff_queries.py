"""What the complaint handlers read: the queue by its clock, and what ties someone to a case."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.fields.tuple_lookups import TupleGreaterThan
from django.utils.translation import gettext_lazy as _

from accounts import queries as ledger
from accounts.evidence.queries import MANY, counted
from accounts.models import CardAccount, ContactAttempt, User
from accounts.models.people import REF_AS_TYPED, Role
from accounts.own import own_among
from disputes import letters
from disputes.clock import mark_reached, share_used
from disputes.duty import Ties
from disputes.models import Correction, Deadline, Decision, Dispute, Extension, Line
from disputes.policy import CURRENT
from disputes.staff_news import news
from portal.kit.counting import Counted
from portal.records.audit import subject_of
from portal.records.models import AuditEvent

Status = Dispute.Status
PAGE = 50
LATE = 500  # corrections, those due first: only so few are looked up one by one
ORDER = {False: ("due_on", "pk"), True: ("-pk",)}  # the nearest deadline first, or the newest
HANDLERS = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR)


def cases() -> QuerySet[Dispute]:
    """Every case that was sent, for staff; a draft is the cardholder's alone."""
    sent = Dispute.objects.exclude(submitted_at=None)
    return sent.select_related("account__cardholder__user", "taken_by", "deadline", "started_by")


def handlers() -> QuerySet[User]:
    """Whom a case can be given to."""
    return User.objects.filter(role__in=HANDLERS, is_active=True).order_by("name", "pk")


# == the queue

PROPOSED = Decision.objects.filter(status=Decision.Status.PROPOSED)
ASKED = Extension.objects.filter(status=Extension.Status.ASKED)
# From what waits to its case: the other way round, every live case would be looked through.
WAITS = Q(pk__in=PROPOSED.values("dispute").union(ASKED.values("dispute")))


@dataclass(frozen=True)
class Tab:
    key: str
    label: object
    count: object  # in words above MANY


LABELS = {
    "mine": _("Mine"),
    "unclaimed": _("Nobody has them"),
    "open": _("All open"),
    "reviews": _("Second reviews"),
    "approval": _("Waiting for approval"),
    "late": _("Late corrections"),
    "letters": _("Letters held back"),
    "decided": _("Decided or ended"),
}


def _in_tab(user: User, *, on: date) -> dict[str, Q]:
    live = Q(status__in=Dispute.LIVE)
    late = Correction.objects.filter(done_at=None, due_on__lt=on).order_by("due_on")
    return {
        "mine": live & Q(taken_by=user),
        "unclaimed": live & Q(taken_by=None),
        "open": live,
        "reviews": Q(status=Status.SECOND_REVIEW),
        "approval": live & WAITS,
        "late": Q(pk__in=late.values("ruling__decision__dispute")[:LATE]),
        "letters": Q(pk__in=letters.held_back().order_by().values("dispute")),
        "decided": ~live,
    }


def tabs(user: User, *, on: date) -> list[Tab]:
    """The tabs of the queue and how many cases are in each, MANY at most: one query."""
    sent = Dispute.objects.exclude(submitted_at=None)
    found = {
        key: Counted(sent.filter(where).order_by(*ORDER[key == "decided"]).values("pk")[:MANY])
        for key, where in _in_tab(user, on=on).items()
    }
    counts: Any = User.objects.filter(pk=user.pk).values(**found).get()
    return [Tab(key, label, counted(counts[key])) for key, label in LABELS.items()]


@dataclass(frozen=True)
class Clock:
    """How a deadline stands on a day."""

    plan_on: date  # what was promised
    due_on: date  # the last lawful day
    left: int  # calendar days until what was promised; below 0 it is broken
    used: int  # per cent of the promised time, 100 at most

    @property
    def late(self) -> int:
        """Days since what was promised."""
        return max(-self.left, 0)

    @property
    def tag(self) -> str:
        """The colour's name: bad from the promised day on, warn at the policy's last warning."""
        if self.used >= max(CURRENT.warn_at):
            return "bad"
        return "warn" if mark_reached(self.used, CURRENT.warn_at[1:]) else "info"


def clock(dispute: Dispute, *, on: date) -> Clock | None:
    """Return how the case's deadline stands; None where no answer is due any more."""
    deadline = dispute.deadline
    if deadline is None or dispute.status not in Dispute.LIVE:
        return None
    used = share_used(counted_from=deadline.counted_from, plan_on=deadline.plan_on, on=on)
    return Clock(deadline.plan_on, deadline.due_on, (deadline.plan_on - on).days, used)


@dataclass(frozen=True)
class QueueFilter:
    """What of the queue is asked for; anything unknown means the usual."""

    tab: str = "open"
    matter: str = ""
    find: str = ""  # a case's number or an account's reference

    @classmethod
    def of(cls, asked: Any, *, usual: str) -> "QueueFilter":
        tab, matter = asked.get("tab", ""), asked.get("matter", "")
        return cls(
            tab if tab in LABELS else usual,
            matter if matter in Dispute.Matter.values else "",
            asked.get("find", "").strip()[:40],
        )


@dataclass(frozen=True)
class Row:
    case: Dispute
    clock: Clock | None
    apart: bool = False  # this person must not read it
    news: bool = False  # the cardholder wrote, and its handler has not looked since


@dataclass(frozen=True)
class QueuePage:
    """Some rows of the queue, and the number behind which the next page starts ("" at the end)."""

    rows: list[Row]
    after: str


def queue_page(user: User, wanted: QueueFilter, *, after: str, on: date) -> QueuePage:
    """Return the cases of a tab behind the one numbered `after`, nearest deadline first.

    What is looked for is looked for among all cases, whatever the tab. Those, and the ones that
    were decided or ended, come newest first.
    """
    everywhere = bool(wanted.find)
    rows = Dispute.objects.exclude(submitted_at=None)  # what belongs to them: for the page alone
    if everywhere:
        rows = rows.filter(Q(number=wanted.find.upper()) | Q(account__in=_accounts(wanted.find)))
    else:
        rows = rows.filter(_in_tab(user, on=on)[wanted.tab])
    if wanted.matter:
        rows = rows.filter(matter=wanted.matter)
    last = cases().filter(number=after).first()
    newest = everywhere or wanted.tab == "decided"
    if last and newest:
        rows = rows.filter(pk__lt=last.pk)
    elif last:
        due_on = last.due_on or date.max
        rows = rows.filter(TupleGreaterThan(("due_on", "pk"), (due_on, last.pk)))
    pks = list(rows.order_by(*ORDER[newest]).values_list("pk", flat=True)[: PAGE + 1])
    found = list(cases().filter(pk__in=pks).order_by(*ORDER[newest]))
    apart, new = kept_from(user, found[:PAGE]), news(found[:PAGE])
    page = [
        Row(each, clock(each, on=on), each.pk in apart, each.pk in new) for each in found[:PAGE]
    ]
    return QueuePage(page, found[PAGE - 1].number if len(found) > PAGE else "")


def _accounts(typed: str) -> list[int]:
    """Return the account of a reference as typed: a list, so that an index serves an OR with it."""
    tidy = re.sub(r"[\s-]", "", typed).upper()
    found = CardAccount.objects.alias(typed=REF_AS_TYPED).filter(typed=tidy)
    return list(found.values_list("pk", flat=True))


def waiting_count(user: User, *, on: date) -> int:
    """How many cases, MANY at most, are due within a week and nobody's, or this person's."""
    live = Dispute.objects.filter(status__in=Dispute.LIVE).order_by(*ORDER[False]).values("pk")
    soon = live.filter(taken_by=None, due_on__lte=on + timedelta(days=7))
    both = Counted(soon[:MANY]), Counted(live.filter(taken_by=user)[:MANY])
    counts: Any = User.objects.filter(pk=user.pk).values_list(*both).get()
    return int(min(MANY, sum(counts)))


# == who may (CN-CMP-05)

TOOK = (
    "disputes.dispute.in_review",
    "disputes.dispute.taken",
    "disputes.dispute.taken_over",
    "disputes.dispute.assigned",
    "disputes.decision.returned",
)


def round_of(dispute: Dispute) -> int:
    """1: first answer, 2: second review."""
    return dispute.deadline.round if dispute.deadline else 1


def ties(dispute: Dispute, user: User) -> Ties:
    """Return what ties a member of staff to a case. A handful of queries."""
    account = dispute.account
    contacts = ContactAttempt.objects.filter(account=account, by=user.collector_code)
    return Ties(
        own=bool(_own([dispute], user)),
        acted=user.pk in ledger.acted_on(account),
        contacted=bool(user.collector_code) and contacts.exists(),
        earlier=_had_a_part(dispute, user),
    )


def kept_from(user: User, found: Sequence[Dispute]) -> set[int]:
    """Return which cases somebody must not even read: their own, and those of an account on
    which they made contact to collect, as the complaint may be about them. Two queries at most.
    """
    called: set[int] = set()
    if user.collector_code:
        rows = ContactAttempt.objects.filter(by=user.collector_code)
        rows = rows.filter(account__in={case.account_id for case in found})
        called = set(rows.values_list("account_id", flat=True))
    return {case.pk for case in found if case.account_id in called} | _own(found, user)


def _own(found: Sequence[Dispute], user: User) -> set[int]:
    """Return which cases are somebody's own, or were filed by them. One query at most."""
    own = own_among(user, [case.account.cardholder for case in found])
    by_portal = [case for case in found if case.channel == Dispute.Channel.PORTAL]
    filed = {case.pk for case in by_portal if case.started_by_id == user.pk}
    return filed | {case.pk for case in found if case.account.cardholder_id in own}


def _had_a_part(dispute: Dispute, user: User) -> bool:
    """Tell whether they answered before: the first round of this case, or a case of its lines."""
    same_line = Q()
    for line in dispute.lines.all():
        same_line |= Q(kind=line.kind, key=line.key)
    before = Q(dispute=dispute, round__lt=round_of(dispute))
    if same_line:
        others = Line.objects.filter(same_line).exclude(dispute=dispute).values("dispute")
        before |= Q(dispute__in=others)
    said = Decision.objects.filter(before).filter(Q(proposed_by=user) | Q(approved_by=user))
    return said.exists() or (round_of(dispute) > 1 and user.pk in _first_round(dispute))


def _first_round(dispute: Dispute) -> set[int]:
    """Return who had the case, or sent its answer back, before the second review was asked for."""
    again = dispute.deadlines.filter(round=Deadline.REVIEW).earliest("step")
    subjects = [subject_of(dispute)]
    subjects += [subject_of(decision) for decision in dispute.decisions.filter(round=1)]
    events = AuditEvent.objects.filter(subject__in=subjects, verb__in=TOOK, at__lt=again.made_at)
    return {
        data.get("to") or int(actor.partition(":")[2] or 0)
        for actor, data in events.values_list("actor", "data")
    }


def has_declared(dispute: Dispute, user: User) -> bool:
    """Tell whether this handler has declared that they have no interest in the matter."""
    declared = AuditEvent.objects.filter(
        subject=subject_of(dispute), actor=f"user:{user.pk}", data__declared=True
    )
    return declared.exists()


def credited_before(dispute: Dispute) -> Decimal:
    """Return what answers have credited on this account, counted back from receipt (policy)."""
    if dispute.submitted_at is None:
        return Decimal(0)
    since = dispute.submitted_at - timedelta(days=CURRENT.credits_within)
    made = Decision.objects.filter(dispute__account=dispute.account_id, made_at__gte=since)
    total: Decimal | None = made.aggregate(total=Sum("credit"))["total"]
    return total or Decimal(0)


def proposed(dispute: Dispute) -> Decision | None:
    """The answer that waits for a second person."""
    return dispute.decisions.filter(status=Decision.Status.PROPOSED).first()
