"""A plan from its signature to its end: matched, reminded, noticed, cured, broken, completed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils.formats import date_format
from django.utils.timezone import localdate, now
from django.utils.translation import override

from accounts.feed.load import import_feed
from accounts.models import CardAccount, Hold, Statement
from plans import actions, early, rules, tasks
from plans.keeping import certificate, queries
from plans.keeping.actions import watch
from plans.keeping.looking import look, reckoning
from plans.keeping.rules import Paid, Step
from plans.models import Agreement, Instalment, PlanRequest
from plans.standing import standing
from portal.packs import load
from portal.records.audit import breaks
from portal.records.models import AuditEvent, Notice
from tests.accounts.books import post
from tests.accounts.feedbox import delta, posting
from tests.people import cardholder, in_parallel, staff
from tests.plans.kept import events, kept, mails, noon
from tests.plans.limits import put_to_use
from tests.plans.scene import CENT, Scene, account_of, behind

D = Decimal


@pytest.fixture
def plan(db):
    return kept()


def another():
    holder = cardholder()
    return Scene(holder, staff("agent"), account_of(holder, ref="AC0002"))


def verbs():
    found = AuditEvent.objects.filter(subject__startswith="plans.agreement:").order_by("pk")
    return [event.verb.removeprefix("plans.agreement.") for event in found]


# == repayments


def test_repayments_count_from_the_books_of_the_sum_on_less_what_was_taken_back(db):
    plan = kept(terms={"known_to": None})  # signed before rows were noted: by the day alone
    books = plan.agreement.account.as_of
    plan.pay(books, 900)
    plan.pay(books + timedelta(days=1), 10)
    gone = plan.pay(plan.day(1), 100)
    part = plan.pay(plan.day(1), 50)
    plan.take_back(gone, plan.day(3))
    plan.take_back(part, plan.day(3), 20)
    plan._post(plan.day(1), "waiver", D(-70))
    plan._post(plan.day(1), "reversal", D(-30), reverses="AC0001-2")  # of a charge: no repayment
    assert queries.repayments(plan.agreement) == [
        Paid(books + timedelta(days=1), D(10)),
        Paid(plan.day(1), D(30)),
    ]


def test_without_its_terms_an_agreement_counts_from_its_own_acceptance(plan):
    plan.pay(localdate() + timedelta(days=3), 100)
    plan.agreement.offer.sealed_terms = ""
    plan.agreement.accepted_at += timedelta(days=4)
    assert queries.repayments(plan.agreement) == []


@pytest.mark.parametrize(("status", "counts"), [("broken", 2), ("replaced", 1), ("completed", 3)])
def test_an_agreement_that_ended_early_counts_no_longer(plan, status, counts):
    end = plan.day(1)
    for after in (-1, 0, 1):
        plan.pay(plan.day(1, after), 10)
    plan.agreement.status, plan.agreement.ended_at = status, noon(end)
    plan.agreement.watched_as_of = end
    assert len(queries.repayments(plan.agreement)) == counts


def test_a_correction_of_a_correction_is_followed_to_its_repayment(plan):
    paid = plan.pay(plan.day(1), 500)
    back = plan.take_back(paid, plan.day(1), 200)
    again = plan._post(plan.day(1), "reversal", D(-150), reverses=back.ref)
    more = plan._post(plan.day(1), "reversal", D(-300), reverses=again.ref)  # never more than paid
    ring = plan._post(plan.day(1), "reversal", D(7), reverses=more.ref)
    type(ring).objects.filter(pk=back.pk).update(reverses=paid.ref)
    assert queries.repayments(plan.agreement) == [Paid(plan.day(1), D(500))]
    type(again).objects.filter(pk=more.pk).delete()
    assert queries.repayments(plan.agreement) == [Paid(plan.day(1), D(450))]


# == what is written


def test_what_is_paid_is_written_and_matched_anew_when_it_comes_back(plan):
    paid = plan.pay(plan.day(1, -2), 400)
    plan.watch(plan.day(1))
    assert plan.paid == [D("333.33"), D("66.67"), D(0)]
    assert [due.paid_on for due in plan.dues] == [plan.day(1, -2), None, None]
    assert plan.agreement.watched_on == plan.agreement.watched_as_of == plan.day(1)
    plan.take_back(paid, plan.day(1, 1))
    plan.watch(plan.day(1, 1))
    assert plan.paid == [0, 0, 0] and plan.dues[0].paid_on is None
    assert mails() == ["plan.paid", "plan.came_back"]
    assert verbs() == ["reopened", "late"]
    plan.watch(plan.day(1, 2))
    assert mails() == ["plan.paid", "plan.came_back"]


def test_a_payment_that_comes_back_is_told_though_it_was_late_before(plan):
    plan.watch(plan.day(1, 1))
    paid = plan.pay(plan.day(1, 2), "333.33")
    plan.watch(plan.day(1, 2))
    plan.take_back(paid, plan.day(1, 5))
    plan.watch(plan.day(1, 5))
    plan.watch(plan.day(1, 6))
    assert mails() == ["plan.late", "plan.paid", "plan.came_back"]
    assert verbs() == ["late", "reopened", "late"]
    assert plan.dues[0].late_told_at == noon(plan.day(1, 5))


def test_what_is_only_matched_otherwise_did_not_come_back(plan):
    """As older agreements shortened the plan from its end."""
    plan.pay(plan.day(1, -2), "333.34")
    Instalment.objects.filter(position=3).update(paid="333.34", paid_on=plan.day(1, -2))
    plan.watch(plan.day(1, -1))
    assert plan.paid == [D("333.33"), D("0.01"), 0] and mails() == ["plan.paid"]
    assert "reopened" not in verbs()


def test_the_reminder_goes_out_once_before_the_day_and_names_no_amount(plan):
    plan.watch(plan.day(1, -4))
    assert mails() == []
    plan.watch(plan.day(1, -3))
    plan.watch(plan.day(1, -2))
    assert mails() == ["plan.reminder"]
    mail = Notice.objects.get(kind="plan.reminder")
    text = (mail.subject + mail.body).lower()
    assert "333" not in text and "¥" not in text and "debt" not in text
    assert f"/plans/agreements/{plan.agreement.number}/" in mail.body


def test_nobody_is_reminded_of_what_is_paid(plan):
    plan.pay(plan.day(1, -9), "333.33")
    plan.watch(plan.day(1, -3))
    assert mails() == ["plan.paid"]


def test_late_is_told_once_for_each_payment(plan):
    plan.watch(plan.day(1, 1))
    plan.watch(plan.day(1, 2))
    plan.watch(plan.day(2, 1))
    assert mails("plan.late") == ["plan.late"] * 2
    assert verbs() == ["late"] * 2


# == breach


def test_breach_is_noticed_once_with_its_last_day_and_then_the_plan_ends(plan):
    noticed = plan.day(2, 8)
    assert plan.watch(plan.day(2, 7)) is Step.GO_ON
    assert plan.watch(noticed) is Step.NOTICE
    until = noticed + timedelta(days=14)
    assert plan.agreement.remedy_until == until
    assert plan.watch(noticed + timedelta(days=1)) is Step.GO_ON
    assert plan.watch(until) is Step.GO_ON
    assert mails("plan.breach") == ["plan.breach"] and plan.agreement.status == "active"
    plan.pay(until, 100)
    assert plan.watch(until + timedelta(days=3)) is Step.GO_ON  # what was paid by then may show
    assert plan.watch(until + timedelta(days=4)) is Step.BROKEN
    ended = plan.agreement
    assert (ended.status, ended.sum_due) == ("broken", D(900))
    assert mails("plan.broken") == ["plan.broken"]
    (event,) = events("plan.broken")
    assert event["sum_due"] == "900.00"
    assert event["how"] == {
        "overdue": "1000.00",
        "interest": "0.00",
        "paid": "100.00",
        "beyond": "0.00",
    }
    assert event["agreement"] == ended.number and event["document_sha256"]
    assert len(event["schedule"]) == 3 and set(event["waived"]) >= {"principal", "fees"}
    assert not Hold.objects.filter(until_at=None).exists()
    assert len(events("collection.resume")) == 1
    assert reckoning(ended, plan.dues).due == 900
    assert plan.watch(until + timedelta(days=9)) is None  # nothing twice
    assert len(events("plan.broken")) == 1 and mails("plan.broken") == ["plan.broken"]
    assert list(breaks()) == []


def test_what_was_waived_counts_again_and_interest_of_the_time_used_is_due(db):
    plan = kept(overdue=D(1200))
    due = plan.dues
    for each in due:
        each.interest = D(5)
        each.save()
    plan.watch(plan.day(2, 8))
    plan.watch(plan.day(2, 30))
    assert plan.agreement.status == "broken"
    day = plan.agreement.watched_as_of
    used = sum(5 for each in due if each.day <= day)
    assert used in (10, 15) and plan.agreement.sum_due == 1200 + used


def test_no_more_is_due_than_the_account_owes(plan):
    plan._post(plan.day(2, 9), "reversal", D(-7500), reverses="AC0001-0")
    plan.feed(plan.day(2, 9))
    found = reckoning(Agreement.objects.get(), plan.dues)
    assert (found.overdue, found.due, found.beyond) == (1000, 500, 500)


@pytest.mark.parametrize("credit", ["7500", "900"])
def test_nobody_is_asked_for_what_the_bank_credited(plan, credit):
    """A person looks at the plan; no notice, no end, and no word of lateness meanwhile."""
    plan._post(plan.day(1, -2), "adjustment", -D(credit))
    for on in (plan.day(1, 1), plan.day(2, 8), plan.day(2, 40)):
        assert plan.watch(on) is Step.GO_ON
    assert (plan.agreement.status, mails(), verbs()) == ("active", [], [])
    assert plan.agreement.by_hand_since == noon(plan.day(1, 1))
    plan.pay(plan.day(2, 41), 1000)  # what is paid still completes it
    assert plan.watch(plan.day(2, 41)) is Step.COMPLETED


def test_a_credit_takes_a_notice_back_and_what_is_asked_anew_needs_another(plan):
    plan.watch(plan.day(2, 8))
    credit = plan._post(plan.day(2, 9), "adjustment", D(-900))
    plan.watch(plan.day(2, 9))
    assert plan.agreement.breach_noticed_at is plan.agreement.remedy_until is None
    assert verbs()[-1] == "notice_taken_back"
    type(credit).objects.filter(pk=credit.pk).delete()
    assert plan.watch(plan.day(2, 40)) is Step.NOTICE
    assert plan.agreement.by_hand_since is None


def test_a_small_credit_leaves_the_plan_to_its_rules(plan):
    plan._post(plan.day(1, -2), "adjustment", D(-300))  # 700 is owed, and 666.66 missed
    assert plan.watch(plan.day(2, 8)) is Step.NOTICE


def test_a_rest_that_is_too_small_breaks_no_plan(plan):
    for place in (1, 2, 3):
        plan.pay(plan.day(place), "333.33")
    last = plan.day(3)
    assert plan.watch(last) is Step.GO_ON and plan.agreement.by_hand_since is None
    for after in (1, 8, 40):
        assert plan.watch(plan.day(3, after)) is Step.GO_ON
    assert "plan.late" not in mails() and "plan.breach" not in mails()
    assert plan.agreement.by_hand_since == noon(plan.day(3, 1))
    assert standing(plan.agreement, at=noon(plan.day(3, 40))).state == "rest"
    plan.pay(plan.day(3, 41), "0.01")
    assert plan.watch(plan.day(3, 41)) is Step.COMPLETED


def noticed_behind_a_small_rest(plan):
    """A cent is short of the second payment, and all of the third: the notice is out."""
    plan.pay(plan.day(1), "333.32")
    plan.pay(plan.day(2), "333.33")
    plan.watch(plan.day(2, 1))
    assert plan.watch(plan.day(3, 8)) is Step.NOTICE
    return standing(plan.agreement, at=noon(plan.day(3, 8)))


def test_what_puts_a_breach_right_takes_a_small_rest_along(plan):
    told = noticed_behind_a_small_rest(plan)
    assert (told.state, told.to_cure) == ("notice", D("333.35"))
    plan.pay(plan.day(3, 9), told.to_cure)
    assert plan.watch(plan.day(3, 9)) is Step.COMPLETED


def test_a_breach_is_put_right_though_a_small_rest_stays(plan):
    noticed_behind_a_small_rest(plan)
    plan.pay(plan.day(3, 9), "333.34")
    plan.feed(plan.day(3, 9))
    assert standing(plan.agreement, at=noon(plan.day(3, 9))).state == "rest"  # no watch came by
    assert plan.watch(plan.day(3, 9)) is Step.CURED
    assert plan.agreement.breach_noticed_at is plan.agreement.remedy_until is None
    assert plan.agreement.by_hand_since and mails()[-1] == "plan.cured"
    assert plan.watch(plan.day(3, 60)) is Step.GO_ON


def test_a_payment_that_leaves_a_small_rest_has_its_receipt(plan):
    plan.pay(plan.day(1), "333.33")
    plan.watch(plan.day(1))
    plan.pay(plan.day(2), "666.66")
    plan.watch(plan.day(3, 1))
    assert plan.agreement.by_hand_since and mails("plan.paid") == ["plan.paid", "plan.paid"]


def test_what_is_too_small_is_the_banks_to_say(plan):
    put_to_use(too_small={})
    plan.pay(plan.day(1), "333.32")
    plan.watch(plan.day(1, 1))
    assert mails("plan.late") == ["plan.late"]


def test_no_interest_is_due_for_what_had_been_repaid(db):
    plan, dues = with_interest()
    on = localdate() + timedelta(days=1)
    plan.pay(on, 900)
    plan.watch(on)
    last = plan.dues[-1].day
    plan.watch(last + timedelta(days=8))
    plan.watch(last + timedelta(days=40))
    ended = plan.agreement
    fair = early.settled_on(
        D(1000), dues, [(on, D(900))], rate=D("0.12"), agreed_on=localdate(),
        on=ended.watched_as_of, unit=CENT,
    )  # fmt: skip
    assert (ended.status, ended.sum_due) == ("broken", fair.payable)
    assert fair.payable - 100 < sum(due.interest for due in dues)
    assert reckoning(ended, plan.dues).due == ended.sum_due


def test_no_notice_goes_out_by_old_books(plan):
    plan.feed(plan.day(2, 8))
    assert watch(plan.agreement, at=noon(plan.day(2, 16))) is Step.GO_ON
    assert watch(plan.agreement, at=noon(plan.day(2, 15))) is Step.NOTICE


def test_what_the_notice_named_puts_it_right_though_the_feed_is_late(db):
    plan = kept(terms={"missed_allowed": 0, "lateness_allowed": 5})
    plan.pay(plan.day(1), "333.33")
    Instalment.objects.filter(pk=plan.dues[2].pk).update(moved_to=plan.day(2, 3))
    plan.feed(plan.day(2, 6))
    noticed = plan.day(2, 12)
    assert watch(plan.agreement, at=noon(noticed)) is Step.NOTICE
    assert standing(Agreement.objects.get(), at=noon(noticed)).to_cure == D("333.33")
    plan.pay(plan.day(2, 7), "333.33")
    plan.feed(plan.day(2, 8))
    assert watch(Agreement.objects.get(), at=noon(noticed)) is Step.CURED


def written(plan, day):
    """A day as a mail to this cardholder writes it."""
    with override(plan.scene.holder.language):
        return date_format(day)


def test_the_reminder_keeps_to_the_policy_of_the_day_and_names_the_moved_day(plan):
    put_to_use(remind_before=5)
    day = plan.day(1, 4)
    Instalment.objects.filter(position=1).update(moved_to=day)
    plan.watch(day - timedelta(days=6))
    assert mails() == []
    plan.watch(day - timedelta(days=5))
    assert mails() == ["plan.reminder"]
    assert written(plan, day) in Notice.objects.get(kind="plan.reminder").body


def test_the_notice_gives_its_days_from_the_day_it_is_written_though_the_books_are_older(plan):
    plan.feed(plan.day(2, 8))
    on = plan.day(2, 11)
    assert watch(plan.agreement, at=noon(on)) is Step.NOTICE
    until = on + timedelta(days=14)
    assert Agreement.objects.get().remedy_until == until
    mail = Notice.objects.get(kind="plan.breach")
    assert written(plan, until) in mail.subject and written(plan, until) in mail.body


def test_nobody_is_told_of_lateness_once_the_clock_stands_though_the_books_are_older(plan):
    plan.hold("dispute", plan.day(1, 2))
    plan.feed(plan.day(1, 1))
    watch(plan.agreement, at=noon(plan.day(1, 2)))
    assert mails("plan.late") == []


def test_nothing_is_mailed_of_a_plan_while_all_must_be_quiet(plan):
    noticed = plan.day(2, 8)
    plan.watch(noticed)
    plan.hold("death", noticed + timedelta(days=2))
    plan.pay(noticed + timedelta(days=4), 400)
    assert plan.watch(noticed + timedelta(days=4)) is Step.CURED
    plan.pay(noticed + timedelta(days=5), 600)
    assert plan.watch(noticed + timedelta(days=5)) is Step.COMPLETED
    assert certificate.write(plan.agreement, at=noon(noticed + timedelta(days=5)))
    assert mails() == ["plan.breach"]


def test_a_breach_that_is_put_right_is_cured_and_the_plan_goes_on(plan):
    noticed = plan.day(2, 8)
    plan.watch(noticed)
    plan.pay(noticed + timedelta(days=14), "333.33")  # one may be missed
    assert plan.watch(noticed + timedelta(days=15)) is Step.CURED
    assert plan.agreement.breach_noticed_at is None and plan.agreement.remedy_until is None
    assert mails("plan.cured") == ["plan.cured"]
    plan.watch(noticed + timedelta(days=16))
    assert mails("plan.cured") == ["plan.cured"]
    assert plan.watch(plan.day(3, 8)) is Step.NOTICE  # a second breach has its own notice
    assert verbs().count("breach_noticed") == 2


def test_the_agreement_decides_and_not_the_policy_of_today(db):
    strict = kept(terms={"missed_allowed": 0, "lateness_allowed": 0, "remedy_days": 3})
    assert strict.watch(strict.day(1, 1)) is Step.NOTICE
    assert mails("plan.late") == [] and mails("plan.breach") == ["plan.breach"]  # one mail
    assert strict.watch(strict.day(1, 7)) is Step.GO_ON
    assert strict.watch(strict.day(1, 8)) is Step.BROKEN


@pytest.mark.parametrize("reason", ["dispute", "breathing_space", "insolvency", "death"])
def test_a_hold_stops_the_clock_and_quiets_all_but_a_dispute(plan, reason):
    plan.hold(reason, plan.day(1, -5))
    plan.watch(plan.day(1, -1))
    assert plan.watch(plan.day(3, 40)) is Step.GO_ON
    assert mails() == (["plan.reminder"] if reason == "dispute" else [])


def test_a_hold_in_the_remedy_prolongs_it(plan):
    noticed = plan.day(2, 8)
    plan.watch(noticed)
    source = plan.hold("breathing_space", noticed + timedelta(days=4))
    plan.watch(noticed + timedelta(days=6))
    assert plan.agreement.remedy_until == noticed + timedelta(days=17)
    Hold.objects.filter(source=source).update(until_at=noon(noticed + timedelta(days=10)))
    plan.watch(noticed + timedelta(days=20))
    assert plan.agreement.remedy_until == noticed + timedelta(days=20)
    assert plan.watch(noticed + timedelta(days=24)) is Step.BROKEN


def test_a_hold_that_the_feed_does_not_reach_yet_stops_the_end(plan):
    noticed = plan.day(2, 8)
    plan.watch(noticed)
    over = noticed + timedelta(days=15)
    plan.feed(over)
    plan.hold("death", over + timedelta(days=1))
    assert watch(plan.agreement, at=noon(over + timedelta(days=1))) is Step.GO_ON


@pytest.mark.parametrize("facts", [{"contact_only": True}, {"before": True}])
def test_holds_that_do_not_stop_the_clock(plan, facts):
    if facts.pop("before", False):  # its sum is not in the agreement
        plan.hold("dispute", localdate() - timedelta(days=9), amount=D(10))
    else:
        plan.hold("dispute", plan.day(1, -5), **facts)
    assert plan.watch(plan.day(2, 8)) is Step.NOTICE


def test_a_plan_that_the_cardholder_asked_to_change_does_not_end_before_the_answer(plan):
    noticed = plan.day(2, 8)
    plan.watch(noticed)
    asked = asked_to_change(plan, noticed + timedelta(days=4))
    assert plan.watch(noticed + timedelta(days=24)) is Step.GO_ON
    answered = noon(noticed + timedelta(days=24))
    actions.move(asked, "withdrawn", by=plan.scene.holder, at=answered)
    assert plan.watch(noticed + timedelta(days=25)) is Step.GO_ON
    assert plan.agreement.remedy_until == noticed + timedelta(days=34)  # the wait is added
    assert plan.watch(noticed + timedelta(days=37)) is Step.GO_ON
    assert plan.watch(noticed + timedelta(days=38)) is Step.BROKEN


def asked_to_change(plan, on):
    asked = PlanRequest.objects.get(number=plan.agreement.offer.request.number)
    asked.pk, asked.number, asked.status, asked.revises = (
        None,
        "PR-CHANGE",
        "submitted",
        plan.agreement,
    )
    asked.submitted_at, asked.decided_at, asked.decided_by = noon(on), None, None
    asked.save()
    return asked


def test_a_plan_that_is_kept_ends_what_was_asked_to_change_it(plan):
    asked = asked_to_change(plan, localdate())
    offer = plan.agreement.offer
    offer.pk, offer.number, offer.status, offer.request = None, "PA-CHANGE", "open", asked
    offer.save()
    plan.agreement.refresh_from_db()
    plan.pay(plan.day(1), 1000)
    assert plan.watch(plan.day(1)) is Step.COMPLETED
    asked.refresh_from_db()
    offer.refresh_from_db()
    assert (asked.status, asked.revises, offer.status) == ("submitted", None, "withdrawn")
    assert offer.ended_by == "plan"
    assert mails() == ["plan.completed", "plan.offer_withdrawn"]


@pytest.mark.parametrize("change", [{"status": "written_off"}, {"closed_by_feed": True}])
def test_an_account_that_the_bank_closed_is_left_to_the_staff(plan, change):
    CardAccount.objects.update(**change)
    for on in (plan.day(1, -1), plan.day(2, 8), plan.day(2, 40)):
        assert plan.watch(on) is Step.GO_ON
    assert mails() == [] and plan.agreement.status == "active"
    plan.pay(plan.day(2, 41), 1000)  # what is paid still completes it
    assert plan.watch(plan.day(2, 41)) is Step.COMPLETED


@pytest.mark.parametrize("column", ["status", "closed_by_feed"])
def test_an_account_that_left_the_books_under_notice_needs_a_new_one_when_it_is_back(plan, column):
    plan.watch(plan.day(2, 8))
    was = getattr(plan.account, column)
    CardAccount.objects.update(**{column: {"status": "written_off"}.get(column, True)})
    plan.watch(plan.day(2, 10))
    assert plan.agreement.breach_noticed_at is plan.agreement.remedy_until is None
    CardAccount.objects.update(**{column: was})
    assert plan.watch(plan.day(2, 60)) is Step.NOTICE
    assert plan.agreement.remedy_until > plan.day(2, 60)


# == the end that was agreed


def test_the_last_payment_completes_the_plan_once(plan):
    plan.pay(plan.day(1), "333.33")
    plan.pay(plan.day(2), "666.70")
    assert plan.watch(plan.day(2)) is Step.COMPLETED
    assert plan.watch(plan.day(2, 1)) is None
    assert (plan.agreement.status, mails("plan.completed")) == ("completed", ["plan.completed"])
    (event,) = events("plan.completed")
    assert event["settled_on"] == plan.day(2).isoformat() and event["beyond"] == "0.03"
    assert [line["paid"] for line in event["schedule"]] == ["333.33", "333.33", "333.34"]
    assert set(event["waived"]) == {"principal", "interest", "default_sum", "fees"}
    assert not Hold.objects.filter(until_at=None).exists()
    assert len(events("collection.resume")) == 1
    assert "plan.paid" not in mails()


def test_money_that_comes_back_later_leaves_it_completed_and_the_staff_are_told_once(plan):
    paid = plan.pay(plan.day(1), 1000)
    plan.watch(plan.day(1))
    plan.take_back(paid, plan.day(1, 5))
    plan.feed(plan.day(1, 5))
    assert not certificate.write(plan.agreement, at=noon(plan.day(1, 5)))  # before it is watched
    waiting = queries.to_watch(at=noon(plan.day(1, 5)))
    assert list(waiting) == [plan.agreement]
    plan.watch(plan.day(1, 5))
    plan.watch(plan.day(1, 6))
    assert plan.agreement.status == "completed"
    assert verbs() == ["completed", "taken_back"]
    assert len(events("plan.completed")) == 1 and not events("plan.broken")
    assert list(queries.to_certify()) == []
    assert plan.agreement.taken_back_at == noon(plan.day(1, 5))
    plan.pay(plan.day(1, 7), 1000)
    plan.watch(plan.day(1, 7))
    assert plan.agreement.taken_back_at is None


def test_small_payments_run_to_their_review(db):
    plan = kept(kind="token", review_on=localdate() + timedelta(days=200))
    plan.pay(plan.day(3), 1000)
    assert plan.watch(plan.day(3)) is Step.GO_ON
    assert plan.watch(localdate() + timedelta(days=200)) is Step.COMPLETED


def with_interest():
    """A plan of 1,000.00 at 12 % a year, and the day it is counted from."""
    scene = another()
    choice = rules.Choice(D("340.02"), 3, scene.first_on, rate=D("0.12"))
    longest = load("cn", on=localdate())["plan.longest"]
    dues = rules.schedule(D(1000), choice, agreed_on=localdate(), unit=CENT, longest=longest)
    plan = kept(scene, terms={"dues": dues, "rate": D("0.12")}, rate=D("0.12"))
    return plan, dues


def test_on_the_day_a_plan_is_settled_only_what_was_needed_counts(db):
    """So the page, its rows and the certificate name one sum."""
    plan, dues = with_interest()
    for place in (1, 2):
        plan.pay(dues[place - 1].on, dues[place - 1].amount)
    plan.pay(plan.day(3, -20), dues[2].amount)
    assert plan.watch(plan.day(3, -20)) is Step.COMPLETED
    seen = look(plan.agreement, at=noon(plan.day(3)))
    assert 0 < seen.beyond < 5
    needed = sum(due.amount for due in dues) - seen.beyond
    assert sum(plan.paid) == needed == sum(each.amount for each in seen.repayments) - seen.beyond
    shown = standing(plan.agreement, at=noon(plan.day(3)))
    assert shown.progress.paid == (3, needed) and shown.payments[2].short == seen.beyond


@pytest.mark.parametrize(("less", "step"), [("0", Step.COMPLETED), ("0.01", Step.GO_ON)])
def test_a_plan_with_interest_is_settled_early_for_the_time_used(db, less, step):
    plan, dues = with_interest()
    on = plan.day(1, 10)
    plan.pay(plan.day(1), dues[0].amount)
    settles = early.settled_on(
        D(1000), dues, [(plan.day(1), dues[0].amount)], rate=D("0.12"), agreed_on=localdate(),
        on=on, unit=CENT,
    )  # fmt: skip
    assert 0 < settles.payable < dues[1].amount + dues[2].amount
    plan.pay(on, settles.payable - D(less))
    assert plan.watch(on) is step
    if step is Step.COMPLETED:
        assert [due.paid_on for due in plan.dues] == [plan.day(1), on, on]
        (event,) = events("plan.completed")
        assert event["beyond"] == "0.00" and event["settled_on"] == on.isoformat()
        paid, later = plan.paid, plan.day(3)
        plan.pay(later, 500)
        plan.watch(later)
        assert plan.paid == paid  # what comes later is none of the plan's
        assert {due.paid_on for due in plan.dues[1:]} == {on}
        assert look(plan.agreement, at=noon(later)).beyond == 500


def test_a_plan_with_interest_that_runs_to_its_end_is_completed_to_the_cent(db):
    plan, dues = with_interest()
    for place, due in enumerate(dues, 1):
        plan.pay(due.on, due.amount - (CENT if place == 3 else 0))
    assert plan.watch(dues[-1].on) is Step.GO_ON
    plan.pay(dues[-1].on, CENT)
    assert plan.watch(dues[-1].on) is Step.COMPLETED
    assert look(plan.agreement, at=noon(dues[-1].on)).beyond == 0


# == the queue


def test_the_queue_holds_what_a_day_or_a_feed_has_not_been_seen_for(plan):
    today = localdate()
    at = noon(today)
    assert list(queries.to_watch(at=at)) == [plan.agreement]
    plan.watch(today)
    assert list(queries.to_watch(at=at)) == []
    assert list(queries.to_watch(at=at + timedelta(days=1))) == [plan.agreement]
    plan.feed(today + timedelta(days=1))
    assert list(queries.to_watch(at=at)) == [plan.agreement]
    Agreement.objects.update(status="withdrawn", ended_at=at)
    assert list(queries.to_watch(at=at)) == []


def test_one_plan_that_fails_does_not_stop_the_others(plan, monkeypatch):
    second = kept(another())
    failing = plan.agreement.pk

    def broken(agreement, *, at):
        if agreement.pk == failing:
            raise RuntimeError("a fault")
        return watch(agreement, at=at)

    monkeypatch.setattr(tasks, "watch", broken)
    tasks.watch_plans()
    seen = dict(Agreement.objects.values_list("pk", "watched_on"))
    assert seen == {failing: None, second.agreement.pk: localdate()}


def test_what_another_round_has_watched_is_left(plan, monkeypatch):
    twice = list(queries.to_watch(at=noon(localdate())))
    plan.watch(localdate())
    real, calls = queries.to_watch, []

    class Read:  # the batch was read before the other round came to it
        def filter(self, **which):
            return twice if "pk__gt" in which else real(at=noon(localdate())).filter(**which)

    monkeypatch.setattr(tasks.keeping, "to_watch", lambda *, at: Read())
    monkeypatch.setattr(tasks, "watch", lambda agreement, *, at: calls.append(agreement.pk))
    tasks.watch_plans()
    assert calls == []


def test_a_full_batch_calls_for_the_next(plan, monkeypatch):
    called = []
    monkeypatch.setattr(tasks, "BATCH", 1)
    monkeypatch.setattr(tasks.watch_plans, "delay", called.append)
    tasks.watch_plans()
    assert called == [plan.agreement.pk]
    tasks.watch_plans(after=called[0])
    assert len(called) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_two_watchers_at_once_do_each_thing_once():
    plan = kept()
    plan.watch(plan.day(2, 8))
    over = plan.day(2, 26)
    plan.feed(over)
    steps = in_parallel(2, lambda _: watch(plan.agreement, at=noon(over)))
    assert sorted(str(step) for step in steps) == ["None", str(Step.BROKEN)]
    assert len(events("plan.broken")) == len(events("collection.resume")) == 1
    assert mails("plan.broken") == ["plan.broken"]


# == what comes with a later feed


def test_a_repayment_of_the_books_day_that_comes_with_the_next_feed_counts(db, tmp_path):
    """The sum of the plan knew the one that was there, and not the one that came later."""
    scene, yesterday = behind(), localdate() - timedelta(days=1)
    CardAccount.objects.update(as_of=yesterday)
    Statement.objects.update(minimum_due=1100)
    post(scene.account, "K", yesterday.isoformat(), "repayment", -100)  # known: 1,000 is overdue
    scene.account.refresh_from_db()
    plan = kept(scene)
    box = delta(as_of=localdate().isoformat())
    late = posting("R1", 1, yesterday.isoformat(), "-333.33", kind="repayment")
    box.rows["postings"] = [late | {"account_ref": scene.account.ref}]
    import_feed(box.write(tmp_path / "F2"), by=None, at=now())
    watch(plan.agreement, at=now())
    assert queries.repayments(plan.agreement) == [Paid(yesterday, D("333.33"))]
    assert plan.paid == [D("333.33"), 0, 0]
