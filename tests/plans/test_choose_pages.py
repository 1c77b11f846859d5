"""What the pages on which a plan is chosen say: how sure the budget is, what was begun, its end."""

import re
from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import override

from accounts.models import CardAccount
from plans.choosing import too_high
from plans.forms.signing import TICKS, SignForm
from plans.models import Offer, PlanRequest
from plans.rules import EQUAL, SETTLEMENT, STEPPED, TOKEN
from tests.people import sign_in
from tests.plans.kept import Kept, kept
from tests.plans.limits import put_to_use
from tests.plans.telling import row, tell, told
from tests.plans.test_choose import ANSWERS, bound, post, url

pytestmark = pytest.mark.usefixtures("drawn_once")
SUGGESTED = 'class="badge tag-ok">Suggested'


@pytest.fixture
def me(client, scene):
    return sign_in(client, scene.holder)


@pytest.fixture
def plan(db):
    return kept()


def check_page(me):
    number = PlanRequest.objects.latest("pk").number
    return me.get(reverse("plans:request_page", args=[number])).content.decode()


def start_page(me, scene):
    return me.get(url(scene, "start")).content.decode()


# == addresses that only take what is sent


def test_who_changes_the_language_on_a_worked_out_page_comes_back_to_its_form(me, scene):
    data = {"first_on": scene.first_on.isoformat(), **ANSWERS[STEPPED]}
    page = me.get(url(scene, kind=STEPPED)).content.decode()
    there = url(scene, "preview", STEPPED)
    assert f'formaction="{there}"' in page
    worked_out = me.post(there, {"kind": STEPPED, **data}).content.decode()
    assert worked_out.count(f'name="next" value="{there}"') == 2
    assert me.get(there).url == url(scene, kind=STEPPED)


def test_the_address_of_an_answer_leads_to_its_request(me, scene):
    number = scene.submitted().number
    page = reverse("plans:request_page", args=[number])
    assert me.get(reverse("plans:answer", args=[number])).url == page


# == how sure the budget is


@pytest.mark.parametrize("guess", [None, "1000.00"])
def test_an_outgoing_without_a_figure_is_no_ground_for_suggesting(me, scene, guess):
    tell(scene.account, debts={"loans": row(guess, unsure=True)})
    page = me.get(url(scene)).content.decode()
    assert page.count('name="option"') == 3 and "first estimate" in page
    assert (SUGGESTED in page) is (guess is not None)
    assert ("None is suggested, because you are not sure" in page) is (guess is None)
    assert ("With a guess for it" in start_page(me, scene)) is (guess is None)
    scene.draft()
    assert "first estimate" in check_page(me)


def test_a_sure_budget_is_no_estimate_and_an_unsure_income_still_suggests(me, scene):
    tell(scene.account)
    assert "first estimate" not in me.get(url(scene)).content.decode()
    scene.draft()
    assert "first estimate" not in check_page(me)
    tell(scene.account, income={"wages": row("6000.00"), "other": row(None, unsure=True)})
    assert SUGGESTED in me.get(url(scene)).content.decode()


# == a budget that changed after choosing


def test_a_plan_that_the_budget_no_longer_bears_is_said_and_can_still_be_sent(me, scene):
    tell(scene.account)
    draft = scene.draft()
    high = "¥333.33, is above 50% of what is left"
    assert high not in check_page(me) and "Check again" not in start_page(me, scene)
    tell(scene.account, income={"wages": row("5500.00")})  # 500.00 is left
    for page in (check_page(me), start_page(me, scene)):
        assert high in page and f'href="{url(scene)}"' in page
    assert "Check again" in start_page(me, scene)
    me.post(reverse("plans:submit", args=[draft.number]))
    draft.refresh_from_db()
    assert draft.status != "draft"


@pytest.mark.parametrize(
    ("wages", "plan", "payment"),
    [
        ("5666.66", {}, None),  # just the half of what is left
        ("5666.65", {}, D("333.33")),
        ("5000.00", {}, D("333.33")),  # nothing is left
        ("5666.66", {"low": D(400)}, D(400)),
        ("5000.00", {"kind": SETTLEMENT}, None),
        ("5000.00", {"kind": "other"}, None),
    ],
)
def test_the_highest_payment_is_held_against_the_share(scene, wages, plan, payment):
    draft = PlanRequest(account=scene.account, each=D("333.33"), **plan)
    budget = told(income={"wages": row(wages)})
    assert getattr(too_high(draft, budget, on=localdate()), "payment", None) == payment
    assert too_high(draft, told(currency="USD"), on=localdate()) is None


# == what was typed, and what was begun


@pytest.mark.parametrize(
    ("by", "beside"), [("months", {"amount": "10"}), ("amount", {"months": "99"})]
)
def test_the_box_that_was_not_chosen_stops_nothing(by, beside):
    form = bound(EQUAL, {"by": by, "months": "4", "amount": "250", **beside})
    assert form.is_valid(), form.errors
    assert form.chosen.months == 4


def test_what_is_not_in_order_is_named_as_one_types(me, scene):
    data = {"kind": EQUAL, "by": "amount", "amount": "10", "first_on": scene.first_on.isoformat()}
    part = me.post(url(scene, "preview"), data, headers={"HX-Request": "true"}).content.decode()
    assert "Amount each month: " in part and part.count('role="status"') == 1


def test_a_compared_plan_is_taken_with_the_words_of_what_was_begun(me, scene):
    post(me, scene, STEPPED, **ANSWERS[STEPPED] | {"reason": "I begin a new job in March."})
    assert "I begin a new job" in me.get(url(scene, kind=TOKEN)).content.decode()
    page = me.post(url(scene), {"option": "6", "take": "1"}, follow=True).content.decode()
    draft = PlanRequest.objects.get()
    assert (draft.kind, draft.reason) == (EQUAL, "I begin a new job in March.")
    assert "takes the place of the other request" in page and "I begin a new job" in page
    page = me.post(url(scene), {"option": "9", "take": "1"}, follow=True).content.decode()
    assert "takes the place" not in page


@pytest.mark.parametrize(("least", "only"), [(1000, True), (300, False)])
def test_only_what_has_nothing_beside_it_is_called_the_only_plan(me, scene, least, only):
    """At 300 one and two payments are possible as well, but none of the bank's usual lengths."""
    put_to_use(least_instalments={"CNY": str(least)}, terms=[3])
    page = me.get(url(scene)).content.decode()
    assert page.count('name="option"') == 1
    assert ("The only plan that is possible" in page) is only
    assert ("One plan that is possible" in page) is not only


@pytest.mark.parametrize(("kind", "sent"), [(EQUAL, {"by": "months", "months": "1"}), (TOKEN, {})])
def test_one_payment_is_not_one_a_month_in_chinese_either(me, scene, kind, sent):
    data = {**ANSWERS[kind], "kind": kind, "first_on": scene.first_on.isoformat(), **sent}
    if kind == TOKEN:
        data["token_months"] = "1"
    part = me.post(
        url(scene, "preview"), data, headers={"HX-Request": "true", "Accept-Language": "zh-hans"}
    ).content.decode()
    said = re.search(r'role="status">([^<]*)<', part)
    assert said and "每月" not in said[1] and " a month" not in said[1]


def test_beside_a_rate_of_nothing_stands_what_the_rest_bears(me, scene):
    data = {**ANSWERS[TOKEN], "kind": TOKEN, "first_on": scene.first_on.isoformat()}
    fragment = {"HX-Request": "true"}
    assert "On the rest, interest" in me.post(url(scene, "preview"), data, headers=fragment).text
    data = {**ANSWERS[EQUAL], "kind": EQUAL, "first_on": scene.first_on.isoformat()}
    assert "On the rest" not in me.post(url(scene, "preview"), data, headers=fragment).text


# == signing


def test_each_missing_tick_is_named():
    with override("en"):
        form = SignForm({}, full_name="Test Person")
        said = [str(form.errors[tick][0]) for tick in TICKS]
    assert len(set(said)) == len(TICKS)


# == what became of it


def overview(me):
    return me.get(reverse("plans:index")).content.decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": "declined"}, "You declined the offer."),
        ({"status": "expired"}, "The time to accept the offer is over."),
        ({"status": "withdrawn"}, "The bank took the offer back."),
        ({"status": "withdrawn", "ended_by": "plan"}, "The offer ended with the plan"),
        ({"status": "withdrawn", "ended_by": "cardholder"}, "you asked for a person"),
    ],
)
def test_an_offer_that_ended_says_how_and_what_can_be_done(me, scene, changes, says):
    offer = scene.offered()
    assert "An offer waits for you." in overview(me) and "Ask again" not in overview(me)
    Offer.objects.update(**changes)
    for page in (overview(me), check_page(me)):
        assert says in page and "Ask again" in page and f'href="{url(scene)}"' in page
        assert "Offer made" not in page
    scene.draft()
    assert "Ask again" not in overview(me)  # it was begun
    assert offer.number not in overview(me)


def test_a_signed_offer_leads_to_its_agreement(me, scene):
    agreement = scene.sign(scene.offered())
    there = f'href="{reverse("plans:agreement", args=[agreement.number])}"'
    for page in (overview(me), check_page(me)):
        assert "You signed the offer." in page and there in page and "Ask again" not in page


def test_a_change_that_came_to_nothing_is_not_asked_for_as_a_new_plan(me, scene):
    plan = scene.sign(scene.offered())
    PlanRequest.objects.update(revises=plan)
    Offer.objects.update(status="declined")
    for page in (overview(me), check_page(me)):
        assert "You declined the offer." in page and "Ask again" not in page
    PlanRequest.objects.update(revises=None)
    assert "Ask again" in overview(me)


@pytest.mark.parametrize("status", ["open", "written_off"])
def test_who_is_to_talk_to_us_first_finds_that_first(client, plan: Kept, status):
    CardAccount.objects.update(status=status)
    me = sign_in(client, plan.scene.holder)
    page = me.get(reverse("plans:agreement", args=[plan.agreement.number])).content.decode()
    primary = re.findall(r'class="btn btn-primary" href="([^"]*)"', page)
    pay, talk = reverse("accounts:pay", args=[plan.account.ref]), reverse("help")
    assert primary[0] == (pay if status == "open" else talk)
    assert f'href="{pay}"' in page
