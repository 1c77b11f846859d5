"""What certified documents read of plans: every plan ever signed, through accounts.queries."""

import pytest
from django.utils.timezone import now
from django.utils.translation import override

from accounts import queries
from plans.models import Agreement
from tests.plans.scene import account_of, behind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawn_once")]


def test_a_signed_plan_is_told_with_its_document_and_every_payment(django_assert_num_queries):
    scene = behind()
    agreement = scene.sign(scene.offered())
    with django_assert_num_queries(2):
        (past,) = queries.plan_history(scene.account)
    document = agreement.document
    assert (past.number, past.total, past.months) == (agreement.number, 1000, 3)
    assert (past.document_number, past.document_sha256) == (document.number, document.sha256)
    assert [str(amount) for _, amount in past.dues] == ["333.33", "333.33", "333.34"]
    assert past.dues[0][0] == scene.first_on
    assert past.purged is False


def test_plans_that_ended_are_told_too_oldest_first():
    scene = behind()
    first = scene.sign(scene.offered())
    Agreement.objects.update(status="broken", ended_at=now())
    second = scene.sign(scene.offered())
    got = queries.plan_history(scene.account)
    assert [(past.number, past.state) for past in got] == [
        (first.number, "broken"), (second.number, "active"),
    ]  # fmt: skip


def test_the_state_is_said_in_the_language_of_the_moment():
    scene = behind()
    scene.sign(scene.offered())
    (past,) = queries.plan_history(scene.account)
    with override("en"):
        assert str(past.state_label) == "Active"
    with override("zh-hans"):
        assert str(past.state_label) != "Active"


def test_another_accounts_plans_are_not_told():
    scene = behind()
    scene.sign(scene.offered())
    assert queries.plan_history(account_of(scene.holder, ref="AC0002")) == []
