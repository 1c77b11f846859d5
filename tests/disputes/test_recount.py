"""A charge or a month that is contested, beside our own figures, and what a draft takes of them."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.test import Client
from django.urls import reverse

from accounts import queries
from accounts.models import CardAccount
from disputes import lines
from disputes.actions import drafting
from disputes.models import Dispute
from disputes.recount import Recount
from tests.accounts.books import account, post, report
from tests.accounts.test_explained_pages import text, url
from tests.disputes.scene import case, line
from tests.people import cardholder, sign_in, staff

pytestmark = pytest.mark.django_db
BEGIN = reverse("disputes:begin", args=["AC0001"])


@pytest.fixture
def user():
    return cardholder()


@pytest.fixture
def me(client, user):
    return sign_in(client, user)


@pytest.fixture
def held(user):
    return account(user)


def beside(held, period):
    name = f"AC0001:{period}"
    had = line(case(held), "record", name, on=f"{period}-01")
    return Recount(held).record(had, lines.find(held, "record", name))


def test_a_month_is_read_alike_by_cardholder_and_handler(me, held):
    """As known today: the payment that bounced in November was never made in October."""
    post(held, "P", "2026-10-20", "repayment", -8100)
    post(held, "B", "2026-11-02", "reversal", 8100, reverses="AC0001-P")
    report(held, "2026-10", days_past_due=36, overdue_amount=D(1600))
    stood = beside(held, "2026-10")
    assert [fact[1:] for fact in stood.facts] == [
        ("¥1,600.00", "¥1,600.00", False), ("36", "36", False),
    ]  # fmt: skip
    said = text(me.get(reverse("accounts:months", args=["AC0001"])))
    assert "36 days past due, ¥1,600.00 overdue. The report says the same." in said


def test_a_month_before_our_books_is_compared_with_nothing(held):
    report(held, "2026-03", days_past_due=40, overdue_amount=D(500))
    found = case(held)
    line(found, "record", "AC0001:2026-03", on="2026-03-01")
    handler = sign_in(Client(), staff("complaint_handler"))
    said = text(handler.get(reverse("disputes:staff_case", args=[found.number])))
    assert "Our books do not reach back to this month, so we cannot compare." in said
    assert "Overdue sum at the end of 31 Mar 2026 ¥500.00 – Days" in said and "Differs" not in said


def test_a_run_that_begins_with_the_first_bill_has_no_days_to_compare(held):
    held.statements.filter(statement_on=date(2026, 9, 5)).update(opening_balance=D(500))
    report(held, "2026-10", days_past_due=97, overdue_amount=D(1600))
    stood = beside(held, "2026-10")
    assert [fact[1:] for fact in stood.facts] == [
        ("¥1,600.00", "¥1,600.00", False), ("97", "–", False),
    ]  # fmt: skip
    assert "cannot compare the days" in stood.why


def test_a_waiver_that_was_put_back_is_no_payment_and_takes_nothing_back(me, held):
    post(held, "I", "2026-10-05", "interest", D("141.50"))
    post(held, "W", "2026-10-10", "waiver", D("-141.50"), reverses="AC0001-I")
    post(held, "R", "2026-10-20", "reversal", D("141.50"), reverses="AC0001-W")
    assert "That is ¥20.00 more than our sums give" in text(me.get(url("I")))
    said = text(me.get(url("R")))
    assert "The bank had taken something off" in said and "never paid" not in said
    assert "never paid" not in text(me.get(url("W")))
    post(held, "S", "2026-10-25", "reversal", D("-141.50"), reverses="AC0001-R")
    assert "Nothing of it is left to pay" in text(me.get(url("I")))
    assert "In the end it is about: Interest of 5 Oct 2026" in text(me.get(url("S")))
    assert "In the end" not in text(me.get(url("W")))


def test_one_sum_that_is_too_much_is_offered_once(me, held):
    post(held, "I", "2026-10-05", "interest", D("121.50"))
    post(held, "J", "2026-10-05", "interest", 20)
    first, last = text(me.get(url("I"))), text(me.get(url("J")))
    assert "Ask the bank" not in first and "stands in the last of these charges" in first
    assert "This charge is right as it stands" in first
    assert f'href="{url("J")}">Open the charge that is too high' in (
        me.get(url("I")).content.decode()
    )
    assert "Ask the bank" in last and "right as it stands" not in last
    assert f'action="{BEGIN}?line=posting:AC0001-J&amp;right=0.00"' in (
        me.get(url("J")).content.decode()
    )


def test_after_a_part_was_taken_back_the_figure_is_the_one_before(me, held):
    post(held, "P", "2026-09-20", "repayment", -8100)
    post(held, "I", "2026-10-05", "interest", 10)
    part = f"{BEGIN}?line=posting:AC0001-I&right=8.00"
    assert "What it should be by our sums ¥8.00" in text(me.get(part))
    post(held, "W", "2026-10-10", "waiver", -8, reverses="AC0001-I")
    assert "Before what was taken back, it should have been by our sums ¥8.00" in text(me.get(part))


def test_a_figure_is_not_promised_where_the_reason_asks_for_none(me, held, user):
    post(held, "I", "2026-10-05", "interest", D("141.50"))
    post(held, "Q", "2026-10-06", "other_fee", 9)
    me.post(f"{BEGIN}?line=posting:AC0001-Q")
    draft = Dispute.objects.get()
    drafting.save_reason(draft, "not_mine", by=user, at=draft.started_at)
    asked = f"{BEGIN}?line=posting:AC0001-I&right=121.50"
    assert "by our sums" not in text(me.get(asked))
    assert "is not filled in. You can choose another reason." in text(me.post(asked, follow=True))
    assert set(draft.lines.values_list("asked_amount", flat=True)) == {None}
    drafting.save_reason(draft, "wrong_amount", by=user, at=draft.started_at)
    assert "What it should be by our sums ¥121.50" in text(me.get(asked))


def test_what_changed_the_base_is_named_for_what_it_is(me, held):
    post(held, "A", "2026-09-20", "repayment", -1000)
    post(held, "B", "2026-09-20", "repayment", -500)
    post(held, "C", "2026-09-22", "repayment", -100)
    post(held, "D", "2026-09-24", "waiver", -30)
    post(held, "I", "2026-10-05", "interest", 100)
    said = text(me.get(url("I")))
    for part in ("after payments of ¥1,500.00 in all", "after a payment of ¥100.00",
                 "lowered by ¥30.00"):  # fmt: skip
        assert part in said


def test_a_charge_of_nothing_is_still_a_charge(me, held):
    post(held, "I", "2026-10-05", "interest", 0)
    said = text(me.get(url("I")))
    assert "corrected the account" not in said and "less than our sums give" in said


def test_while_a_plan_runs_a_rate_is_not_called_a_sum_a_day(me, held, monkeypatch):
    day = date(2026, 12, 1)
    plan = queries.PlanFacts("P1", "Active", D(900), day, day, D(300), 3, D(900))
    monkeypatch.setattr(queries, "plan_facts", lambda accounts, on: {held.pk: plan})
    from accounts.actions import place_hold

    place_hold(held, reason="plan", source="p:1", amount=None, by=None, at=case(held).started_at)
    said = text(me.get(reverse("accounts:sums", args=["AC0001"])))
    assert "Interest: 18.25% a year" in said and "Interest a day" not in said


def test_a_ref_may_look_like_a_month(me, user):
    held = account(user, "AC-0000-0012")
    report(held, "2026-10")
    page = me.get(reverse("accounts:account", args=["AC-0000-0012"])).content.decode()
    assert reverse("disputes:personal_statement", args=["AC-0000-0012", "2026-10"]) in page
    assert CardAccount.objects.get().ref == "AC-0000-0012"
