"""What the ledger's pages and documents read of plans, through accounts.queries."""

from decimal import Decimal as D

import pytest
from django.utils.timezone import localdate, now
from django.utils.translation import override

from accounts import queries
from plans.models import Agreement, Instalment, Offer, PlanQuestion
from tests.people import staff
from tests.plans.kept import kept
from tests.plans.scene import account_of, behind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawn_once")]


def test_a_signed_plan_is_told_with_its_document_and_every_payment(django_assert_num_queries):
    scene = behind()
    agreement = scene.sign(scene.offered())
    with django_assert_num_queries(2):
        (past,) = queries.plan_history(scene.account)
    document = agreement.document
    assert (past.number, past.total, past.months) == (agreement.number, 1000, 3)
    assert (past.document_number, past.document_sha256) == (document.number, document.sha256)
    assert [str(amount) for _, amount in past.dues] == ["333.33", "333.33", "333.34"]
    assert past.dues[0][0] == scene.first_on
    assert past.purged is False


def test_plans_that_ended_are_told_too_oldest_first():
    scene = behind()
    first = scene.sign(scene.offered())
    Agreement.objects.update(status="broken", ended_at=now())
    second = scene.sign(scene.offered())
    got = queries.plan_history(scene.account)
    assert [(past.number, past.state) for past in got] == [
        (first.number, "broken"), (second.number, "active"),
    ]  # fmt: skip


def test_the_state_is_said_in_the_language_of_the_moment():
    scene = behind()
    scene.sign(scene.offered())
    (past,) = queries.plan_history(scene.account)
    with override("en"):
        assert str(past.state_label) == "Active"
    with override("zh-hans"):
        assert str(past.state_label) != "Active"


def test_another_accounts_plans_are_not_told():
    scene = behind()
    scene.sign(scene.offered())
    assert queries.plan_history(account_of(scene.holder, ref="AC0002")) == []


# == what the account's pages are told of a plan that runs


def facts(plan):
    account = type(plan.account).objects.get(pk=plan.account.pk)
    return queries.plan_facts([account], on=localdate())[account.pk]


def test_the_account_is_told_what_was_paid_and_which_day_was_moved():
    plan = kept()
    Instalment.objects.filter(position=1).update(paid=D("333.33"), paid_on=localdate())
    Instalment.objects.filter(position=2).update(paid=100, moved_to=plan.day(2, 3))
    found = facts(plan)
    assert (found.next_on, found.next_amount, found.left) == (plan.day(2), D("233.33"), 2)
    assert found.to_come == D("566.67")  # of the overdue sum, which 433.33 brought down


def test_what_is_given_up_or_waits_is_not_asked_for_and_interest_is_no_part_of_it():
    plan = kept()
    Offer.objects.update(overdue=1200)
    Instalment.objects.update(interest=D("3.33"))
    assert facts(plan).to_come == D("1190.01")


def test_a_late_payment_is_not_to_come():
    plan = kept()
    plan.feed(plan.day(1, 1))
    assert facts(plan).to_come == D("666.67")


def test_whoever_asked_or_agreed_has_acted():
    plan = kept()
    asks, agrees = staff("agent"), staff("supervisor")
    PlanQuestion.objects.create(
        request=plan.agreement.offer.request, text="?", asked_by=asks, asked_at=now()
    )
    Offer.objects.update(approved_by=agrees)
    acted = queries.acted_on(plan.account)
    assert {asks.pk, agrees.pk, plan.scene.agent.pk} <= acted
