"""What is read of the ledger, with few queries."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.utils.timezone import now

from accounts import account_page, actions, queries
from accounts import held as one
from accounts.ledger_page import Choice
from tests.accounts.books import account, post, report
from tests.people import cardholder

pytestmark = pytest.mark.django_db


def page(held, **asked):
    found = one.own(held.cardholder.user, held.ref)
    return account_page.asked(found, Choice.of(asked), on=held.as_of).page


def items(found):
    return [row.item for group in found.groups for row in group.rows]


def test_only_ones_own_accounts_are_held():
    me, other = cardholder(), cardholder()
    mine = account(me)
    account(other, "AC0002")
    assert list(queries.held_by(me)) == [mine]


def test_a_position_takes_three_queries(django_assert_num_queries):
    held = account(cardholder())
    with django_assert_num_queries(3):
        assert queries.position(held).overdue == D(1600)


def test_any_number_of_positions_takes_three_queries(django_assert_num_queries):
    me = cardholder()
    held = [account(me, f"AC{i}", currency=c) for i, c in enumerate(["CNY", "JPY", "USD"])]
    post(held[1], "r", "2026-11-10", "repayment", -1600)
    actions.place_hold(held[2], reason="plan", source="t:1", amount=None, by=None, at=now())
    with django_assert_num_queries(3):
        found = queries.standings(held)
    assert [s.position.overdue for s in found] == [1600, 0, 1600]
    assert [s.on_plan for s in found] == [False, False, True]


def test_the_page_takes_five_queries_however_long_the_ledger(django_assert_num_queries):
    held = account(cardholder())
    for i in range(40):
        post(held, f"p{i}", "2026-11-10", "purchase", 1)
        report(held, f"20{10 + i // 12}-{i % 12 + 1:02}")
    with django_assert_num_queries(5):
        assert len(items(page(held))) == 42


def test_a_lifted_hold_holds_nothing():
    held = account(cardholder())
    actions.place_hold(held, reason="dispute", source="t:1", amount=D(5), by=None, at=now())
    assert queries.position(held).held == 5
    actions.lift_hold("t:1", by=None, at=now())
    assert queries.position(held).held == 0
    assert [hold.until_at for hold in queries.all_holds(held)] != [None]


def test_the_latest_version_of_each_month_is_shown_newest_first():
    held = account(cardholder())
    report(held, "2026-09")
    report(held, "2026-10", version=1)
    report(held, "2026-10", version=2, reported_code="N")
    found = [(r.period, r.version, r.reported_code) for r in account_page.reported(held)]
    assert found == [("2026-10", 2, "N"), ("2026-09", 1, "1")]


def test_rows_stand_under_their_statement_with_a_running_balance():
    held = account(cardholder())
    post(held, "3", "2026-10-05", "repayment", -300)
    post(held, "4", "2026-11-06", "late_fee", 40)
    found = page(held, period="all")
    texts = [(g.title, [(r.amount, r.balance) for r in g.rows]) for g in found.groups]
    assert [len(rows) for _, rows in texts] == [1, 0, 1, 2]
    assert texts[0][1] == [("¥40.00", "¥7,840.00")]
    assert texts[2][1] == [("\N{MINUS SIGN}¥300.00", "¥7,800.00")]
    assert texts[3][1] == [("¥100.00", "¥8,100.00"), ("¥8,000.00", "¥8,000.00")]
    assert "¥8,100.00" in found.groups[-1].facts


def test_a_repayment_says_what_it_paid():
    held = account(cardholder())
    post(held, "3", "2026-10-10", "repayment", -300)
    found = page(held, kinds="repayments", period="all")
    assert next(row.split for g in found.groups for row in g.rows).count("¥") == 2


@pytest.mark.parametrize(
    ("kinds", "shown"),
    [("all", 4), ("repayments", 1), ("charges", 2), ("purchases", 1), ("nonsense", 4), (None, 4)],
)
def test_the_kinds_of_movement_can_be_chosen(kinds, shown):
    held = account(cardholder())
    post(held, "3", "2026-10-10", "repayment", -300)
    post(held, "4", "2026-10-26", "late_fee", 40)
    assert len(items(page(held, kinds=kinds, period="all"))) == shown


def test_the_period_leaves_the_running_balance_right():
    held = account(cardholder(), as_of=date(2027, 3, 20))
    post(held, "3", "2027-03-01", "repayment", -300)
    found = page(held, period="3")
    assert [row.balance for g in found.groups for row in g.rows] == ["¥7,800.00"]


def test_what_the_bank_wrote_is_escaped():
    held = account(cardholder())
    post(held, "3", "2026-11-10", "interest", 1, merchant="<b>Shop & Sons</b>")
    post(held, "4'><i>", "2026-11-10", "repayment", -1, description='"><script>alert(1)</script>')
    lines = "".join(group.lines for group in page(held).groups)
    assert lines.count("&lt;b&gt;Shop &amp; Sons&lt;/b&gt;") == 3  # the item, and in each link
    for never in ("<b>", "<script", "<i>", "'>"):
        assert never not in lines
