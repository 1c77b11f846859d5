"""When one person is not enough: sums of credits, and who took the case down themselves."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.timezone import now

from accounts.models import Posting
from disputes import duty
from disputes import staff_queries as queries
from disputes.actions import deciding, handling
from disputes.actions.deciding import Said
from disputes.forms.deciding import over_words
from disputes.models import Decision, Dispute
from tests.disputes.scene import Scene, Status, case, line


@pytest.mark.parametrize(
    ("credit", "before", "filed", "found"),
    [
        (200, 300, False, []),
        (200, 301, False, ["credits"]),
        (0, 9000, True, []),  # nothing is given
        (501, 9000, False, ["credit"]),  # said once
        (1, 0, True, ["filed"]),
        (200, 301, True, ["credits", "filed"]),
    ],
)
def test_credits_add_up_and_who_filed_it_does_not_give(credit, before, filed, found):
    codes = duty.over(
        "upheld", "already_paid", Decimal(credit), alone=Decimal(500), reasons={"fraud"},
        credited_before=Decimal(before), filed_by_proposer=filed,
    )  # fmt: skip
    assert codes == found
    texts = {over_words(code, "CNY") for code in (*codes, "credit", "reason")}
    assert len(texts) == len({*codes, "credit", "reason"})  # each has words of its own


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "filed", "over"), [(364, False, ["credits"]), (366, False, []), (366, True, ["filed"])]
)
def test_what_a_handler_gave_within_a_year_counts(days, filed, over):
    scene = Scene.made()
    before, at = case(scene.account, Status.UPHELD), now() - timedelta(days=days)
    Decision.objects.create(
        dispute=before, round=1, status="made", outcome="upheld", cause="system", credit=450,
        proposed_by=scene.handler, proposed_at=at, made_at=at,
    )  # fmt: skip
    posting = Posting.objects.get(account=scene.account, kind="purchase")
    dispute = case(scene.account, matter="charge")
    if filed:
        Dispute.objects.filter(pk=dispute.pk).update(started_by=scene.handler, channel="phone")
    line(dispute, "posting", posting.ref)
    dispute = queries.cases().get(pk=dispute.pk)
    handling.take(dispute, declared=True, by=scene.handler, at=now())
    dispute = queries.cases().get(pk=dispute.pk)
    right = [Said(dispute.lines.get(), "upheld", right_amount=posting.amount - 100)]
    assert deciding.weigh(dispute, right).over == over
