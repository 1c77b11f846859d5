"""The budget as sums, what an answer bears on, and why a plan cannot be asked for: tables."""

from decimal import Decimal as D

import pytest

from plans import eligibility
from plans.eligibility import Facts, Reason
from plans.situation import rules, words
from plans.situation.rules import Row, Told
from tests.plans.telling import BUDGET, row, told


@pytest.mark.parametrize(
    ("amount", "every", "currency", "a_month"),
    [
        ("100.00", "week", "CNY", "433.33"),  # 5,200 / 12 = 433.333
        ("100.00", "fortnight", "CNY", "216.67"),  # 2,600 / 12 = 216.666
        ("100.00", "month", "CNY", "100.00"),
        ("100.00", "year", "CNY", "8.33"),
        ("0.06", "year", "CNY", "0.01"),  # half a cent goes up
        ("0.05", "year", "CNY", "0.00"),
        ("1000", "week", "JPY", "4333"),
        ("1.000", "week", "KWD", "4.333"),
        ("0", "week", "CNY", "0.00"),
    ],
)
def test_an_amount_becomes_one_a_month(amount, every, currency, a_month):
    found = rules.monthly(D(amount), every, currency)
    assert (found, found.as_tuple().exponent) == (D(a_month), D(a_month).as_tuple().exponent)


def test_each_row_is_rounded_once_and_then_added():
    three = {name: row("0.02", "fortnight") for name in ("wages", "business", "pension")}
    assert rules.total(told(income=three), "income") == D("0.12")  # 0.0433 each; 0.13 as one


@pytest.mark.parametrize(
    ("given", "a_month"),
    [(Row(), "0"), (Row(unsure=True), "0"), (Row(D("50.00"), unsure=True), "50.00")],
)
def test_a_row_without_an_amount_counts_as_nothing_and_a_guess_as_it_is(given, a_month):
    assert given.monthly("CNY") == D(a_month)


def test_what_is_left_is_income_less_all_that_goes_out():
    assert rules.left_each_month(told()) == D("1000.00")
    assert rules.left_each_month(told(income={"wages": row("4000.00")})) == D("-1000.00")


@pytest.mark.parametrize("missing", rules.SUMS)
def test_nothing_is_left_before_every_needed_part_is_told(missing):
    assert rules.left_each_month(told(**{missing: None})) is None
    unfinished = rules.saved(told(), missing, BUDGET[missing], finished=False, version=2)
    assert rules.left_each_month(unfinished) is None


def test_the_household_is_not_needed_for_the_sum():
    assert rules.left_each_month(told(household=None)) == D("1000.00")


def test_a_budget_in_another_currency_leaves_nothing_to_suggest_from():
    assert rules.left_each_month(told(), currency="CNY") == D("1000.00")
    assert rules.left_each_month(told(), currency="USD") is None


@pytest.mark.parametrize(
    ("section", "answers", "again"),
    [
        ("household", {"adults": 3, "children": 1, "housing": "rent"}, {"living"}),
        ("household", {"adults": 2, "children": 0, "housing": "rent"}, {"living"}),
        ("household", {"adults": 2, "children": 1, "housing": "own"}, {"bills"}),
        ("household", BUDGET["household"], set()),
        ("income", {"wages": row("1.00")}, set()),
    ],
)
def test_a_changed_answer_asks_again_only_for_what_rests_on_it(section, answers, again):
    before = told()
    after = rules.saved(before, section, answers, finished=True, version=2)
    assert after.again == again
    assert {s for s in rules.SUMS if rules.state(after, s) == rules.CHECK_AGAIN} == again
    kept = {name: facts for name, facts in after.answers.items() if name != section}
    assert kept == {name: facts for name, facts in before.answers.items() if name != section}


def test_what_was_never_told_is_not_asked_for_again():
    few = told(living=None, bills=None)
    assert not rules.saved(few, "household", {"adults": 5}, finished=True, version=2).again


def test_saving_a_part_again_ends_the_asking():
    changed = rules.saved(told(), "household", {"adults": 5}, finished=True, version=2)
    assert rules.left_each_month(changed) is None
    looked = rules.saved(changed, "living", BUDGET["living"], finished=True, version=3)
    assert looked.again == {"bills"} and rules.state(looked, "living") == rules.COMPLETED


def test_the_state_of_a_part():
    assert rules.state(Told(), "income") == rules.NOT_STARTED
    begun = rules.saved(Told(currency="CNY"), "income", {}, finished=False, version=1)
    assert rules.state(begun, "income") == rules.IN_PROGRESS
    assert rules.state(told(), "income") == rules.COMPLETED


def test_a_deleted_part_leaves_no_trace():
    assert rules.without(told(), "debts") == told(debts=None)


# == whether a plan can be asked for

CLEAR = Facts(overdue=D(100))


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        ({}, []),
        ({"overdue": D(0)}, ["PLAN-NONE"]),
        ({"overdue": D(0), "disputed": D(5)}, ["PLAN-DISPUTE"]),
        ({"disputed": D(5)}, []),
        ({"closed_by_feed": True}, ["PLAN-GONE"]),
        ({"request": "PR-1"}, ["PLAN-ONE"]),
        ({"offer": "PA-1"}, ["PLAN-ONE"]),
        ({"agreement": "PA-1"}, ["PLAN-ONE"]),
        ({"agreement": "PA-1", "revises": "PA-1"}, []),
        ({"agreement": "PA-1", "revises": "PA-2"}, ["PLAN-ONE"]),
        ({"agreement": "PA-1", "revises": "PA-1", "request": "PR-1"}, ["PLAN-ONE"]),
        ({"holds": frozenset({"death"})}, ["PLAN-DEATH"]),
        ({"holds": frozenset({"insolvency"})}, ["PLAN-INSOLVENCY"]),
        ({"holds": frozenset({"breathing_space"})}, ["PLAN-BREATHING"]),
        ({"holds": frozenset({"plan", "dispute"})}, []),
        (
            {
                "overdue": D(0), "closed_by_feed": True, "agreement": "PA-1",
                "holds": frozenset({"breathing_space", "death"}),
            },
            ["PLAN-DEATH", "PLAN-BREATHING", "PLAN-GONE", "PLAN-ONE", "PLAN-NONE"],
        ),
    ],
)  # fmt: skip
def test_every_reason_is_found_in_the_declared_order(facts, codes):
    found = eligibility.reasons(Facts(**{**vars(CLEAR), **facts}))
    assert [reason.code for reason in found] == codes


def test_what_already_runs_is_named():
    facts = Facts(D(1), request="PR-1", agreement="PA-1")
    assert eligibility.running(facts) == [
        Reason("PLAN-ONE", "request", "PR-1"), Reason("PLAN-ONE", "agreement", "PA-1"),
    ]  # fmt: skip


def test_every_reason_and_every_row_has_its_words():
    assert set(words.NOT_NOW) == set(eligibility.ORDER)
    assert {name: tuple(rows) for name, rows in words.ROWS.items()} == rules.ROWS
    assert set(words.TITLES) == set(rules.SECTIONS)
    assert set(words.FREQUENCIES) == set(words.EACH) == set(rules.A_YEAR)
