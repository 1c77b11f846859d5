"""The cardholder's side of a plan that runs: how it stands, paying early, moving a day, taking it
back, asking for another one."""

import html
import re
from datetime import timedelta
from decimal import Decimal as D

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate, now
from icalendar import Calendar

from accounts.models import Hold
from plans import actions, rules
from plans.actions import changing
from plans.keeping import certificate
from plans.keeping.actions import watch
from plans.keeping.rules import Step
from plans.models import Agreement, Instalment, Paper, PlanRequest
from plans.settling import settling
from plans.standing import standing
from portal.kit.errors import Refused, Stale
from portal.records import documents, proof
from portal.records.models import AuditEvent
from portal.records.verification import check
from tests.files import sent
from tests.people import cardholder, in_parallel, sign_in
from tests.plans.kept import events, kept, mails, noon
from tests.plans.scene import behind
from tests.plans.telling import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawn_once")]


def text(response):
    body = re.sub(r"<(style|script|title|desc)[\s\S]*?</\1>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def url(plan, page="agreement", *args):
    return reverse(f"plans:{page}", args=[plan.agreement.number, *args])


def me(client, plan):
    client.cookies["django_language"] = "en"
    return sign_in(client, plan.scene.holder)


def on(day):
    return time_machine.travel(noon(day), tick=False)


def watched(plan, day):
    """The agreement as the page has it after the feed of a day."""
    plan.watch(day)
    return standing(plan.agreement, at=noon(day))


# == how it stands


def pay_all(plan):
    plan.pay(plan.day(1, -9), 1000)


def test_what_is_said_follows_the_days_of_the_feed():
    plan = kept()
    assert watched(plan, plan.day(1)).state == "on_time"
    late = watched(plan, plan.day(1, 1))
    assert (late.state, late.next.due.position, late.progress.late) == ("late", 1, (1, D("333.33")))
    assert late.in_time_until == plan.day(2, 7)  # one missed is allowed, two are not; 7 days each
    notice = watched(plan, plan.day(2, 8))
    assert (notice.state, notice.to_cure) == ("notice", D("666.66"))
    plan.pay(plan.day(2, 9), 400)
    assert watched(plan, plan.day(2, 9)).to_cure == 0  # one missed is within what was agreed
    assert plan.agreement.remedy_until is None


def test_a_notice_is_put_right_by_exactly_what_is_told():
    plan = kept(terms={"missed_allowed": 0})
    notice = watched(plan, plan.day(1, 8))
    plan.pay(plan.day(1, 9), notice.to_cure - 2)
    assert watched(plan, plan.day(1, 9)).to_cure == 2
    plan.pay(plan.day(1, 10), 2)
    assert watched(plan, plan.day(1, 10)).state == "on_time"


def test_under_notice_the_page_names_what_is_missing_in_one_sum(client):
    plan = kept()
    plan.watch(plan.day(2, 8))
    with on(plan.day(2, 8)):
        page = text(me(client, plan).get(url(plan)))
    assert "What is missing Amount ¥666.66" in page and "Next payment" not in page


def test_a_plan_that_is_paid_says_so_before_the_watch_comes_by(client):
    plan = kept()
    pay_all(plan)
    page = text(me(client, plan).get(url(plan)))
    assert "Everything that was agreed has arrived" in page and "plan is in place" not in page
    assert "We are writing a certificate" in page


def test_the_page_of_a_corrected_account_asks_for_no_more_than_is_owed(client):
    plan = kept()
    plan._post(localdate(), "adjustment", D(-900))
    page = text(me(client, plan).get(url(plan)))
    assert "The bank has corrected your account" in page and "Next payment" not in page
    assert "overdue on the account now: ¥100.00" in page
    plan.watch(plan.day(1, 1))
    staff = text(sign_in(client, plan.scene.agent).get(url(plan, "staff_agreement")))
    assert "Nothing ends by rule" in staff and "The bank credited the account" in staff


def test_what_was_paid_counts_before_the_watch_comes_by(client):
    plan = kept()
    plan.pay(plan.day(1, -9), 300)
    found = standing(plan.agreement, at=now())
    assert [(p.state, p.due.paid) for p in found.payments] == [
        ("coming", 300), ("coming", 0), ("coming", 0),
    ]  # fmt: skip
    assert Instalment.objects.filter(paid=0).count() == 3  # looking writes nothing
    page = text(me(client, plan).get(url(plan)))
    assert "¥300.00 has been paid so far. 3 payments are still to come: ¥700.00." in page
    assert "Amount ¥33.33 ¥300.00 of ¥333.33 has arrived." in page
    assert f"Reference for the transfer {plan.account.ref}" in page


def test_a_hold_stops_what_is_said_of_lateness():
    plan = kept()
    plan.hold("breathing_space", plan.day(1, 1))
    assert watched(plan, plan.day(1, 3)).state == "stopped"


def ended(plan, status, **facts):
    Agreement.objects.filter(pk=plan.agreement.pk).update(status=status, ended_at=now(), **facts)


SAID = {
    "broken": ["Due then: ¥900.00", "Overdue when the plan was offered", "Ask for a plan"],
    "completed": ["Everything that was agreed has arrived", "We are writing a certificate"],
    "replaced": ["you signed another agreement"],
    "withdrawn": ["You took this agreement back"],
}


@pytest.mark.parametrize("status", SAID)
def test_an_ended_plan_says_how_it_ended_and_offers_no_more_moves(client, status):
    plan = kept()
    Instalment.objects.update(paid_on=localdate() if status == "completed" else None)
    ended(plan, status, sum_due=900 if status == "broken" else None)
    page = me(client, plan).get(url(plan))
    for words in SAID[status]:
        assert words in text(page)
    assert url(plan, "move_due", 1) not in page.content.decode()
    assert "Next payment" not in text(page)
    for address in ("early", "take_back", "change"):
        assert client.get(url(plan, address)).url == url(plan)


def test_an_ended_plan_blames_nobody_for_what_never_fell_due(client):
    plan = kept()
    ended(plan, "withdrawn")
    page = text(me(client, plan).get(url(plan)))
    assert "3 payments are no longer asked for: ¥1,000.00." in page
    assert "not made" not in page and page.count("No longer asked for") == 3
    plan.watch(plan.day(1, 1))
    ended(plan, "broken", sum_due=1000, watched_as_of=plan.day(1))
    page = text(client.get(url(plan)))
    assert "1 payment was not made: ¥333.33. 2 payments are no longer asked for: ¥666.67." in page


def test_the_page_links_what_it_replaced_and_what_replaced_it(client):
    old = kept()
    ended(old, "replaced")
    new = kept(old.scene)
    Agreement.objects.filter(pk=new.agreement.pk).update(replaces=old.agreement)
    me(client, old)
    assert url(new) in client.get(url(old)).content.decode()
    assert url(old) in client.get(url(new)).content.decode()


# == the calendar


def test_the_calendar_has_moved_days_alarms_and_what_is_off():
    from plans.ics import payments

    plan = kept()
    Instalment.objects.filter(position=1).update(paid=D("333.33"), paid_on=localdate())
    Instalment.objects.filter(position=2).update(moved_to=plan.day(2, 4))

    def read():
        found = Calendar.from_ical(payments(Agreement.objects.get())).walk("VEVENT")
        return [
            (e["dtstart"].dt, int(e["sequence"]), len(e.walk("VALARM")), str(e.get("status", "")))
            for e in found
        ]

    day = [due.day for due in plan.dues]
    assert read() == [(day[0], 0, 0, ""), (day[1], 1, 1, ""), (day[2], 0, 1, "")]
    ended(plan, "withdrawn")
    assert [row[1:] for row in read()] == [(2, 0, ""), (3, 0, "CANCELLED"), (2, 0, "CANCELLED")]


# == paying early


def early(plan, day, extra):
    plan.feed(localdate())
    return settling(standing(plan.agreement, at=now()).seen, on=day, extra=extra)


@pytest.mark.parametrize(
    ("extra", "amount", "months", "left"),
    [
        (None, D("1000.00"), 3, 0),
        (D("2000"), D("1000.00"), 3, 0),  # more than is needed
        (D("333.33"), D("333.33"), 0, D("666.67")),
        (D("700"), D("700"), 1, D("300")),
    ],
)
def test_paying_early_is_worked_out(extra, amount, months, left):
    plan = kept()
    found = early(plan, plan.day(1, -5), extra)
    assert (found.amount, found.after.months_saved, found.left) == (amount, months, left)
    assert (found.more is not None) == (extra == 2000)
    assert sum(due.amount for due in found.dues) == left


@pytest.mark.parametrize("extra", [100, 500])
def test_what_paying_early_would_do_is_what_it_does_though_a_day_was_moved(extra):
    plan = kept()
    day = plan.day(1, 2)
    Instalment.objects.filter(position=1).update(moved_to=plan.day(1, 9))
    plan.feed(day)
    told = settling(standing(plan.agreement, at=noon(day)).seen, on=day, extra=D(extra))
    plan.pay(day, extra)
    met = standing(Agreement.objects.get(), at=noon(day)).seen.met
    done = [(one.awaited.day, one.short) for one in met if one.short]
    assert [(due.on, due.amount) for due in told.dues] == done


def test_what_is_paid_ahead_meets_the_payments_that_come_next():
    """On the page that works it out as on the page of the plan, once it has arrived."""
    plan = kept()
    plan.pay(plan.day(1, -9), 300)
    found = early(plan, plan.day(1, -5), D(400))
    assert [(due.on, due.amount) for due in found.dues] == [(plan.day(3), D("300.00"))]
    for after, amount in ((-5, 200), (-4, 120), (-3, 80)):
        plan.pay(plan.day(1, after), amount)
    assert plan.watch(plan.day(2, 1)) is Step.GO_ON
    assert plan.paid == [D("333.33"), D("333.33"), D("33.34")]
    assert mails("plan.late") == []


def test_interest_that_is_saved_comes_off_the_last_payment():
    plan = kept(rate=D("0.12"))
    choice = rules.Choice(D("340.00"), 3, plan.day(1), rate=D("0.12"))
    dues = rules.divided(D(1000), choice, agreed_on=localdate(), unit=D("0.01"))
    for i, due in enumerate(dues, 1):
        row = Instalment.objects.filter(position=i)
        row.update(amount=due.amount, interest=due.interest)
    found = early(plan, localdate() + timedelta(days=1), D("500.00"))
    assert [due.on for due in found.dues] == [plan.day(2), plan.day(3)]
    assert found.dues[0].amount == D("180.00")  # 340.00 less the 160.00 beyond the first
    assert found.dues[1].amount == dues[2].amount - found.after.interest_saved
    assert sum(due.amount for due in found.dues) == found.left


def test_a_plan_with_interest_saves_it_for_the_time_that_is_left():
    plan = kept(rate=D("0.12"))
    choice = rules.Choice(D("340.00"), 3, plan.day(1), rate=D("0.12"))
    dues = rules.divided(D(1000), choice, agreed_on=localdate(), unit=D("0.01"))
    for i, due in enumerate(dues, 1):
        row = Instalment.objects.filter(position=i)
        row.update(amount=due.amount, interest=due.interest)
    found = early(plan, localdate() + timedelta(days=15), None)
    assert found.full.interest == D("5.00")  # 1,000.00 × 12 % × 15 ÷ 360
    assert found.after.interest_saved == sum(due.interest for due in dues) - 5
    assert found.amount == D("1005.00")


def test_the_page_works_out_and_takes_nothing(client):
    plan = kept()
    me(client, plan)
    page = client.get(url(plan, "early"))
    assert "Choose a day and how much" in text(page)
    asked = {"on": plan.day(1, -5).isoformat(), "way": "part", "amount": "700"}
    page = client.get(url(plan, "early"), asked)
    assert "the plan ends 1 month sooner if you go on paying each month" in text(page)
    assert "The next that has to come after it: ¥300.00 by" in text(page)
    assert f"with the reference {plan.account.ref}" in text(page)
    fragment = client.get(url(plan, "early"), asked, headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode() and "1 month sooner" in text(fragment)
    page = client.get(url(plan, "early"), asked | {"way": "full"})
    assert "the plan is settled" in text(page) and "The next that" not in text(page)
    page = client.get(url(plan, "early"), asked | {"amount": ""})
    assert "Enter the amount that you would pay." in text(page)
    assert 'value="' + asked["on"] in page.content.decode()
    assert "Choose a date from" in text(
        client.get(url(plan, "early"), asked | {"on": "2001-01-01"})
    )


# == moving a day


def move(plan, position, to):
    changing.move_due(plan.agreement, position, to, by=plan.scene.holder, at=now())


def refused(code, action):
    with pytest.raises(Refused) as no:
        action()
    assert no.value.rule == code


def test_a_day_is_moved_within_what_was_agreed():
    plan = kept()  # 2 moves, of 10 days at most
    move(plan, 1, plan.day(1, 10))
    assert plan.dues[0].day == plan.dues[0].due_on + timedelta(days=10)
    event = AuditEvent.objects.get(verb="plans.agreement.day_moved")
    assert event.data["position"] == 1 and event.actor
    refused("PLAN-DAY", lambda: move(plan, 1, plan.day(1, 1)))  # once each
    refused("PLAN-DAY", lambda: move(plan, 2, plan.day(2, 11)))  # too far
    refused("PLAN-DAY", lambda: move(plan, 2, plan.day(2, -1)))  # earlier
    refused("PLAN-DAY", lambda: move(plan, 9, plan.day(2, 1)))  # there is no such payment
    move(plan, 2, plan.day(2, 3))
    refused("PLAN-DAY", lambda: move(plan, 3, plan.day(3, 1)))  # both moves are used
    assert plan.watch(plan.day(1)) is Step.GO_ON and not plan.dues[0].late_told_at


def test_no_day_is_moved_to_or_past_the_next_payment():
    plan = kept(terms={"move_within": 60})
    refused("PLAN-DAY", lambda: move(plan, 1, plan.day(2)))
    move(plan, 1, plan.day(2, -1))


@pytest.mark.parametrize("what", ["today", "paid", "none agreed"])
def test_what_may_not_be_moved(what):
    plan = kept(terms={"moves_allowed": 0} if what == "none agreed" else None)
    if what == "paid":
        Instalment.objects.filter(position=1).update(paid_on=localdate())
    with on(plan.day(1) if what == "today" else localdate()):
        refused("PLAN-DAY", lambda: move(plan, 1, plan.day(1, 3)))


def test_the_law_s_last_day_holds_for_a_moved_payment_too():
    made = now() - timedelta(days=10)
    plan = kept(terms={"made_at": made})
    last = rules.add_months(localdate(made), 60)
    Instalment.objects.filter(position=3).update(due_on=last - timedelta(days=2))
    refused("PLAN-DAY", lambda: move(plan, 3, last + timedelta(days=1)))
    move(plan, 3, last)


def test_only_the_person_moves_and_only_while_it_runs():
    plan = kept()
    with pytest.raises(Refused, match="Only the cardholder"):
        changing.move_due(plan.agreement, 1, plan.day(1, 1), by=cardholder(), at=now())
    ended(plan, "withdrawn")
    with pytest.raises(Stale):
        move(plan, 1, plan.day(1, 1))


def test_the_day_is_chosen_looked_at_again_and_moved(client):
    plan = kept()
    me(client, plan)
    assert url(plan, "move_due", 1) in client.get(url(plan)).content.decode()
    address, to = url(plan, "move_due", 1), plan.day(1, 4)
    assert client.get(address).content.decode().count("<option value=") == 11
    assert client.post(address, {"to": "2001-01-01"}).status_code == 422
    check_page = client.post(address, {"to": to.isoformat()})
    assert date_format(to) in text(check_page) and not plan.dues[0].moved_to
    assert client.post(address, {"to": to.isoformat(), "confirmed": "1"}).url == url(plan)
    assert plan.dues[0].moved_to == to
    page = text(client.get(url(plan)))
    assert f"moved from {date_format(plan.dues[0].due_on)}" in page
    assert "You can move the day of a coming payment once more." in page
    assert "was moved already" in text(client.get(address))
    assert client.get(url(plan, "move_due", 9)).status_code == 404


# == taking it back


def take_back(plan, at=None):
    changing.take_back(plan.agreement, by=plan.scene.holder, at=at or now())


def test_taken_back_it_is_as_if_it_had_not_been_agreed(client):
    plan = kept()
    me(client, plan)
    address = url(plan, "take_back")
    assert address in client.get(url(plan)).content.decode()
    assert "Until the end of" in text(client.get(address))
    assert client.post(address).status_code == 422  # without the tick
    assert client.post(address, {"sure": "on"}).url == url(plan)
    agreement = Agreement.objects.get()
    assert agreement.status == "withdrawn" and agreement.ended_at
    assert not Hold.objects.filter(until_at=None).exists()
    (told,) = events("plan.withdrawn")
    assert (told["agreement"], told["total"]) == (agreement.number, "1000.00")
    assert told["ended_by"] == "cardholder"
    assert client.get(address).url == url(plan)
    with pytest.raises(Stale):
        take_back(plan)


def test_only_in_the_days_that_were_agreed(client):
    plan = kept(terms={"cooling_off": 2})
    refused("PLAN-BACK", lambda: take_back(plan, now() + timedelta(days=3)))
    with on(localdate() + timedelta(days=3)):
        me(client, plan)
        assert "These days are over" in text(client.get(url(plan, "take_back")))
        assert url(plan, "take_back") not in client.get(url(plan)).content.decode()
        client.post(url(plan, "take_back"), {"sure": "on"})
    assert Agreement.objects.get().status == "active"
    take_back(plan, noon(localdate() + timedelta(days=2)))


def test_without_such_days_it_cannot_be_taken_back():
    refused("PLAN-BACK", lambda: take_back(kept(terms={"cooling_off": 0})))


def test_what_was_asked_to_change_it_ends_with_it():
    plan = kept()
    asked = changing.begin_change(plan.agreement, by=plan.scene.holder, at=now())
    actions.submit(asked, by=plan.scene.holder, at=now())
    actions.take(asked, by=plan.scene.agent, at=now())
    offer = plan.scene.preparing(asked)
    take_back(plan)
    offer.refresh_from_db()
    assert (offer.status, offer.ended_by) == ("withdrawn", "plan")
    actions.check_open_for_plan(plan.account)  # nothing stands against a new one


def test_an_open_request_for_a_change_ends_with_it():
    plan = kept()
    asked = changing.begin_change(plan.agreement, by=plan.scene.holder, at=now())
    actions.submit(asked, by=plan.scene.holder, at=now())
    sent(asked, "rejected")  # to this request alone
    take_back(plan)
    asked.refresh_from_db()
    assert asked.status == "withdrawn" and not Paper.objects.exists()


# == another plan in its place


def test_a_change_begins_with_what_was_agreed_and_keeps_the_plan(client):
    scene = behind()
    tell(scene.account)
    plan = kept(scene)
    plan.pay(localdate(), 333)
    me(client, plan)
    assert "This plan goes on until you sign a new one" in text(client.get(url(plan, "change")))
    start = client.post(url(plan, "change")).url
    assert start == reverse("plans:start", args=[plan.account.ref])
    draft = PlanRequest.objects.get(status="draft")
    assert draft.revises == plan.agreement
    assert (draft.total, draft.each, draft.months) == (D("667"), D("333.33"), 3)
    assert draft.first_on == plan.day(1)
    for page in (start, reverse("plans:request", args=[plan.account.ref])):
        assert plan.agreement.number in text(client.get(page))
    shown = text(client.get(reverse("plans:request_page", args=[draft.number])))
    assert plan.agreement.number in shown
    client.post(reverse("plans:submit", args=[draft.number]))
    draft.refresh_from_db()
    assert (draft.status, draft.revises) == ("submitted", plan.agreement)
    assert Agreement.objects.get().status == "active"
    assert "You have asked to change this plan." in text(client.get(url(plan, "change")))
    assert (
        reverse("plans:request_page", args=[draft.number]) in client.get(url(plan)).content.decode()
    )


def test_begun_twice_it_stays_as_it_was_left():
    plan = kept()
    first = changing.begin_change(plan.agreement, by=plan.scene.holder, at=now())
    PlanRequest.objects.filter(pk=first.pk).update(months=7)
    again = changing.begin_change(plan.agreement, by=plan.scene.holder, at=now())
    assert (again.pk, again.months) == (first.pk, 7)


def test_a_draft_whose_plan_has_ended_is_a_request_of_its_own():
    plan = kept()
    draft = changing.begin_change(plan.agreement, by=plan.scene.holder, at=now())
    take_back(plan)
    actions.submit(draft, by=plan.scene.holder, at=now())
    draft.refresh_from_db()
    assert (draft.status, draft.revises) == ("submitted", None)


def test_a_smaller_payment_than_the_longest_plan_allows_is_raised():
    plan = kept(each=D("5.00"))
    draft = changing.begin_change(plan.agreement, by=plan.scene.holder, at=now())
    assert (draft.months, draft.each) == (60, D("16.67"))


def test_nothing_left_to_divide_is_said(client):
    plan = kept()
    plan.pay(localdate(), 1000)
    me(client, plan)
    assert "nothing to divide" in text(client.get(url(plan, "change")))
    assert client.post(url(plan, "change")).url == url(plan, "change")
    assert not PlanRequest.objects.filter(status="draft").exists()


def test_signing_the_change_ends_the_old_plan():
    plan = kept()
    asked = changing.begin_change(plan.agreement, by=plan.scene.holder, at=now())
    actions.submit(asked, by=plan.scene.holder, at=now())
    actions.take(asked, by=plan.scene.agent, at=now())
    new = plan.scene.sign(plan.scene.offered(asked))
    old = Agreement.objects.get(pk=plan.agreement.pk)
    assert (old.status, new.replaces_id) == ("replaced", old.pk)
    assert standing(old, at=now()).replaced_by == new


# == the certificate


def test_the_certificate_and_its_proof_pack_are_fetched_and_noted(client):
    plan = kept()
    me(client, plan)
    assert client.get(url(plan, "certificate")).status_code == 404
    pay_all(plan)
    plan.watch(plan.day(3))
    assert certificate.write(plan.agreement, at=noon(plan.day(3)))
    assert url(plan, "certificate") in client.get(url(plan)).content.decode()
    pdf = b"".join(client.get(url(plan, "certificate")).streaming_content)
    filed = Agreement.objects.get().certificate
    assert documents.digest(pdf) == filed.sha256
    assert check(pdf).outcome == "valid"
    assert client.get(url(plan, "certificate_proof")).status_code == 200
    assert proof.pack(filed, at=now())[:2] == b"PK"
    fetched = AuditEvent.objects.filter(verb="plans.agreement.downloaded")
    assert [e.data["what"] for e in fetched.order_by("seq")] == ["certificate", "certificate proof"]
    verify = client.get(reverse("verify:document", args=[filed.code]))
    assert "Certificate of a plan that was kept" in text(verify)


# == at the same moment as the watch


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_taking_back_and_ending_by_rule_leave_one_truth():
    plan = kept(terms={"cooling_off": 365})
    plan.watch(plan.day(2, 8))
    over = plan.day(2, 26)
    plan.feed(over)

    def act(which):
        try:
            if which:
                return watch(plan.agreement, at=noon(over))
            return take_back(plan, noon(over)) or "taken back"
        except Stale:
            return None

    done = in_parallel(2, act)
    agreement = Agreement.objects.get()
    won = {"broken": Step.BROKEN, "withdrawn": "taken back"}[agreement.status]
    assert [each for each in done if each] == [won]
    assert len(events("plan.broken")) + len(events("plan.withdrawn")) == 1
    assert len(events("collection.resume")) == 1
