"""The agents' pages: take, offer, counter, refuse; and who may not."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from accounts.actions import place_hold
from accounts.models import Cardholder, User
from plans import actions
from plans.models import Offer, PlanRequest
from portal.kit.errors import Refused, Stale
from portal.records.models import Notice, StaffView
from tests.accounts.books import post
from tests.people import sign_in, staff
from tests.plans.limits import giving_up, offer
from tests.plans.scene import FINDINGS
from tests.plans.telling import tell

pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture
def agent(client, scene):
    return sign_in(client, scene.agent)


def offer_data(scene, **changes):
    data = {
        "kind": "equal",
        "rate": "0",
        "by": "months",
        "months": "3",
        "amount": "",
        "first_on": scene.first_on.isoformat(),
        "findings": FINDINGS,
        "explanation": "",
        "basis_version": str(scene.account.version),
    }
    return {**data, **changes}


def refusal(scene, reason):
    return {"refuse-reason": reason, "refuse-basis_version": str(scene.account.version)}


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
    assert agent.post(url, refusal(scene, " ")).status_code == 422
    assert agent.post(url, {"refuse-reason": "On no figures."}).status_code == 422
    agent.post(url, refusal(scene, "Please call us first."))
    request.refresh_from_db()
    assert (request.status, request.refusal) == ("refused", "Please call us first.")
    assert Notice.objects.filter(kind="plan.refused").count() == 1
    page = sign_in(client, scene.holder).get(reverse("plans:request_page", args=[request.number]))
    assert "Please call us first." in page.content.decode()


def test_figures_that_changed_are_shown_beside_those_seen_and_what_was_typed_stays(agent, scene):
    request = scene.taken()
    first = agent.get(reverse("plans:staff_request", args=[request.number]))
    seen = first.context["offer_form"]["seen"].value()
    post(scene.account, "paid", scene.account.as_of.isoformat(), "repayment", -100)
    type(scene.account).objects.filter(pk=scene.account.pk).update(version=2)
    url = reverse("plans:make_offer", args=[request.number])
    typed = offer_data(scene, basis_version="1", seen=seen, months="4", explanation="Smaller.")
    answer = agent.post(url, typed)
    page = answer.content.decode()
    assert answer.status_code == 409 and not Offer.objects.exists()
    assert "<del>¥1,000.00</del>" in page and "<ins>¥900.00</ins>" in page
    form = answer.context["offer_form"]
    assert (form["months"].value(), form["explanation"].value()) == ("4", "Smaller.")
    again = {name: form[name].value() or "" for name in form.fields}
    agent.post(url, again)  # the new figures were seen now
    assert Offer.objects.get().total == 900


def test_a_refusal_too_rests_on_the_figures_that_were_read(agent, scene):
    request = scene.taken()
    first = agent.get(reverse("plans:staff_request", args=[request.number]))
    form = first.context["refuse_form"]
    typed = {form.add_prefix(name): form[name].value() for name in ("basis_version", "seen")}
    typed |= {"refuse-reason": "You owe too little."}
    post(scene.account, "paid", scene.account.as_of.isoformat(), "repayment", -100)
    type(scene.account).objects.filter(pk=scene.account.pk).update(version=2)
    url = reverse("plans:refuse", args=[request.number])
    answer = agent.post(url, typed)
    page = answer.content.decode()
    assert answer.status_code == 409 and "There is a problem" not in page
    assert "<del>¥1,000.00</del>" in page and "<ins>¥900.00</ins>" in page
    form = answer.context["refuse_form"]
    again = {form.add_prefix(name): form[name].value() for name in form.fields}
    assert again["refuse-reason"] == "You owe too little."
    request.refresh_from_db()
    assert request.status == "under_review"
    agent.post(url, again)  # the new figures were seen now
    request.refresh_from_db()
    assert (request.status, request.refusal) == ("refused", "You owe too little.")


def test_what_was_typed_stays_when_the_act_is_refused(agent, scene):
    request = scene.taken()
    place_hold(scene.account, reason="death", source="bank:1", amount=None, by=None, at=now())
    for name, typed in (
        ("refuse", refusal(scene, "Please call us.")),
        ("ask_cardholder", {"question-text": "Please call us."}),
    ):
        answer = agent.post(reverse(f"plans:{name}", args=[request.number]), typed)
        page = answer.content.decode()
        assert answer.status_code == 422 and "Please call us." in page
        assert "Collection on this account is held: The cardholder has died." in page


@pytest.mark.parametrize("seen", ["|".join(["1E+30"] * 9), "|".join(["1E+3000000"] * 9)])
def test_figures_that_no_page_carries_do_no_harm(agent, scene, seen):
    request = scene.taken()
    url = reverse("plans:make_offer", args=[request.number])
    answer = agent.post(url, offer_data(scene, basis_version="99", seen=seen))
    assert answer.status_code == 409 and "–" in answer.content.decode()


def test_the_terms_typed_are_checked_without_deciding(agent, scene):
    request = scene.taken()
    url = reverse("plans:check_offer", args=[request.number])
    typed = offer_data(scene, waived_interest="30", findings=[])
    part = agent.post(url, typed, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "A second person must agree" in part
    assert "Above ¥12.00 a second person must agree" in part and "¥970.00" in part
    whole = agent.post(url, typed)
    assert whole.status_code == 200 and "<html" in whole.content.decode()
    assert "There is a problem" not in whole.content.decode()  # nothing is decided
    assert whole.context["offer_form"]["waived_interest"].value() == "30"
    assert not Offer.objects.exists()
    steps = {"kind": "stepped", "low": "900", "low_months": "2", "step_months": "3"}
    none = agent.post(url, offer_data(scene, **steps), headers={"HX-Request": "true"})
    assert "The first payments must be smaller" in none.content.decode()
    bare = agent.post(url, {}, headers={"HX-Request": "true"}).content.decode()
    assert "Fill in the terms of a plan" in bare


TERMS = {
    "stepped": {"low": "100", "low_months": "2", "step_months": "5"},
    "settlement": {"payments": "1", "waived_interest": "12"},
    "token": {"small": "20", "small_months": "3"},
    "equal": {"by": "amount", "amount": "300", "months": ""},
    "other first day": {"kind": "equal"},
}


@pytest.mark.parametrize("name", TERMS)
def test_every_kind_of_plan_is_offered_from_the_form(agent, scene, name):
    request, kind = scene.taken(), TERMS[name].get("kind", name)
    typed = offer_data(scene, explanation="This fits better.", **{"kind": kind} | TERMS[name])
    if kind == "token":
        typed["review_on"] = (scene.first_on + timedelta(days=80)).isoformat()
    if name == "other first day":
        typed["first_on"] = (scene.first_on + timedelta(days=50)).isoformat()
    answer = agent.post(reverse("plans:make_offer", args=[request.number]), typed)
    assert answer.status_code == 302
    made = Offer.objects.get()
    assert made.kind == kind
    assert made.status == ("proposed" if kind == "token" else "preparing")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": ""}, "What kind of plan"),
        ({"kind": "stepped", "low": "900", "low_months": "2", "step_months": "3"}, "smaller"),
        ({"kind": "token", "small": "20", "small_months": "3", "waived_interest": "5"}, "Empty"),
        ({"kind": "settlement"}, "In how many payments"),
        ({"months": "61"}, "from 1 to 60"),
        ({"waived_interest": "60.01"}, "between ¥0.01 and ¥60.00"),
        ({"months": "40"}, "below the least allowed"),
    ],
)
def test_terms_that_are_none_come_back_with_what_to_do(agent, scene, typed, said):
    request = scene.taken()
    if typed.get("kind") == "token":
        typed = typed | {"review_on": (scene.first_on + timedelta(days=80)).isoformat()}
    url = reverse("plans:make_offer", args=[request.number])
    answer = agent.post(url, offer_data(scene, explanation="Why.", **typed))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Offer.objects.exists()


@pytest.fixture
def proposed(agent, scene):
    request = scene.taken()
    typed = offer_data(scene, waived_interest="30", explanation="You asked for a little less.")
    agent.post(reverse("plans:make_offer", args=[request.number]), typed)
    return Offer.objects.get()


def test_an_offer_above_the_limits_waits_in_its_own_queue(agent, scene, proposed):
    page = agent.get(reverse("plans:second")).content.decode()
    assert proposed.request.number in page and "Interest given up" in page
    assert "With a second person" in agent.get(reverse("plans:queue")).content.decode()
    url = reverse("plans:staff_request", args=[proposed.request.number])
    own = agent.get(url).content.decode()
    assert "You proposed this." in own and "Agree to this offer" not in own
    assert "Make the offer" not in own


def test_the_second_queue_goes_on_behind_a_full_page(proposed, monkeypatch):
    from plans import queries

    monkeypatch.setattr(queries, "PAGE", 1)
    assert queries.second_page(after="").rows == [proposed]
    assert queries.second_page(after=proposed.number).rows == []


def test_a_supervisor_agrees_on_the_page(client, scene, proposed):
    client, number = sign_in(client, staff("supervisor")), proposed.request.number
    page = client.get(reverse("plans:staff_request", args=[number])).content.decode()
    assert "Agree to this offer" in page and "more than the cardholder can repay" in page
    url, read = reverse("plans:approve_offer", args=[number]), {"offer": proposed.number}
    assert f'name="offer" value="{proposed.number}"' in page
    assert "Somebody was first" in client.post(url, follow=True).content.decode()  # read nothing
    client.post(url, read)
    proposed.refresh_from_db()
    assert proposed.status == "preparing"
    assert "Somebody was first" in client.post(url, read, follow=True).content.decode()
    assert "No offer waits" in client.get(reverse("plans:second")).content.decode()


@pytest.mark.parametrize("act", ["approve_offer", "return_offer"])
def test_a_supervisor_answers_the_offer_they_read_and_no_other(client, scene, proposed, act):
    """While the page stood open the agent took the offer back and proposed another."""
    actions.return_offer(proposed, reason="Not so.", by=scene.agent, at=now())
    request = PlanRequest.objects.get(pk=proposed.request_id)
    other = offer(scene, giving_up(scene, "60"), request=request)
    client = sign_in(client, staff("supervisor"))
    url = reverse(f"plans:{act}", args=[request.number])
    read = {"offer": proposed.number, "return-reason": "About the first."}
    page = client.post(url, read, follow=True).content.decode()
    assert "Somebody was first" in page and "About the first." not in page
    other.refresh_from_db()
    assert (other.status, other.approved_by) == ("proposed", None)


def test_what_changed_since_it_was_proposed_stands_on_the_page(client, scene, proposed):
    client, number = sign_in(client, staff("supervisor")), proposed.request.number
    post(scene.account, "paid", scene.account.as_of.isoformat(), "repayment", -100)
    type(scene.account).objects.filter(pk=scene.account.pk).update(version=2)
    page = client.get(reverse("plans:staff_request", args=[number])).content.decode()
    assert "It can only be sent back" in page and "<ins>¥900.00</ins>" in page
    assert "Agree to this offer" not in page
    url, read = reverse("plans:approve_offer", args=[number]), {"offer": proposed.number}
    said = client.post(url, read, follow=True)
    assert "The account changed since this was proposed" in said.content.decode()


def test_a_supervisor_sends_it_back_with_a_reason_for_colleagues(client, scene, proposed):
    client, number = sign_in(client, staff("supervisor")), proposed.request.number
    url = reverse("plans:return_offer", args=[number])
    read = {"offer": proposed.number}
    assert client.post(url, read | {"return-reason": ""}).status_code == 422
    client.post(url, read | {"return-reason": "Ask for wages first."})
    page = client.get(reverse("plans:staff_request", args=[number])).content.decode()
    assert "Ask for wages first." in page and "never seen by the cardholder" in page
    theirs = sign_in(client, scene.holder)
    for url in (reverse("plans:index"), reverse("plans:request_page", args=[number])):
        page = theirs.get(url).content.decode()
        assert "Ask for wages first." not in page and proposed.number not in page
    assert theirs.get(reverse("plans:offer", args=[proposed.number])).status_code == 404


def test_a_question_and_its_answer_stand_on_the_page_and_in_the_queue(agent, scene):
    request = scene.taken()
    url = reverse("plans:ask_cardholder", args=[request.number])
    assert agent.post(url, {"question-text": ""}).status_code == 422
    agent.post(url, {"question-text": "Do you expect a bonus?"})
    assert "Question open" in agent.get(reverse("plans:queue")).content.decode()
    page = agent.get(reverse("plans:staff_request", args=[request.number])).content.decode()
    assert "Do you expect a bonus?" in page and "Send the question" not in page
    actions.answer_question(request.questions.get(), "In May.", by=scene.holder, at=now())
    assert "Question answered" in agent.get(reverse("plans:queue")).content.decode()
    page = agent.get(reverse("plans:staff_request", args=[request.number])).content.decode()
    assert "In May." in page and "Send the question" in page


def test_the_page_tells_what_was_told_and_what_the_plan_takes_of_it(agent, scene):
    tell(scene.account)
    request = scene.taken()
    page = agent.get(reverse("plans:staff_request", args=[request.number])).content.decode()
    assert "Left each month: ¥1,000.00." in page and "takes 34% of it" in page
    assert "Within the policy" in page


def test_what_was_on_the_account_before_stands_on_the_page(agent, scene):
    earlier = scene.offered()
    actions.decline(earlier, reason="", by=scene.holder, at=now())
    page = agent.get(reverse("plans:staff_request", args=[scene.taken().number])).content.decode()
    assert earlier.request.number in page and earlier.number in page


def test_something_else_is_answered_with_a_plan_and_a_word(agent, scene):
    request = scene.taken()
    PlanRequest.objects.filter(pk=request.pk).update(kind="other", each=200, months=5)
    page = agent.get(reverse("plans:staff_request", args=[request.number]))
    form = page.context["offer_form"]
    assert (form["kind"].value(), str(form["amount"].value())) == ("equal", "200.00")
    typed = {name: form[name].value() or "" for name in form.fields} | {"findings": FINDINGS}
    url = reverse("plans:make_offer", args=[request.number])
    assert "Say why" in agent.post(url, typed).content.decode()
    agent.post(url, typed | {"explanation": "This is what you can manage."})
    assert Offer.objects.get().each == 200


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


def test_a_page_that_stood_open_takes_no_request_from_a_colleague(client, scene):
    request, colleague = scene.submitted(), staff("agent")
    mine, url = sign_in(client, colleague), reverse("plans:take", args=[request.number])

    def shown():
        page = mine.get(reverse("plans:staff_request", args=[request.number])).content.decode()
        return re.search(r'name="from" value="(\d*)"', page)[1]

    free = shown()
    actions.take(request, by=scene.agent, at=now())
    answer = mine.post(url, {"from": free}, follow=True)
    assert "A colleague was first." in answer.content.decode()
    request.refresh_from_db()
    assert request.taken_by == scene.agent
    mine.post(url, {"from": shown()})  # which is to take it over, as the page says
    request.refresh_from_db()
    assert request.taken_by == colleague
    again = mine.post(url, {"from": free}, follow=True).content.decode()
    assert "A colleague was first." not in again  # the second of two clicks


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
    page = agent.get(reverse("plans:staff_request", args=[offer.request.number])).text
    assert "Withdrawn by the bank" in page
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
