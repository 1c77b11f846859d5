"""Each point of the policy at its edge: the last value within, the first beyond."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from plans.checks import Facts, checks, may_offer_at_once, verdict
from plans.policy import FIRST, WaiverLimit, read
from plans.rules import SETTLEMENT, STEPPED, TOKEN, Choice, Due, Waived, add_months
from plans.words import NAMES, sentence


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


ON = date(2026, 11, 22)
FIRST_ON = date(2026, 12, 10)
POLICY = read("test", FIRST)
D = Decimal
FACTS = Facts(
    currency="CNY",
    overdue=Waived(D(800), D(100), D(60), D(40)),
    bucket=1,
    left=D(1000),
    role="agent",
    on=ON,
    longest=60,
)
PLAN = Choice(D(100), 10, FIRST_ON)


def dues(choice: Choice) -> list[Due]:
    """Regular instalments as chosen; the last is 1 less."""
    amounts = [choice.low] * choice.low_months + [choice.each] * (choice.months - choice.low_months)
    days = [add_months(choice.first_on, i) for i in range(choice.months)]
    return [
        Due(on, amount - (i == choice.months - 1) * (choice.months > 1))
        for i, (on, amount) in enumerate(zip(days, amounts, strict=True))
    ]


def found(choice: Choice = PLAN, **changes: Any) -> dict[str, Any]:
    policy = replace(POLICY, **{k: v for k, v in changes.items() if hasattr(POLICY, k)})
    facts = replace(FACTS, **{k: v for k, v in changes.items() if hasattr(FACTS, k)})
    points = checks(choice, dues(choice), facts, policy)
    for point in points:
        said = sentence(point, facts.currency)
        assert said.endswith(".") and "%(" not in said and "None" not in said, said
        assert point.code in NAMES
    return {point.code: point.verdict for point in points}


def plan(**changes: Any) -> Choice:
    return replace(PLAN, **changes)


def day(days: int) -> date:
    return ON + timedelta(days=days)


def test_a_plan_within_every_limit():
    points = found()
    assert set(points) == {"months", "least", "first_on", "rate", "agent_most", "share"}
    assert set(points.values()) == {"ok"}


TOKENS = {"kind": TOKEN, "months": 6, "review_on": date(2027, 6, 10)}
EDGES = [
    # code, choice, changes, verdict
    ("months", plan(months=36), {"longest": 36}, "ok"),
    ("months", plan(months=37), {"longest": 36}, "no"),
    ("settlement_payments", plan(kind=SETTLEMENT, months=3), {}, "ok"),
    ("settlement_payments", plan(kind=SETTLEMENT, months=4), {}, "no"),
    ("token_months", plan(**TOKENS), {}, "ok"),
    ("token_months", plan(**{**TOKENS, "months": 7}), {}, "no"),
    ("review_on", plan(**TOKENS), {}, "ok"),
    ("review_on", plan(**{**TOKENS, "review_on": date(2027, 6, 11)}), {}, "no"),
    ("review_on", plan(**{**TOKENS, "review_on": date(2026, 12, 9)}), {}, "no"),
    ("review_on", plan(**{**TOKENS, "review_on": None}), {}, "no"),
    ("least", plan(each=D(50)), {}, "ok"),
    ("least", plan(each=D("49.99")), {}, "no"),
    ("least", plan(kind=STEPPED, low=D(50), low_months=2), {}, "ok"),
    ("least", plan(kind=STEPPED, low=D("49.99"), low_months=2), {}, "no"),
    ("least", plan(**TOKENS, each=D("49.99")), {}, "second"),
    ("least", plan(each=D("0.01")), {"currency": "KWD"}, "ok"),
    ("paid_once", plan(each=D(30), months=1), {}, "ok"),
    ("first_on", plan(first_on=day(3)), {}, "ok"),
    ("first_on", plan(first_on=day(2)), {}, "no"),
    ("first_on", plan(first_on=day(45)), {}, "ok"),
    ("deferral", plan(first_on=day(46)), {}, "ok"),
    ("deferral", plan(first_on=day(92)), {}, "ok"),
    ("deferral", plan(first_on=day(93)), {}, "no"),
    ("rate", plan(rate=D("0.030000")), {}, "ok"),
    ("rate", plan(rate=D("0.04")), {}, "no"),
    ("waived_interest", plan(waived=Waived(interest=D(20))), {}, "ok"),
    ("waived_interest", plan(waived=Waived(interest=D("20.01"))), {}, "second"),
    ("waived_interest", plan(waived=Waived(interest=D("20.01"))), {"role": "supervisor"}, "ok"),
    ("waived_interest", plan(waived=Waived(interest=D("100.01"))), {}, "no"),
    ("waived_interest", plan(waived=Waived(interest=D(50))), {"bucket": 4}, "ok"),
    ("waived_interest", plan(waived=Waived(interest=D(50))), {"bucket": 3}, "second"),
    ("waived_default_sum", plan(waived=Waived(default_sum=D(30))), {}, "ok"),
    ("waived_default_sum", plan(waived=Waived(default_sum=D("30.01"))), {}, "second"),
    ("waived_fees", plan(waived=Waived(fees=D("40.01"))), {}, "no"),
    ("waived_principal", plan(waived=Waived(principal=D("0.01"))), {}, "no"),
    ("waived_principal", plan(waived=Waived(principal=D(240))), {"bucket": 4}, "second"),
    ("waived_principal", plan(waived=Waived(principal=D("240.01"))), {"bucket": 4}, "no"),
    ("agent_most", PLAN, {"agent_most": {"CNY": D(1000)}}, "ok"),
    ("agent_most", PLAN, {"agent_most": {"CNY": D("999.99")}}, "second"),
    ("agent_most", PLAN, {"agent_most": {"USD": D(9000)}}, "second"),
    ("share", PLAN, {"left": D(200)}, "ok"),
    ("share", PLAN, {"left": D("199.99")}, "second"),
    ("share", plan(kind=STEPPED, low=D(50), low_months=2), {"left": D(150)}, "second"),
    ("share", PLAN, {"left": D(-5)}, "second"),
    ("share", PLAN, {"left": None}, "ok"),
    ("share_beside", PLAN, {"left": D(1000), "promised": D(800)}, "ok"),
    ("share_beside", PLAN, {"left": D(1000), "promised": D("800.01")}, "second"),
    ("share_beside", PLAN, {"left": D(1000), "promised": D(1001)}, "second"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "choice", "changes", "expected"), EDGES)
def test_each_point_at_its_edge(code, choice, changes, expected):
    assert found(choice, **changes)[code] == expected


def test_the_law_goes_before_a_longer_policy():
    facts = replace(FACTS, longest=9)
    assert checks(PLAN, dues(PLAN), facts, POLICY)[0].verdict == "no"


def test_the_limit_said_is_the_one_that_holds():
    """Above an agent's own limit, the sentence names it; above everyone's, the highest."""
    choice = plan(waived=Waived(interest=D("20.01")))
    points = {p.code: p for p in checks(choice, dues(choice), FACTS, POLICY)}
    assert "¥20.00" in sentence(points["waived_interest"], "CNY")
    choice = plan(waived=Waived(interest=D("100.01")))
    points = {p.code: p for p in checks(choice, dues(choice), FACTS, POLICY)}
    assert "¥100.00" in sentence(points["waived_interest"], "CNY")


def test_a_limit_is_cut_never_rounded_up():
    point = next(p for p in checks(PLAN, dues(PLAN), replace(FACTS, left=D("333.35")), POLICY)
                 if p.code == "share")  # fmt: skip
    assert "¥166.67" in sentence(point, "CNY")


def test_a_second_person_cannot_mend_what_is_outside():
    choice = plan(rate=D("0.04"))
    points = checks(choice, dues(choice), replace(FACTS, left=D(1)), POLICY)
    assert verdict(points) == "no" and verdict(points[-1:]) == "second" and verdict([]) == "ok"


def test_without_a_row_for_a_role_nothing_may_be_given_up():
    rows = (WaiverLimit("agent", 3, interest=D(1)),)
    policy = replace(POLICY, waivers=rows)
    assert policy.waiver_limit("agent", 2).interest == 0
    assert policy.waiver_limit("agent", 7).interest == 1


AUTO = {"auto": True, "auto_most": {"CNY": D(1000)}, "auto_longest": 10, "left": D(500)}
NOT_AT_ONCE = [
    (PLAN, {"auto": False}),
    (PLAN, {"auto_most": {"CNY": D("999.99")}}),
    (PLAN, {"auto_most": {"USD": D(9999)}}),
    (PLAN, {"auto_longest": 9}),
    (PLAN, {"left": None}),  # not told: nothing bears out the findings
    (PLAN, {"left": D(1000)}),  # could pay it all within a month
    (PLAN, {"left": D(199)}),  # a second person must agree
    (plan(first_on=day(46)), {}),  # put off: an agent grants it
    (plan(waived=Waived(interest=D(1))), {}),
    (plan(kind=SETTLEMENT, months=1), {}),
    (plan(**TOKENS), {}),
    (plan(kind="other"), {}),
]


def at_once(choice: Choice, changes: dict[str, Any]) -> bool:
    said = {**AUTO, **changes}
    facts = replace(FACTS, left=said.pop("left"))
    return may_offer_at_once(choice, dues(choice), facts, replace(POLICY, **said))


def test_what_may_be_offered_at_once():
    assert at_once(PLAN, {})
    assert at_once(plan(kind=STEPPED, low=D(50), low_months=2), {})


@pytest.mark.parametrize(("choice", "changes"), NOT_AT_ONCE)
def test_what_needs_a_person(choice, changes):
    assert not at_once(choice, changes)
