"""What came back: lateness as known at the end, and repayments whose periods add up."""

from datetime import date, timedelta
from decimal import Decimal as D
from itertools import pairwise
from random import Random

import pytest

from accounts.book import Bill, Components, Movement, fold
from accounts.evidence.ledger import Entry, Ledger, movements_of
from accounts.evidence.walk import DayEnd, Spell
from tests.accounts.evidence.made_up import DAYS, FIRST, RULE, books

JAN, FEB, MAR = (
    Bill(date(2026, 1, 5), date(2026, 1, 25), D(0), D(1000), D(100)),
    Bill(date(2026, 2, 5), date(2026, 2, 25), D(1000), D(900), D(90)),
    Bill(date(2026, 3, 5), date(2026, 3, 25), D(900), D(810), D(80)),
)


def made(*rows, bills=(), as_of=date(2026, 3, 31)):
    rows = (("00", "2026-01-02", "purchase", 1000), *rows)
    movements = [
        Movement(ref, date.fromisoformat(on), kind, D(amount), *more)
        for ref, on, kind, amount, *more in rows
    ]
    entries = [Entry(m, m.on, "", "", "") for m in movements]
    return Ledger(bills, entries, as_of, date(2026, 1, 1), RULE)


def whole(ledger, from_on=date(2026, 1, 2), until_on=date(2026, 3, 31)):
    return movements_of(ledger, from_on, until_on)


@pytest.mark.parametrize("swapped", [False, True])
def test_two_late_payments_that_both_bounce_leave_one_time_overdue(swapped):
    bounces = [(100, "10"), (90, "20")][:: -1 if swapped else 1]
    moved = whole(made(
        ("10", "2026-02-01", "repayment", -100), ("20", "2026-03-01", "repayment", -90),
        ("30", "2026-03-06", "reversal", *bounces[0]),
        ("40", "2026-03-08", "reversal", *bounces[1]), bills=(JAN, FEB, MAR),
    ))  # fmt: skip
    assert moved.spells == [Spell(JAN.due_on, 65, None)]


def test_a_payment_that_bounces_after_the_due_date_was_never_paid_anywhere():
    ledger = made(
        ("10", "2026-01-20", "repayment", -100), ("20", "2026-02-10", "reversal", 100, "10"),
        bills=(JAN, FEB._replace(minimum=D(0))),
    )  # fmt: skip
    moved = whole(ledger, until_on=date(2026, 2, 14))
    line = moved.statements[0]
    assert (line.paid_by_due, line.paid_later, line.came_back) == (0, 0, 100)
    assert (line.paid_on, line.shortfall) == ((), 100)
    assert moved.spells == [Spell(JAN.due_on, 20, None)]
    assert moved.month_ends == [
        DayEnd(date(2026, 1, 31), 6, D(100)), DayEnd(date(2026, 2, 14), 20, D(100)),
    ]  # fmt: skip


def test_before_it_bounced_a_payment_counts():
    ledger = made(
        ("10", "2026-01-20", "repayment", -100), ("20", "2026-02-10", "reversal", 100, "10"),
        bills=(JAN,),
    )  # fmt: skip
    moved = whole(ledger, until_on=date(2026, 2, 9))
    assert (moved.statements[0].paid_by_due, moved.statements[0].came_back) == (100, 0)
    assert moved.spells == [] and {end.days for end in moved.month_ends} == {0}


def test_a_payment_that_bounced_and_was_reinstated_was_received():
    moved = whole(made(
        ("10", "2026-02-01", "repayment", -1000), ("20", "2026-02-03", "reversal", 1000, "10"),
        ("30", "2026-02-04", "reversal", -1000, "20"),
    ))  # fmt: skip
    assert moved.repaid == 1000 and moved.closing == Components()


def test_a_payment_counts_in_its_period_and_its_return_in_its_own():
    ledger = made(
        ("10", "2026-01-30", "repayment", -500), ("20", "2026-02-03", "reversal", 500, "10"),
        ("30", "2026-02-04", "repayment", -200),
    )  # fmt: skip
    assert whole(ledger, until_on=date(2026, 1, 31)).repaid == 500
    assert whole(ledger, from_on=date(2026, 2, 1)).repaid == -300
    assert whole(ledger).repaid == 200


def test_a_waiver_that_names_a_return_is_no_repayment():
    moved = whole(made(
        ("10", "2026-02-01", "repayment", -50), ("20", "2026-02-03", "reversal", 50, "10"),
        ("30", "2026-02-04", "waiver", -50, "20"),
    ))  # fmt: skip
    assert moved.repaid == 0


def test_reversals_that_name_each_other_end():
    moved = whole(made(
        ("10", "2026-02-01", "reversal", -50, "20"), ("20", "2026-02-03", "reversal", 50, "10"),
    ))  # fmt: skip
    assert moved.repaid == 0


def test_a_waiver_of_a_new_charge_that_comes_back_takes_nothing_from_what_was_paid():
    moved = whole(made(
        ("10", "2026-01-10", "repayment", -100), ("11", "2026-01-11", "late_fee", 30),
        ("12", "2026-01-12", "waiver", -30, "11"), ("13", "2026-01-13", "reversal", 30, "12"),
        bills=(JAN,),
    ))  # fmt: skip
    line = moved.statements[0]
    assert (line.paid_by_due, line.came_back, line.shortfall) == (100, 0, 0)


def test_a_minimum_missing_again_after_nothing_was_owed_is_the_same_time_overdue():
    moved = whole(made(
        ("05", "2026-01-03", "repayment", -950), ("10", "2026-02-01", "repayment", -50),
        ("20", "2026-02-03", "purchase", 500), bills=(JAN._replace(closing=D(50)),),
    ))  # fmt: skip
    assert moved.spells == [Spell(JAN.due_on, 65, None)]
    assert [end.days for end in moved.month_ends] == [6, 34, 65]


SEEDS = range(60)


def periods(seed):
    rng = Random(seed)
    for _ in range(3):
        from_on = FIRST + timedelta(rng.randrange(10, DAYS))
        yield from_on, min(from_on + timedelta(rng.randrange(200)), FIRST + timedelta(DAYS))


@pytest.mark.parametrize("seed", SEEDS)
def test_month_ends_and_times_overdue_never_contradict_each_other(seed):
    ledger = books(seed)
    for from_on, until_on in periods(seed):
        moved = movements_of(ledger, max(from_on, ledger.earliest), until_on)
        for one, next_ in pairwise(moved.spells):
            assert one.cured_on and one.cured_on <= next_.since
        for end in moved.month_ends:
            late = [(end.on - s.since).days for s in moved.spells
                    if s.since < end.on < (s.cured_on or date.max)]  # fmt: skip
            assert [end.days] == (late or [0])
            assert end.days or not end.overdue
        for line in moved.statements:
            assert min(line.paid_by_due, line.paid_later, line.came_back) >= 0
            assert bool(line.paid_on) == (line.paid_by_due + line.paid_later > 0)
            assert not line.shortfall or line.paid_by_due < line.minimum


@pytest.mark.parametrize("seed", SEEDS)
def test_it_ends_as_late_as_the_account_page_says(seed):
    ledger = books(seed)
    for _, until_on in periods(seed):
        past = [m for m in ledger.movements if m.on <= until_on]
        bills = [bill for bill in ledger.bills if bill.made_on <= until_on]
        page = fold(bills, past, principal_first_from=RULE)
        end = ledger.walk(until_on).month_ends[-1]
        assert end == DayEnd(until_on, page.days_past_due(until_on), page.overdue(until_on))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_received_adds_up_over_periods(seed):
    ledger = books(seed)
    last, sums = FIRST + timedelta(DAYS), D(0)
    from_on = ledger.earliest
    while from_on <= last:
        until_on = min(from_on + timedelta(90), last)
        sums += movements_of(ledger, from_on, until_on).repaid
        from_on = until_on + timedelta(1)
    assert sums == movements_of(ledger, ledger.earliest, last).repaid
