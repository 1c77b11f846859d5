"""The agents' pages: take, offer, counter, refuse; and who may not."""

import pytest
from django.urls import reverse

from accounts.models import Cardholder, User
from plans import actions
from plans.models import Offer, PlanRequest
from portal.kit.errors import Refused, Stale
from portal.records.models import Notice, StaffView
from tests.people import sign_in, staff
from tests.plans.scene import FINDINGS

pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture
def agent(client, scene):
    return sign_in(client, scene.agent)


def offer_data(scene, **changes):
    data = {
        "by": "months",
        "months": "3",
        "amount": "",
        "first_on": scene.first_on.isoformat(),
        "findings": FINDINGS,
        "explanation": "",
        "basis_version": str(scene.account.version),
    }
    return {**data, **changes}


def test_the_queue_shows_what_waits_and_logs_the_look(agent, scene):
    request = scene.submitted()
    page = agent.get(reverse("plans:queue")).content.decode()
    assert request.number in page and "¥1,000.00" in page
    assert StaffView.objects.filter(page="plans:queue").count() == 1


def test_an_empty_queue_says_so(agent):
    assert "No request is waiting" in agent.get(reverse("plans:queue")).content.decode()


def test_the_queue_goes_on_behind_a_full_page(agent, scene, monkeypatch):
    from plans import queries

    monkeypatch.setattr(queries, "PAGE", 1)
    first = scene.submitted()
    PlanRequest.objects.filter(pk=first.pk).update(account=scene.account)
    second = PlanRequest.objects.get(pk=first.pk)
    second.pk, second.number, second.status = None, "PR-2", "draft"
    second.save()
    PlanRequest.objects.filter(pk=first.pk).update(status="withdrawn")
    PlanRequest.objects.filter(number="PR-2").update(status="submitted")
    assert [r.number for r in queries.queue_page(after="").rows] == ["PR-2"]
    assert queries.queue_page(after=first.number).rows == [PlanRequest.objects.get(number="PR-2")]
    assert queries.queue_page(after="nonsense").rows


def test_taking_offering_and_the_worker_make_an_open_offer(agent, scene):
    request = scene.submitted()
    agent.post(reverse("plans:take", args=[request.number]))
    agent.post(reverse("plans:make_offer", args=[request.number]), offer_data(scene))
    request.refresh_from_db()
    assert request.status == "offered" and request.decided_by == scene.agent
    assert request.findings == FINDINGS
    assert Offer.objects.get().status == "preparing"


def test_the_form_as_it_stands_offers_just_what_was_asked(agent, scene):
    """1,000.00 in 3 rounds down to 333.33: read back as an amount it would be 4 payments."""
    request = scene.taken()
    page = agent.get(reverse("plans:staff_request", args=[request.number]))
    form = page.context["offer_form"]
    data = {name: form[name].value() or "" for name in form.fields}
    agent.post(reverse("plans:make_offer", args=[request.number]), data | {"findings": FINDINGS})
    assert Offer.objects.get().months == 3


def test_a_yen_account_is_offered_whole_yen(agent, scene):
    type(scene.account).objects.filter(pk=scene.account.pk).update(currency="JPY")
    request = scene.taken()
    PlanRequest.objects.filter(pk=request.pk).update(each=333)
    page = agent.get(reverse("plans:staff_request", args=[request.number]))
    assert str(page.context["offer_form"]["amount"].value()) == "333"


def test_other_terms_need_a_word_of_explanation(agent, scene):
    request = scene.taken()
    url = reverse("plans:make_offer", args=[request.number])
    bare = agent.post(url, offer_data(scene, months="4"))
    assert bare.status_code == 422 and "Say why" in bare.content.decode()
    agent.post(url, offer_data(scene, months="4", explanation="So each payment is smaller."))
    assert Offer.objects.get().months == 4


def test_both_findings_are_recorded_or_no_offer_is_made(agent, scene):
    request = scene.taken()
    url = reverse("plans:make_offer", args=[request.number])
    response = agent.post(url, offer_data(scene, findings=["still_willing"]))
    assert response.status_code == 422 and not Offer.objects.exists()


def test_a_refusal_needs_its_reason_and_tells_it(agent, scene, client):
    request = scene.taken()
    url = reverse("plans:refuse", args=[request.number])
    assert agent.post(url, {"refuse-reason": " "}).status_code == 422
    agent.post(url, {"refuse-reason": "Please call us first."})
    request.refresh_from_db()
    assert (request.status, request.refusal) == ("refused", "Please call us first.")
    assert Notice.objects.filter(kind="plan.refused").count() == 1
    page = sign_in(client, scene.holder).get(reverse("plans:request_page", args=[request.number]))
    assert "Please call us first." in page.content.decode()


def test_figures_that_changed_send_the_agent_back_to_look(agent, scene):
    request = scene.taken()
    url = reverse("plans:make_offer", args=[request.number])
    page = agent.post(url, offer_data(scene, basis_version="99"), follow=True).content.decode()
    assert "Look at the new figures" in page and not Offer.objects.exists()


def test_only_the_one_who_took_it_decides(scene):
    request = scene.taken()
    colleague = staff("agent")
    with pytest.raises(Refused) as no:
        actions.refuse(request, reason="x", by=colleague, at=request.submitted_at)
    assert no.value.rule == "DUTY-2"
    actions.take(request, by=colleague, at=request.submitted_at)
    request.refresh_from_db()
    assert request.taken_by == colleague


def test_two_agents_taking_one_request_leave_one(scene):
    request = scene.submitted()
    late = PlanRequest.objects.get(pk=request.pk)
    actions.take(request, by=scene.agent, at=request.submitted_at)
    with pytest.raises(Stale):
        actions.take(late, by=staff("agent"), at=request.submitted_at)


def test_nobody_decides_on_their_own_case(scene):
    request = scene.submitted()
    Cardholder.objects.filter(pk=scene.account.cardholder_id).update(user=scene.agent)
    with pytest.raises(Refused) as no:
        actions.take(
            PlanRequest.objects.get(pk=request.pk), by=scene.agent, at=request.submitted_at
        )
    assert no.value.rule == "DUTY-1"


def test_the_database_too_forbids_deciding_on_ones_own_request(scene):
    from django.db import IntegrityError, transaction

    request = scene.submitted()
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanRequest.objects.filter(pk=request.pk).update(decided_by=scene.holder)


def test_an_offer_can_be_taken_back_until_it_is_accepted(agent, scene):
    offer = scene.offered()
    url = reverse("plans:withdraw_offer", args=[offer.request.number])
    assert agent.post(url).status_code == 422  # a reason is told
    agent.post(url, {"withdraw-reason": "The figures were wrong."})
    assert Offer.objects.get().status == "withdrawn"
    assert Offer.objects.get().ending == "The figures were wrong."
    assert agent.post(url, {"withdraw-reason": "Again"}).status_code == 404


@pytest.mark.parametrize(
    ("role", "reads", "decides"),
    [
        ("agent", True, True),
        ("supervisor", True, True),
        ("auditor", True, False),
        ("complaint_handler", False, False),
    ],
)
def test_who_reads_and_who_decides(client, scene, role, reads, decides):
    request = scene.submitted()
    client = sign_in(client, staff(role))
    url = reverse("plans:staff_request", args=[request.number])
    assert client.get(url).status_code == (200 if reads else 403)
    assert client.post(reverse("plans:take", args=[request.number])).status_code == (
        302 if decides else 403
    )


def test_drafts_are_not_the_staffs_to_read(agent, scene):
    request = scene.draft()
    assert agent.get(reverse("plans:staff_request", args=[request.number])).status_code == 404


def test_the_page_shows_a_masked_identity_and_logs_the_look(agent, scene):
    request = scene.taken()
    page = agent.get(reverse("plans:staff_request", args=[request.number])).content.decode()
    assert "X0000000" not in page and "X0" in page
    assert StaffView.objects.filter(page="plans:staff_request").exists()
    assert User.objects.count() == 2
