"""Offers that the policy makes without a person, and the way from there to one (CN-PI-07)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from accounts import queries as ledger
from accounts.models import CardAccount, User
from plans import checks, weighing
from plans.actions.deciding import render_soon, written
from plans.actions.moving import move
from plans.models import Agreement, Offer, PlanRequest, columns
from plans.notices import tell
from plans.situation import askable, papers
from plans.situation.queries import sealed_for
from plans.situation.rules import sums
from plans.weighing import Ground, Weighed
from portal.kit.errors import IllegalMove, Refused
from portal.records import documents
from portal.records.audit import record


@transaction.atomic
def offer_at_once(request: PlanRequest, *, at: datetime) -> Offer | None:
    """Offer what was just asked for, if the policy allows it without a person; else None.

    Call it in the transaction that sent the request, with its account locked. The findings of
    CN-PLAN-01 are recorded as computed, with the facts. Changes of a plan, accounts with something
    in dispute and people who told of support needs are left to a person.
    """
    if request.status != PlanRequest.Status.SUBMITTED or request.revises_id:
        return None
    account = CardAccount.objects.select_related("cardholder").get(pk=request.account_id)
    ground = weighing.ground(request, account, on=localdate(at))
    weighed = None if _promised_elsewhere(account) else _allowed(request, ground)
    if weighed is None:
        return None
    findings = list(ground.pack["plan.findings"].value)
    move(
        request, PlanRequest.Status.OFFERED, by=None, at=at, decided_at=at, findings=findings,
    )  # fmt: skip
    offer = written(request, account, weighed, ground, explanation="", second=[], by=None, at=at)
    record("plans.offer.made_by_rule", subject=offer, by=None, at=at, data=_why(offer, ground))
    render_soon()
    return offer


def _allowed(request: PlanRequest, ground: Ground) -> Weighed | None:
    """Return the plan that was asked for, weighed, if the policy may offer it by itself."""
    judged = ground.position.disputed or (
        ground.told and ("needs" in ground.told.answers or sums(ground.told).unsure)
    )
    if not ground.policy.auto or judged:
        return None
    try:
        weighed = weighing.weigh(request.choice, ground, role=weighing.role_of(None))
    except Refused:
        return None  # something that the rules do not know: a person reads it
    facts = ground.facts(weighing.role_of(None))
    dues = weighed.option.dues
    ok = checks.may_offer_at_once(request.choice, dues, facts, ground.policy)
    return weighed if ok else None


def _promised_elsewhere(account: CardAccount) -> bool:
    """Tell whether what is left each month is promised, or about to be, on another account."""
    theirs = {"account__cardholder": account.cardholder_id}
    offers = Offer.objects.filter(status__in=askable.OPEN_OFFERS, **theirs)
    plans = Agreement.objects.filter(status=Agreement.Status.ACTIVE, **theirs)
    return offers.exists() or plans.exists()


def _why(offer: Offer, ground: Ground) -> dict[str, Any]:
    """Return for the trail what was decided and from which facts each finding follows."""
    return {
        "request": offer.request.number, "total": offer.total, "months": offer.months,
        "policy": offer.policy_version,
        "exceeds_ability": {"overdue": offer.overdue, "told": offer.request.number},
        "still_willing": {"asked_at": offer.request.submitted_at},
    }  # fmt: skip


def is_by_rule(offer: Offer) -> bool:
    """Tell whether no person made an offer."""
    return offer.made_by_id is None


@transaction.atomic
def ask_person(offer: Offer, *, by: User, at: datetime) -> PlanRequest:
    """Put what was asked for before a person: the offer made by rule ends, and nothing is declined.

    Returns the same request, sent anew: its answer is a person's in any case.
    Errors: IllegalMove for another offer, or one that has ended; Stale; Refused PLAN-… where no
    plan can be asked for any more.
    """
    account = CardAccount.objects.select_for_update().get(pk=offer.account_id)
    if not is_by_rule(offer):
        raise IllegalMove(offer.status, Offer.Status.WITHDRAWN)
    move(
        offer, Offer.Status.WITHDRAWN, by=by, at=at, data={"person_asked": True},
        ended_by=Offer.EndedBy.CARDHOLDER,
    )  # fmt: skip
    asked = offer.request
    askable.refuse(askable.reasons(account, revises=asked.revises))
    copy = PlanRequest(
        **columns(asked.choice), number=f"PR-{documents.new_code(8)}", account=account,
        total=ledger.plannable(account).overdue, revises=asked.revises,
        basis_version=account.version, submitted_by=by,
    )  # fmt: skip
    copy.reason = asked.reason
    copy.sealed_situation = sealed_for(copy)
    copy.save(force_insert=True)
    files = papers.go_with(copy, instead_of=asked)
    data = {"offer": offer.number, "request": asked.number, "files": files}
    record("plans.planrequest.person_asked", subject=copy, by=by, at=at, data=data)
    move(copy, PlanRequest.Status.SUBMITTED, by=by, at=at, submitted_at=at)
    tell(account, "plan.received", number=copy.number, at=at)
    return copy
