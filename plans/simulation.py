"""What a version of the policy would have changed: the last offers and requests, judged again.

Reads only; what comes out names offers by their number and nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.utils.timezone import localdate

from accounts import queries as ledger
from accounts.models import Hold
from accounts.models.people import Role
from plans import checks, rules, words
from plans.agreement import Terms
from plans.checks import Check, Facts, Verdict
from plans.models import Agreement, Offer, PlanRequest
from plans.policy import Policy
from plans.rules import Choice, Due, Waived
from plans.situation.askable import OPEN_OFFERS
from plans.situation.queries import told_with
from plans.situation.rules import Told, left_each_month, sums
from portal import packs
from portal.kit import money
from portal.kit.errors import Refused
from portal.records.audit import subject_of
from portal.records.models import AuditEvent

LAST = 200  # offers, and requests, that are looked at


@dataclass(frozen=True)
class Changed:
    """An offer on which the versions differ, and each point that the new one sees differently."""

    number: str
    was: Verdict
    becomes: Verdict
    points: list[tuple[str, str]]  # its name, and what the new version says of it


@dataclass
class OfTheOffers:
    """Of `looked` offers, those that the new version judges otherwise; `gone` have no terms."""

    looked: int = 0
    gone: int = 0
    changed: list[Changed] = field(default_factory=list)

    @property
    def steps(self) -> list[tuple[object, object, list[Changed]]]:
        """The changed offers by step: (verdict before, verdict now, offers), each in words."""
        pairs = sorted({(one.was, one.becomes) for one in self.changed}, key=_severity)
        return [
            (
                words.VERDICTS[was], words.VERDICTS[becomes],
                [one for one in self.changed if (one.was, one.becomes) == (was, becomes)],
            )
            for was, becomes in pairs
        ]  # fmt: skip


@dataclass(frozen=True)
class OfTheRequests:
    """Of `looked` requests, how many each version would have offered at once."""

    looked: int
    at_once: int
    at_once_new: int


def _severity(step: tuple[Verdict, Verdict]) -> tuple[int, int]:
    """What becomes impossible stands first."""
    order = list(words.VERDICTS)
    return -order.index(step[1]), order.index(step[0])


def of_offers(old: Policy, new: Policy) -> OfTheOffers:
    """Judge the last offers by both versions, each as of the day it was made."""
    found = OfTheOffers()
    related = ("account", "request__account__cardholder", "made_by")
    made = list(Offer.objects.select_related(*related).order_by("-pk")[:LAST])
    read = [(offer, _terms(offer)) for offer in made]
    readable = [(offer, terms) for offer, terms in read if terms]
    found.gone = len(read) - len(readable)
    buckets = _buckets(readable)
    for offer, terms in readable:
        facts = _facts(offer, terms, buckets.get(offer.pk, 0))
        found.looked += 1
        was = checks.checks(offer.choice, terms.dues, facts, old)
        becomes = checks.checks(offer.choice, terms.dues, facts, new)
        if checks.verdict(was) != checks.verdict(becomes):
            found.changed.append(_changed(offer.number, was, becomes, terms.currency))
    return found


def of_requests(old: Policy, new: Policy) -> OfTheRequests:
    """Count of the last requests those that each version would have answered without an agent.

    What plans.actions.automatic leaves to a person is left out, as of the day each was sent. Not
    known of that day is which support was needed: what is told now counts.
    """
    sent = PlanRequest.objects.exclude(submitted_at=None).select_related("account__cardholder")
    asked = list(sent.order_by("-pk")[:LAST])
    judged = _for_a_person(asked) if old.auto or new.auto else {one.pk for one in asked}
    clear = [plain for one in asked if one.pk not in judged and (plain := _plain(one))]
    return OfTheRequests(len(asked), _at_once(clear, old), _at_once(clear, new))


def _changed(number: str, was: Sequence[Check], now: Sequence[Check], currency: str) -> Changed:
    before = {check.code: check.verdict for check in was}
    points = [
        (words.name(check.code), words.sentence(check, currency))
        for check in now
        if check.verdict != before.get(check.code, "ok")
    ]
    return Changed(number, checks.verdict(was), checks.verdict(now), points)


def _terms(offer: Offer) -> Terms | None:
    """Return what an offer said; None where it was deleted after its time, or is damaged."""
    try:
        return Terms.unsealed(offer.number, offer.sealed_terms) if offer.sealed_terms else None
    except InvalidTag:
        return None


def _buckets(read: Sequence[tuple[Offer, Terms]]) -> dict[int, int]:
    """Return how late each account was on the day of its offer, where something is given up."""
    waived = [(offer, terms) for offer, terms in read if offer.waived.total]
    then = []
    for offer, terms in waived:
        account = copy(offer.account)
        account.as_of = terms.as_of
        then.append(account)
    standings = ledger.standings(then)
    return {
        offer.pk: int(standing.position.bucket[1])
        for (offer, _terms), standing in zip(waived, standings, strict=True)
    }


def _facts(offer: Offer, terms: Terms, bucket: int) -> Facts:
    supervisor = offer.made_by is not None and offer.made_by.role == Role.SUPERVISOR
    on = localdate(offer.made_at)
    return Facts(
        currency=terms.currency,
        overdue=Waived(terms.principal, terms.interest, terms.default_sum, terms.fees),
        bucket=bucket,
        left=_left(offer.request),
        role="supervisor" if supervisor else "agent",
        on=on,
        longest=_longest(on).value,
    )


class Plain(NamedTuple):
    """A request that wanted no judgement on its day, as a policy then looks at it."""

    choice: Choice
    dues: list[Due]
    facts: Facts


def _at_once(clear: Iterable[Plain], policy: Policy) -> int:
    return sum(checks.may_offer_at_once(*one, policy) for one in clear)


def _plain(asked: PlanRequest) -> Plain | None:
    """Return what a policy looks at; None for no plan, and where help is needed or much unsure.

    Only the whole sum counts here, not its parts: offers at once give up none of it.
    """
    told = _told(asked)
    if told is None or "needs" in told.answers or sums(told).unsure:
        return None
    on, currency = localdate(asked.submitted_at), asked.account.currency
    longest = _longest(on)
    try:
        total = rules.plan_sum(asked.total, asked.choice)
        dues = rules.schedule(
            total, asked.choice, agreed_on=on, unit=money.unit(currency), longest=longest
        )
    except Refused:
        return None
    left = left_each_month(told, currency=currency)
    overdue = Waived(principal=asked.total)
    return Plain(asked.choice, dues, Facts(currency, overdue, 0, left, "agent", on, longest.value))


def _for_a_person(asked: Sequence[PlanRequest]) -> set[int]:
    """Return which requests no policy may answer. Five queries for all of them.

    Changes of a plan; those for which a person was asked; accounts with something in dispute, and
    people with a plan or an offer, when it was sent.
    """
    subjects = {subject_of(one): one.pk for one in asked}
    to_person = AuditEvent.objects.filter(
        subject__in=list(subjects), verb="plans.planrequest.person_asked"
    )
    found = {subjects[subject] for subject in to_person.values_list("subject", flat=True)}
    disputed, promised = _disputed(asked), _promised(asked)
    for one in asked:
        times, at = disputed[one.account_id] + promised[one.account.cardholder_id], one.submitted_at
        if one.revises_id or (at and any(time.holds(at) for time in times)):
            found.add(one.pk)
    return found


class Time(NamedTuple):
    """From a moment on, and until another; None: until now."""

    start: datetime
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment lies within. What began at that moment came of it."""
        return self.start < at and (self.end is None or at < self.end)


def _disputed(asked: Sequence[PlanRequest]) -> dict[int, list[Time]]:
    """Return when something was in dispute on each account."""
    found: dict[int, list[Time]] = defaultdict(list)
    holds = Hold.objects.filter(
        account__in=[one.account_id for one in asked], reason=Hold.Reason.DISPUTE,
        contact_only=False,
    )  # fmt: skip
    for account, start, end in holds.values_list("account_id", "from_at", "until_at"):
        found[account].append(Time(start, end))
    return found


def _promised(asked: Sequence[PlanRequest]) -> dict[int, list[Time]]:
    """Return when each person had a plan or an offer, on any account."""
    found: dict[int, list[Time]] = defaultdict(list)
    theirs = {"account__cardholder__in": {one.account.cardholder_id for one in asked}}
    plans = Agreement.objects.filter(**theirs)
    for person, start, end in plans.values_list("account__cardholder", "accepted_at", "ended_at"):
        found[person].append(Time(start, end))
    offers = list(Offer.objects.filter(**theirs).select_related("account"))
    ended = _ended(offers)
    for offer in offers:
        live = offer.status in OPEN_OFFERS
        end = None if live else ended.get(subject_of(offer), offer.expires_at)
        found[offer.account.cardholder_id].append(Time(offer.made_at, end))
    return found


def _ended(offers: Iterable[Offer]) -> dict[str, datetime]:
    """Return when each offer ended, by its subject in the trail; live ones are not in it."""
    over = [offer for offer in offers if offer.status not in OPEN_OFFERS]
    verbs = {f"plans.offer.{offer.status}" for offer in over}
    subjects = [subject_of(offer) for offer in over]
    events = AuditEvent.objects.filter(subject__in=subjects, verb__in=verbs)
    return dict(events.values_list("subject", "at"))


def _left(asked: PlanRequest) -> Decimal | None:
    """Return what was left each month when it was asked; None if it was not told."""
    told = _told(asked)
    return left_each_month(told, currency=asked.account.currency) if told else None


def _told(asked: PlanRequest) -> Told | None:
    """Return what was told with a request; None if nothing was, or it is damaged."""
    try:
        return told_with(asked)
    except InvalidTag:
        return None


def _longest(on: date) -> packs.Rule:
    return packs.load(settings.JURISDICTION, on=on)["plan.longest"]
