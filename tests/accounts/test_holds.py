"""Stopping collection, and letting it go on: each told to the bank and written down."""

from datetime import UTC, date, datetime
from decimal import Decimal as D
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from accounts import actions, queries
from accounts.models import Hold
from portal.records.models import AuditEvent, OutboxEvent
from tests.accounts.books import account
from tests.people import cardholder

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
EVENING = NOON.replace(hour=12)


def place(held, **changes):
    facts = {"reason": "plan", "source": "plans.agreement:1", "amount": None, "at": NOON} | changes
    return actions.place_hold(held, by=held.cardholder.user, **facts)


@pytest.mark.parametrize(
    ("amount", "scope", "text"), [(None, "account", None), (D("12.50"), "amount", "12.50")]
)
def test_a_hold_is_told_to_the_bank_and_written_down(amount, scope, text):
    held = account(cardholder())
    hold = place(held, amount=amount)
    assert (hold.amount, hold.from_at, hold.until_at) == (amount, NOON, None)
    event = OutboxEvent.objects.get()
    assert (event.type, event.account_ref, event.at) == ("collection.hold", held.ref, NOON)
    assert event.data == {
        "reason": "plan", "source": "plans.agreement:1", "scope": scope, "amount": text,
        "currency": "CNY", "effective_at": NOON.isoformat(),
    }  # fmt: skip
    audit = AuditEvent.objects.get()
    assert (audit.verb, audit.subject) == (
        "accounts.hold_placed", f"accounts.cardaccount:{held.pk}",
    )  # fmt: skip
    assert audit.actor == f"user:{held.cardholder.user.pk}"


def test_a_last_day_is_kept_and_told():
    hold = place(account(cardholder()), until_on=date(2026, 12, 24))
    hold.refresh_from_db()
    assert hold.until_on == date(2026, 12, 24)
    assert OutboxEvent.objects.get().data["until_on"] == "2026-12-24"
    assert AuditEvent.objects.get().data["until_on"] == "2026-12-24"


def test_the_last_day_comes_out_of_the_source_and_goes_back_into_it():
    """The bank knows a hold by its source, so one that is there keeps it."""
    held = account(cardholder())
    until = date(2026, 12, 24)
    old = {
        "plans.staff:PA-1:breathing_space:2026-12-24:1": until,
        "plans.staff:PA-1:death:open:2": None,
        "plans.agreement:1": None,
    }
    for source in old:
        place(held, source=source)
    migration = import_module("accounts.migrations.0012_last_day_of_a_hold")
    migration.read(apps, None)
    assert dict(Hold.objects.values_list("source", "until_on")) == old
    place(held, source="plans.staff:PA-1:insolvency:3", until_on=until)
    place(held, source="plans.staff:PA-1:death:4")
    migration.write(apps, None)
    assert set(Hold.objects.values_list("source", flat=True)) == {
        *old, "plans.staff:PA-1:insolvency:2026-12-24:3", "plans.staff:PA-1:death:open:4",
    }  # fmt: skip


def test_a_source_holds_once_and_a_refused_hold_leaves_nothing():
    held = account(cardholder())
    place(held)
    with pytest.raises(IntegrityError), transaction.atomic():
        place(held)
    assert (OutboxEvent.objects.count(), AuditEvent.objects.count()) == (1, 1)


@pytest.mark.parametrize("amount", [D(0), D(-1)])
def test_a_hold_on_nothing_is_refused(amount):
    with pytest.raises(IntegrityError), transaction.atomic():
        place(account(cardholder()), amount=amount)


def test_an_unknown_reason_is_refused():
    with pytest.raises(ValueError, match="whim"):
        place(account(cardholder()), reason="whim")


def test_lifting_ends_the_hold_once():
    place(account(cardholder()))
    assert actions.lift_hold("plans.agreement:1", by=None, at=EVENING) is True
    assert actions.lift_hold("plans.agreement:1", by=None, at=EVENING) is False
    assert Hold.objects.get().until_at == EVENING
    resumed = OutboxEvent.objects.get(type="collection.resume")
    assert resumed.data["effective_at"] == EVENING.isoformat()
    assert AuditEvent.objects.filter(verb="accounts.hold_lifted", actor="system").count() == 1


def test_lifting_what_was_never_held_changes_nothing():
    assert actions.lift_hold("plans.agreement:404", by=None, at=NOON) is False
    assert (OutboxEvent.objects.count(), AuditEvent.objects.count()) == (0, 0)


def test_a_lifted_hold_nets_nothing_and_its_days_here_stay_unaged():
    """Placed at 01:00 on 1 October by the portal's clock, lifted on 11 October."""
    held = account(cardholder())
    place(held, at=datetime(2026, 9, 30, 17, 0, tzinfo=UTC))
    plan = queries.standings([held])[0]
    assert (plan.all_held, plan.on_plan, plan.position.days_aged) == (True, True, 5)
    actions.lift_hold("plans.agreement:1", by=None, at=datetime(2026, 10, 10, 17, 0, tzinfo=UTC))
    after = queries.standings([held])[0]
    assert (after.all_held, after.on_plan, after.position.held) == (False, False, 0)
    assert (after.position.days_past_due, after.position.days_aged) == (56, 46)
    place(held, source="t:2", reason="dispute", contact_only=True)
    place(held, source="t:3", reason="dispute", amount=D(300), at=NOON.replace(year=2030))
    newer = queries.standings([held])[0].position  # than the books: it counts, but ages no day
    assert (newer.held, newer.disputed, newer.days_aged) == (300, 300, 46)


@pytest.mark.parametrize("verb", ["place", "lift"])
def test_without_its_audit_event_nothing_happens(verb, monkeypatch):
    held = account(cardholder())
    if verb == "lift":
        place(held)
    before = (Hold.objects.filter(until_at=None).count(), OutboxEvent.objects.count())

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(actions.audit, "record", fail)
    with pytest.raises(RuntimeError):
        if verb == "place":
            place(held)
        else:
            actions.lift_hold("plans.agreement:1", by=None, at=EVENING)
    assert (Hold.objects.filter(until_at=None).count(), OutboxEvent.objects.count()) == before
