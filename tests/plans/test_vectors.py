"""Plans against other people's numbers: facts copied from the shared vectors, no database.

Out of scope, with the reason: textbook schedules whose interest is compounded otherwise than it is
paid (half-yearly: five Canadian ones; yearly with monthly payments: Skinner 1913 ex. 3), that
begin with interest alone (CFPB, 211,000), change their rate on the way (two ARM tables: the
payment before the change agrees), have a fee in each payment (moneyvox.fr: the payment without it
agrees), round interest down (a Japanese calculator) or half to even, or carry fractions of a cent
from month to month (Geltner, and the last row of Goldstein): ours is rounded once each period.
"""

from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP
from decimal import Decimal as D

import pytest

from plans import rules
from plans.rules import Choice, Due

CENT, ONE = D("0.01"), D(1)
MADE, FIRST = date(2026, 1, 1), date(2026, 2, 1)  # one month apart


def divided(total: str, each: str, months: int, rate: str, unit: D = CENT) -> list[Due]:
    choice = Choice(D(each), months, FIRST, rate=D(rate))
    return rules.divided(D(total), choice, agreed_on=MADE, unit=unit)


# mortgagemath 0.7.1 and shared rules.md §10: sum, % a year, payments, level payment, how it is
# rounded there, payments a year
HALF_UP = [
    ("50000", "12", 12, "4442.44"), ("50000", "6", 60, "966.64"),
    ("12345.67", "0", 7, "1763.67"), ("12000", "12", 36, "398.57"),
    ("12000", "15", 48, "333.97"), ("563", "12", 5, "116.00"),
    ("20200", "3.53", 96, "241.83"), ("200000", "5.65", 120, "2185.42"),
    ("999", "0", 24, "41.63"), ("162000", "3.875", 360, "761.78"),
    ("25000000", "5.5", 360, "141947.25"), ("1000000", "12", 360, "10286.13"),
    ("10000", "5", 12, "856.07"), ("100000", "7", 360, "665.30"),
    ("65000", "10", 360, "570.42"), ("10000", "17.41", 360, "145.90"),
    ("200000", "7", 360, "1330.60"), ("120000", "6.125", 360, "729.13"),
    ("100001.25", "4.80", 360, "524.67"),
]  # fmt: skip
UP = [
    ("32600", "4.83", 108, "372.80"), ("15000", "9", 60, "311.38"),
    ("18000", "2", 60, "315.50"), ("132650", "4.8", 360, "695.97"),
    ("18325", "6.75", 48, "436.70"), ("41633", "3.9", 72, "649.47"),
    ("153899", "4.21", 240, "949.72"), ("159195.50", "5.75", 360, "929.03"),
    ("23660", "4.76", 60, "443.90"), ("17950", "7.5", 120, "213.07"),
    ("33760", "4.3", 240, "209.96"), ("28500", "3.99", 60, "524.75"),
    ("136700", "5.75", 180, "1135.18"), ("200000", "6.5", 360, "1264.14"),
    ("100001.25", "4.80", 360, "524.68"),
]  # fmt: skip
LEVEL = [
    *[(*row, ROUND_HALF_UP, 12) for row in HALF_UP],
    *[(*row, ROUND_UP, 12) for row in UP],
    ("20000", "8", 12, "2653.90", ROUND_HALF_UP, 1),  # paid once a year
    ("10000", "10", 4, "3154.71", ROUND_HALF_UP, 1),
    ("1000", "6", 15, "102.96", ROUND_HALF_UP, 1),
    ("20000000", "1.5", 360, "69024", ROUND_HALF_UP, 12),  # yen
    ("300000000", "4", 360, "1432246", ROUND_HALF_UP, 12),  # won
    ("30000000", "1", 360, "96491", ROUND_DOWN, 12),  # yen
    ("280000", "8.4", 20, "15052", ROUND_UP, 12),  # frappe/lending, whole units
    ("100000", "9.99", 36, "3226.25", ROUND_HALF_UP, 12),  # its issue 31: the exact one
]


@pytest.mark.parametrize(("total", "percent", "months", "level", "rounding", "a_year"), LEVEL)
def test_the_level_payment_is_the_textbooks(total, percent, months, level, rounding, a_year):
    rate = D(percent) / 100 * 12 / a_year
    fine = rules.each_for(D(total), months, unit=D("0.000001"), rate=rate)
    unit = D(1).scaleb(D(level).as_tuple().exponent)
    assert fine.quantize(unit, rounding) == D(level)
    if rounding == ROUND_HALF_UP:
        assert rules.each_for(D(total), months, unit=unit, rate=rate) == D(level)


# sum, each, payments, rate for twelve periods, unit, interest of the first ones, the last payment
ROWS = [
    ("20000", "2653.90", 12, "0.96", CENT,  # SOA FM 4.1 ex. 4, 8 % a year, once a year
     ["1600.00", "1515.69", "1424.63", "1326.29", "1220.08", "1105.38", "981.49", "847.70",
      "703.20", "547.15", "378.61", "196.59"], "2653.91"),
    ("10000", "3154.71", 4, "1.20", CENT,  # eCampus 4.3.1, 10 % a year, once a year
     ["1000.00", "784.53", "547.51", "286.79"], "3154.70"),
    ("563", "116.00", 5, "0.12", CENT, ["5.63", "4.53", "3.41", "2.29"], "116.01"),  # Goldstein
    ("999", "41.63", 24, "0", CENT, ["0"] * 24, "41.51"),
    ("100001.25", "524.67", 360, "0.048", CENT, ["400.01", "399.51", "399.01"], None),  # half up
    ("300000000", "1432246", 360, "0.04", ONE, ["1000000", "998559", "997114"], None),  # won
]  # fmt: skip


@pytest.mark.parametrize(("total", "each", "months", "rate", "unit", "interest", "last"), ROWS)
def test_the_rows_are_the_textbooks(total, each, months, rate, unit, interest, last):
    dues = divided(total, each, months, rate, unit)
    assert [due.interest for due in dues[: len(interest)]] == [D(row) for row in interest]
    assert {due.amount for due in dues[:-1]} == {D(each)}
    assert sum(due.amount - due.interest for due in dues) == D(total)
    if last:
        assert dues[-1].amount == D(last)


def test_a_row_in_the_middle_is_the_textbooks():
    dues = divided("20200", "241.83", 96, "0.0353")
    left = D(20200) - sum(due.amount - due.interest for due in dues[:60])
    assert (dues[59].interest, left) == (D("24.91"), D("8249.38"))


def test_frappes_annuity_in_whole_units_and_its_fixed_instalment():
    dues = divided("280000", "15052", 20, "0.084", ONE)
    rows = {i: (dues[i - 1].amount - dues[i - 1].interest, dues[i - 1].interest) for i in (4, 18)}
    assert rows == {4: (13369, 1683), 18: (14740, 312)}
    assert (dues[-1].amount - dues[-1].interest, dues[-1].interest) == (14941, 105)
    assert sum(due.amount for due in dues) == 301034
    assert rules.months_for(D(280000), D(14000), rate=D("0.084"), unit=ONE) == 22
    assert sum(due.interest for due in divided("280000", "14000", 22, "0.084", ONE)) == 22712


@pytest.mark.parametrize(
    ("first_on", "second", "twelfth"),
    [
        (date(2022, 10, 17), date(2022, 11, 17), date(2023, 9, 17)),
        (date(2022, 11, 1), date(2022, 12, 1), date(2023, 10, 1)),
        # the day of the first payment is kept: one on the 31st stays at the end of each month
        (date(2022, 10, 31), date(2022, 11, 30), date(2023, 9, 30)),
    ],
)
def test_the_due_days_are_frappes(first_on, second, twelfth):
    choice = Choice(D(100), 12, first_on)
    dues = rules.divided(D(1200), choice, agreed_on=date(2022, 10, 1), unit=CENT)
    assert (dues[0].on, dues[1].on, dues[11].on) == (first_on, second, twelfth)
    if first_on.day == 31:
        assert (dues[2].on, dues[3].on) == (date(2022, 12, 31), date(2023, 1, 31))


def test_a_first_payment_on_the_last_day_of_a_short_month_keeps_its_number():
    """Not frappe's end of month: 30 November was agreed, so the next is 30 December, as told."""
    choice = Choice(D(100), 4, date(2022, 11, 30))
    dues = rules.divided(D(400), choice, agreed_on=date(2022, 11, 1), unit=CENT)
    assert [due.on.day for due in dues] == [30, 30, 30, 28]


# debt, payments, regular, final: penny_invariant.json
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


@pytest.mark.parametrize(("total", "months", "regular", "final"), PENNIES)
def test_instalments_sum_to_the_total_to_the_cent(total, months, regular, final):
    each = rules.each_for(D(total), months, unit=CENT)
    dues = divided(total, str(each), months, "0")
    assert [due.amount for due in dues] == [D(regular)] * (months - 1) + [D(final)]
    assert sum(due.amount for due in dues) == D(total)


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
    (1000, ["1080"], 0, "0.6986301370", 1, "11.45"),  # one payment after 255 days
]


@pytest.mark.parametrize(("amount", "payments", "whole", "fraction", "a_year", "apr"), APPENDIX_J)
def test_the_annual_rate_is_the_regulators(amount, payments, whole, fraction, a_year, apr):
    rate = rules.annual_rate(
        D(amount),
        [D(p) for p in payments],
        whole=whole,
        fraction=D(fraction),
        periods_a_year=a_year,
    )
    assert (rate * 100).quantize(CENT) == D(apr)


# those of them that are paid monthly, by their dates: made on, first on
BY_DATE = [
    (5000, ["230"] * 24, date(1978, 1, 10), date(1978, 2, 10), "9.69"),
    (6000, ["200"] * 36, date(1978, 2, 10), date(1978, 4, 1), "11.82"),
    (5000, ["250"] + ["230"] * 23, date(1978, 1, 10), date(1978, 2, 10), "10.08"),
    (5000, ["230"] * 23 + ["280"], date(1978, 1, 10), date(1978, 2, 10), "10.50"),
    (5000, ["250"] + ["230"] * 22 + ["280"], date(1978, 1, 10), date(1978, 2, 10), "10.90"),
]


@pytest.mark.parametrize(("amount", "payments", "made_on", "first_on", "apr"), BY_DATE)
def test_the_first_period_is_counted_as_the_regulator_does(
    amount, payments, made_on, first_on, apr
):
    dues = [Due(rules.add_months(first_on, i), D(each)) for i, each in enumerate(payments)]
    rate = rules.annual_rate_of(D(amount), dues, agreed_on=made_on)
    assert (rate * 100).quantize(CENT) == D(apr)
