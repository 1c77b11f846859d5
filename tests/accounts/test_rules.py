"""The sums of the arrears rules, as tables."""

from datetime import date
from decimal import Decimal as D

import pytest

from accounts import rules
from accounts.rules import Bill, Components, Movement
from tests.accounts.three_bills import AS_OF, NOV, OCT, SEPT, hold, paid, position


@pytest.mark.parametrize(
    ("movements", "overdue", "since", "days"),
    [
        ([], 1600, "2026-09-25", 56),
        ([paid("2026-09-20", -800)], 1600, "2026-10-25", 26),
        ([paid("2026-10-20", -1600)], 0, None, 0),
        ([paid("2026-10-20", -1599)], 1, "2026-09-25", 56),
        ([paid("2026-11-19", -1000)], 600, "2026-09-25", 56),  # after the next statement
        ([paid("2026-11-21", -1600)], 1600, "2026-09-25", 56),  # after the books closed
        ([paid("2026-11-10", -1600, kind="waiver")], 0, None, 0),
        ([paid("2026-11-10", -1600, kind="adjustment")], 0, None, 0),
        ([paid("2026-11-10", 1600, kind="adjustment")], 1600, "2026-09-25", 56),
        ([paid("2026-11-10", -1600, kind="reversal", reverses="p")], 0, None, 0),
        ([paid("2026-11-10", -9000)], 0, None, 0),  # a credit balance
        (  # a repayment that bounced counts for nothing
            [paid("2026-10-20", -1600), paid("2026-10-22", 1600, "b", "reversal", "r")],
            1600, "2026-09-25", 56,
        ),
        (  # bounced after the next statement, and still paid to no bill
            [paid("2026-10-20", -1600), paid("2026-11-12", 1600, "b", "reversal", "r")],
            1600, "2026-09-25", 56,
        ),
        (  # the balance is all there is to be overdue
            [paid("2026-09-02", -7000), paid("2026-09-03", -500, "r2")], 500, "2026-09-25", 56,
        ),
    ],
)  # fmt: skip
def test_overdue_is_what_is_missing_of_the_last_minimum_past_due(movements, overdue, since, days):
    got = position(*movements)
    expected = (D(overdue), since and date.fromisoformat(since), days)
    assert (got.overdue, got.since, got.days_past_due) == expected


def test_the_due_date_itself_is_not_late():
    assert position(bills=[SEPT], as_of=date(2026, 9, 25)).overdue == 0
    late = position(bills=[SEPT], as_of=date(2026, 9, 26))
    assert (late.overdue, late.days_past_due, late.bucket) == (800, 1, "M1")


def test_no_statement_means_nothing_is_due():
    got = position(bills=[])
    assert (got.balance, got.overdue, got.since, got.next_due_on) == (8000, 0, None, None)
    assert (got.bucket, got.interest_per_day, got.statements) == ("M0", 0, 0)


def test_statements_after_the_books_closed_do_not_count():
    assert position(as_of=date(2026, 10, 20)) == position(
        bills=[SEPT, OCT], as_of=date(2026, 10, 20)
    )


def test_the_next_minimum_covers_the_overdue_sum():
    got = position()
    assert (got.next_minimum, got.next_due_on, got.to_be_current) == (2400, NOV.due_on, 2400)
    got = position(paid("2026-11-10", -1000))
    assert (got.overdue, got.next_minimum, got.to_be_current) == (600, 1400, 1400)
    got = position(bills=[SEPT])
    assert (got.next_minimum, got.next_due_on, got.to_be_current) == (0, None, 800)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(0, "M0"), (1, "M1"), (30, "M1"), (31, "M2"), (60, "M2"), (61, "M3"), (90, "M3"), (91, "M4"),
     (150, "M5"), (180, "M6"), (181, "M7+"), (2000, "M7+")],
)  # fmt: skip
def test_buckets(days, bucket):
    assert rules.bucket(days) == bucket


def charged(interest=60, late=40, fee=20):
    return [
        Movement("i", date(2026, 9, 2), "interest", D(interest)),
        Movement("l", date(2026, 9, 3), "late_fee", D(late)),
        Movement("f", date(2026, 9, 4), "annual_fee", D(fee)),
    ]


@pytest.mark.parametrize(
    ("on", "amount", "left"),
    [  # overdue since 25 September: day 90 is 24 December
        ("2026-09-10", -100, (8000, 0, 0, 20)),
        ("2026-12-24", -100, (8000, 0, 0, 20)),
        ("2026-12-25", -100, (7900, 60, 40, 20)),
        ("2026-12-24", -130, (7990, 0, 0, 0)),
        ("2026-12-25", -8050, (0, 10, 40, 20)),
        ("2026-12-24", -8200, (-80, 0, 0, 0)),
        ("2026-12-25", -8200, (-80, 0, 0, 0)),
    ],
)
def test_a_payment_pays_charges_first_and_from_day_91_principal_first(on, amount, left):
    got = position(*charged(), paid(on, amount), bills=[SEPT], as_of=date(2027, 1, 1))
    assert got.by_component == Components(*map(D, left))


def test_two_payments_of_one_day_are_spread_by_the_same_day_count():
    late = [paid("2026-12-25", -800, "r1"), paid("2026-12-25", -100, "r2")]
    got = position(*charged(), *late, bills=[SEPT], as_of=date(2027, 1, 1))
    assert got.by_component == Components(D(7100), D(60), D(40), D(20))


def test_a_waiver_forgives_charges_first_however_late():
    got = position(
        *charged(), paid("2026-12-25", -100, kind="waiver"), bills=[SEPT], as_of=date(2027, 1, 1)
    )
    assert got.by_component == Components(D(8000), D(0), D(0), D(20))


def test_a_reversed_charge_leaves_its_own_component():
    got = position(*charged(), paid("2026-09-10", -20, "x", "reversal", "f"), bills=[SEPT])
    assert got.by_component == Components(D(8000), D(60), D(40), D(0))


def test_a_bounced_repayment_is_owed_again_where_it_had_been_paid():
    before = position(*charged(), bills=[SEPT])
    bounced = [paid("2026-09-10", -130), paid("2026-09-12", 130, "b", "reversal", "r")]
    assert position(*charged(), *bounced, bills=[SEPT]) == before


def test_a_repayment_that_comes_back_in_parts_is_owed_again_where_it_had_been_paid():
    before = position(*charged(), bills=[SEPT])
    back = [paid(f"2026-09-1{n}", 65, f"b{n}", "reversal", "r") for n in (2, 3)]
    once = position(*charged(), paid("2026-09-10", -130), back[0], bills=[SEPT])
    assert once.by_component == Components(D(8000), D(55), D(0), D(0))
    assert position(*charged(), paid("2026-09-10", -130), *back, bills=[SEPT]) == before
    more = [*back, paid("2026-09-14", 5, "b4", "reversal", "r")]  # than had been paid
    got = position(*charged(), paid("2026-09-10", -130), *more, bills=[SEPT]).by_component
    assert got == Components(D(8005), D(60), D(40), D(20))


def test_credit_pays_a_later_charge_at_once():
    got = position(paid("2026-09-10", -8100), Movement("i", date(2026, 9, 12), "interest", D(60)))
    assert got.by_component == Components(D(-40))


def test_the_opening_balance_counts_as_principal():
    first = Bill(date(2026, 9, 5), date(2026, 9, 25), D(500), D(8500), D(850))
    assert position(bills=[first]).by_component == Components(D(8500))


def test_the_overdue_sum_holds_charges_first():
    parts = Components(D(8000), D(60), D(40), D(20))
    assert rules.part_of_overdue(D(1600), parts) == Components(D(1480), D(60), D(40), D(20))
    assert rules.part_of_overdue(D(80), parts) == Components(D(0), D(60), D(20), D(0))


@pytest.mark.parametrize(
    ("basis", "movements", "a_day"),
    [
        ("unpaid", [], "4.00"),
        ("unpaid", charged(), "4.03"),  # 8,060 a day at 0.0005; late and annual fees bear nothing
        ("unpaid", [paid("2026-11-10", -4000)], "2.00"),
        ("full", [paid("2026-11-10", -4000)], "4.00"),
        ("full", charged(), "4.03"),
        ("unpaid", [paid("2026-10-20", -8000)], "0"),  # the last bill past due was paid in full
        ("unpaid", [paid("2026-10-20", -9000)], "0"),
        ("unpaid", [Movement("x", date(2026, 9, 2), "interest", D(10))], "4.01"),  # 4.005, half up
    ],
)
def test_interest_a_day(basis, movements, a_day):
    assert position(*movements, interest_basis=basis).interest_per_day == D(a_day)


def test_interest_in_yen_has_no_decimals():
    assert position(currency="JPY", daily_rate=D("0.00056")).interest_per_day == D(4)


@pytest.mark.parametrize(
    ("amounts", "held"),
    [([], 0), ([100], 100), ([100, 200], 300), ([9000], 8000), ([None], 8000), ([None, 100], 8000)],
)
def test_overlapping_holds_are_a_union(amounts, held):
    holds = [hold(amount) for amount in amounts]
    assert position(holds=holds).held == held
    assert rules.held(D(-5), holds) == 0


def test_why_counts_the_minimums_in_a_row():
    why = rules.why(position(*charged()))
    assert why == rules.Why(2, date(2026, 9, 25), D(60), D(40), D(20))
    assert rules.why(position(paid("2026-11-10", -1600))) is None


def test_what_comes_is_in_order_and_only_what_is_true():
    assert rules.coming(position()) == [
        ("books", date(2026, 11, 21), None),
        ("due", date(2026, 11, 25), D(2400)),
        ("report", date(2026, 11, 30), D(1600)),
    ]
    held = [step.what for step in rules.coming(position(holds=[hold(None)]))]
    assert held == ["books", "due"]
    paid_up = [step.what for step in rules.coming(position(paid("2026-11-10", -2400)))]
    assert paid_up == ["books"]
    planned = rules.coming(position(), rules.Step("plan", date(2026, 11, 22), D(50)))
    assert [step.what for step in planned] == ["books", "plan", "due", "report"]


@pytest.mark.parametrize(
    ("to_come", "overdue", "minimum", "to_be_current"),
    [(0, 1600, 2400, 2400), (1000, 600, 1400, 1400), (1600, 0, 800, 800), (9000, 0, 800, 800)],
)
def test_what_a_plan_covers_comes_off_the_overdue_sum_and_the_minimum(
    to_come, overdue, minimum, to_be_current
):
    apart = rules.beside(position(), D(to_come))
    assert (apart.overdue, apart.next_minimum, apart.to_be_current) == (
        overdue, minimum, to_be_current,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("on", "end"),
    [("2026-11-20", "2026-11-30"), ("2026-12-31", "2026-12-31"), ("2028-02-01", "2028-02-29")],
)
def test_month_end(on, end):
    assert rules.month_end(date.fromisoformat(on)) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("months", "first"), [(0, "2026-11-01"), (3, "2026-08-01"), (11, "2025-12-01")]
)
def test_months_before(months, first):
    assert rules.months_before(AS_OF, months) == date.fromisoformat(first)


def test_the_annual_rate_is_simple():
    assert rules.annual_percent(D("0.0005")) == D("18.25")


@pytest.mark.parametrize(("charged_on", "overdue"), [("2026-10-02", 1550), ("2026-10-28", 1600)])
def test_a_reversed_charge_counts_only_for_a_bill_that_asked_for_it(charged_on, overdue):
    fee = paid(charged_on, 50, ref="fee", kind="late_fee")
    back = paid("2026-10-29", -50, ref="back", kind="reversal", reverses="fee")
    assert position(fee, back, bills=(SEPT, OCT)).overdue == overdue
