"""What a person tells: kept encrypted, prefilled, by consent, and never lost between windows."""

from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from django.urls import reverse
from django.utils.timezone import localdate, now

from accounts.models import CardAccount, Hold, Statement
from plans.models import Agreement, PlanRequest, Situation
from plans.situation import actions, queries, reading, rules
from plans.situation.retention import CATEGORY
from portal.kit.errors import Stale
from portal.records.models import AuditEvent
from tests.people import cardholder, sign_in
from tests.plans.scene import account_of
from tests.plans.telling import row, tell

WORDS = "Verheerende Rechnung 雨伞"


@pytest.fixture
def me(client, scene):
    return sign_in(client, scene.holder)


def address(name, scene, *more):
    return reverse(f"plans:{name}", args=[scene.account.ref, *more])


def send(me, scene, section, **data):
    """Send a part from a page opened just now."""
    situation = Situation.objects.filter(cardholder=scene.account.cardholder).first()
    seen = {"version": situation.version if situation else 1}
    return me.post(address("section", scene, section), {**seen, **data})


def kept(scene):
    return queries.told_by(scene.account.cardholder)


# == beginning


def test_beginning_leads_to_the_list_of_parts_and_skipping_is_always_there(me, scene):
    page = me.get(address("start", scene)).content.decode()
    assert address("request", scene) in page and "Begin" in page
    page = me.post(address("start", scene), follow=True).content.decode()
    assert page.count("Not started") == 5 and page.count("Optional") == 3
    assert "I would rather choose myself" in page and address("request", scene) in page
    assert kept(scene) == rules.Told(currency="CNY")


def test_beginning_twice_keeps_what_was_told(me, scene):
    tell(scene.account)
    me.post(address("start", scene))
    assert rules.left_each_month(kept(scene)) == 1000
    assert AuditEvent.objects.filter(verb="plans.situation.begun").count() == 1


def test_a_part_before_the_beginning_leads_to_it(me, scene):
    assert me.get(address("section", scene, "income")).url == address("start", scene)
    assert me.post(address("section", scene, "income")).url == address("start", scene)
    assert not Situation.objects.exists()


def test_a_part_that_does_not_exist_is_not_found(me, scene):
    tell(scene.account)
    assert me.get(address("section", scene, "secrets")).status_code == 404


def test_all_reasons_against_a_plan_are_recorded_and_the_first_is_told(me, scene):
    Statement.objects.all().delete()
    CardAccount.objects.update(closed_by_feed=True)
    Hold.objects.create(account=scene.account, reason="death", source="t:1", from_at=now())
    me.get(address("start", scene))
    assert not AuditEvent.objects.filter(verb="plans.planrequest.not_askable").exists()
    for _ in range(2):
        page = me.post(address("start", scene), follow=True).content.decode()
    assert "has died" in page and "no longer lists" not in page and "when you are ready" in page
    event = AuditEvent.objects.get(verb="plans.planrequest.not_askable")
    assert event.data == {"reasons": ["PLAN-DEATH", "PLAN-GONE", "PLAN-NONE"]}
    assert event.subject == f"accounts.cardaccount:{scene.account.pk}"
    assert not Situation.objects.exists()
    Hold.objects.update(until_at=now())  # another answer is another event
    me.post(address("start", scene))
    later = AuditEvent.objects.filter(verb="plans.planrequest.not_askable").latest("pk")
    assert later.data == {"reasons": ["PLAN-GONE", "PLAN-NONE"]}


@pytest.mark.parametrize("stage", ["submitted", "preparing", "agreement"])
@pytest.mark.usefixtures("drawn_once")
def test_what_already_runs_is_linked(me, scene, stage):
    if stage == "agreement":
        number = scene.sign(scene.offered()).number
        where = reverse("plans:agreement", args=[number])
    else:
        getattr(scene, stage)()
        where = reverse("plans:request_page", args=[PlanRequest.objects.get().number])
    assert where in me.get(address("start", scene)).content.decode()


# == the parts


def test_a_part_is_kept_counted_and_filled_in_on_return(me, scene):
    me.post(address("start", scene))
    sent = {"wages_amount": "1,200", "wages_every": "week", "family_unsure": "on"}
    assert send(me, scene, "income", **sent).url == address("start", scene)
    assert kept(scene).answers["income"] == {
        "wages": row("1200.00", "week"),
        "family": row(None, unsure=True),
    }
    page = me.get(address("section", scene, "income")).content.decode()
    assert 'value="1200.00"' in page and '<option value="week" selected' in page
    assert page.count("checked") == 1 and "¥5,200.00" in page and "first estimate" in page


def test_finishing_later_is_in_progress(me, scene):
    me.post(address("start", scene))
    send(me, scene, "income", wages_amount="5", go="later")
    assert rules.state(kept(scene), "income") == rules.IN_PROGRESS


@pytest.mark.parametrize("bad", [{"wages_amount": "1e5"}, {"wages_every": "decade"}])
def test_a_wrong_answer_stays_on_the_page_and_nothing_is_kept(me, scene, bad):
    me.post(address("start", scene))
    response = send(me, scene, "income", pension_amount="77.10", **bad)
    page = response.content.decode()
    assert response.status_code == 422 and "There is a problem" in page
    assert 'value="77.10"' in page and "¥77.10" in page  # the right rows are still counted
    assert kept(scene).answers == {}


@pytest.mark.parametrize("way", ["htmx", "button"])
def test_what_is_left_is_worked_out_and_not_kept(me, scene, way):
    tell(scene.account)
    data = {"version": 9, "food_amount": "1000", "food_every": "week"}  # 4,333.33 for 1,500.00
    if way == "button":
        data["work_out"] = "1"
    headers = {"HX-Request": "true"} if way == "htmx" else {}
    page = me.post(address("section", scene, "living"), data, headers=headers).content.decode()
    assert ("<html" in page) == (way == "button")
    assert "¥1,833.33 more goes out" in page
    assert rules.left_each_month(kept(scene)) == 1000


def test_a_changed_household_asks_for_the_living_costs_again(me, scene):
    tell(scene.account)
    send(me, scene, "household", adults="1", children="1", housing="rent")
    page = me.get(address("start", scene)).content.decode()
    assert "Please look again at: Food and daily life" in page and page.count("Check again") == 1
    assert kept(scene).answers["living"]["food"] == row("300.00", "week")


def test_a_complete_budget_offers_what_fits_unless_in_another_currency(me, scene):
    tell(scene.account)
    assert "See plans that fit" in me.get(address("start", scene)).content.decode()
    CardAccount.objects.update(currency="USD")
    page = me.get(address("start", scene)).content.decode()
    assert "See plans that fit" not in page and "this card is in USD" in page


def test_a_draft_is_linked_from_the_list(me, scene):
    tell(scene.account)
    number = scene.draft().number
    assert reverse("plans:request_page", args=[number]) in me.get(address("start", scene)).text


# == two windows


def test_the_later_of_two_windows_is_told_and_loses_nothing(me, scene):
    me.post(address("start", scene))
    send(me, scene, "income", wages_amount="100")
    response = send(me, scene, "income", wages_amount="200", version=1)
    page = response.content.decode()
    assert response.status_code == 409 and "another window" in page
    assert 'value="200"' in page and "¥100.00 a month" in page
    assert kept(scene).answers["income"]["wages"]["amount"] == "100.00"
    version = Situation.objects.get().version
    assert f'name="version" value="{version}"' in page
    send(me, scene, "income", wages_amount="200")
    assert kept(scene).answers["income"]["wages"]["amount"] == "200.00"


def test_two_windows_on_two_parts_do_not_disturb_each_other(me, scene):
    me.post(address("start", scene))
    send(me, scene, "income", wages_amount="100", version=1)
    send(me, scene, "bills", phone_amount="7", version=1)
    assert set(kept(scene).answers) == {"income", "bills"}


def test_an_action_refuses_what_another_window_saved_first(scene):
    tell(scene.account)
    with pytest.raises(Stale):
        actions.save(
            scene.account.cardholder, "debts", {}, finished=True, seen=2, by=scene.holder, at=now()
        )


@pytest.mark.parametrize("section", ["why", "household", "needs"])
@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_part_without_sums_has_no_fragment_of_them(me, scene, section, verb):
    tell(scene.account)
    answer = getattr(me, verb)(address("section", scene, section), headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "<html" in answer.content.decode()


@pytest.mark.parametrize("typed", ["2500", "2500x"])
def test_what_is_left_is_said_only_of_amounts_that_are_whole(me, scene, typed):
    tell(scene.account)
    data = {"version": "99999", "housing_amount": typed, "housing_every": "month"}
    answer = me.post(address("section", scene, "bills"), data, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert ("Left each month: " in text) == (typed == "2500")
    assert ("Not every part is complete yet." in text) == (typed == "2500x")


# == support needs


def test_needs_are_kept_only_with_their_own_tick(me, scene):
    me.post(address("start", scene))
    page = me.get(address("section", scene, "needs")).content.decode()
    assert "checked" not in page and "Why we ask" in page and "Who sees it" in page
    response = send(me, scene, "needs", needs="phone", words=WORDS)
    page = response.content.decode()
    assert response.status_code == 422 and WORDS in page and "we keep nothing" in page
    assert kept(scene).answers == {} and Situation.objects.get().needs_consent_at is None
    send(me, scene, "needs", needs="phone", words=WORDS, consent="on")
    assert kept(scene).answers["needs"] == {"needs": ["phone"], "words": WORDS}
    assert Situation.objects.get().needs_consent_at
    assert AuditEvent.objects.get(data__section="needs").data["consents"]


def test_needs_taken_back_are_deleted_everywhere_at_once(me, scene):
    tell(scene.account, needs={"needs": ["health"], "words": WORDS})
    request = scene.draft()
    request.sealed_situation = queries.sealed_for(request)
    assert "needs" in queries.told_with(request).answers
    me.post(address("forget_needs", scene))
    assert "needs" not in queries.told_with(request).answers
    situation = Situation.objects.get()
    assert situation.needs_consent_at is None
    situation.needs_consent_at = now()  # and not only hidden
    assert "needs" not in queries.told_in(situation, scene.account.cardholder).answers
    assert rules.left_each_month(kept(scene)) == 1000
    me.post(address("forget_needs", scene))
    assert AuditEvent.objects.filter(verb="plans.situation.needs_forgotten").count() == 1


def test_an_old_empty_window_does_not_delete_what_another_told(me, scene):
    old = tell(scene.account).version
    tell(scene.account, needs={"needs": ["phone"], "words": WORDS})
    response = send(me, scene, "needs", version=old)
    assert response.status_code == 409 and kept(scene).answers["needs"]["words"] == WORDS


def test_consent_taken_back_at_this_moment_is_told(me, scene, monkeypatch):
    tell(scene.account, needs={"needs": [], "words": WORDS})
    save = actions.save

    def overtaken(*args, **facts):
        actions.forget_needs(scene.account.cardholder, by=scene.holder, at=now())
        return save(*args, **facts)

    monkeypatch.setattr(actions, "save", overtaken)
    response = send(me, scene, "needs", words="Else.")
    assert response.status_code == 409 and "needs" not in kept(scene).answers


def test_needs_emptied_are_needs_taken_back(me, scene):
    tell(scene.account, needs={"needs": ["health"], "words": ""})
    send(me, scene, "needs", words="")
    assert Situation.objects.get().needs_consent_at is None


def test_an_old_window_cannot_keep_needs_after_the_consent_is_gone(me, scene):
    tell(scene.account, needs={"needs": ["health"], "words": ""})
    me.post(address("forget_needs", scene))
    assert send(me, scene, "needs", needs="health").status_code == 422
    assert "needs" not in kept(scene).answers


def test_needs_can_be_deleted_where_no_plan_can_be_asked_for(me, scene):
    tell(scene.account, needs={"needs": ["health"], "words": ""})
    scene.submitted()
    assert address("section", scene, "needs") in me.get(address("start", scene)).content.decode()


# == at rest, and with a request


def test_the_row_holds_no_plain_word_and_reads_only_under_its_person(scene):
    situation = tell(scene.account, why={"reasons": ["work"], "words": WORDS})
    for plain in (WORDS, "work", "wages", "6000", "CNY"):
        assert plain not in situation.sealed
    trail = "".join(str(event.data) for event in AuditEvent.objects.all())
    assert WORDS not in trail and "6000" not in trail
    other = account_of(cardholder(), ref="AC0002").cardholder
    with pytest.raises(InvalidTag):
        queries.told_in(situation, other)


def test_a_request_keeps_the_budget_of_its_day(scene):
    tell(scene.account, why={"reasons": ["work"], "words": WORDS})
    request = scene.draft()
    request.sealed_situation = queries.sealed_for(request)
    assert WORDS not in request.sealed_situation
    actions.save(
        scene.account.cardholder, "income", {}, finished=True, seen=99, by=scene.holder, at=now()
    )
    assert rules.left_each_month(queries.told_with(request)) == 1000
    request.number = "PR-OTHER"
    with pytest.raises(InvalidTag):
        queries.told_with(request)


def test_a_request_without_a_word_told_keeps_nothing(scene):
    request = scene.draft()
    assert queries.sealed_for(request) == "" and queries.told_with(request) is None
    actions.begin(scene.account, by=scene.holder, at=now())
    assert queries.sealed_for(request) == ""


def test_what_was_told_is_read_by_the_month_with_how_it_was_told(scene):
    tell(
        scene.account, why={"reasons": ["work"], "words": WORDS},
        income={"wages": row("100.00", "week", unsure=True), "pension": row(None, unsure=True)},
    )  # fmt: skip
    about = reading.described(kept(scene))
    lines = {part.code: part.lines for part in about.parts}
    assert lines["income"] == [
        ("Wages or salary", "¥433.33 a month", "¥100.00 a week · not sure"),
        ("Pension or benefits", "Not sure", ""),
    ]
    assert [line.text for line in lines["why"]] == ["I lost my work, or my business closed", WORDS]
    assert [line.text for line in lines["household"]] == ["2", "1", "I rent"]


# == after its time


def test_what_was_told_goes_when_nothing_is_open_any_more(scene):
    situation = tell(scene.account)
    tomorrow = localdate() + timedelta(days=1)
    assert not CATEGORY.due(localdate())
    row_due = CATEGORY.due(tomorrow).get()
    assert row_due.owner == f"accounts.cardholder:{scene.account.cardholder_id}"
    request = scene.submitted()
    assert not CATEGORY.due(tomorrow)
    PlanRequest.objects.update(status="withdrawn")
    assert CATEGORY.due(tomorrow).exists()
    CATEGORY.purge([situation.pk], now())
    assert not Situation.objects.exists() and PlanRequest.objects.get() == request


@pytest.mark.usefixtures("drawn_once")
def test_an_offer_and_a_live_plan_keep_what_was_told(scene):
    tell(scene.account)
    tomorrow = localdate() + timedelta(days=1)
    offer = scene.offered()
    assert not CATEGORY.due(tomorrow)
    scene.sign(offer)
    assert not CATEGORY.due(tomorrow)
    Agreement.objects.update(status="completed", ended_at=now())
    assert CATEGORY.due(tomorrow).exists()


@pytest.mark.usefixtures("drawn_once")
def test_a_plan_that_is_to_be_changed_does_not_stand_in_the_way(me, scene):
    plan = scene.sign(scene.offered())
    assert "cannot ask" in me.get(address("start", scene)).content.decode()
    PlanRequest.objects.create(
        number="PR-CHANGE", account=scene.account, revises=plan, total=1, each=1, months=1,
        first_on=scene.first_on, basis_version=1,
    )  # fmt: skip
    page = me.post(address("start", scene), follow=True).content.decode()
    assert "Not started" in page and Situation.objects.exists()
