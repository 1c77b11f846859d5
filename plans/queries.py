"""What is read of plans."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan
from django.utils.translation import gettext_lazy as _

from accounts.models import CardAccount, User
from accounts.queries import held_by
from plans.models import Agreement, Instalment, Offer, PlanRequest
from plans.rules import add_months


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
    return (
        PlanRequest.objects.filter(status__in=PlanRequest.OPEN)
        .select_related("account__cardholder", "taken_by")
        .order_by("submitted_at", "pk")
    )


def offers_to_render() -> QuerySet[Offer]:
    """Offers whose agreement is not rendered yet: those that never failed first, oldest first."""
    return Offer.objects.filter(status=Offer.Status.PREPARING).order_by("tries", "made_at")[:20]


def offers_past_their_time(*, at: datetime) -> QuerySet[Offer]:
    live = [Offer.Status.PREPARING, Offer.Status.OPEN]
    return Offer.objects.filter(status__in=live, expires_at__lt=at).select_related(
        "account__cardholder__user"
    )


def all_requests() -> QuerySet[PlanRequest]:
    """Every request that was sent, for staff."""
    sent = PlanRequest.objects.exclude(status=PlanRequest.Status.DRAFT)
    return sent.select_related("account__cardholder__user", "taken_by", "decided_by")


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


def lately_decided() -> QuerySet[PlanRequest]:
    """The ten requests decided last."""
    return all_requests().exclude(decided_at=None).order_by("-decided_at")[:10]


HAPPENED = {
    "plans.planrequest.drafted": _("The request was written."),
    "plans.planrequest.submitted": _("The request was sent."),
    "plans.planrequest.under_review": _("A colleague took the request."),
    "plans.planrequest.taken_over": _("Another colleague took it over."),
    "plans.planrequest.offered": _("An offer was decided on."),
    "plans.planrequest.refused": _("The request was refused."),
    "plans.planrequest.withdrawn": _("The request was withdrawn."),
    "plans.offer.made": _("The offer was made."),
    "plans.offer.open": _("The agreement was written out and the offer opened."),
    "plans.offer.accepted": _("The offer was accepted and signed."),
    "plans.offer.declined": _("The offer was declined."),
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


def next_due(instalments: list[Instalment], *, on: date) -> Instalment | None:
    """Return the first instalment due today or later."""
    return next((instalment for instalment in instalments if instalment.due_on >= on), None)
