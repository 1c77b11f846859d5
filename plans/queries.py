"""What is read of plans."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.evidence.queries import MANY, counted
from accounts.models import CardAccount, Hold, User
from accounts.queries import held_by
from plans import eligibility
from plans.models import Agreement, Offer, PlanQuestion, PlanRequest
from plans.rules import add_months
from plans.situation.askable import OPEN_OFFERS
from portal.kit.counting import Counted


def requests_of(user: User) -> QuerySet[PlanRequest]:
    """The cardholder's own requests, newest first; any other is a 404."""
    return (
        PlanRequest.objects.filter(account__in=held_by(user))
        .select_related("account")
        .order_by("-pk")
    )


def offers_of(user: User) -> QuerySet[Offer]:
    """The cardholder's own offers, newest first."""
    return (
        Offer.objects.filter(account__in=held_by(user))
        .exclude(sealed_terms="")  # deleted after its time
        .exclude(needs_second=True, approved_by=None)  # nobody has agreed to it yet, or ever did
        .select_related("account__cardholder", "request")
        .order_by("-pk")
    )


def agreements_of(user: User) -> QuerySet[Agreement]:
    """The cardholder's own agreements, newest first."""
    return (
        Agreement.objects.filter(account__in=held_by(user))
        .select_related("account", "document", "offer")
        .order_by("-pk")
    )


def queue() -> QuerySet[PlanRequest]:
    """Requests that wait for the bank, oldest first."""
    asked = PlanQuestion.objects.filter(request=OuterRef("pk"))
    return (
        PlanRequest.objects.filter(status__in=PlanRequest.OPEN)
        .select_related("account__cardholder", "taken_by")
        .annotate(
            question_open=Exists(asked.filter(answered_at=None)),
            question_answered=Exists(asked.exclude(answered_at=None)),
            proposed=Exists(
                Offer.objects.filter(request=OuterRef("pk"), status=Offer.Status.PROPOSED)
            ),
            held=Exists(_holds().filter(account=OuterRef("account"))),
        )
        .order_by("submitted_at", "pk")
    )


def for_second() -> QuerySet[Offer]:
    """Offers that wait for a second person, oldest first."""
    return (
        Offer.objects.filter(status=Offer.Status.PROPOSED)
        .select_related("request", "account__cardholder", "made_by")
        .order_by("made_at", "pk")
    )


def _free() -> QuerySet[Offer]:
    """Offers on accounts that are not held for a reason that also stops offers and mails."""
    return Offer.objects.filter(~Exists(_holds().filter(account=OuterRef("account"))))


def _holds() -> QuerySet[Hold]:
    """The live holds under which nothing is decided and nothing sent."""
    return Hold.objects.filter(reason__in=eligibility.HOLDS, until_at=None)


def is_held(offer: Offer) -> bool:
    """Tell whether an offer waits because its account is held."""
    return not _free().filter(pk=offer.pk).exists()


def offers_to_render() -> QuerySet[Offer]:
    """Offers whose agreement is not rendered yet: those that never failed first, oldest first.

    Not those that are held: the mail that follows would go out.
    """
    return _free().filter(status=Offer.Status.PREPARING).order_by("tries", "made_at")[:20]


def offers_past_their_time(*, at: datetime) -> QuerySet[Offer]:
    """Offers to be ended. The clock of those that are held stands (actions.give_days_back)."""
    past = _free().filter(status__in=OPEN_OFFERS, expires_at__lt=at)
    return past.select_related("account__cardholder__user")


def all_requests() -> QuerySet[PlanRequest]:
    """Every request that was sent, for staff."""
    sent = PlanRequest.objects.exclude(status=PlanRequest.Status.DRAFT)
    return sent.select_related("account__cardholder__user", "taken_by", "decided_by", "revises")


PAGE = 50


@dataclass(frozen=True)
class QueuePage:
    """Some rows of the queue, and where the next page starts ("" at the end)."""

    rows: list[PlanRequest]
    after: str


def queue_page(*, after: str) -> QueuePage:
    """Return the waiting requests behind the one numbered `after`, oldest first."""
    rows = queue()
    if last := PlanRequest.objects.filter(number=after).first():
        rows = rows.filter(TupleGreaterThan(("submitted_at", "pk"), (last.submitted_at, last.pk)))
    page = list(rows[: PAGE + 1])
    return QueuePage(page[:PAGE], page[PAGE - 1].number if len(page) > PAGE else "")


@dataclass(frozen=True)
class SecondPage:
    """Some of the offers that wait for a second person, and where the next page starts."""

    rows: list[Offer]
    after: str


def second_page(*, after: str) -> SecondPage:
    """Return the proposed offers behind the one numbered `after`, oldest first."""
    rows = for_second()
    if last := Offer.objects.filter(number=after).first():
        rows = rows.filter(TupleGreaterThan(("made_at", "pk"), (last.made_at, last.pk)))
    page = list(rows[: PAGE + 1])
    return SecondPage(page[:PAGE], page[PAGE - 1].number if len(page) > PAGE else "")


@dataclass(frozen=True)
class Tab:
    page: str  # the name of its address
    label: object
    count: object  # in words above MANY


def tabs(user: User) -> list[Tab]:
    """The two queues and how long they are, MANY at most: one query."""
    waiting = PlanRequest.objects.filter(status__in=PlanRequest.OPEN)
    second = for_second().select_related(None)
    counts: Any = User.objects.filter(pk=user.pk).values(
        waiting=Counted(waiting.order_by("submitted_at", "pk").values("pk")[:MANY]),
        second=Counted(second.values("pk")[:MANY]),
    )
    found = counts.get()
    return [
        Tab("plans:queue", pgettext_lazy("of requests", "Waiting"), counted(found["waiting"])),
        Tab("plans:second", _("Waiting for a second person"), counted(found["second"])),
    ]


@dataclass(frozen=True)
class Earlier:
    """What there was on an account before: the last ten of each, newest first."""

    requests: list[PlanRequest]  # with their offers
    agreements: list[Agreement]


def earlier(asked: PlanRequest) -> Earlier:
    """Return the other requests and the agreements of a request's account. Three queries."""
    requests = (
        PlanRequest.objects.filter(account=asked.account_id)
        .exclude(pk=asked.pk)
        .exclude(status=PlanRequest.Status.DRAFT)
        .prefetch_related(Prefetch("offers", Offer.objects.order_by("pk")))
        .order_by("-pk")[:10]
    )
    agreements = Agreement.objects.filter(account=asked.account_id).order_by("-pk")[:10]
    return Earlier(list(requests), list(agreements))


def questions(asked: PlanRequest) -> QuerySet[PlanQuestion]:
    """What was asked about a request, oldest first."""
    return asked.questions.select_related("asked_by").order_by("pk")


def lately_decided() -> QuerySet[PlanRequest]:
    """The ten requests decided last."""
    return all_requests().exclude(decided_at=None).order_by("-decided_at")[:10]


HAPPENED = {
    "plans.planrequest.drafted": _("The request was written."),
    "plans.planrequest.submitted": _("The request was sent."),
    "plans.planrequest.under_review": _("A colleague took the request."),
    "plans.planrequest.taken_over": _("Another colleague took it over."),
    "plans.planrequest.asked": _("The cardholder was asked a question."),
    "plans.planrequest.answered": _("The cardholder answered the question."),
    "plans.planrequest.person_asked": _(
        "The cardholder asked for a person instead of the offer made by rule."
    ),
    "plans.planrequest.offered": _("An offer was decided on."),
    "plans.planrequest.refused": _("The request was refused."),
    "plans.planrequest.withdrawn": _("The request was withdrawn."),
    "plans.planrequest.file_taken_back": _("The cardholder took a file back."),
    "plans.paper.added": _("The cardholder added a file."),
    "plans.paper.clean": _("A file was checked and found in order."),
    "plans.paper.quarantined": _("A file was held back for safety."),
    "plans.paper.rejected": _("A file could not be used."),
    "plans.paper.pending": _("A file that was held back was looked at again."),
    "plans.paper.put_away": _("The cardholder took a file back; it stays with this request."),
    "plans.paper.downloaded": _("Our copy of a file was fetched."),
    "plans.offer.made": _("The offer was made."),
    "plans.offer.shown": _("The cardholder opened the offer with its whole text."),
    "plans.offer.made_by_rule": _("The offer was made by rule, without a person."),
    "plans.offer.proposed": _("An offer was proposed; a second person must agree."),
    "plans.offer.preparing": _("A second person agreed to the offer."),
    "plans.offer.open": _("The agreement was written out and the offer opened."),
    "plans.offer.accepted": _("The offer was accepted and signed."),
    "plans.offer.declined": _("The offer was declined."),
    "plans.offer.time_moved": _("The days on which collection was held were added to its time."),
    "plans.offer.expired": _("The offer's time was over."),
    "plans.offer.withdrawn": _("The offer was taken back."),
}


def usual_first_day(account: CardAccount, *, on: date) -> date:
    """Return a first date to suggest: the account's usual due day, a week away or more."""
    last = account.statements.order_by("-statement_on").first()
    day = min(last.due_on.day if last else 10, 28)
    first = on.replace(day=day)
    while first < on + timedelta(days=7):
        first = add_months(first, 1)
    return first
