"""Choosing a plan of any kind: what follows from the answers, what is kept, what goes with it."""

import re
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import override

from accounts.book import Components
from accounts.held import own
from plans import actions, policies, saying
from plans.actions import automatic
from plans.choosing import Choosing
from plans.forms.kinds import OTHER, as_filled, choice_of, waived_for
from plans.forms.schedule import PlanForm
from plans.models import Agreement, Offer, PlanQuestion, PlanRequest
from plans.rules import EQUAL, SETTLEMENT, STEPPED, TOKEN, Choice, Waived
from plans.situation.queries import told_with
from portal import packs
from portal.kit.errors import Refused, Stale
from portal.records.models import Notice
from tests.people import cardholder, sign_in
from tests.plans.limits import put_to_use
from tests.plans.telling import tell

D = Decimal
FIRST = date(2026, 12, 10)
PARTS = Components(principal=D(600), interest=D(200), default_sum=D(150), fees=D(50))
POSITION = SimpleNamespace(currency="CNY", overdue=D(1000), overdue_by_component=PARTS)

MADE = [
    (EQUAL, {"by": "months", "months": 3}, Choice(D("333.33"), 3, FIRST)),
    (EQUAL, {"by": "amount", "amount": D(400)}, Choice(D(400), 3, FIRST)),
    (EQUAL, {"by": "amount", "amount": D(1000)}, Choice(D(1000), 1, FIRST)),
    (
        STEPPED,
        {"low": D(100), "low_months": 2, "months": 6},
        Choice(D(200), 6, FIRST, kind=STEPPED, low=D(100), low_months=2),
    ),
    (
        SETTLEMENT,
        {"sum_now": D(700), "payments": 2},
        Choice(
            D(350), 2, FIRST, kind=SETTLEMENT,
            waived=Waived(fees=D(50), default_sum=D(150), interest=D(100)),
        ),
    ),
    (SETTLEMENT, {"sum_now": D(1000), "payments": 1}, Choice(D(1000), 1, FIRST, kind=SETTLEMENT)),
    (
        TOKEN,
        {"token": D(10), "token_months": 3},
        Choice(D(10), 3, FIRST, kind=TOKEN, review_on=date(2027, 3, 10)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "facts", "choice"), MADE)
def test_the_answers_of_each_kind_make_its_plan(kind, facts, choice):
    assert choice_of(kind, {**facts, "first_on": FIRST}, POSITION) == choice


@pytest.mark.parametrize(("kind", "facts", "choice"), MADE)
def test_a_plan_shown_for_changing_makes_the_same_plan_again(kind, facts, choice):
    filled = as_filled(choice, D(1000), currency="CNY")
    assert choice_of(kind, filled, POSITION) == choice


@pytest.mark.parametrize(
    ("unpaid", "given_up"),
    [
        (0, Waived()),
        (50, Waived(fees=D(50))),
        (51, Waived(fees=D(50), default_sum=D(1))),
        (400, Waived(fees=D(50), default_sum=D(150), interest=D(200))),
        (999, Waived(fees=D(50), default_sum=D(150), interest=D(200), principal=D(599))),
    ],
)
def test_fees_are_given_up_first_and_principal_last(unpaid, given_up):
    assert waived_for(D(unpaid), POSITION) == given_up


def bound(kind, data):
    on = localdate()
    data = {"first_on": (on + timedelta(days=20)).isoformat(), **data}
    facts = {"position": POSITION, "pack": packs.load("cn", on=on), "on": on}
    return PlanForm(data, kind=kind, policy=policies.first(), **facts)


ANSWERS = {
    EQUAL: {"by": "months", "months": "6"},
    STEPPED: {"low": "100", "low_months": "2", "months": "6"},
    SETTLEMENT: {"sum_now": "700", "payments": "2"},
    TOKEN: {"token": "10", "token_months": "3"},
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_each_kind_has_its_own_boxes_and_a_whole_schedule(kind):
    form = bound(kind, ANSWERS[kind])
    assert form.is_valid(), form.errors
    assert form.chosen.kind == kind and len(form.dues) == form.chosen.months
    assert sum(due.amount for due in form.dues) == form.payable
    assert form.payable + form.rest + form.chosen.waived.total == D(1000)


@pytest.mark.parametrize(
    ("kind", "wrong", "at"),
    [
        (EQUAL, {"by": ""}, "by"),
        (STEPPED, {"months": ""}, "months"),
        (STEPPED, {"low": ""}, "low"),
        (STEPPED, {"low": "200"}, "low"),  # not smaller than what comes later
        (STEPPED, {"low_months": "6"}, "low"),  # none left at the larger amount
        (STEPPED, {"low": "49.99"}, "low"),
        (SETTLEMENT, {"payments": "4"}, "payments"),  # policy: three
        (SETTLEMENT, {"sum_now": "100", "payments": "3"}, "payments"),  # 33.33 is below the least
        (SETTLEMENT, {"sum_now": "1000.01"}, "sum_now"),
        (TOKEN, {"token_months": "7"}, "token_months"),
        (TOKEN, {"token": "400"}, "token"),  # more than is overdue, over three months
        (TOKEN, {"token": "0"}, "token"),
    ],
)
def test_what_lies_outside_is_said_at_its_box(kind, wrong, at):
    assert list(bound(kind, {**ANSWERS[kind], **wrong}).errors) == [at]


def test_each_kind_is_said_in_one_line():
    with override("en"):
        said = [saying.in_words(choice, D(1000), "CNY") for _, _, choice in MADE]
        said.append(saying.in_words(Choice(D(0), 1, FIRST, kind=OTHER), D(1000), "CNY"))
        said.append(saying.in_words(Choice(D(20), 50, FIRST, kind=OTHER), D(1000), "CNY"))
    assert said == [
        "3 payments of ¥333.33 a month",
        "3 payments of ¥400.00 a month",
        "One payment of ¥1,000.00",
        "¥100.00 a month until 10 January 2027, then ¥200.00; 6 payments in all",
        "¥700.00 in 2 payments settles it",
        "¥1,000.00 in one payment settles it",
        "¥10.00 a month, and a review on 10 March 2027",
        "Something else, in own words",
        "Something else, in own words; ¥20.00 a month could be paid",
    ]


# == the pages


@pytest.fixture
def me(client, scene):
    return sign_in(client, scene.holder)


def url(scene, name="request", kind=""):
    return reverse(f"plans:{name}", args=[scene.account.ref]) + (f"?kind={kind}" if kind else "")


def post(me, scene, kind, **answers):
    data = {"kind": kind, "first_on": scene.first_on.isoformat(), "reason": "", **answers}
    return me.post(url(scene), data)


pytestmark = pytest.mark.usefixtures("drawn_once")


def test_plans_are_compared_and_none_is_chosen_or_suggested_without_a_budget(me, scene):
    page = me.get(url(scene)).content.decode()
    assert page.count('name="option"') == 3 and "Nothing is suggested" in page
    options = page[page.index('id="fit"') : page.index('id="own"')]
    assert "checked" not in options and "Suggested" not in options
    assert options.count("Annual rate</dt>") == options.count("Total to pay</dt>") == 3


def test_with_a_budget_the_fewest_payments_it_bears_are_suggested(me, scene):
    tell(scene.account)
    page = me.get(url(scene)).content.decode()
    assert "¥1,000.00 left each month" in page and page.count("Suggested") == 1
    assert page.index("¥333.33") < page.index("Suggested")


def test_a_plan_that_is_taken_is_kept_and_stands_chosen_on_return(me, scene):
    tell(scene.account)
    assert me.post(url(scene), {"option": "3", "take": "1"}).status_code == 302
    request = PlanRequest.objects.get()
    assert (request.kind, request.months, request.each) == ("equal", 3, D("333.33"))
    page = me.get(url(scene)).content.decode()
    options = re.findall(r'<input[^>]* name="option"[^>]*>', page)
    chosen = [tag for tag in options if "checked" in tag]
    assert len(chosen) == 1 and 'value="3"' in chosen[0]


@pytest.mark.parametrize("sent", [{"take": "1"}, {"option": "7"}])
def test_only_a_plan_that_is_shown_can_be_taken(me, scene, sent):
    response = me.post(url(scene), sent)
    assert response.status_code == 422 and "Choose one of the plans" in response.content.decode()
    assert not PlanRequest.objects.exists()


@pytest.mark.parametrize("kind", [STEPPED, SETTLEMENT, TOKEN])
def test_every_kind_has_its_page_its_sums_and_its_draft(me, scene, kind):
    assert me.get(url(scene, kind=kind)).status_code == 200
    data = {"kind": kind, "first_on": scene.first_on.isoformat(), **ANSWERS[kind]}
    part = me.post(url(scene, "preview"), data, headers={"HX-Request": "true"}).content.decode()
    whole = me.post(url(scene, "preview"), data).content.decode()
    assert part.strip() in whole and part.count('role="status"') == 1 and "Total to pay" in part
    response = post(me, scene, kind, **ANSWERS[kind])
    request = PlanRequest.objects.get()
    assert request.kind == kind
    check = me.get(response.url).content.decode()
    assert f"?kind={kind}" in check and "visually-hidden" in check
    assert me.get(url(scene, kind=kind)).status_code == 200
    page = me.get(url(scene)).content.decode()
    assert "You have begun another request" in page


def test_what_a_settlement_gives_up_is_told_as_a_wish(me, scene):
    page = me.post(
        url(scene, "preview"),
        {"kind": SETTLEMENT, "first_on": scene.first_on.isoformat(), **ANSWERS[SETTLEMENT]},
    ).content.decode()
    assert "The bank would give up ¥300.00. A person at the bank decides" in page


@pytest.mark.parametrize(("days", "deferred"), [(45, False), (46, True), (92, True)])
def test_a_late_first_payment_is_for_a_person_to_decide(me, scene, days, deferred):
    data = {"by": "months", "months": "3"}
    data["first_on"] = (localdate() + timedelta(days=days)).isoformat()
    page = me.post(url(scene, "preview"), data).content.decode()
    assert ("is for a person at the bank to decide.</p>" in page) is deferred
    assert post(me, scene, EQUAL, **data).status_code == 302


# == something else


def test_what_lies_outside_the_limits_goes_on_in_own_words_with_what_was_typed(me, scene):
    answers = {"by": "amount", "amount": "12.50", "months": "", "reason": "I am ill."}
    refused = post(me, scene, EQUAL, **answers).content.decode()
    assert "a person at the bank decides" in refused and 'name="wish"' in refused
    page = post(me, scene, EQUAL, **answers, wish="1").content.decode()
    assert "Amount each month: 12.50" in page and "I am ill." in page
    assert 'value="12.50"' in page and "There is a problem" not in page


def test_a_wish_names_no_date_and_may_name_no_amount(me, scene):
    assert post(me, scene, OTHER).status_code == 422
    response = post(me, scene, OTHER, reason="A pause of a month.")
    request = PlanRequest.objects.get()
    assert (request.kind, request.each, request.months) == ("other", 0, 1)
    assert "A pause of a month." in me.get(response.url).content.decode()
    PlanRequest.objects.update(first_on=localdate())  # nobody chose it
    actions.submit(request, by=scene.holder, at=now())
    assert request.status == "submitted"


def test_a_wish_keeps_what_could_be_paid(me, scene):
    post(me, scene, OTHER, reason="Less.", amount="0.01")
    request = PlanRequest.objects.get()
    assert (request.each, request.months) == (D("0.01"), 1200)


# == checking and sending


def test_what_was_told_is_shown_before_it_is_sent_and_goes_with_the_request(me, scene):
    tell(scene.account, why={"reasons": ["work"], "words": "My shop closed."})
    request = scene.draft()
    page = me.get(reverse("plans:request_page", args=[request.number])).content.decode()
    assert "My shop closed." in page and "¥1,000.00" in page and "Not told" in page
    me.post(reverse("plans:submit", args=[request.number]))
    request.refresh_from_db()
    told = told_with(request)
    assert told is not None and told.answers["why"]["words"] == "My shop closed."
    page = me.get(reverse("plans:request_page", args=[request.number])).content.decode()
    assert "My shop closed." in page


def test_without_a_budget_nothing_goes_with_it(scene):
    assert told_with(scene.submitted()) is None


def test_a_request_answered_at_once_is_not_said_to_wait_for_a_person(scene, monkeypatch):
    monkeypatch.setattr(automatic, "offer_at_once", lambda request, *, at: object())
    scene.submitted()
    assert not Notice.objects.filter(kind="plan.received").exists()


def test_a_change_of_a_plan_stays_one_from_draft_to_sending(me, scene):
    agreement = scene.sign(scene.offered())
    with pytest.raises(Refused, match="already"):
        scene.draft()
    draft = begun(scene, agreement)
    assert me.get(url(scene)).status_code == 200
    scene.draft(months=4)
    draft.refresh_from_db()
    assert (draft.revises, draft.months) == (agreement, 4)
    page = me.get(reverse("plans:request_page", args=[draft.number])).content.decode()
    assert agreement.number in page
    actions.submit(draft, by=scene.holder, at=now())
    assert draft.revises == agreement


def begun(scene, agreement):
    return PlanRequest.objects.create(
        number="PR-CHANGE", account=scene.account, total=1000, each=500, months=2,
        first_on=scene.first_on, basis_version=scene.account.version, revises=agreement,
    )  # fmt: skip


def test_a_plan_that_ended_meanwhile_is_not_changed_any_more(scene):
    agreement = scene.sign(scene.offered())
    draft = begun(scene, agreement)
    Agreement.objects.update(status="broken", ended_at=now(), sum_due=1000)
    actions.submit(draft, by=scene.holder, at=now())
    assert draft.revises is None


# == a question, and what is not shown


@pytest.fixture
def question(scene):
    request = scene.taken()
    return PlanQuestion.objects.create(
        request=request, text="Do you have <other> income?", asked_by=scene.agent, asked_at=now()
    )


def reply(me, question, text="No."):
    return me.post(reverse("plans:answer", args=[question.request.number]), {"answer": text})


def test_a_question_is_shown_and_answered_once(me, scene, question):
    here = reverse("plans:request_page", args=[question.request.number])
    page = me.get(here).content.decode()
    assert "Do you have &lt;other&gt; income?" in page
    assert "A question for you" in me.get(reverse("plans:index")).content.decode()
    assert reply(me, question, "  ").status_code == 422
    assert reply(me, question).url == here
    question.refresh_from_db()
    assert question.answer == "No." and question.answered_at
    assert reply(me, question, "Yes.").status_code == 302
    question.refresh_from_db()
    assert question.answer == "No."
    page = me.get(here).content.decode()
    assert "Questions and answers" in page and "A question for you" not in page
    with pytest.raises(Stale):
        actions.answer_question(question, "Yes.", by=scene.holder, at=now())


def test_nothing_is_answered_once_the_request_has_moved_on(me, scene, question):
    PlanRequest.objects.update(status="refused")
    assert reply(me, question).status_code == 302
    with pytest.raises(Stale):
        actions.answer_question(question, "No.", by=scene.holder, at=now())
    question.refresh_from_db()
    assert question.answered_at is None


def test_nobody_answers_for_another(client, question):
    assert reply(sign_in(client, cardholder()), question).status_code == 404


def test_what_waits_for_a_second_person_is_not_shown_and_ends_with_the_request(me, scene):
    offer = scene.preparing()
    request = offer.request
    Offer.objects.update(status="proposed", needs_second=True, number="PA-SECRET")
    PlanRequest.objects.update(status="under_review")
    for page in (reverse("plans:index"), reverse("plans:request_page", args=[request.number])):
        assert "PA-SECRET" not in me.get(page).content.decode()
    me.post(reverse("plans:withdraw", args=[request.number]))
    assert (Offer.objects.get().status, Offer.objects.get().ended_by) == ("withdrawn", "request")


@pytest.mark.parametrize("limits", [{"first_after": 40}, {"first_within": 5}])
def test_suggested_plans_begin_when_the_policy_lets_them(scene, limits):
    put_to_use(**limits)
    choosing = Choosing(own(scene.holder, scene.account.ref), on=localdate())
    days = {(option.choice.first_on - localdate()).days for option in choosing.options}
    assert days == {*limits.values()}
