"""The staff's pages of plans that run, and the holds that they place there."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate, now

from accounts.actions import place_hold
from accounts.models import CardAccount, Hold
from plans import tasks
from plans.keeping import holding, lists
from plans.models import Agreement
from portal.kit.errors import Refused, Stale
from portal.records.models import AuditEvent, OutboxEvent
from tests.people import sign_in
from tests.plans.kept import kept, noon

D = Decimal


@pytest.fixture
def plan(db):
    return kept()


def address(name, plan):
    return reverse(f"plans:{name}", args=[plan.agreement.number])


def held(plan):
    return list(plan.account.holds.exclude(reason="plan").order_by("pk"))


# == lists


def shown(tab, **wanted):
    return [row.agreement.pk for row in lists.page(tab, after="", at=wanted.get("at", now())).rows]


def test_a_plan_is_in_the_lists_it_belongs_to(plan):
    pk = [plan.agreement.pk]
    assert {tab: shown(tab) for tab in lists.LABELS} == {
        "late": [], "remedy": [], "look": [], "running": pk, "ended": [],
    }  # fmt: skip
    plan.watch(plan.day(1, 1))
    assert shown("late") == pk and shown("remedy") == []
    plan.watch(plan.day(2, 8))
    assert shown("late") == shown("remedy") == pk
    CardAccount.objects.update(status="written_off")
    plan.watch(plan.day(2, 8))
    assert shown("look") == pk
    CardAccount.objects.update(status="open")
    plan.watch(plan.day(2, 8))
    assert shown("look") == []
    paid = plan.pay(plan.day(2, 9), 1000)
    plan.watch(plan.day(2, 9))
    at = noon(plan.day(2, 10))
    assert shown("ended", at=at) == pk
    assert all(shown(tab, at=at) == [] for tab in ("late", "remedy", "look", "running"))
    plan.take_back(paid, plan.day(2, 10))
    plan.watch(plan.day(2, 10))
    assert shown("look", at=at) == pk
    assert shown("ended", at=at + timedelta(days=91)) == []
    assert shown("look", at=at + timedelta(days=179)) == pk
    assert shown("look", at=at + timedelta(days=181)) == []
    CardAccount.objects.update(closed_by_feed=True)  # both halves: it is there once
    tabs = {tab.key: tab.count for tab in lists.tabs(plan.scene.agent, at=at)}
    assert tabs == {"late": 0, "remedy": 0, "look": 1, "running": 0, "ended": 1}


def test_lists_go_page_by_page_and_never_twice(plan, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 1)
    from tests.plans.test_keeping import another

    second = kept(another())
    for tab in ("running", "late"):
        if tab == "late":
            plan.watch(plan.day(1, 1))
            second.watch(second.day(1, 1))
        seen, after = [], ""
        while True:
            page = lists.page(tab, after=after, at=now())
            seen += [row.agreement.pk for row in page.rows]
            if not (after := page.after):
                break
        assert sorted(seen) == [plan.agreement.pk, second.agreement.pk]


def test_the_list_names_who_is_late_and_what_is_left(client, plan, django_assert_max_num_queries):
    plan.pay(plan.day(1, -1), 100)
    plan.watch(plan.day(1, 1))
    sign_in(client, plan.scene.agent)
    with django_assert_max_num_queries(17):
        body = client.get(reverse("plans:watched")).content.decode()
    assert plan.agreement.number in body and "1 payment late" in body and "¥900.00" in body
    assert "No plan needs a person" in client.get(reverse("plans:watched") + "?tab=look").text


def test_the_page_of_a_plan_says_what_was_paid_and_how_it_would_end(client, plan):
    plan.pay(plan.day(1, -1), 100)
    plan.watch(plan.day(1, 1))
    sign_in(client, plan.scene.agent)
    body = client.get(address("staff_agreement", plan)).content.decode()
    assert "¥100.00" in body and "more than 7 days late" in body
    assert "the notice goes out with the books of" in body and "Test Person" not in body
    plan.watch(plan.day(2, 8))
    assert "The notice went out on" in client.get(address("staff_agreement", plan)).text
    plan.watch(plan.day(2, 26))
    Agreement.objects.update(sum_due=500)
    body = client.get(address("staff_agreement", plan)).content.decode()
    assert "did not owe any more" in body and "¥400.00" in body and "¥500.00" in body
    assert "What was due when it ended" in body


# == holds


def test_a_hold_for_a_time_stops_the_clock_and_ends_by_itself(client, plan):
    sign_in(client, plan.scene.agent)
    until = localdate() + timedelta(days=60)
    data = {"hold-reason": "breathing_space", "hold-until": until.isoformat()}
    assert client.post(address("place_hold", plan), data).status_code == 302
    (hold,) = held(plan)
    assert (hold.reason, hold.amount, hold.until_at) == ("breathing_space", None, None)
    assert (hold.until_on, hold.source) == (
        until, f"plans.staff:{plan.agreement.number}:breathing_space:1",
    )  # fmt: skip
    body = client.get(address("staff_agreement", plan)).text
    assert "The clock stands" in body and "Lift this hold" in body
    assert f"to {date_format(until, 'SHORT_DATE_FORMAT')}" in body
    assert holding.lift_over(at=noon(until)) == 0
    assert holding.lift_over(at=noon(until + timedelta(days=1))) == 1
    assert held(plan)[0].until_at == noon(until + timedelta(days=1))
    verbs = AuditEvent.objects.filter(verb__startswith="plans.agreement.h")
    assert [(e.verb, e.actor) for e in verbs.order_by("pk")] == [
        ("plans.agreement.held", f"user:{plan.scene.agent.pk}"),
        ("plans.agreement.hold_lifted", "system"),
    ]


def test_a_hold_placed_by_the_older_software_is_lifted_by_its_source(plan):
    """Its last day lies in its source as well, which the bank was told."""
    until, number = localdate(), plan.agreement.number
    source = f"plans.staff:{number}:death:{until}:1"
    place_hold(
        plan.account, reason="death", source=source, amount=None, by=None, at=now(), until_on=until
    )
    assert holding.lift_over(at=noon(until)) == 0
    assert holding.lift_over(at=noon(until + timedelta(days=1))) == 1
    resumed = OutboxEvent.objects.get(type="collection.resume")
    assert resumed.data["source"] == source


def test_a_hold_is_lifted_by_hand_and_can_be_placed_again(client, plan):
    sign_in(client, plan.scene.agent)
    for _ in range(2):
        client.post(address("place_hold", plan), {"hold-reason": "death"})
        source = held(plan)[-1].source
        client.post(address("lift_hold", plan), {"source": source})
        assert held(plan)[-1].until_at
    assert len(held(plan)) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "This field is required"),
        ({"hold-reason": "plan"}, "Select a valid choice"),
        ({"hold-reason": "death", "hold-until": "2020-01-01"}, "Choose today or a later day."),
    ],
)
def test_a_hold_that_cannot_be_says_why_and_keeps_what_was_typed(client, plan, data, said):
    sign_in(client, plan.scene.agent)
    answer = client.post(address("place_hold", plan), data)
    assert answer.status_code == 422 and said in answer.text
    assert data.get("hold-until", "") in answer.text
    assert held(plan) == []


def test_the_same_reason_holds_once_and_nobody_decides_on_their_own_account(plan):
    place = {"reason": "death", "until": None, "at": now()}
    holding.place(plan.agreement, **place, by=plan.scene.agent)
    with pytest.raises(Refused) as no:
        holding.place(plan.agreement, **place, by=plan.scene.agent)
    assert no.value.rule == "HOLD-TWICE"
    with pytest.raises(Refused) as no:
        holding.place(plan.agreement, **place | {"reason": "insolvency"}, by=plan.scene.holder)
    assert no.value.rule == "DUTY-1"
    with pytest.raises(Refused) as no:
        holding.place(plan.agreement, **place | {"reason": "plan"}, by=plan.scene.agent)
    assert no.value.rule == "HOLD-REASON"


def test_only_what_the_staff_placed_here_is_lifted_here(plan):
    own = f"plans.agreement:{plan.agreement.pk}"
    number = plan.agreement.number
    wrong = ["", "nonsense", "plans.staff:PA-OTHER:death:open:1", f"plans.staff:{number}"]
    for source in (own, *wrong, f"plans.staff:{number}:death:someday:1"):
        with pytest.raises(Stale):
            holding.lift(plan.agreement, source, by=plan.scene.agent, at=now())
    assert Hold.objects.get(source=own).until_at is None


def test_the_watch_ends_holds_that_are_over(plan, monkeypatch):
    until = localdate() + timedelta(days=3)
    holding.place(plan.agreement, reason="insolvency", until=until, by=plan.scene.agent, at=now())
    monkeypatch.setattr(tasks, "now", lambda: noon(until + timedelta(days=1)))
    tasks.watch_plans()
    assert held(plan)[0].until_at
    assert Agreement.objects.get().watched_on == until + timedelta(days=1)
