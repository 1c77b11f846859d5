"""How what a person told is read and kept: encrypted JSON, bound to the person or the request."""

import json
from dataclasses import replace
from typing import Any

from accounts.models import Cardholder
from plans.models import PlanRequest, Situation
from plans.situation.rules import Told, without
from portal.kit import crypto


def told_by(cardholder: Cardholder) -> Told:
    """Return what the person told so far; empty if nothing. Support needs only with consent.

    Errors: InvalidTag if the row was altered or belongs to someone else.
    """
    situation = situation_of(cardholder)
    return told_in(situation, cardholder) if situation else Told()


def situation_of(cardholder: Cardholder) -> Situation | None:
    return Situation.objects.filter(cardholder=cardholder).first()


def told_in(situation: Situation, cardholder: Cardholder) -> Told:
    """Return what a row holds. Errors: InvalidTag, as above."""
    told = _unsealed(situation.sealed, bound_to=_of_person(cardholder))
    return told if situation.needs_consent_at else without(told, "needs")


def told_with(request: PlanRequest) -> Told | None:
    """Return what was told when the request was sent; None for requests without a budget.

    Support needs are those of now: they are never copied, so taking the consent back deletes them.
    """
    if not request.sealed_situation:
        return None
    then = _unsealed(request.sealed_situation, bound_to=_of_request(request))
    now = told_by(request.account.cardholder)
    needs = {name: kept for name, kept in now.answers.items() if name == "needs"}
    return replace(then, answers={**then.answers, **needs})


def sealed_for(request: PlanRequest) -> str:
    """Return what is told now as encrypted JSON for a request that is being sent; "" if nothing.

    Bound to the request's number; without the support needs.
    """
    told = without(told_by(request.account.cardholder), "needs")
    return _sealed(told, bound_to=_of_request(request)) if told.answers else ""


def sealed_of(cardholder: Cardholder, told: Told) -> str:
    """Return what a person told as the column of their row."""
    return _sealed(told, bound_to=_of_person(cardholder))


def _of_person(cardholder: Cardholder) -> str:
    return f"plans_situation.sealed:{cardholder.ref}"


def _of_request(request: PlanRequest) -> str:
    return f"plans_planrequest.sealed_situation:{request.number}"


def _sealed(told: Told, *, bound_to: str) -> str:
    facts = {
        **vars(told),
        "finished": sorted(told.finished),
        "again": sorted(told.again),
        "versions": dict(told.versions),
    }
    return crypto.encrypt(json.dumps(facts, ensure_ascii=False), bound_to=bound_to)


def _unsealed(text: str, *, bound_to: str) -> Told:
    facts: dict[str, Any] = json.loads(crypto.decrypt(text, bound_to=bound_to))
    sets = {name: frozenset(facts[name]) for name in ("finished", "again")}
    return Told(**{**facts, **sets})
