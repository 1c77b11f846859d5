"""Small payments until a review bear no interest of their own: whoever asks for it is told."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils.translation import override

from plans.models import Offer
from plans.rules import TOKEN, Choice, Waived
from portal.kit.errors import Refused
from tests.people import sign_in
from tests.plans.limits import offer
from tests.plans.scene import FINDINGS

pytestmark = pytest.mark.usefixtures("drawn_once")


def test_an_agent_who_sets_a_rate_is_told_what_to_do(client, scene):
    request, review = scene.taken(), scene.first_on + timedelta(days=80)
    typed = {
        "kind": "token", "small": "20", "small_months": "3", "rate": "0.03",
        "review_on": review.isoformat(), "first_on": scene.first_on.isoformat(),
        "findings": FINDINGS, "explanation": "Why.", "basis_version": scene.account.version,
    }  # fmt: skip
    agent = sign_in(client, scene.agent)
    with override("en"):
        for way in ("check_offer", "make_offer"):
            page = agent.post(reverse(f"plans:{way}", args=[request.number]), typed).text
            assert "Set the interest to 0." in page, way
        typed["rate"] = "0"
        agent.post(reverse("plans:make_offer", args=[request.number]), typed)
    made = Offer.objects.get()
    assert (made.kind, made.rate, made.total) == (TOKEN, 0, 60)


@pytest.mark.parametrize("changes", [{"rate": D("0.03")}, {"waived": Waived(interest=D(5))}])
def test_no_action_makes_such_an_offer_either(scene, changes):
    on = scene.first_on
    choice = Choice(D(20), 3, on, TOKEN, review_on=on + timedelta(days=80), **changes)
    with pytest.raises(Refused) as no:
        offer(scene, choice)
    assert no.value.rule == "PLAN-TOKEN" and not Offer.objects.exists()
