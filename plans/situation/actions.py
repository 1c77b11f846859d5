"""What a person does with what they tell: begin, save a part, take the support needs back."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import CardAccount, Cardholder, User
from plans.eligibility import Reason
from plans.models import Agreement, Situation
from plans.situation import askable, queries, rules
from plans.situation.rules import Told
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records.audit import record, subject_of
from portal.records.models import AuditEvent


@transaction.atomic
def begin(
    account: CardAccount, *, by: User, at: datetime, revises: Agreement | None = None
) -> list[Reason]:
    """Begin to tell, with amounts in the account's currency; what was told before stays.

    Where a plan cannot be asked for, nothing begins: returns every reason.
    """
    if found := askable.reasons(account, revises=revises):
        note_refusal(account, found, by=by, at=at)
        return found
    empty = queries.sealed_of(account.cardholder, Told(currency=account.currency))
    situation, made = Situation.objects.get_or_create(
        cardholder=account.cardholder,
        defaults={"sealed": empty, "begun_at": at, "updated_at": at},
    )
    if made:
        record("plans.situation.begun", subject=situation, by=by, at=at)
    return []


@transaction.atomic
def note_refusal(account: CardAccount, found: list[Reason], *, by: User, at: datetime) -> None:
    """Keep why a plan could not be asked for in the account's trail, once until that changes."""
    verb, facts = "plans.planrequest.not_askable", {"reasons": [reason.code for reason in found]}
    told = AuditEvent.objects.filter(subject=subject_of(account), verb=verb)
    last = told.order_by("-seq").first()
    if last is None or last.data != facts:
        record(verb, subject=account, by=by, at=at, data=facts)


@transaction.atomic
def save(
    cardholder: Cardholder,
    section: str,
    answers: dict[str, Any],
    *,
    finished: bool,
    seen: int,
    by: User,
    at: datetime,
    consents: bool = False,
) -> Told:
    """Keep the answers of one part. `seen`: Situation.version when the person opened it.

    Errors: Stale if this part was saved since, in another window; Refused NEEDS-CONSENT where
    support needs come without the consent that they are kept (CN-PI-01).
    """
    situation = Situation.objects.select_for_update().get(cardholder=cardholder)
    told = queries.told_in(situation, cardholder)
    if told.versions.get(section, 0) > seen:
        raise Stale(section)
    if section == "needs":
        _note_consent(situation, consents=consents, at=at)
    told = rules.saved(told, section, answers, finished=finished, version=situation.version + 1)
    _keep(situation, cardholder, told, at=at)
    facts = {"section": section, "finished": finished, "again": sorted(told.again)}
    record(
        "plans.situation.saved", subject=situation, by=by, at=at,
        data=facts | ({"consents": True} if consents else {}),
    )  # fmt: skip
    return told


def _note_consent(situation: Situation, *, consents: bool, at: datetime) -> None:
    if consents:
        situation.needs_consent_at = situation.needs_consent_at or at
    if not situation.needs_consent_at:
        raise Refused(
            "NEEDS-CONSENT",
            gettext_noop(
                "Tick this if we may keep what you tell here. Without it we keep nothing."
            ),
        )


@transaction.atomic
def forget_needs(cardholder: Cardholder, *, by: User, at: datetime) -> bool:
    """Take the consent back: the support needs are deleted. Tells whether there were any."""
    situation = Situation.objects.select_for_update().filter(cardholder=cardholder).first()
    if situation is None or situation.needs_consent_at is None:
        return False
    told = rules.without(queries.told_in(situation, cardholder), "needs")
    situation.needs_consent_at = None
    _keep(situation, cardholder, told, at=at)
    record("plans.situation.needs_forgotten", subject=situation, by=by, at=at)
    return True


def _keep(situation: Situation, cardholder: Cardholder, told: Told, *, at: datetime) -> None:
    situation.sealed = queries.sealed_of(cardholder, told)
    situation.version += 1
    situation.updated_at = at
    situation.save()
