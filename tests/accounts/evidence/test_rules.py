"""Periods, reconciliation and settlement as tables: no database."""

from datetime import date
from decimal import Decimal as D

import pytest

from accounts.book import Bill, Components, Movement
from accounts.evidence import rules
from portal.kit.errors import Refused

AS_OF = date(2026, 11, 20)
BEGAN = date(2025, 3, 10)


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("preset", "from_on", "until_on"),
    [
        ("3m", "2026-08-21", "2026-11-20"),
        ("6m", "2026-05-21", "2026-11-20"),
        ("12m", "2025-11-21", "2026-11-20"),
        ("24m", "2025-03-10", "2026-11-20"),  # cut to what the books hold
        ("all", "2025-03-10", "2026-11-20"),
        ("this_year", "2026-01-01", "2026-11-20"),
        ("last_year", "2025-03-10", "2025-12-31"),
    ],
)
def test_presets_end_with_the_books_and_begin_no_earlier(preset, from_on, until_on):
    assert rules.period(preset, as_of=AS_OF, earliest=BEGAN) == (day(from_on), day(until_on))


@pytest.mark.parametrize(
    ("as_of", "from_on"),
    [("2026-05-31", "2026-03-01"), ("2028-05-31", "2028-03-01"), ("2026-05-30", "2026-03-01"),
     ("2026-04-01", "2026-01-02")],
)  # fmt: skip
def test_three_months_at_a_months_end(as_of, from_on):
    got = rules.period("3m", as_of=day(as_of), earliest=date(2020, 1, 1))
    assert got == (day(from_on), day(as_of))


def test_every_preset_but_the_own_period_has_bounds():
    for preset in rules.PRESETS:
        if preset != rules.OWN:
            from_on, until_on = rules.period(preset, as_of=AS_OF, earliest=BEGAN)
            assert BEGAN <= from_on <= until_on <= AS_OF


def test_a_year_before_the_books_is_refused_with_their_first_day():
    with pytest.raises(Refused, match="begin on 2026-02-01") as no:
        rules.period("last_year", as_of=AS_OF, earliest=date(2026, 2, 1))
    assert no.value.rule == "EV-4"


@pytest.mark.parametrize(
    ("from_on", "until_on", "said"),
    [
        ("2026-03-02", "2026-03-01", "must not be after"),
        ("2026-03-02", "2026-11-21", "end on 2026-11-20"),
        ("2025-03-09", "2026-11-20", "begin on 2025-03-10"),
    ],
)
def test_a_period_outside_the_books_is_refused(from_on, until_on, said):
    with pytest.raises(Refused, match=said) as no:
        rules.check_period(day(from_on), day(until_on), as_of=AS_OF, earliest=BEGAN)
    assert no.value.rule == "EV-4"


@pytest.mark.parametrize(
    ("from_on", "until_on"),
    [("2025-03-10", "2025-03-10"), ("2025-03-10", "2026-11-20"), ("2026-11-20", "2026-11-20")],
)
def test_the_first_and_the_last_day_of_the_books_may_be_asked_for(from_on, until_on):
    asked = (day(from_on), day(until_on))
    assert rules.check_period(*asked, as_of=AS_OF, earliest=BEGAN) == asked


SEPT = Bill(date(2026, 9, 5), date(2026, 9, 25), D(0), D(100), D(10))
OCT = Bill(date(2026, 10, 5), date(2026, 10, 25), D(100), D(70), D(10))
BOUGHT = Movement("p", date(2026, 8, 20), "purchase", D(100))
PAID = Movement("r", date(2026, 10, 5), "repayment", D(-30))


def test_the_books_begin_with_the_first_posting_or_statement():
    opened = date(2020, 1, 1)
    assert rules.earliest([SEPT], [BOUGHT], opened_on=opened) == BOUGHT.on
    assert rules.earliest([SEPT], [PAID], opened_on=opened) == SEPT.made_on
    assert rules.earliest([], [], opened_on=opened) == opened


def test_sums_that_come_out_leave_nothing():
    assert rules.reconcile(
        Components(D(5)), [Components(D(2), D(1)), Components(D(-3), D(-1))], Components(D(4)),
        amounts=[D(3), D(-4)], statements=[(SEPT.made_on, D(0))],
    ) == []  # fmt: skip


def test_each_sum_that_does_not_come_out_is_named():
    found = rules.reconcile(
        Components(D(5)), [Components(D(2), D(1))], Components(D(6), D(2)),
        amounts=[D("3.01")], statements=[(SEPT.made_on, D("0.01"))],
    )  # fmt: skip
    assert [(each.what, each.amount) for each in found] == [
        ("total", D("0.01")),
        ("principal", D(1)),
        ("interest", D(-1)),
        ("2026-09-05", D("0.01")),
    ]


def test_a_sum_that_is_right_in_total_and_wrong_in_its_parts_is_found():
    found = rules.reconcile(
        Components(D(5)), [Components(D(3))], Components(D(7), D(1)), amounts=[D(3)], statements=[]
    )
    assert [each.what for each in found] == ["principal", "interest"]


def test_a_statement_takes_what_was_posted_up_to_its_own_day():
    got = rules.statement_differences([SEPT, OCT], [PAID, BOUGHT], until=AS_OF)
    assert got == [(SEPT.made_on, 0), (OCT.made_on, 0)]
    got = rules.statement_differences([SEPT, OCT], [BOUGHT], until=AS_OF)
    assert got == [(SEPT.made_on, 0), (OCT.made_on, 30)]


def test_a_statement_that_does_not_open_where_the_last_one_closed_differs():
    gap = OCT._replace(opening=D(101), closing=D(71))
    got = rules.statement_differences([SEPT, gap], [BOUGHT, PAID], until=AS_OF)
    assert (gap.made_on, 1) in got


def test_statements_after_the_period_do_not_count():
    assert len(rules.statement_differences([SEPT, OCT], [BOUGHT], until=date(2026, 10, 4))) == 1


def test_a_refusal_is_kind_to_the_cardholder_and_exact_for_the_staff():
    with pytest.raises(Refused) as no:
        rules.check_reconciled([rules.Difference("total", D("-0.01"))])
    assert no.value.rule == "EV-1"
    assert "0.01" not in str(no.value)
    assert rules.for_staff(no.value) == "EV-1: total: -0.01"


def test_what_staff_read_fits_its_column():
    many = [rules.Difference(f"2026-01-{n:02}", D("0.01")) for n in range(1, 32)]
    with pytest.raises(Refused) as no:
        rules.check_reconciled(many)
    said = rules.for_staff(no.value)
    assert len(said) == 400
    assert said.endswith("…")
    assert rules.for_staff(Refused("EV-3", "No agreement.")) == "EV-3: No agreement."


@pytest.mark.parametrize("part", rules.PARTS)
def test_one_cent_owed_in_any_component_is_not_settled(part):
    with pytest.raises(Refused, match=r"¥0\.01 is still open") as no:
        rules.check_settled(Components(**{part: D("0.01")}), said="¥0.01")
    assert no.value.rule == "EV-2"


@pytest.mark.parametrize("principal", [0, "-0.01", -500])
def test_nothing_owed_is_settled_also_with_money_in_favour(principal):
    rules.check_settled(Components(D(principal)), said="")


@pytest.mark.parametrize(
    ("opening", "balances", "on"),
    [
        (0, [], None),
        (0, [("2026-09-01", -5)], None),
        (100, [("2026-09-01", 0)], "2026-09-01"),
        (0, [("2026-09-01", 9), ("2026-09-03", -1), ("2026-09-04", -2)], "2026-09-03"),
        (5, [("2026-09-01", 0), ("2026-09-02", 3), ("2026-09-05", 0)], "2026-09-05"),
    ],
)
def test_settled_on_is_the_last_day_the_debt_came_to_zero(opening, balances, on):
    got = rules.settled_on(D(opening), [(day(when), D(left)) for when, left in balances])
    assert got == (on and day(on))
