"""Whatever is asked for: a plan adds up, keeps its days, and its rate is another solver's."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans import rules
from plans.early import after_extra, settled_on
from plans.rules import Choice, Due, Refused
from portal.packs import load

LONGEST = load("cn", on=date(2026, 11, 22))["plan.longest"]


@st.composite
def wanted(draw, kind: str) -> tuple[D, Choice, date, D]:
    """A sum, what was chosen for it, the day of the offer, and the currency's smallest amount."""
    unit = draw(st.sampled_from([D(1), D("0.01"), D("0.001")]))
    total = (
        draw(
            st.integers(6 if kind == rules.STEPPED else 2, 9).flatmap(
                lambda n: st.integers(1, 10**n)
            )
        )
        * unit
    )
    made_on = draw(st.dates(date(2026, 1, 1), date(2031, 12, 31)))
    first_on = made_on + timedelta(days=draw(st.integers(1, 92)))
    rates = [D(0)] if kind == rules.TOKEN else [D(0), D("0.03"), D("0.12"), D("0.24")]
    rate = draw(st.sampled_from(rates))
    fewest, most = {rules.SETTLEMENT: (1, 3), rules.STEPPED: (2, 57)}.get(kind, (1, 57))
    months = draw(st.integers(fewest, most))
    if kind == rules.TOKEN:
        each = min(total, 50 * unit)
        return each * months, Choice(each, months, first_on, kind, rate), made_on, unit
    terms = {"unit": unit, "rate": rate, "agreed_on": made_on, "first_on": first_on}
    choice = Choice(rules.each_for(total, months, **terms), months, first_on, kind, rate)
    if kind == rules.STEPPED and choice.each < 100 * unit:
        choice = replace(choice, kind=rules.EQUAL)  # too little to take steps in
    elif kind == rules.STEPPED:
        low = (choice.each * draw(st.integers(75, 95)) / 100).quantize(unit)
        steps = {"low": low, "low_months": draw(st.integers(1, months - 1))}
        choice = replace(choice, each=rules.each_for(total, months, **terms, **steps), **steps)
    return total, choice, made_on, unit


def interest(left: D, rate: D, days: int, unit: D) -> D:
    """Half up, in whole numbers."""
    exact = Fraction(left) * Fraction(rate) * days / 360 / Fraction(unit)
    return floor(exact + Fraction(1, 2)) * unit


def solved(total: D, dues: list[Due], whole: int, days: int) -> float:
    """The rate a year at which the dues are worth the total: by halving, in floats."""
    low, high = 0.0, 10.0
    for _ in range(80):
        i = (low + high) / 2
        begin = (1 + days / 30 * i) * (1 + i) ** whole
        worth = sum(float(due.amount) / (begin * (1 + i) ** k) for k, due in enumerate(dues))
        low, high = (i, high) if worth > float(total) else (low, i)
    return low * 12


@pytest.mark.parametrize("kind", [rules.EQUAL, rules.STEPPED, rules.SETTLEMENT, rules.TOKEN])
@settings(derandomize=True, max_examples=40, deadline=None)
@given(data=st.data())
def test_any_plan_adds_up_and_keeps_its_days(data, kind):
    total, choice, made_on, unit = data.draw(wanted(kind))
    try:
        dues = rules.schedule(total, choice, agreed_on=made_on, unit=unit, longest=LONGEST)
    except Refused as no:  # only where an instalment is a handful of the smallest units
        assert no.rule in {"ARITH-2", "PLAN-INTEREST"} and choice.each < 150 * unit
        return
    first, left, unpaid = choice.first_on, total, D(0)
    whole = 0
    while rules.add_months(first, -whole - 1) >= made_on:
        whole += 1
    over = (rules.add_months(first, -whole) - made_on).days
    for k, due in enumerate(dues):
        days = 30 if k else 30 * whole + over
        unpaid += interest(left, choice.rate, days, unit)
        assert due.interest == min(unpaid, due.amount)  # and none upon what waits of it
        assert due.amount - interest(left, choice.rate, min(days, 30), unit) >= unit
        assert due.amount > due.interest or k + 1 < len(dues)
        left, unpaid = left - (due.amount - due.interest), unpaid - due.interest
        assert left >= 0
        year, month = divmod(first.year * 12 + first.month - 1 + k, 12)
        assert due.on == date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))
    assert left == unpaid == 0 and len(dues) == choice.months
    if kind != rules.TOKEN:  # the level payment is level but for what is rounded, each month
        grown = sum((1 + choice.rate / 12) ** k for k in range(choice.months + 1))
        assert abs(dues[-1].amount - choice.each) <= unit * grown
    assert [due.on for due in dues] == sorted({due.on for due in dues})
    lower = choice.low_months
    assert {due.amount for due in dues[:lower]} <= {choice.low}
    assert {due.amount for due in dues[lower:-1]} <= {choice.each}
    rate = rules.annual_rate_of(total, dues, agreed_on=made_on)
    assert rate >= 0 and abs(float(rate) - solved(total, dues, whole, over)) < 1e-8
    in_time = settled_on(
        total, dues, D(0), rate=choice.rate, agreed_on=made_on, on=made_on, unit=unit
    )
    assert in_time.payable == total and in_time.interest_saved == sum(d.interest for d in dues)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    rate=st.sampled_from([D(0), D("0.06"), D("0.12"), D("0.24")]),
    first_on=st.sampled_from([date(2026, 12, 10), date(2027, 1, 31), date(2027, 2, 22)]),
    months=st.one_of(st.integers(2, 24), st.integers(36, 57)),
    done=st.one_of(st.integers(0, 3), st.integers(0, 56)),
    ahead=st.integers(0, 91),
    cents=st.integers(1, 1_300_000),
)
def test_any_extra_payment_repays_itself_and_never_costs_interest(
    rate, first_on, months, done, ahead, cents
):
    made_on, unit, total = date(2026, 11, 22), D("0.01"), D(12000)
    done = min(done, months - 1)
    terms = {"rate": rate, "agreed_on": made_on, "unit": unit}
    each = rules.each_for(total, months, **terms, first_on=first_on)
    choice = Choice(each, months, first_on, rate=rate)
    dues = rules.divided(total, choice, agreed_on=made_on, unit=unit)
    room = 27 if done else (first_on - made_on).days - 1
    on = (dues[done - 1].on if done else made_on) + timedelta(days=min(ahead, room))
    paid = [(due.on, due.amount) for due in dues[:done]]
    agreed, sum_paid = sum(due.interest for due in dues), sum((due[1] for due in paid), D(0))

    early = settled_on(total, dues, paid, on=on, **terms)
    assert early == settled_on(total, dues, sum_paid, on=on, **terms)  # paid in time, either way
    assert early.payable + early.interest_saved == sum(due.amount for due in dues[done:])
    assert 0 <= early.interest_saved <= agreed and early.interest >= 0
    later = settled_on(total, dues, paid, on=min(on + timedelta(days=1), dues[done].on), **terms)
    assert later.payable >= early.payable  # no day is cheaper than the one before

    extra = min(cents * unit, early.payable)
    found = after_extra(total, dues, paid, extra, on=on, **terms)
    left = sum((due.amount for due in found.dues), D(0))
    assert sum_paid + extra + left == total + agreed - found.interest_saved
    assert all(0 <= due.interest <= due.amount and due.amount > 0 for due in found.dues)
    assert 0 <= found.months_saved <= months - done
    less = after_extra(total, dues, paid, extra / 2, on=on, **terms)
    assert 0 <= less.interest_saved <= found.interest_saved
    assert less.months_saved <= found.months_saved
