"""The rules of a plan, by tables: no database."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from decimal import Decimal as D

import pytest

from plans import rules
from plans.periods import days_between
from plans.rules import Choice
from portal.kit.errors import Refused
from portal.packs import load

CENT = Decimal("0.01")
LONGEST = load("cn", on=date(2026, 11, 22))["plan.longest"]
TODAY, NEXT = date(2026, 11, 22), date(2026, 12, 22)


def divided(
    total: str,
    each: Decimal,
    months: int,
    first_on: date = date(2026, 12, 10),
    unit: Decimal = CENT,
) -> list[rules.Due]:
    return rules.schedule(
        Decimal(total),
        rules.Choice(each, months, first_on),
        agreed_on=TODAY,
        unit=unit,
        longest=LONGEST,
    )


def divided_by(total: Decimal, choice: Choice, agreed_on: date = TODAY) -> list[rules.Due]:
    return rules.schedule(total, choice, agreed_on=agreed_on, unit=CENT, longest=LONGEST)


def test_an_amount_a_month_leaves_the_rest_for_the_last():
    months = rules.months_for(Decimal(203), Decimal(50))
    assert [d.amount for d in divided("203.00", Decimal(50), months)] == [50, 50, 50, 50, 3]


@pytest.mark.parametrize(
    ("total", "each", "months", "chosen"),
    [("5543.09", "1385.77", 4, "months"), ("203.00", "50.00", 5, "amount")],
)
def test_what_was_chosen_can_be_told_from_the_terms(total, each, months, chosen):
    assert rules.chosen_by(Decimal(total), Decimal(each), months, unit=CENT) == chosen


def test_a_currency_without_cents_divides_into_whole_units():
    each = rules.each_for(Decimal(203), 6, unit=Decimal(1))
    dues = divided("203", each, 6, unit=Decimal(1))
    assert [due.amount for due in dues] == [34, 34, 34, 34, 34, 33]


KINDS = [
    Choice(D(100), 0, date(2026, 12, 10)),
    Choice(D(110), 0, date(2026, 12, 10), rate=D("0.06")),
    Choice(D(105), 0, date(2026, 12, 10), kind=rules.STEPPED, low=D(50), low_months=6),
    Choice(D(100), 0, date(2026, 12, 10), kind=rules.SETTLEMENT),
    Choice(D(100), 0, date(2026, 12, 10), kind=rules.TOKEN),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda choice: f"{choice.kind} {choice.rate}")
@pytest.mark.parametrize("months", [0, 60, 61])
def test_sixty_months_are_allowed_and_no_more(kind, months):
    choice = replace(kind, months=months)
    if months == 60:
        assert len(divided_by(D(6000), choice)) == 60
        return
    with pytest.raises(Refused) as no:
        divided_by(D(6100), choice)
    assert no.value.rule == "CN-PLAN-02" and "runs from 1 to" in str(no.value)


def test_sixty_months_must_end_within_five_years_of_the_agreement():
    with pytest.raises(Refused) as no:
        divided("6000.00", Decimal(100), 60, first_on=date(2026, 12, 23))
    assert no.value.rule == "CN-PLAN-02"
    assert divided("6000.00", Decimal(100), 60, first_on=date(2026, 12, 22))[-1].on == date(
        2031, 11, 22
    )


@pytest.mark.parametrize("first_on", [TODAY, date(2026, 11, 21)])
def test_the_first_payment_is_after_today(first_on):
    with pytest.raises(Refused) as no:
        divided("100.00", Decimal(50), 2, first_on=first_on)
    assert no.value.rule == "PLAN-FIRST"


def test_a_payment_below_the_smallest_amount_is_refused():
    with pytest.raises(Refused) as no:
        divided("0.02", Decimal("0.01"), 3)
    assert no.value.rule == "ARITH-2"


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2027, 1, 31), 2, date(2027, 3, 31)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 5), 1, date(2027, 1, 5)),
        (date(2026, 12, 5), 13, date(2028, 1, 5)),
    ],
)
def test_a_due_day_is_the_months_last_where_it_is_shorter(day, months, then):
    assert rules.add_months(day, months) == then


def test_a_plan_without_interest_has_the_rate_zero():
    assert rules.annual_rate(Decimal(1000), [Decimal("333.33")] * 2 + [Decimal("333.34")]) == 0
    assert rules.annual_rate(Decimal(1000), [Decimal(300)] * 3) == 0  # nor below


@pytest.mark.parametrize("findings", [[], ["exceeds_ability"], ["exceeds_ability", "other"]])
def test_both_findings_of_article_70_are_needed(findings):
    required = load("cn", on=TODAY)["plan.findings"]
    with pytest.raises(Refused) as no:
        rules.check_findings(findings, required=required)
    assert no.value.rule == "CN-PLAN-01"
    rules.check_findings(["still_willing", "exceeds_ability"], required=required)


@pytest.mark.parametrize("item", rules.ITEMS)
def test_an_agreement_that_leaves_an_item_empty_is_found_out(item):
    said = dict.fromkeys(rules.ITEMS, "text")
    assert rules.missing_items(said) == []
    assert rules.missing_items({**said, item: "  "}) == [item]


def test_a_smaller_beginning_leaves_more_for_later():
    first_on = date(2026, 12, 22)
    each = rules.each_for(D(1200), 12, unit=CENT, low=D(50), low_months=3)
    choice = Choice(each, 12, first_on, kind=rules.STEPPED, low=D(50), low_months=3)
    assert [due.amount for due in divided_by(D(1200), choice)] == (
        [D(50)] * 3 + [D("116.67")] * 8 + [D("116.64")]
    )
    assert rules.months_for(D(1200), each, low=D(50), low_months=3) == 12


def test_interest_is_that_of_what_is_left_from_the_offer_on():
    """By hand: 1,200 at 12 % from 22 November to 7 January, one month and 15 days."""
    first_on, rate = date(2027, 1, 7), D("0.12")
    each = rules.each_for(D(1200), 3, unit=CENT, rate=rate, agreed_on=TODAY, first_on=first_on)
    dues = divided_by(D(1200), Choice(each, 3, first_on, rate=rate))
    assert [due.interest for due in dues] == [D("18.00"), D("8.08"), D("4.06")]  # 45 days, 30, 30
    assert [due.amount for due in dues] == [D("410.05"), D("410.05"), D("410.04")]
    assert (rules.annual_rate_of(D(1200), dues, agreed_on=TODAY) * 100).quantize(D("0.1")) == D(
        "12.0"
    )


@pytest.mark.parametrize(
    ("made_on", "first_on", "days"),
    [
        (date(2026, 11, 22), date(2026, 12, 22), 30),
        (date(2026, 11, 22), date(2026, 12, 21), 29),
        (date(2026, 11, 22), date(2027, 2, 22), 90),
        (date(1978, 2, 10), date(1978, 4, 1), 49),  # Appendix J (c)(1)(ii): 1 month and 19 days
        (date(2027, 2, 28), date(2027, 3, 31), 30),
        (date(2027, 1, 31), date(2027, 2, 28), 28),
        (date(2026, 12, 31), date(2027, 1, 1), 1),
        (date(2026, 11, 22), date(2026, 11, 22), 0),
    ],
)
def test_the_first_period_counts_whole_months_and_thirtieths(made_on, first_on, days):
    assert days_between(made_on, first_on) == days


LONG = date(2027, 2, 22)  # three months
LENGTHS, DAYS = (3, 6, 9, 12, 18, 24, 36, 48, 57), (3, 15, 30, 45, 60, 75, 90, 92)


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("months", LENGTHS)
def test_a_late_first_payment_is_no_reason_to_refuse(months, days):
    """At 12 %: the first period's interest may be more than a payment, that of a month is not."""
    total, rate, first_on = D(12000), D("0.12"), TODAY + timedelta(days=days)
    terms = {"unit": CENT, "rate": rate, "agreed_on": TODAY, "first_on": first_on}
    each = rules.each_for(total, months, **terms)
    dues = divided_by(total, Choice(each, months, first_on, rate=rate))
    assert sum(due.amount - due.interest for due in dues) == total
    assert abs(dues[-1].amount - each) < 1  # the level one is level, interest that waited or not
    assert months <= rules.months_for(total, each, **terms) <= months + 1
    assert rules.chosen_by(total, each, months, **terms) == "months"
    nominal = rules.annual_rate_of(total, dues, agreed_on=TODAY)
    assert D("0.119") < nominal < D("0.1201")


def test_what_a_payment_leaves_of_a_long_periods_interest_is_met_next_and_bears_none():
    """By hand: 1,200 at 12 % for 90 days is 36; 6 of it waits, and the sum stays 1,200."""
    choice = Choice(D(30), 4, LONG, rate=D("0.12"))
    dues = divided_by(D(1200), choice)
    assert [due.interest for due in dues] == [D(30), D(18), D("11.88"), D("11.70")]
    assert [due.amount for due in dues] == [D(30), D(30), D(30), D("1181.58")]
    stepped = replace(choice, each=D(40), kind=rules.STEPPED, low=D(15), low_months=2)
    dues = divided_by(D(1200), stepped)  # 21 waits, then 18, then 12 with 18 of it leaves 10
    assert [due.interest for due in dues] == [D(15), D(15), D(30), D("11.90")]


def test_the_level_payment_after_a_long_period_is_an_independent_solvers():
    """By halving, in floats: payments of it leave nothing, where interest bears no interest."""
    total, months, rate = 12000.0, 57, 0.24
    low, high = total * rate / 12, total

    def left_by(each):
        left, unpaid = total, total * rate / 12 * 2
        for _ in range(months):
            unpaid += left * rate / 12
            met = min(unpaid, each)
            left, unpaid = left - (each - met), unpaid - met
        return left + unpaid

    for _ in range(80):
        each = (low + high) / 2
        low, high = (each, high) if left_by(each) > 0 else (low, each)
    terms = {"rate": D("0.24"), "agreed_on": TODAY, "first_on": LONG}
    fine = rules.each_for(D(12000), months, unit=D("0.00000001"), **terms)
    assert abs(float(fine) - low) < 1e-6 and low < 12000 * 0.24 / 12 * 2


@pytest.mark.parametrize(
    ("choice", "rule"),
    [
        (Choice(D(12), 48, LONG, rate=D("0.12")), "PLAN-INTEREST"),  # a month's interest
        (Choice(D("12.01"), 48, LONG, rate=D("0.12")), None),
        (Choice(D(60), 48, LONG, rules.STEPPED, D("0.12"), D(12), 6), "PLAN-INTEREST"),
        (Choice(D(30), 2, LONG, rate=D("0.48")), "PLAN-INTEREST"),  # 48 a month
        (Choice(D(10), 12, NEXT, rate=D("0.12")), "PLAN-INTEREST"),  # 12 of interest
        (Choice(D(12), 12, NEXT, rate=D("0.12")), "PLAN-INTEREST"),
        (Choice(D(700), 3, NEXT), "ARITH-2"),  # two would do
        (Choice(D(100), 12, NEXT, rules.STEPPED, low=D(100), low_months=2), "PLAN-STEP"),
        (Choice(D(100), 12, NEXT, rules.STEPPED, low=D(50), low_months=12), "PLAN-STEP"),
        (Choice(D(100), 12, NEXT, rules.STEPPED, low=D(50)), "PLAN-STEP"),
        (Choice(D(100), 12, NEXT, rules.STEPPED, low=D(0), low_months=1), "ARITH-2"),
        (Choice(D(100), 12, NEXT, rules.STEPPED, low=D(-5), low_months=1), "ARITH-2"),
    ],
)  # fmt: skip
def test_what_is_no_plan_is_refused(choice, rule):
    if rule is None:
        assert len(divided_by(D(1200), choice)) == choice.months
        return
    with pytest.raises(Refused) as no:
        divided_by(D(1200), choice)
    assert no.value.rule == rule


def test_an_amount_that_never_repays_is_refused():
    for each in (D(10), D(12)):
        with pytest.raises(Refused) as no:
            rules.months_for(D(1200), each, rate=D("0.12"), unit=CENT)
        assert no.value.rule == "PLAN-INTEREST"
        with pytest.raises(Refused, match="interest of one month"):
            rules.months_for(D(1200), each, rate=D("0.12"), agreed_on=TODAY, first_on=LONG)
    with pytest.raises(Refused) as no:
        rules.each_for(D(1200), 12, unit=CENT, low=D(110), low_months=11)
    assert no.value.rule == "PLAN-STEP"


@pytest.mark.parametrize(
    ("choice", "total"),
    [
        (Choice(D(100), 10, TODAY), 1000),
        (Choice(D(100), 9, TODAY, waived=rules.Waived(D(10), D(20), D(30), D(40))), 900),
        (Choice(D(20), 6, TODAY, kind=rules.TOKEN), 120),
        (Choice(D(20), 51, TODAY, kind=rules.TOKEN), None),  # 1,020: more than is overdue
        (Choice(D(20), 1, TODAY, waived=rules.Waived(D(1000))), None),
    ],
)
def test_what_a_plan_repays(choice, total):
    if total is None:
        with pytest.raises(Refused) as no:
            rules.plan_sum(D(1000), choice)
        assert no.value.rule == "PLAN-SUM"
    else:
        assert rules.plan_sum(D(1000), choice) == total


@pytest.mark.parametrize(
    "changes",
    [{"rate": D("0.03")}, {"waived": rules.Waived(interest=D(10))}],
    ids=["rate", "waived"],
)
def test_small_payments_until_a_review_bear_no_interest_and_give_up_nothing(changes):
    choice = Choice(D(20), 6, NEXT, kind=rules.TOKEN, review_on=date(2027, 6, 22))
    assert rules.plan_sum(D(1000), choice) == 120
    with pytest.raises(Refused, match="Set the interest to 0") as no:
        rules.plan_sum(D(1000), replace(choice, **changes))
    assert no.value.rule == "PLAN-TOKEN"
