"""Which plans fit what is left each month: tables, no database."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest

from plans.fitting import options
from portal.packs import load

ON = date(2026, 11, 22)
LONGEST = load("cn", on=ON)["plan.longest"]
TERMS = (3, 6, 9, 12, 18, 24, 36, 48, 60)


def found(overdue, left, **changes):
    facts = {
        "share": D("0.5"), "terms": TERMS, "least": D(50), "on": ON,
        "first_on": date(2026, 12, 10), "unit": D("0.01"), "longest": LONGEST,
    } | changes  # fmt: skip
    return options(D(overdue), None if left is None else D(left), **facts)


def suggested(overdue, left, **changes):
    return [each.choice.months for each in found(overdue, left, **changes) if each.suggested]


@pytest.mark.parametrize(
    ("overdue", "left", "months", "best"),
    [
        ("12000", "2000", [12, 9, 6], 12),  # 1,000.00 is half of what is left
        ("12000", "1999.98", [18, 12, 9], 18),  # a cent above the half
        ("12000", "30000", [9, 6, 3], 3),  # nothing shorter: the next longer ones beside it
        ("12000", "4000", [9, 6, 3], 6),
        ("12000", "300", [60, 48, 36], None),  # 200.00 a month is above 150.00
        ("12000", "0", [60, 48, 36], None),
        ("12000", "-500", [60, 48, 36], None),
        ("12000", None, [24, 18, 12], 18),
        ("600", "120", [12, 9, 6], 12),  # 60.00 at 12; 50.00 at least
        ("600", "60", [12, 9, 6], None),
        ("600", None, [12, 9, 6], 9),
        ("120", "1000", [2, 1], 1),  # too small for three: two, or one
        ("120", "130", [2, 1], 2),
        ("99", None, [1], 1),  # not even two of 50.00
        ("99", "100", [1], None),
        ("0.01", "100", [1], 1),
    ],
)
def test_the_plans_shown(overdue, left, months, best):
    shown = found(overdue, left)
    assert [option.choice.months for option in shown] == months
    assert suggested(overdue, left) == ([best] if best else [])
    for option in shown:
        assert sum(due.amount for due in option.dues) == option.payable == D(overdue)
        assert (option.interest, option.annual_rate) == (0, 0)
        assert option.last_on == option.dues[-1].on


def test_terms_are_shown_once_and_within_the_law():
    assert [o.choice.months for o in found(9000, None, terms=(6, 3, 6))] == [6, 3]
    late = found(12000, 0, first_on=date(2027, 1, 5))  # the 60th would be after five years
    assert [option.choice.months for option in late] == [48, 36, 24]
    short = found(12000, 0, longest=replace(LONGEST, value=12))
    assert [option.choice.months for option in short] == [12, 9, 6]
    assert found(12000, 0, first_on=ON) == []


def test_an_uneven_last_payment_must_fit_too():
    assert suggested(1000, "666.67", terms=(3, 6)) == [6]  # the third is 333.34
    assert suggested(1000, "666.68", terms=(3, 6)) == [3]
