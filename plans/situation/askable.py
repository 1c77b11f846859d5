"""What stands against asking for a plan on an account, read from the rows."""

from decimal import Decimal
from typing import Any

from accounts import queries as ledger
from accounts.models import CardAccount
from plans import eligibility
from plans.models import Agreement, Offer, PlanRequest
from plans.situation.words import NOT_NOW
from portal.kit.errors import Refused

OPEN_OFFERS = (Offer.Status.PROPOSED, Offer.Status.PREPARING, Offer.Status.OPEN)


def running(account: CardAccount, *, revises: Agreement | None = None) -> list[eligibility.Reason]:
    """Return which request, offer or plan already runs, less the plan that is to be changed."""
    return eligibility.running(eligibility.Facts(Decimal(0), **_running(account, revises)))


def reasons(account: CardAccount, *, revises: Agreement | None = None) -> list[eligibility.Reason]:
    """Return every reason against asking, in declared order; none: a plan can be asked for."""
    position = ledger.plannable(account)
    holds = account.holds.filter(until_at=None).values_list("reason", flat=True)
    facts = eligibility.Facts(
        overdue=position.overdue,
        disputed=position.disputed,
        closed_by_feed=account.closed_by_feed,
        holds=frozenset(holds),
        **_running(account, revises),
    )
    return eligibility.reasons(facts)


def refuse(found: list[eligibility.Reason]) -> None:
    """Refuse with the first reason, if there is one. Errors: Refused PLAN-…"""
    if found:
        raise Refused(found[0].code, NOT_NOW[found[0].code][0])


def _running(account: CardAccount, revises: Agreement | None) -> dict[str, Any]:
    live = {
        "request": account.plan_requests.filter(status__in=PlanRequest.OPEN),
        "offer": account.offers.filter(status__in=OPEN_OFFERS),
        "agreement": account.agreements.filter(status=Agreement.Status.ACTIVE),
    }
    numbers = {name: rows.values_list("number", flat=True).first() for name, rows in live.items()}
    found = {name: number or "" for name, number in numbers.items()}
    return {**found, "revises": revises.number if revises else ""}
