"""What keeping a plan reads: repayments, holds, promises, and which plans must be looked at."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.utils.timezone import localdate

from accounts.models import CardAccount, Hold, Posting
from plans.agreement import Terms
from plans.keeping.rules import Awaited, Paid, Promise, Stop
from plans.models import Agreement, Instalment, Offer, PlanRequest
from portal.records.audit import subject_of
from portal.records.models import AuditEvent

LIVE = (Offer.Status.PROPOSED, Offer.Status.PREPARING, Offer.Status.OPEN)
ANSWERED = (  # how the wait for a change ends without a new agreement
    "plans.planrequest.refused", "plans.planrequest.withdrawn",
    "plans.offer.declined", "plans.offer.expired", "plans.offer.withdrawn",
)  # fmt: skip
QUIET = (Hold.Reason.BREATHING_SPACE, Hold.Reason.INSOLVENCY, Hold.Reason.DEATH)  # no reminders
STOPS = (*QUIET, Hold.Reason.DISPUTE)  # the clock of lateness stands
PROMISED_BEFORE = Promise(lateness_allowed=0, missed_allowed=0, remedy_days=14)
LATE_WITHIN = timedelta(days=31)  # a movement posted for an earlier day comes by then
LOOKED_AT_AFTER = timedelta(days=180)  # a repayment that is older seldom comes back


def _unknown(agreement: Agreement) -> Q:
    """Return the movements of an account that the plan's sum does not know.

    Those after the books that it comes from, and those of the month before that came later. A
    longer past that the bank sends one day is no news.
    """
    if not agreement.offer.sealed_terms:  # deleted after its time
        return Q(posted_on__gte=localdate(agreement.accepted_at))
    terms = Terms.unsealed(agreement.number, agreement.offer.sealed_terms)
    after = Q(posted_on__gt=terms.as_of)
    if terms.known_to is None:  # signed before rows were noted
        return after
    return after | Q(pk__gt=terms.known_to, posted_on__gt=terms.as_of - LATE_WITHIN)


def credited(agreement: Agreement) -> Decimal:
    """Return what the bank credited to the account since the plan's sum, repayments apart."""
    credits = Posting.objects.filter(
        _unknown(agreement), account=agreement.account_id, amount__lt=0
    ).exclude(kind=Posting.Kind.REPAYMENT)
    found: Decimal | None = credits.aggregate(sum=Sum("amount"))["sum"]
    return -(found or Decimal(0))


def counted_to(agreement: Agreement) -> date:
    """Return the last day whose repayments count: for one that ended early, the one it ended by.

    What comes on the day on which another replaces it is the other's.
    """
    status = agreement.status
    if status in (Agreement.Status.ACTIVE, Agreement.Status.COMPLETED) or not agreement.ended_at:
        return date.max
    before = localdate(agreement.ended_at) - timedelta(days=1)
    if status in (Agreement.Status.BROKEN, Agreement.Status.ENDED):
        return agreement.watched_as_of or before
    return before


def repayments(agreement: Agreement) -> list[Paid]:
    """Return the repayments of the account that count for an agreement, oldest first. Two queries.

    What a reversal takes back is taken out of the repayment that it names (ACC-3), however late.
    """
    account = agreement.account_id
    made = Posting.objects.filter(
        _unknown(agreement), account=account, kind=Posting.Kind.REPAYMENT,
        posted_on__lte=counted_to(agreement),
    )  # fmt: skip
    rows = list(made.order_by("posted_on", "ref").values_list("ref", "posted_on", "amount"))
    back = taken_back(account, [ref for ref, _, _ in rows]) if rows else {}
    found = [
        Paid(on, -amount - max(Decimal(0), back.get(ref, Decimal(0)))) for ref, on, amount in rows
    ]
    return [each for each in found if each.amount > 0]


def taken_back(account: int, refs: Iterable[str]) -> dict[str, Decimal]:
    """Return how much of each of these postings of an account came to nothing, by reference.

    A correction of a correction counts for the posting at their root, each once.
    """
    sums: dict[str, Decimal] = defaultdict(Decimal)
    naming: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    corrections = Posting.objects.filter(account=account, reverses__gt="")
    for ref, amount, named in corrections.values_list("ref", "amount", "reverses"):
        naming[named].append((ref, amount))
    roots = {ref: ref for ref in refs}
    waiting = list(roots)
    while waiting:
        named = waiting.pop()
        for ref, amount in naming[named]:
            if ref not in roots:
                roots[ref] = roots[named]
                sums[roots[ref]] += amount
                waiting.append(ref)
    return sums


def awaited(instalments: Iterable[Instalment]) -> list[Awaited]:
    """Return instalments as the rules take them, in order."""
    return [Awaited(each.position, each.day, each.amount) for each in instalments]


def promised(agreement: Agreement) -> Promise:
    """Return what the agreement says of missed payments; its limits never change."""
    if not agreement.offer.sealed_terms:  # deleted after its time
        return PROMISED_BEFORE
    terms = Terms.unsealed(agreement.number, agreement.offer.sealed_terms)
    return Promise(terms.lateness_allowed, terms.missed_allowed, terms.remedy_days)


def stops(agreement: Agreement) -> list[Stop]:
    """Return the days that do not count for an agreement: its own hold is none of them.

    A dispute that was open when it was signed is none either: its sum is not in the agreement.
    """
    holds = Hold.objects.filter(
        account=agreement.account_id, reason__in=STOPS, contact_only=False
    ).exclude(reason=Hold.Reason.DISPUTE, from_at__lt=agreement.accepted_at)
    return [
        Stop(localdate(from_at), until_at and localdate(until_at))
        for from_at, until_at in holds.values_list("from_at", "until_at")
    ]


def is_quiet(agreement: Agreement) -> bool:
    """Tell whether no mail may go out now: a breathing space, an insolvency, a death."""
    return Hold.objects.filter(
        account=agreement.account_id, reason__in=QUIET, until_at=None
    ).exists()


def is_automatic(account: CardAccount) -> bool:
    """Tell whether a plan may be ended by rule: not once the bank has closed its own books."""
    return not account.closed_by_feed and account.status != CardAccount.Status.WRITTEN_OFF


def is_being_changed(agreement: Agreement) -> bool:
    """Tell whether the cardholder asked for a change that is not decided, or not answered, yet."""
    asked = PlanRequest.objects.filter(revises=agreement)
    return (
        asked.filter(status__in=PlanRequest.OPEN).exists()
        or Offer.objects.filter(request__in=asked, status__in=LIVE).exists()
    )


def changes_asked(agreement: Agreement) -> list[Stop]:
    """Return the days on which a change that was asked for waited; none without a notice.

    From the day it was sent to the day before the last answer to it, or the end of its offer.
    """
    if not agreement.breach_noticed_at:
        return []
    asked = PlanRequest.objects.filter(revises=agreement, submitted_at__isnull=False)
    return [_waited(each) for each in asked.prefetch_related("offers")]


def _waited(asked: PlanRequest) -> Stop:
    offers = list(asked.offers.all())
    sent_on = localdate(asked.submitted_at)
    if asked.status in PlanRequest.OPEN or any(offer.status in LIVE for offer in offers):
        return Stop(sent_on)
    subjects = [subject_of(thing) for thing in (asked, *offers)]
    answers = AuditEvent.objects.filter(subject__in=subjects, verb__in=ANSWERED)
    answered = answers.aggregate(last=Max("at"))["last"]
    return Stop(sent_on, localdate(answered) if answered else sent_on)


def to_watch(*, at: datetime) -> QuerySet[Agreement]:
    """Running agreements not watched today, or with a feed since; and ended ones with a feed."""
    today = localdate(at)
    newer = Q(watched_as_of=None) | Q(watched_as_of__lt=F("account__as_of"))
    running = Q(status=Agreement.Status.ACTIVE) & (
        Q(watched_on=None) | Q(watched_on__lt=today) | newer
    )
    kept = Q(status=Agreement.Status.COMPLETED, ended_at__gte=at - LOOKED_AT_AFTER) & newer
    return Agreement.objects.filter(running | kept).order_by("pk")


def to_certify() -> QuerySet[Agreement]:
    """Completed agreements without a certificate, oldest first; none whose money came back."""
    done = Agreement.objects.filter(status=Agreement.Status.COMPLETED, certificate=None)
    opened = Instalment.objects.filter(agreement=OuterRef("pk"), paid_on=None)
    return (
        done.exclude(Exists(opened))
        .select_related("account__cardholder__user", "offer")
        .order_by("ended_at", "pk")
    )
