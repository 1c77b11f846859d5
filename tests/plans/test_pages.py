"""The cardholder's pages: they work, hide from others, and say what is wrong."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from accounts.models import OneTimeCode
from plans import actions, policies
from plans.models import Agreement, Offer, PlanRequest
from portal import packs
from portal.kit.errors import Refused
from portal.records.models import AuditEvent
from tests.people import cardholder, mailed_code, sign_in
from tests.plans.scene import account_of

pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture
def me(client, scene):
    return sign_in(client, scene.holder)


def ask(me, scene, **changes):
    data = {
        "by": "months",
        "months": "3",
        "amount": "",
        "first_on": scene.first_on.isoformat(),
        "reason": "",
    }
    return me.post(reverse("plans:request", args=[scene.account.ref]), {**data, **changes})


def test_asking_keeps_a_draft_and_shows_it_for_checking(me, scene):
    response = ask(me, scene, reason="My pay comes late.")
    request = PlanRequest.objects.get()
    assert response.url == reverse("plans:request_page", args=[request.number])
    page = me.get(response.url).content.decode()
    assert "¥333.33" in page and "My pay comes late." in page and request.status == "draft"


def test_asking_again_overwrites_the_one_draft(me, scene):
    ask(me, scene)
    ask(me, scene, months="4")
    assert PlanRequest.objects.get().months == 4


def test_a_request_is_sent_once_however_often_it_is_posted(me, scene):
    request = scene.draft()
    for _ in range(2):
        page = me.post(reverse("plans:submit", args=[request.number]), follow=True)
    assert request.number in page.content.decode()
    assert AuditEvent.objects.filter(verb="plans.planrequest.submitted").count() == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"months": "61"}, "60"),
        ({"months": ""}, "Fill in this answer"),
        ({"months": "30"}, "Choose fewer payments"),
        ({"by": "amount", "amount": "1e5"}, "1234.50"),
        ({"by": "amount", "amount": "1000.01"}, "¥1,000.00"),
        ({"by": "amount", "amount": "0"}, "¥50.00"),
        ({"by": "ZZZ"}, "Select a valid choice"),
        ({"first_on": "2026-02-30"}, "calendar"),
        ({"first_on": ""}, "required"),
        ({"reason": "a" * 2001}, "2000"),
        ({"months": ["3", "4"]}, "whole number"),
    ],
)
def test_bad_answers_are_named_and_nothing_is_kept(me, scene, changes, says):
    response = ask(me, scene, **changes)
    assert response.status_code == 422
    assert says in response.content.decode()
    assert not PlanRequest.objects.exists()


@pytest.mark.parametrize("days", [-1, 0, 2, 400])
def test_the_first_date_is_within_its_window(me, scene, days):
    first_on = (localdate() + timedelta(days=days)).isoformat()
    assert ask(me, scene, first_on=first_on).status_code == 422


def test_typed_answers_stay_on_the_page_beside_the_error(me, scene):
    page = ask(me, scene, months="61", reason="Kept words").content.decode()
    assert 'value="61"' in page and "Kept words" in page


@pytest.mark.parametrize(
    "way", [{"by": "amount", "amount": "400"}, {"by": "months", "months": "3"}]
)
def test_the_fragment_and_the_page_show_the_same_payments(me, scene, way):
    url = reverse("plans:preview", args=[scene.account.ref])
    data = {"first_on": scene.first_on.isoformat(), "reason": "", **way}
    whole = me.post(url, data).content.decode()
    part = me.post(url, data, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole and "<html" not in part
    assert part.strip() in whole
    each = "¥400.00" if "amount" in way else "¥333.33"
    assert each in part and "¥1,000.00" in part
    assert not PlanRequest.objects.exists()


def test_history_restore_gets_the_whole_page(me, scene):
    url = reverse("plans:preview", args=[scene.account.ref])
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in me.post(url, {"by": "months"}, headers=headers).content.decode()


def test_nothing_overdue_means_a_kind_no(client, db):
    user = cardholder()
    account = account_of(user)
    account.statements.all().delete()
    page = sign_in(client, user).get(reverse("plans:request", args=[account.ref])).content.decode()
    assert "Nothing is overdue" in page


def test_a_running_plan_means_no_second_request(me, scene):
    scene.submitted()
    page = me.get(reverse("plans:request", args=[scene.account.ref])).content.decode()
    assert "already" in page


def test_a_draft_of_before_is_looked_at_again_before_it_is_sent(me, scene):
    request = scene.draft()
    type(scene.account).objects.update(version=2)
    page = me.post(reverse("plans:submit", args=[request.number]), follow=True).content.decode()
    assert "The account changed since you wrote this" in page
    PlanRequest.objects.update(basis_version=2, first_on=localdate())
    page = me.post(reverse("plans:submit", args=[request.number]), follow=True).content.decode()
    assert "too near" in page
    assert PlanRequest.objects.get().status == "draft"


def test_an_account_gone_from_the_books_asks_for_nothing(me, scene):
    type(scene.account).objects.update(closed_by_feed=True)
    assert "no longer lists" in ask(me, scene).content.decode()
    assert not PlanRequest.objects.exists()


def test_asking_while_another_window_sends_is_a_kind_no(me, scene, monkeypatch):
    monkeypatch.setattr(
        actions, "draft", lambda *a, **k: actions.check_open_for_plan(scene.account)
    )
    real = actions.check_askable

    def then_the_other_window_sends(account, **facts):
        real(account, **facts)
        scene_request()

    def scene_request():
        PlanRequest.objects.create(
            number="PR-OTHER", account=scene.account, status="submitted", total=1, each=1, months=1,
            first_on=scene.first_on, basis_version=1, submitted_at=now(),
        )  # fmt: skip

    monkeypatch.setattr(actions, "check_askable", then_the_other_window_sends)
    assert "already" in ask(me, scene).content.decode()


def test_withdrawing_a_request_lets_one_ask_again(me, scene):
    request = scene.submitted()
    me.post(reverse("plans:withdraw", args=[request.number]))
    request.refresh_from_db()
    assert request.status == "withdrawn"
    assert me.get(reverse("plans:request", args=[scene.account.ref])).status_code == 200
    assert me.post(reverse("plans:withdraw", args=[request.number])).status_code == 302


# == the offer and the signature


@pytest.fixture
def offer(scene):
    return scene.reading(scene.offered())


def fill(me, offer, **changes):
    me.post(reverse("plans:send_code", args=[offer.number]))
    code = mailed_code("step_up")
    draft = offer.drafts.get(language="en")
    data = {
        "sha256": draft.sha256, "agree": "on", "no_new_card": "on", "electronic": "on",
        "name": "test  PERSON", "code": code,
    }  # fmt: skip
    data = {k: v for k, v in {**data, **changes}.items() if v is not None}
    return me.post(reverse("plans:sign", args=[offer.number]), data)


def test_the_offer_shows_the_whole_text_and_both_files(me, offer):
    page = me.get(reverse("plans:offer", args=[offer.number])).content.decode()
    assert "you do not apply for a credit card at any bank" in page
    for language in ("zh-hans", "en"):
        url = reverse("plans:draft", args=[offer.number, language])
        assert url in page
        file = me.get(url)
        assert (
            file["Content-Type"] == "application/pdf"
            and "attachment" in file["Content-Disposition"]
        )
        assert b"".join(file.streaming_content).startswith(b"%PDF")


def test_signing_ends_with_the_agreement_its_file_and_its_dates(me, offer):
    response = fill(me, offer)
    assert response.url == reverse("plans:agreement", args=[offer.number])
    page = me.get(response.url).content.decode()
    assert offer.number in page and "¥333.34" in page
    pdf = b"".join(me.get(reverse("plans:agreement_pdf", args=[offer.number])).streaming_content)
    assert b"/ETSI.CAdES.detached" in pdf
    dates = me.get(reverse("plans:calendar", args=[offer.number])).content.decode()
    assert dates.count("BEGIN:VEVENT") == 3 and "¥" not in dates
    assert AuditEvent.objects.filter(verb="plans.agreement.downloaded").count() == 1


def test_posting_the_signature_again_shows_the_same_agreement(me, offer):
    fill(me, offer)
    again = me.post(reverse("plans:sign", args=[offer.number]), {"code": "X"})
    assert again.url == reverse("plans:agreement", args=[offer.number])
    assert Agreement.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"agree": None}, "You cannot sign without it"),
        ({"no_new_card": None}, "You cannot sign without it"),
        ({"electronic": None}, "You cannot sign without it"),
        ({"name": "Someone Else"}, "as it stands in the agreement"),
        ({"code": "BCDF-GHJK"}, "does not work"),
        ({"code": "ＢＣＤＦ"}, "does not work"),
        ({"code": ""}, "required"),
    ],
)
def test_a_signature_with_something_missing_signs_nothing(me, offer, changes, says):
    response = fill(me, offer, **changes)
    assert response.status_code == 422 and says in response.content.decode()
    assert not Agreement.objects.exists()
    assert Offer.objects.get(pk=offer.pk).status == "open"


def test_nothing_is_ticked_beforehand(me, offer):
    assert "checked" not in me.get(reverse("plans:sign", args=[offer.number])).content.decode()


def test_a_page_of_another_document_is_a_conflict(me, offer):
    response = fill(me, offer, sha256="0" * 64)
    assert response.status_code == 409 and "Nothing was signed" in response.content.decode()


def test_a_code_for_another_offer_does_not_sign_this_one(me, offer):
    OneTimeCode.objects.all().delete()
    from accounts import stepup

    user = Offer.objects.get(pk=offer.pk).account.cardholder.user
    stepup.send_code(user, purpose="sign:" + "0" * 64, about="x", at=now())
    other = mailed_code("step_up")
    assert fill(me, offer, code=other).status_code == 422


def test_the_second_of_two_clicks_sees_the_agreement(me, offer, scene, monkeypatch):
    from accounts import stepup

    def used_by_the_first_click(user, **facts):
        scene.sign(Offer.objects.get(pk=offer.pk))
        raise Refused("STEP-UP", "used")

    monkeypatch.setattr(stepup, "check", used_by_the_first_click)
    assert fill(me, offer).url == reverse("plans:agreement", args=[offer.number])
    assert Agreement.objects.count() == 1


def test_an_offer_taken_back_before_it_was_written_says_so(me, scene):
    offer = scene.preparing()
    actions.withdraw_offer(offer, reason="Figures were wrong.", by=scene.agent, at=now())
    page = me.get(reverse("plans:request_page", args=[offer.request.number])).content.decode()
    assert "took the offer back" in page and "Figures were wrong." in page
    assert me.get(reverse("plans:offer", args=[offer.number])).status_code == 404
    assert me.post(reverse("plans:send_code", args=[offer.number])).status_code == 404


@pytest.mark.parametrize("status", ["withdrawn", "expired", "declined"])
def test_an_offer_that_ended_cannot_be_signed(me, offer, status):
    Offer.objects.filter(pk=offer.pk).update(status=status)
    response = me.get(reverse("plans:sign", args=[offer.number]))
    assert response.status_code == 409
    assert me.get(reverse("plans:offer", args=[offer.number])).status_code == 200


def test_declining_is_first_class(me, offer):
    me.post(reverse("plans:decline", args=[offer.number]), {"reason": "Too much"})
    declined = Offer.objects.get(pk=offer.pk)
    assert (declined.status, declined.ending) == ("declined", "Too much")
    assert me.post(reverse("plans:decline", args=[offer.number])).status_code == 302


@pytest.mark.parametrize(
    ("reason", "said"), [("x" * 1100, "Use 1000 characters"), ("No \u202eway", "cannot be shown")]
)
def test_a_reason_that_cannot_be_kept_comes_back_as_it_was_typed(me, offer, reason, said):
    answer = me.post(reverse("plans:decline", args=[offer.number]), {"reason": reason})
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and reason in page
    assert Offer.objects.get(pk=offer.pk).status == "open"


def test_an_offer_being_prepared_is_not_shown_yet(me, scene):
    offer = scene.preparing()
    Offer.objects.filter(pk=offer.pk).update(status="preparing")
    assert me.get(reverse("plans:offer", args=[offer.number])).status_code == 404


# == others


def test_another_cardholder_finds_nothing(client, scene):
    offer = scene.offered()
    agreement = scene.sign(offer)
    other = cardholder()
    account_of(other, ref="AC0002")
    client = sign_in(client, other)
    for name, args in [
        ("request", [scene.account.ref]), ("request_page", [offer.request.number]),
        ("offer", [offer.number]), ("draft", [offer.number, "en"]), ("sign", [offer.number]),
        ("agreement", [agreement.number]), ("agreement_pdf", [agreement.number]),
        ("calendar", [agreement.number]),
    ]:  # fmt: skip
        assert client.get(reverse(f"plans:{name}", args=args)).status_code == 404, name
    for name, args in [
        ("preview", [scene.account.ref]), ("submit", [offer.request.number]),
        ("withdraw", [offer.request.number]), ("send_code", [offer.number]),
        ("sign", [offer.number]), ("decline", [offer.number]),
    ]:  # fmt: skip
        assert client.post(reverse(f"plans:{name}", args=args)).status_code == 404, name
    page = client.get(reverse("plans:index")).content.decode()
    assert offer.number not in page


def test_the_overview_lists_what_there_is(me, scene):
    assert "You have no plan yet" in me.get(reverse("plans:index")).content.decode()
    offer = scene.offered()
    page = me.get(reverse("plans:index")).content.decode()
    assert offer.number in page and offer.request.number in page


def test_offers_end_when_their_time_is_over(scene):
    offer = scene.offered()
    assert actions.expire([offer], at=now()) == 1
    assert actions.expire([offer], at=now()) == 0
    assert Offer.objects.get(pk=offer.pk).status == "expired"
    assert offer.total == Decimal(1000)


@pytest.mark.parametrize("sum_", ["3000.29", "4999.99", "5543.09"])
@pytest.mark.django_db
def test_sixty_months_are_open_to_any_sum_that_is_large_enough(sum_):
    """The even share rounds down for half of all sums: that must not close the longest term."""
    from plans.forms.schedule import PlanForm

    on = localdate()
    position = SimpleNamespace(overdue=Decimal(sum_), currency="CNY")
    data = {"by": "months", "months": "60", "first_on": (on + timedelta(days=20)).isoformat()}
    limits, pack = policies.in_force(on), packs.load("cn", on=on)
    form = PlanForm(data, position=position, pack=pack, policy=limits, on=on)
    assert form.is_valid(), form.errors
    assert sum(due.amount for due in form.dues) == Decimal(sum_)
