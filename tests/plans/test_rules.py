"""The rules of a plan, by tables: no database."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans import rules
from portal.kit.errors import Refused
from portal.packs import load

CENT = Decimal("0.01")
LONGEST = load("cn", on=date(2026, 11, 22))["plan.longest"]
TODAY = date(2026, 11, 22)

# debt, payments, regular, final: shared vectors penny_invariant.json
PENNIES = [
    ("1000.00", 3, "333.33", "333.34"),
    ("1000.00", 7, "142.86", "142.84"),
    ("100.00", 6, "16.67", "16.65"),
    ("5000.00", 3, "1666.67", "1666.66"),
    ("1000.00", 24, "41.67", "41.59"),
    ("9999.99", 24, "416.67", "416.58"),
    ("29999.99", 24, "1250.00", "1249.99"),
    ("30000.00", 3, "10000.00", "10000.00"),
]


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


@pytest.mark.parametrize(("total", "months", "regular", "final"), PENNIES)
def test_instalments_sum_to_the_total_to_the_cent(total, months, regular, final):
    each = rules.each_for(Decimal(total), months, unit=CENT)
    dues = divided(total, each, months)
    assert [due.amount for due in dues] == [Decimal(regular)] * (months - 1) + [Decimal(final)]
    assert sum(due.amount for due in dues) == Decimal(total)


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


@pytest.mark.parametrize(("months", "allowed"), [(0, False), (1, True), (60, True), (61, False)])
def test_sixty_months_are_allowed_and_no_more(months, allowed):
    each = Decimal(100)
    if allowed:
        assert len(divided(str(each * months), each, months)) == months
    else:
        with pytest.raises(Refused) as no:
            divided("6100.00", each, months)
        assert no.value.rule == "CN-PLAN-02"


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


@given(
    total=st.integers(1, 10**9).map(lambda n: Decimal(n).scaleb(-2)),
    months=st.integers(1, 60),
    first_on=st.dates(date(2026, 11, 23), date(2026, 12, 22)),
)
def test_any_plan_sums_exactly_and_keeps_its_order(total, months, first_on):
    each = rules.each_for(total, months, unit=CENT)
    try:
        dues = divided(str(total), each, months, first_on=first_on)
    except Refused as no:
        assert no.rule == "ARITH-2" and each <= Decimal("0.60")
        return
    assert sum(due.amount for due in dues) == total
    assert all(due.amount > 0 for due in dues)
    assert [due.on for due in dues] == sorted({due.on for due in dues})


# 12 CFR 1026 Appendix J (c): amount, payments, whole periods, fraction, periods a year, APR
APPENDIX_J = [
    (5000, ["230"] * 24, 1, "0", 12, "9.69"),
    (6000, ["200"] * 36, 1, "0.6333333333", 12, "11.82"),
    (5000, ["219.17"] * 24, 0, "0.4", 24, "10.34"),
    (10000, ["385"] * 40, 1, "0.4333333333", 4, "8.97"),
    (500, ["17.60"] * 30, 4, "0.5714285714", 52, "14.96"),
    (5000, ["250"] + ["230"] * 23, 1, "0", 12, "10.08"),
    (400, ["39.50"] + ["38.31"] * 11, 1, "0.1785714286", 13, "28.50"),
    (5000, ["230"] * 23 + ["280"], 1, "0", 12, "10.50"),
    (200, ["9.50"] * 19 + ["30"], 0, "0.5714285714", 26, "12.22"),
    (5000, ["250"] + ["230"] * 22 + ["280"], 1, "0", 12, "10.90"),
    (8000, ["449.36"] + ["465"] * 18 + ["200"], 0, "0.8666666667", 6, "7.30"),
]


@pytest.mark.parametrize(("amount", "payments", "whole", "fraction", "a_year", "apr"), APPENDIX_J)
def test_the_annual_rate_is_the_regulators(amount, payments, whole, fraction, a_year, apr):
    rate = rules.annual_rate(
        Decimal(amount),
        [Decimal(p) for p in payments],
        whole=whole,
        fraction=Decimal(fraction),
        periods_a_year=a_year,
    )
    assert (rate * 100).quantize(CENT) == Decimal(apr)


def test_a_plan_without_interest_has_the_rate_zero():
    assert rules.annual_rate(Decimal(1000), [Decimal("333.33")] * 2 + [Decimal("333.34")]) == 0


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
