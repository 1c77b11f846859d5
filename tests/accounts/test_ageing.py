"""Holds by the day, and the days that age while they stand (ACC-9, ACC-14)."""

import json
from datetime import date
from pathlib import Path

import pytest

from accounts import rules
from tests.accounts.three_bills import hold, paid, position

VECTORS = Path(__file__).parents[3] / "shared/data/vectors"  # beside the repository, if at all


@pytest.mark.parametrize(
    ("as_of", "held", "disputed"),
    [("2026-10-09", 0, 0), ("2026-10-10", 100, 0), ("2026-10-12", 1000, 800),
     ("2026-10-14", 1000, 800), ("2026-10-15", 900, 800), ("2026-10-16", 0, 0)],
)  # fmt: skip
def test_a_hold_counts_from_its_day_to_the_day_before_it_is_lifted(as_of, held, disputed):
    """The overdue sum is 800 then, and no more of it can be in dispute."""
    holds = [hold(100, "2026-10-10", "2026-10-15"),
             hold(900, "2026-10-12", "2026-10-16", disputed=True)]  # fmt: skip
    got = position(holds=holds, as_of=date.fromisoformat(as_of))
    assert (got.overdue, got.held, got.disputed) == (800, held, disputed)


def test_holds_newer_than_the_books_count_now():
    placed = [hold(1000, "2026-11-22", disputed=True), hold(50, "2026-11-01", "2026-11-22")]
    now = position(holds=placed, held_on=rules.NOT_LIFTED)
    assert (now.held, now.disputed, now.days_aged) == (1000, 1000, 56)
    assert position(holds=placed).held == 50


@pytest.mark.parametrize(
    ("holds", "movements", "aged"),
    [  # 56 days past due: 800 to 25 October, then 1,600
        ([], [], 56),
        ([hold(None, "2026-10-01", "2026-10-11")], [], 46),
        ([hold(None)], [], 0),
        ([hold(None, "2026-09-01", "2026-09-26")], [], 56),  # lifted when the first day began
        ([hold(None, "2026-11-20")], [], 55),
        ([hold(None, "2026-11-21")], [], 56),
        ([hold(None, "2026-10-05", "2026-10-05")], [], 56),  # lifted on its own day
        ([hold(799)], [], 56),
        ([hold(800)], [], 26),  # covers the days up to the second due date
        ([hold(800), hold(800, "2026-11-10")], [], 15),
        (  # 23 days on which nothing seemed overdue, and nothing was held
            [hold(None, "2026-11-18")],
            [paid("2026-10-20", -1600), paid("2026-11-12", 1600, "b", "reversal", "r")],
            53,
        ),
        ([hold(1000)], [paid("2026-11-10", -600)], 15),  # covers it again once less is overdue
        ([hold(None, "2026-10-01", "2026-10-11"), hold(None, "2026-10-06", "2026-10-16")], [], 41),
    ],
)  # fmt: skip
def test_ageing_stands_still_while_holds_cover_what_is_overdue(holds, movements, aged):
    got = position(*movements, holds=holds)
    assert (got.days_past_due, got.days_aged, got.bucket) == (56, aged, rules.bucket(aged))


def test_a_plan_stops_the_ageing_and_a_broken_one_lets_it_go_on():
    """The shared vectors of art. 70: no collecting under a plan, collecting again once broken."""
    vectors = VECTORS / "cn_article70_agreement.json"
    if not vectors.exists():
        pytest.skip("the shared vectors are not here")
    expected = {
        case["case"]: case["expected"] for case in json.loads(vectors.read_text())["tests"][2:]
    }
    signed, broken = hold(None, "2026-11-01"), hold(None, "2026-11-01", "2026-11-18")
    for held, case in ((signed, "signed active plan"), (broken, "plan breached")):
        got = position(holds=[held])
        asked = "report" in [step.what for step in rules.coming(got)]
        assert asked == (expected[f"{case}, dunning job runs"] == "dunning allowed")
        assert got.days_aged == (39 if asked else 36)
