"""Paying early: only the time used is charged. 1,200 at 12 % in four payments, by hand."""

from datetime import date
from decimal import Decimal as D

import pytest

from plans import rules
from plans.early import after_extra, settled_on
from plans.rules import Choice

CENT = D("0.01")
MADE, FIRST, RATE = date(2026, 1, 10), date(2026, 2, 10), D("0.12")
EACH = D("307.54")
DUES = rules.divided(D(1200), Choice(EACH, 4, FIRST, rate=RATE), agreed_on=MADE, unit=CENT)
FREE = rules.divided(D(1200), Choice(D(300), 4, FIRST), agreed_on=MADE, unit=CENT)
TERMS = {"rate": RATE, "agreed_on": MADE, "unit": CENT}


def test_the_schedule_by_hand():
    """Left: 1,200.00, 904.46, 605.96, 304.48; the interest of each month is 1 % of it."""
    assert [due.interest for due in DUES] == [D("12.00"), D("9.04"), D("6.06"), D("3.04")]
    assert [due.amount for due in DUES] == [EACH] * 3 + [D("307.52")]


@pytest.mark.parametrize(
    ("on", "paid", "sum_left", "interest", "saved"),
    [
        (date(2026, 1, 10), "0", "1200", "0", "30.14"),  # the day it was made
        (date(2026, 1, 25), "0", "1200", "6.00", "24.14"),  # 15 days
        (date(2026, 2, 9), "0", "1200", "12.00", "18.14"),  # 30 days, as interest counts
        (date(2026, 2, 10), "307.54", "904.46", "0", "18.14"),
        (date(2026, 2, 25), "307.54", "904.46", "4.52", "13.62"),
        (date(2026, 2, 25), "407.54", "804.46", "4.02", "14.12"),  # 100 ahead: not in use
        (date(2026, 2, 25), "0", "1200", "16.52", "13.62"),  # late: no interest for that
        (date(2026, 2, 25), "5", "1200", "11.52", "13.62"),  # of a payment, its interest first
        (date(2026, 2, 25), "112", "1100", "4.52", "13.62"),
        (date(2026, 2, 25), "1216.02", "0", "0", "18.14"),  # more than settles it
        (date(2026, 5, 10), "1230.14", "0", "0", "0"),
        (date(2026, 8, 10), "1000", "230.14", "0", "0"),  # after its end nothing is added
    ],
)
def test_what_settles_a_plan_on_a_day(on, paid, sum_left, interest, saved):
    early = settled_on(D(1200), DUES, D(paid), on=on, **TERMS)
    assert (early.sum_left, early.interest, early.interest_saved) == (
        D(sum_left),
        D(interest),
        D(saved),
    )
    assert early.payable == D(sum_left) + D(interest)


def test_a_repayment_known_by_its_day_counts_from_it():
    paid = [(date(2026, 2, 10), EACH), (date(2026, 2, 20), D(100))]
    early = settled_on(D(1200), DUES, paid, on=date(2026, 2, 25), **TERMS)
    # 904.46 for ten days and 804.46 for five: 13,066.90 for one day, at 12 % ÷ 360
    assert (early.sum_left, early.interest) == (D("804.46"), D("4.36"))
    later = [*paid, (date(2026, 3, 1), D(50))]  # after the day asked about
    assert settled_on(D(1200), DUES, later, on=date(2026, 2, 25), **TERMS) == early


def test_money_paid_long_ago_spared_the_interest_of_every_month_since():
    """On the first day due: that instalment, the next one, and 200.00 beyond them."""
    paid = [(date(2026, 2, 10), EACH * 2 + D(200))]
    early = settled_on(D(1200), DUES, paid, on=date(2026, 3, 10), **TERMS)
    # left 904.46 − 200 = 704.46, 1 % is 7.04 in the second month instead of 9.04; then 307.54
    assert (early.sum_left, early.interest) == (D("403.96"), 0)
    assert early.interest_saved == D("30.14") - D("12.00") - D("7.04")
    half = settled_on(D(1200), DUES, paid, on=date(2026, 3, 25), **TERMS)
    assert half.interest == D("2.02")  # 403.96 for 15 days


def test_a_plan_free_of_interest_is_settled_by_what_is_left():
    free = {**TERMS, "rate": D(0)}
    early = settled_on(D(1200), FREE, D(450), on=date(2026, 2, 25), **free)
    assert (early.payable, early.interest, early.interest_saved) == (750, 0, 0)


@pytest.mark.parametrize(
    ("extra", "left", "months"),
    [
        ("100", ["200", "300", "300"], 0),  # part of the next one
        ("300", ["300", "300"], 0),  # the next one, early
        ("450", ["300", "150"], 0),
        ("600", ["300"], 1),  # the next one and the last
        ("900", [], 3),
    ],
)
def test_an_extra_payment_meets_the_next_one_and_then_the_end(extra, left, months):
    free = {**TERMS, "rate": D(0)}
    found = after_extra(D(1200), FREE, D(300), D(extra), on=date(2026, 2, 25), **free)
    assert [due.amount for due in found.dues] == [D(each) for each in left]
    assert (found.months_saved, found.interest_saved) == (months, 0)


def test_an_extra_payment_saves_the_interest_of_what_it_repays():
    found = after_extra(D(1200), DUES, EACH, EACH + D(300), on=date(2026, 2, 25), **TERMS)
    # second month: 904.46, of it 300 not for its last 13 days: 7.74; left 304.66; third: 3.05
    assert [(due.amount, due.interest) for due in found.dues] == [(EACH, D("3.05")), (D("0.17"), 0)]
    assert found.months_saved == 0
    assert found.interest_saved == D("9.04") + D("6.06") + D("3.04") - D("7.74") - D("3.05")
    more = after_extra(D(1200), DUES, EACH, EACH + D(301), on=date(2026, 2, 25), **TERMS)
    assert (more.months_saved, [due.on for due in more.dues]) == (1, [date(2026, 4, 10)])


def test_paying_in_full_saves_what_the_page_says():
    on = date(2026, 2, 25)
    early = settled_on(D(1200), DUES, EACH, on=on, **TERMS)
    found = after_extra(D(1200), DUES, EACH, early.payable, on=on, **TERMS)
    assert (found.dues, found.months_saved) == ([], 3)
    assert found.interest_saved == early.interest_saved == D("13.62")
    rest = sum(due.amount for due in DUES[1:])
    assert early.payable + early.interest_saved == rest


LONG = date(2026, 4, 10)  # three months
WAITS = rules.divided(D(1200), Choice(D(30), 4, LONG, rate=RATE), agreed_on=MADE, unit=CENT)


def test_the_interest_of_a_long_first_period_by_hand():
    """36.00 by the first payment; 6.00 of it waits, bears no interest, and is met next."""
    assert [due.interest for due in WAITS] == [D(30), D(18), D("11.88"), D("11.70")]


@pytest.mark.parametrize(
    ("on", "paid", "sum_left", "interest"),
    [
        (date(2026, 4, 9), "0", "1200", "36.00"),  # 90 days, as interest counts
        (date(2026, 4, 10), "0", "1200", "36.00"),
        (date(2026, 4, 10), "30", "1200", "6.00"),  # what waits was used, and is still owed
        (date(2026, 4, 25), "30", "1200", "12.00"),  # 15 days more on the sum alone
        (date(2026, 5, 10), "60", "1188", "0"),
        (date(2026, 5, 10), "30", "1200", "18.00"),  # the second payment is late
    ],
)
def test_interest_that_waits_is_part_of_what_settles(on, paid, sum_left, interest):
    early = settled_on(D(1200), WAITS, D(paid), on=on, **TERMS)
    assert (early.sum_left, early.interest) == (D(sum_left), D(interest))
    assert early.payable + early.interest_saved == sum(due.amount for due in WAITS) - D(paid)


def test_what_is_paid_beyond_repays_the_sum_before_interest_that_waits():
    found = after_extra(D(1200), WAITS, D(30), D(630), on=LONG, **TERMS)
    # the next one, of it 12 of interest; left: 600.00, 582.00, 557.82
    assert [(due.amount, due.interest) for due in found.dues] == [
        (D(30), D("5.82")), (D("563.40"), D("5.58")),
    ]  # fmt: skip
    assert found.interest_saved == D(18 - 12) + D("11.88") - D("5.82") + D("11.70") - D("5.58")


def test_the_sum_can_be_repaid_while_interest_waits():
    """1,200 until then and nothing for five days: 34.00; the first payment meets 30 of it."""
    on = date(2026, 4, 5)
    assert settled_on(D(1200), WAITS, D(0), on=on, **TERMS).payable == D("1234.40")
    found = after_extra(D(1200), WAITS, D(0), D(1233), on=on, **TERMS)
    assert [(due.on, due.amount, due.interest) for due in found.dues] == [(date(2026, 5, 10), 1, 1)]
    assert found.interest_saved == D("71.58") - 34


def test_nothing_is_earned_by_paying_beyond_the_sum():
    """Six months are 72.00. The sum is repaid at once; 20.00 more is for what waits of these."""
    first, plan = date(2026, 7, 10), Choice(D(13), 6, date(2026, 7, 10), rate=RATE)
    dues = rules.divided(D(1200), plan, agreed_on=MADE, unit=CENT)
    paid = [(first, D(13 + 13 + 1200)), (date(2026, 7, 20), D(20))]
    early = settled_on(D(1200), dues, paid, on=date(2026, 8, 10), **TERMS)
    assert (early.sum_left, early.interest) == (0, 72 - 13 - 13 - 20)
