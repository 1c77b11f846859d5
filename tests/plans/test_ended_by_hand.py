"""A plan that no rule ends: a supervisor ends it, and the cardholder reads why."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import override

from accounts.models import CardAccount, Posting, User
from plans import actions
from plans.actions import changing
from plans.keeping.actions import end_by_hand
from plans.keeping.looking import look
from plans.models import Agreement, Instalment, PlanRequest
from portal.kit.errors import Refused, Stale
from portal.records.models import AuditEvent, Notice
from tests.accounts.test_arrears_page import text
from tests.people import sign_in, staff
from tests.plans.kept import Kept, events, kept

D = Decimal
WHY = "A charge was wrong.\nPlease ask for a smaller plan."


@pytest.fixture
def plan(db):
    with override("en"):
        yield kept()


@pytest.fixture
def chief(db) -> User:
    return staff("supervisor")


def corrected(plan: Kept, sum_back: int = 900) -> Kept:
    """The bank credits the account, so that it owes less than the plan asks for."""
    plan._post(localdate(), "adjustment", -D(sum_back))
    plan.watch(plan.day(1, -9))
    return plan


def end(plan: Kept, by: User) -> None:
    end_by_hand(plan.agreement, reason=WHY, by=by, at=now())
    plan.agreement = Agreement.objects.get(pk=plan.agreement.pk)


def url(plan: Kept, name: str) -> str:
    return reverse(f"plans:{name}", args=[plan.agreement.number])


def refusal(plan: Kept, by: User) -> str:
    with pytest.raises(Refused) as no:
        end(plan, by)
    assert Agreement.objects.get().status == "active"
    return no.value.rule


def test_all_that_follows_happens_at_once(plan, chief):
    corrected(plan)
    plan.pay(localdate(), 50)  # the watch has not come by yet
    end(plan, chief)
    ended = plan.agreement
    assert (ended.status, ended.ending, ended.watched_as_of) == ("ended", WHY, plan.day(1, -9))
    assert ended.ended_at and "wrong" not in ended.sealed_ending
    assert plan.paid == [50, 0, 0]
    assert plan.account.holds.get(reason="plan").until_at == ended.ended_at
    event = AuditEvent.objects.get(verb="plans.agreement.ended")
    assert event.data == {"was": "active", "why": "corrected"} and str(chief.pk) in event.actor
    (told,) = events("plan.withdrawn")
    assert (told["ended_by"], told["why"], told["total"]) == ("bank", "corrected", "1000.00")
    assert told["schedule"][0]["paid"] == "50.00"
    mail = Notice.objects.get(kind="plan.ended")
    assert "The bank has ended agreement" in mail.body and "wrong" not in mail.body
    assert WHY.split("\n")[0] not in str([*AuditEvent.objects.values(), told])
    plan.pay(plan.day(1), 100)
    plan.watch(plan.day(1))
    assert plan.paid == [50, 0, 0] and plan.agreement.status == "ended"
    assert [paid.amount for paid in look(plan.agreement, at=now()).repayments] == [50]


@pytest.mark.parametrize(
    ("gone", "why"),
    [({"status": "written_off"}, "gone"), ({"closed_by_feed": True}, "gone"), ({}, "small_rest")],
)
def test_it_says_why_no_rule_decides(plan, chief, gone, why):
    if not gone:
        plan.pay(plan.day(1), "999.99")
    CardAccount.objects.update(**gone)
    plan.watch(plan.day(3, 9) if not gone else plan.day(1, -9))
    end(plan, chief)
    assert events("plan.withdrawn")[0]["why"] == why


def test_only_a_supervisor_and_never_in_their_own_case(plan, chief):
    corrected(plan)
    assert refusal(plan, plan.scene.agent) == "DUTY-ROLE"
    chief.own_cardholders.add(plan.account.cardholder)
    assert refusal(plan, chief) == "DUTY-1"


def test_where_a_rule_decides_nobody_ends_it(plan, chief):
    assert refusal(plan, chief) == "PLAN-BY-RULE"
    corrected(plan, 300)
    assert refusal(plan, chief) == "PLAN-BY-RULE"
    plan.pay(plan.day(1, -9), 1000)  # all is paid: the watch completes it, with its certificate
    CardAccount.objects.update(closed_by_feed=True)
    assert refusal(plan, chief) == "PLAN-BY-RULE"


def test_nothing_is_decided_while_the_account_is_held(plan, chief):
    plan.hold("breathing_space", localdate())
    assert refusal(corrected(plan), chief) == "PLAN-BREATHING"


def test_a_colleague_who_was_first_is_not_undone(plan, chief):
    stale = Agreement.objects.get(pk=corrected(plan).agreement.pk)
    end(plan, chief)
    with pytest.raises(Stale):
        end_by_hand(stale, reason="Another reason.", by=chief, at=now())
    assert Agreement.objects.get().ending == WHY and len(events("plan.withdrawn")) == 1


def test_a_change_that_was_offered_ends_with_it_and_another_plan_can_be_asked_for(plan, chief):
    scene = plan.scene
    asked = changing.begin_change(plan.agreement, by=scene.holder, at=now())
    actions.submit(asked, by=scene.holder, at=now())
    actions.take(asked, by=scene.agent, at=now())
    offer = scene.preparing(PlanRequest.objects.get(pk=asked.pk))
    corrected(plan)
    end(plan, chief)
    offer.refresh_from_db()
    assert (offer.status, offer.ended_by) == ("withdrawn", "plan")
    assert scene.submitted().status == "submitted"


def test_a_request_for_a_change_goes_on_as_one_of_the_account(plan, chief):
    asked = changing.begin_change(plan.agreement, by=plan.scene.holder, at=now())
    actions.submit(asked, by=plan.scene.holder, at=now())
    end(corrected(plan), chief)
    asked = PlanRequest.objects.get(pk=asked.pk)
    assert (asked.status, asked.revises) == ("submitted", None)


def test_the_pages_offer_it_and_say_who_ended_it_and_what_is_next(client, plan, chief):
    sign_in(client, chief)
    assert "End this plan" not in text(client.get(url(plan, "staff_agreement")))
    refused = client.post(url(plan, "end_agreement"), {"end-reason": WHY})
    assert refused.status_code == 422 and "It cannot be ended by hand." in refused.text
    corrected(plan)
    assert "End this plan" in text(client.get(url(plan, "staff_agreement")))
    empty = client.post(url(plan, "end_agreement"), {"end-reason": " "})
    assert empty.status_code == 422 and "This field is required" in empty.text
    sign_in(client, plan.scene.agent)
    assert "End this plan" not in text(client.get(url(plan, "staff_agreement")))
    assert client.post(url(plan, "end_agreement"), {"end-reason": WHY}).status_code == 403
    sign_in(client, chief)
    done = client.post(url(plan, "end_agreement"), {"end-reason": WHY}, follow=True)
    assert "Ended by the bank" in text(done) and "A charge was wrong." in text(done)
    assert "A supervisor ended the agreement" in text(done) and "End this plan" not in text(done)
    listed = text(client.get(reverse("plans:watched") + "?tab=ended"))
    assert "Ended by the bank" in listed and "¥0.00" in listed
    assert "No plan needs a person" in text(client.get(reverse("plans:watched") + "?tab=look"))

    sign_in(client, plan.scene.holder)
    page = text(client.get(url(plan, "agreement")))
    for said in ("The bank ended this plan on", "A charge was wrong.", "On the account ¥100.00 is",
                 "Ask for a plan", "Talk to someone", "No longer asked for"):  # fmt: skip
        assert said in page
    for gone in ("Next payment", "You took this agreement back", "Not paid"):
        assert gone not in page
    CardAccount.objects.update(closed_by_feed=True)
    page = text(client.get(url(plan, "agreement")))
    assert "Please talk to us before you pay" in page and "Ask for a plan" not in page


def test_the_account_names_no_payment_of_a_plan_that_asks_too_much(client, plan):
    sign_in(client, plan.scene.holder)
    overview = reverse("accounts:account", args=[plan.account.ref])
    assert "next payment ¥333.33" in text(client.get(overview))
    corrected(plan)
    page = text(client.get(overview))
    assert "The bank has corrected your account and is looking at this plan" in page
    assert "ext payment" not in page and "have been due" not in page
    CardAccount.objects.update(status="written_off")  # that plan goes on as agreed
    assert "next payment ¥333.33" in text(client.get(overview))
    CardAccount.objects.update(status="open")  # no watch has come by since
    Posting.objects.filter(kind="adjustment").delete()
    assert "next payment ¥333.33" in text(client.get(overview))


def test_the_account_says_so_still_when_all_days_are_over(client, plan):
    corrected(plan)
    Instalment.objects.update(moved_to=localdate() - timedelta(days=1))
    sign_in(client, plan.scene.holder)
    page = text(client.get(reverse("accounts:account", args=[plan.account.ref])))
    assert "The bank has corrected your account and is looking at this plan" in page
    assert "have been due" not in page


def test_the_page_of_a_corrected_plan_asks_for_nothing_and_its_calendar_reminds_of_nothing(
    client, plan
):
    sign_in(client, plan.scene.holder)
    asked = ("still to come", "To come", "Reminders and receipts", "Pay early or more",
             "A payment will be late?")  # fmt: skip
    page = text(client.get(url(plan, "agreement")))
    assert all(said in page for said in asked)
    assert client.get(url(plan, "calendar")).content.count(b"BEGIN:VALARM") == 3
    corrected(plan)
    page = text(client.get(url(plan, "agreement")))
    assert [said for said in asked if said in page] == [] and page.count("Not paid") == 3
    assert b"BEGIN:VALARM" not in client.get(url(plan, "calendar")).content


@pytest.mark.parametrize(
    ("held", "paid", "why"),
    [("death", 0, "Collection on this account is held"), (None, 1000, "cannot be ended by hand")],
)
def test_where_it_would_be_refused_the_page_says_why_and_has_no_form(
    client, plan, chief, held, paid, why
):
    CardAccount.objects.update(closed_by_feed=True)
    sign_in(client, chief)
    assert url(plan, "end_agreement") in client.get(url(plan, "staff_agreement")).text
    if held:
        plan.hold(held, localdate())
    if paid:
        plan.pay(localdate(), paid)
    page = client.get(url(plan, "staff_agreement"))
    assert why in text(page) and url(plan, "end_agreement") not in page.text


def test_the_release_before_can_read_a_plan_that_was_ended(plan, chief):
    end(corrected(plan), chief)
    last = import_module("plans.migrations.0012_plans_ended_by_the_bank").Migration.operations[-1]
    last.reverse_code(apps, None)  # before its columns and its rules go
    found = Agreement.objects.get()
    assert (found.status, found.sealed_ending) == ("withdrawn", "")
