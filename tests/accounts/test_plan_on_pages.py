"""Once a plan is signed, the ledger's pages say what it says: tests/plans/scene.py signs one."""

import re
from datetime import timedelta
from decimal import Decimal as D

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate, now

from accounts import actions, queries
from accounts.models import Hold, Statement
from plans.models import Agreement
from tests.accounts.test_arrears_page import OVERVIEW, h1, text, url
from tests.people import cardholder, sign_in, staff
from tests.plans.scene import account_of, behind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawn_once")]
PAGES = [OVERVIEW, url("account"), url("staff_account")]


@pytest.fixture
def scene():
    return behind()


@pytest.fixture
def plan(scene, client):
    """A plan of 1,000.00 in three payments, the first in 20 days."""
    client.cookies["django_language"] = "en"
    agreement = scene.sign(scene.offered())
    sign_in(client, scene.holder)
    return agreement


def open_page(client, scene, address):
    if "/staff/" in address:
        sign_in(client, scene.agent)
    return client.get(address)


@pytest.mark.parametrize("address", PAGES)
def test_the_plan_is_said_in_place_of_being_behind(client, scene, plan, address):
    page = open_page(client, scene, address)
    said = text(page)
    assert f"You have a plan: next payment ¥333.33 on {date_format(scene.first_on)}" in said
    assert f"Plan {plan.number} covers ¥1,000.00" in said
    assert "nothing is charged on it but what the agreement says." in said
    for no_more in ("behind", "days)", "a day", "may report", "is included in it", "of it is not"):
        assert no_more not in said
    linked = reverse("plans:agreement", args=[plan.number]) in page.content.decode()
    assert linked == ("/staff/" not in address)


@pytest.mark.parametrize("address", PAGES[1:])
def test_the_account_has_the_plans_figures(client, scene, plan, address):
    said = text(open_page(client, scene, address))
    assert f"Agreement {plan.number} State Active Sum ¥1,000.00 Next payment ¥333.33" in said
    assert "Payments left 3" in said


def test_the_next_payment_stands_first_among_the_sums(client, plan):
    page = client.get(url("pay"))
    copied = re.findall(r'data-copy="(\d+\.\d\d)"', page.content.decode())
    assert copied == ["333.33", "8000.00"]
    assert "So that nothing is overdue" not in text(page)


def test_once_all_payments_have_been_due_that_is_said(client, plan):
    with time_machine.travel(now() + timedelta(days=120)):
        sign_in(client, plan.accepted_by)
        page = client.get(OVERVIEW)
        assert h1(page) == "All payments of your plan have been due"
        assert "Payments left 3" in text(client.get(url("account")))
        assert client.get(url("pay")).status_code == 200


@pytest.mark.parametrize(("days", "missing"), [(20, "of it is not"), (21, "¥333.33 of it is not")])
def test_a_payment_that_was_due_and_is_still_owed_is_said(client, scene, plan, days, missing):
    scene.account.as_of = localdate() + timedelta(days=days)
    scene.account.save()
    assert (missing in text(client.get(OVERVIEW))) == (days == 21)


def more_bills(scene):
    """600.00 more has been missed since, and 300.00 is due in ten days."""
    account, today = scene.account, localdate()
    for made, minimum in ((today - timedelta(days=30), 1600), (today - timedelta(days=10), 1900)):
        Statement.objects.create(
            account=account, statement_on=made, due_on=made + timedelta(days=20),
            opening_balance=D(8000), closing_balance=D(8000), minimum_due=D(minimum),
        )  # fmt: skip


def test_what_is_due_apart_from_the_plan_is_said_apart(client, scene, plan):
    more_bills(scene)
    for address in (OVERVIEW, url("account")):
        said = text(client.get(address))
        assert "¥600.00 of it is not in the plan's coming payments." in said
        assert f"¥900.00, due by {date_format(localdate() + timedelta(days=10))}" in said
        assert "The sum in the plan is not included in it." in said
    copied = re.findall(r'data-copy="(\d+\.\d\d)"', client.get(url("pay")).content.decode())
    assert copied == ["333.33", "600.00", "900.00", "8000.00"]


def test_with_several_cards_only_what_no_plan_covers_is_behind(client, scene, plan):
    other = account_of(scene.holder, ref="AC0002", card_last4="9999")
    page = client.get(OVERVIEW)
    assert h1(page) == "You are ¥1,000.00 behind, apart from what a plan covers"
    assert "Card ending 4417: on a plan" in text(page)
    other.statements.all().delete()
    assert h1(client.get(OVERVIEW)) == "You have a plan, and nothing else is overdue"


def test_an_ended_plan_says_nothing_more(client, plan):
    Agreement.objects.update(status=Agreement.Status.BROKEN, ended_at=now())
    Hold.objects.update(until_at=now())
    assert h1(client.get(OVERVIEW)) == "You are ¥1,000.00 behind"
    assert plan.number not in text(client.get(url("account")))


def test_the_plans_of_any_number_of_accounts_are_one_query(scene, plan, django_assert_num_queries):
    accounts = [scene.account, account_of(scene.holder, ref="AC0002")]
    stranger = account_of(cardholder(), ref="AC0003")
    with django_assert_num_queries(1):
        found = queries.plan_facts([*accounts, stranger], on=localdate())
    assert list(found) == [scene.account.pk]


@pytest.mark.parametrize("address", [*PAGES, url("pay")])
def test_a_plan_adds_no_query_per_payment(client, scene, plan, address):
    open_page(client, scene, address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    assert sum("plans_instalment" in query["sql"] for query in captured) == 1
    assert not any('FROM "plans_agreement"' in query["sql"] for query in captured)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (None, "Collection on this account is stopped for now."),
        (D("12.50"), "Collection of ¥12.50 is stopped for now."),
    ],
)
def test_a_hold_without_an_amount_is_on_the_account(client, scene, amount, words):
    client.cookies["django_language"] = "en"
    actions.place_hold(
        scene.account, reason="dispute", source="t:1", amount=amount, by=None, at=now()
    )
    sign_in(client, scene.holder)
    assert words in text(client.get(OVERVIEW))
    account_of(scene.holder, ref="AC0002")
    assert words in text(client.get(OVERVIEW))
    said = text(sign_in(client, staff()).get(url("staff_account")))
    assert ("On hold The whole account" in said) == (amount is None)
