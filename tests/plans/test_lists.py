"""The list of what no rule decides: plans on accounts that left the bank's books."""

import pytest
from django.utils.timezone import now

from accounts.models import CardAccount
from plans.keeping import lists
from plans.models import Agreement
from tests.plans.kept import Kept, kept

Status = CardAccount.Status


@pytest.fixture
def plan(scene):
    return kept(scene)


def shown() -> list[Agreement]:
    return [row.agreement for row in lists.page("look", after="", at=now()).rows]


@pytest.mark.parametrize(
    ("gone", "back"),
    [
        ({"status": Status.WRITTEN_OFF}, {"status": Status.OPEN}),
        ({"closed_by_feed": True}, {"closed_by_feed": False}),
    ],
)
def test_a_plan_is_looked_at_from_the_watch_that_sees_it_to_the_one_that_sees_it_back(
    plan: Kept, gone: dict[str, object], back: dict[str, object]
) -> None:
    plan.watch(plan.day(1, -9))
    assert shown() == []
    CardAccount.objects.update(**gone)
    plan.watch(plan.day(1, -8))
    assert shown() == [plan.agreement]
    since = plan.agreement.by_hand_since
    plan.watch(plan.day(1, -7))
    assert plan.agreement.by_hand_since == since  # the first time it was seen
    CardAccount.objects.update(**back)
    plan.watch(plan.day(1, -6))
    assert shown() == [] and plan.agreement.by_hand_since is None


def test_a_plan_that_ended_on_such_an_account_is_not_looked_at(plan: Kept) -> None:
    CardAccount.objects.update(closed_by_feed=True)
    plan.watch(plan.day(1, -8))
    plan.pay(plan.day(1, -7), 1000)
    plan.watch(plan.day(1, -7))
    assert plan.agreement.status == "completed" and shown() == []
