"""How repayments meet instalments, when one counts as missed, and what follows."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.keeping.rules import (
    Awaited,
    Met,
    Paid,
    Promise,
    Reckoning,
    Step,
    Stop,
    asks_too_much,
    days_late,
    follows,
    is_stopped,
    lacking,
    late,
    match,
    missed,
    notice_if_nothing_comes,
    paid_by_day,
    remedy_until,
    settled_on,
)


def day(text):
    return date.fromisoformat(f"2026-{text}")


PLAN = [Awaited(i, day(f"{i:02}-10"), Decimal(100)) for i in (1, 2, 3, 4)]
PROMISE = Promise(lateness_allowed=7, missed_allowed=1, remedy_days=14)


def matched(*paid):
    """Return what is paid of each instalment, the days they were met on, and what is beyond."""
    met, beyond = match(PLAN, [Paid(day(on), Decimal(amount)) for on, amount in paid])
    days = [m.paid_on and f"{m.paid_on:%m-%d}" for m in met]
    return [int(m.paid) for m in met], days, int(beyond)


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ([], ([0, 0, 0, 0], [None] * 4, 0)),
        # early: the next one
        ([("01-01", 100)], ([100, 0, 0, 0], ["01-01", None, None, None], 0)),
        # twice before the first day: the next two
        ([("01-01", 100), ("01-05", 100)], ([100, 100, 0, 0], ["01-01", "01-05", None, None], 0)),
        # ahead in three goes, between two days: the payments that come next, in order
        (
            [("01-10", 100), ("01-15", 60), ("01-20", 60), ("01-25", 60)],
            ([100, 100, 80, 0], ["01-10", "01-20", None, None], 0),
        ),
        # on the day: what is due, and the next
        ([("01-10", 150)], ([100, 50, 0, 0], ["01-10", None, None, None], 0)),
        # late: in order, what is due first
        ([("02-20", 150)], ([100, 50, 0, 0], ["02-20", None, None, None], 0)),
        # parts, over two days
        ([("01-08", 30), ("01-12", 70)], ([100, 0, 0, 0], ["01-12", None, None, None], 0)),
        # several in a day are one
        ([("01-08", 60), ("01-08", 90)], ([100, 50, 0, 0], ["01-08", None, None, None], 0)),
        # more than one is due, and more than all of them comes
        ([("03-11", 350)], ([100, 100, 100, 50], ["03-11"] * 3 + [None], 0)),
        ([("01-01", 450)], ([100] * 4, ["01-01"] * 4, 50)),
        ([("05-01", 500), ("06-01", 10)], ([100] * 4, ["05-01"] * 4, 110)),
    ],
)
def test_repayments_meet_instalments(paid, expected):
    assert matched(*paid) == expected


def test_a_moved_day_is_the_day():
    moved = [Awaited(1, day("01-20"), Decimal(100)), *PLAN[1:]]
    met, _ = match(moved, [Paid(day("01-15"), Decimal(150))])
    assert [m.paid for m in met] == [100, 50, 0, 0]
    assert not late(met, on=day("01-21"), stops=[])


DAYS = st.integers(0, 150).map(lambda n: day("01-01") + timedelta(days=n))
CENTS = st.integers(1, 40_000).map(lambda n: Decimal(n) / 100)
PAYMENTS = st.lists(st.builds(Paid, DAYS, CENTS), max_size=12)


@given(PAYMENTS, st.randoms(use_true_random=False))
def test_nothing_is_lost_nothing_is_met_twice_and_order_does_not_matter(paid, chance):
    met, beyond = match(PLAN, paid)
    assert sum(m.paid for m in met) + beyond == sum(each.amount for each in paid)
    assert all(0 <= m.paid <= m.awaited.amount for m in met) and beyond >= 0
    assert all((m.paid_on is not None) == (m.short == 0) for m in met)
    assert beyond == 0 or all(m.short == 0 for m in met)
    shuffled = list(paid)
    chance.shuffle(shuffled)
    assert match(PLAN, shuffled) == (met, beyond)


@given(PAYMENTS, DAYS)
def test_nobody_is_late_who_has_paid_all_that_is_due(paid, on):
    by_then = sum(each.amount for each in paid if each.on < on)
    met, _ = match(PLAN, [each for each in paid if each.on < on])
    covered = [each for each in PLAN if each.position * 100 <= by_then]
    assert not {m.awaited for m in late(met, on=on, stops=[])} & set(covered)


def as_agreements_said_before(awaited, repayments):
    """The rule of agreements signed before 24 November 2026: the next, then from the end."""
    met = [Met(each, Decimal(0), None) for each in awaited]
    for on, left in paid_by_day(repayments):
        due = [place for place, each in enumerate(awaited) if each.day <= on]
        after = [place for place, each in enumerate(awaited) if each.day > on]
        for place in [*due, *after[:1], *reversed(after[1:])]:
            took = min(left, met[place].short)
            met[place] = Met(awaited[place], met[place].paid + took, None)
            left -= took
    return met


@given(PAYMENTS, DAYS, st.integers(0, 2), st.sampled_from(["100", "99.98", "100.02", "30"]))
def test_no_notice_comes_sooner_than_an_older_agreement_says(paid, on, allowed, last):
    plan = [*PLAN[:3], Awaited(4, PLAN[3].day, Decimal(last))]
    promise = Promise(lateness_allowed=7, missed_allowed=allowed, remedy_days=14)
    known = [each for each in paid if each.on <= on]
    found, before = (
        notice_if_nothing_comes(met, promise, on=on, stops=[])
        for met in (match(plan, known)[0], as_agreements_said_before(plan, known))
    )
    assert found is None or (before is not None and found >= before)


@pytest.mark.parametrize(
    ("stops", "expected"),
    [
        ([], 10),
        ([Stop(day("01-01"), day("01-05"))], 10),  # over before the day
        ([Stop(day("01-11"), day("01-13"))], 8),  # two days; on the third it was lifted
        ([Stop(day("01-10"), day("01-13"))], 8),  # the due day itself is not late
        ([Stop(day("01-11"), day("01-15")), Stop(day("01-13"), day("01-17"))], 4),  # a union
        ([Stop(day("01-11"), day("01-19")), Stop(day("01-12"), day("01-14"))], 2),  # one inside
        ([Stop(day("01-18"))], 7),  # not lifted
        ([Stop(day("01-01"))], 0),
        ([Stop(day("01-11")), Stop(day("01-11"), day("01-13"))], 0),  # two from one day
        ([Stop(day("01-21"))], 10),  # after the day we look at
    ],
)
def test_days_late_leave_out_the_days_on_which_the_clock_stood(stops, expected):
    assert days_late(day("01-10"), on=day("01-20"), stops=stops) == expected


def unpaid(*paid):
    return match(PLAN, [Paid(day(on), Decimal(amount)) for on, amount in paid])[0]


@pytest.mark.parametrize(
    ("on", "is_late", "is_missed"),
    [("01-10", 0, 0), ("01-11", 1, 0), ("01-17", 1, 0), ("01-18", 1, 1), ("02-18", 2, 2)],
)
def test_a_payment_is_late_at_once_and_missed_after_the_days_allowed(on, is_late, is_missed):
    assert len(late(unpaid(), on=day(on), stops=[])) == is_late
    assert len(missed(unpaid(), PROMISE, on=day(on), stops=[])) == is_missed


@pytest.mark.parametrize(
    ("on", "paid", "stops", "noticed", "expected"),
    [
        ("01-18", [], [], None, Step.GO_ON),  # one missed is allowed
        ("02-17", [], [], None, Step.GO_ON),
        ("02-18", [], [], None, Step.NOTICE),
        ("02-18", [("02-15", 99)], [], None, Step.NOTICE),  # a part is not the payment
        ("02-18", [("02-15", 100)], [], None, Step.GO_ON),
        ("02-18", [], [Stop(day("02-18"))], None, Step.GO_ON),
        ("02-18", [], [Stop(day("02-11"), day("02-12"))], None, Step.GO_ON),
        ("02-19", [], [Stop(day("02-11"), day("02-12"))], None, Step.NOTICE),
        ("03-04", [], [], "02-18", Step.GO_ON),  # the last day
        ("03-07", [], [], "02-18", Step.GO_ON),  # what was paid by the last day may show
        ("03-08", [], [], "02-18", Step.BROKEN),
        ("02-20", [("02-19", 100)], [], "03-20", Step.CURED),  # the books are behind the notice
        ("03-05", [("03-04", 100)], [], "02-18", Step.CURED),
        ("03-05", [], [Stop(day("02-20"), day("02-23"))], "02-18", Step.GO_ON),
        ("03-07", [], [Stop(day("02-20"), day("02-23"))], "02-18", Step.GO_ON),
        ("03-10", [], [Stop(day("02-20"), day("02-23"))], "02-18", Step.GO_ON),
        ("03-11", [], [Stop(day("02-20"), day("02-23"))], "02-18", Step.BROKEN),
        ("04-30", [], [Stop(day("02-20"))], "02-18", Step.GO_ON),  # and stands still
        # what was missed by the notice is put right: what was missed later is another matter
        ("03-25", [("03-01", 100)], [], "02-18", Step.CURED),
        ("03-25", [("03-01", 400)], [], "02-18", Step.COMPLETED),
        ("01-02", [("01-01", 400)], [], None, Step.COMPLETED),
    ],
)
def test_what_follows(on, paid, stops, noticed, expected):
    step = follows(
        unpaid(*paid), PROMISE, on=day(on), stops=stops, noticed_on=noticed and day(noticed)
    )
    assert step is expected


def test_the_clock_stands_from_its_first_day_to_the_day_before_it_was_lifted():
    stop = [Stop(day("02-01"), day("02-03"))]
    standing = [on for on in ("01-31", "02-01", "02-02", "02-03") if is_stopped(stop, on=day(on))]
    assert standing == ["02-01", "02-02"]


def test_a_remedy_that_is_prolonged_into_another_stop_is_prolonged_again():
    stops = [Stop(day("02-20"), day("02-23")), Stop(day("03-06"), day("03-08"))]
    assert remedy_until(day("02-18"), PROMISE, on=day("03-20"), stops=stops) == day("03-09")


@pytest.mark.parametrize(
    ("paid", "stops", "expected"),
    [
        ([], [], "02-18"),
        ([("01-10", 100)], [], "03-18"),
        ([], [Stop(day("02-12"), day("02-14"))], "02-20"),
        ([("01-01", 300)], [], "04-18"),  # one may be missed, but not the last one that is left
        ([("01-01", 400)], [], None),
    ],
)
def test_when_a_notice_would_come(paid, stops, expected):
    found = notice_if_nothing_comes(unpaid(*paid), PROMISE, on=day("02-15"), stops=stops)
    assert found == (expected and day(expected))
    if found:  # and on that day it does
        assert follows(unpaid(*paid), PROMISE, on=found, stops=stops) is Step.NOTICE
        before = found - timedelta(days=1)
        assert follows(unpaid(*paid), PROMISE, on=before, stops=stops) is Step.GO_ON


def test_a_plan_is_settled_early_on_the_day_its_sum_and_interest_so_far_are_paid():
    def payable(before, on):
        interest = Decimal(3) if on < day("02-01") else Decimal(6)
        return Decimal(400) + interest - sum(amount for _, amount in before)

    paid = [Paid(day("01-10"), Decimal(100)), Paid(day("02-05"), Decimal(310))]
    assert settled_on(paid, payable) == (day("02-05"), Decimal(306), Decimal(4))
    assert settled_on(paid[:1], payable) is None
    later = Paid(day("03-01"), Decimal(5))
    assert settled_on([*paid, later], payable) == (day("02-05"), Decimal(306), Decimal(9))


def test_what_is_due_at_an_early_end():
    assert Reckoning(Decimal(1000), Decimal(12), Decimal(300), Decimal(9000)).due == 712
    assert Reckoning(Decimal(1000), Decimal(0), Decimal(1001), Decimal(9000)).due == 0
    capped = Reckoning(Decimal(1000), Decimal(0), Decimal(300), Decimal(500))
    assert (capped.due, capped.beyond) == (500, 200)
    assert Reckoning(Decimal(1000), Decimal(0), Decimal(0), Decimal(-5)).due == 0


def test_short_is_what_an_instalment_lacks():
    assert Met(PLAN[0], Decimal(30), None).short == 70


@pytest.mark.parametrize(
    ("paid", "on", "overdue", "credited", "too_much"),
    [
        (0, "01-05", 50, 350, True),  # 100 comes next, and 50 is left
        (0, "01-05", 100, 300, False),
        (0, "02-20", 200, 200, False),  # 200 is due, and left
        (0, "02-20", 150, 250, True),
        (310, "02-20", 0, 0, False),  # no credit: what is left is owed, whatever the books say
        (0, "02-20", 900, 350, False),  # for something else: the plan's sum is still overdue
        (400, "02-20", 0, 350, False),
    ],
)
def test_a_plan_asks_too_much_when_a_credit_leaves_less_owed(paid, on, overdue, credited, too_much):
    met, _ = match(PLAN, [Paid(day("01-01"), Decimal(paid))])
    facts = {"overdue": Decimal(overdue), "credited": Decimal(credited)}
    assert asks_too_much(met, Decimal(400), on=day(on), **facts) is too_much


def test_a_rest_is_spared_only_of_a_payment_that_was_begun():
    dues = [Awaited(1, day("01-10"), Decimal(1)), Awaited(2, day("02-10"), Decimal(100))]
    met, _ = match(dues, [])
    assert len(lacking(met, Decimal(1))) == 2  # a small payment is still a payment
    met, _ = match(dues, [Paid(day("01-01"), Decimal(100))])
    assert lacking(met, Decimal("0.99")) == met[1:] and lacking(met, Decimal(1)) == []
