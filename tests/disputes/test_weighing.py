"""The same money is credited once: over two rounds, two cases, a bill and what is on it."""

import time
from datetime import date
from decimal import Decimal as D

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate, now

from accounts.models import CardAccount, Hold, OverdueRecord, Posting, Statement
from disputes import corrections
from disputes import staff_queries as queries
from disputes.actions import answering, deciding, handling
from disputes.actions.deciding import Changed, Said
from disputes.models import Correction, Decision, Dispute
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.records.models import Notice, OutboxEvent
from tests.accounts.books import post
from tests.disputes.filing import Filing
from tests.people import in_parallel, sign_in, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]

BUY, BILL, MONTH = "posting:AC0001-1", "statement:AC0001:2026-10-05", "record:AC0001:2026-10"


@pytest.fixture
def filing():
    return Filing.made()


def taken(dispute):
    """The case, taken by somebody new."""
    by = staff("complaint_handler")
    handling.take(queries.cases().get(pk=dispute.pk), declared=True, by=by, at=now())
    return queries.cases().get(pk=dispute.pk), by


def propose(dispute, by, *rights, outcome="upheld", **whole):
    """One answer a line: what it should read, or None for a line that is right."""
    said = [
        Said(line, outcome, **(right if isinstance(right, dict) else {"right_amount": D(right)}))
        if right is not None
        else Said(line, "rejected")
        for line, right in zip(dispute.lines.all(), rights, strict=True)
    ]
    return deciding.propose(
        dispute, said, reasons="Because.", cause="system", by=by, at=now(),
        basis=deciding.basis_of(dispute), **whole,
    )  # fmt: skip


def decide(dispute, *rights, **facts):
    """Decide with whoever is needed."""
    dispute, by = taken(dispute)
    decision = propose(dispute, by, *rights, **facts)
    if decision.over:
        basis, chief = deciding.basis_of(dispute), staff("supervisor")
        deciding.approve(decision, basis=basis, by=chief, at=now())
    return decision


def again(filing, dispute):
    """The case in its second review."""
    fresh = Dispute.objects.select_related("account", "deadline").get(pk=dispute.pk)
    answering.ask_review(fresh, "Please look again.", by=filing.holder, at=now())
    return Dispute.objects.get(pk=dispute.pk)


def credits():
    sent = OutboxEvent.objects.filter(type="posting.correct").order_by("seq")
    return [D(event.data["amount"]) for event in sent]


def reverse_of(filing, amount, ref="R1", **facts):
    facts = {"reverses": "AC0001-1"} | facts
    return post(filing.account, ref, localdate().isoformat(), "reversal", -amount, **facts)


# == one movement


def test_a_second_review_credits_only_the_rest(filing):
    dispute = filing.sent(BUY)
    decide(dispute, 4000, outcome="partly_upheld")
    decide(again(filing, dispute), 0)
    assert credits() == [4000, 4000]
    reverse_of(filing, 4000)
    assert corrections.confirm(at=now()) == 1  # the first answer's; the rest is still to come
    assert Hold.objects.filter(until_at=None).exists()
    reverse_of(filing, 4000, "R2")
    assert corrections.confirm(at=now()) == 1
    assert not Hold.objects.filter(until_at=None).exists()


@pytest.mark.parametrize("how", ["reversal", "adjustment"])
def test_a_new_case_credits_nothing_that_came_already(filing, how):
    decide(filing.sent(BUY), 0)
    named = "AC0001-1" if how == "reversal" else ""
    post(filing.account, "R1", localdate().isoformat(), how, -8000, reverses=named)
    assert corrections.confirm(at=now()) == 1
    decision = decide(filing.sent(BUY), 0)
    assert (decision.credit, decision.outcome, credits()) == (0, "upheld", [8000])
    assert not Hold.objects.filter(until_at=None).exists()


@pytest.mark.parametrize(("before", "left"), [(8000, []), (7800, [200])])
def test_what_the_bank_took_back_by_itself_is_not_credited(filing, before, left, client):
    dispute = filing.sent(BUY)
    reverse_of(filing, before)
    if left:
        mine, by = taken(dispute)
        page = sign_in(client, by).get(reverse("disputes:decide", args=[mine.number]))
        assert "7,800.00 of it was credited before" in page.content.decode()
        propose(mine, by, 0)
    else:
        decide(dispute, 0)
    assert credits() == left and corrections.confirm(at=now()) == 0


# == a bill and what is on it


@pytest.mark.parametrize(
    ("rights", "sent"), [((0, 100), [8000]), ((0, 0), [8000, 100]), ((None, 100), [8000])]
)
def test_a_bill_gives_only_what_its_movements_left(filing, rights, sent):
    decision = decide(filing.sent(BUY, BILL), *rights)
    assert credits() == sent and decision.credit == sum(sent)


def test_two_cases_over_a_bill_and_a_movement_on_it(filing):
    buy, bill = filing.sent(BUY), filing.sent(BILL)
    decide(buy, 5000)
    decide(bill, 100)
    assert credits() == [3000, 5000]
    with pytest.raises(Refused) as no:  # more of the movement: the bill's credit may hold it
        decide(again(filing, buy), 4000)
    assert no.value.rule == "DECIDE-TWICE" and bill.number in str(no.value)


def test_what_was_credited_elsewhere_meanwhile_stops_the_second_person(filing):
    waiting = []
    for name, right in ((BUY, 0), (BILL, 100)):
        dispute, by = taken(filing.sent(name))
        waiting.append(propose(dispute, by, right))
    for decision, says in zip(waiting, ("ok", "changed"), strict=True):
        basis = deciding.basis_of(queries.cases().get(pk=decision.dispute_id))
        facts = {"basis": basis, "by": staff("supervisor"), "at": now()}
        if says == "ok":
            deciding.approve(decision, **facts)
        else:
            with pytest.raises(Changed):
                deciding.approve(decision, **facts)
    assert credits() == [8000]


# == records


def newer(filing, **facts):
    given = {"days_past_due": 35, "reported_code": "2", "overdue_amount": D(0)} | facts
    return OverdueRecord.objects.create(
        account=filing.account, period="2026-10", version=2, reported_on=localdate(),
        disputed=True, **given,
    )  # fmt: skip


@pytest.mark.parametrize("same_case", [True, False])
def test_a_later_answer_replaces_the_correction_of_a_record(filing, same_case):
    dispute = filing.sent(MONTH)
    decide(dispute, 1500)
    later = again(filing, dispute) if same_case else filing.sent(MONTH)
    decide(later, 0)
    old, new = Correction.objects.order_by("seq")
    assert old.done_by == f"superseded {new.seq}" and new.done_at is None
    assert sum(Hold.objects.filter(until_at=None).values_list("amount", flat=True)) == 1600
    newer(filing)
    assert corrections.confirm(at=now()) == 1
    assert not Hold.objects.filter(until_at=None).exists()
    assert Notice.objects.filter(kind="dispute.corrected").count() == 1


# == what no list has, and what has the wrong day


@pytest.mark.parametrize(
    ("kind", "transacted"), [("adjustment", None), ("repayment", date(2026, 9, 3))]
)
def test_a_missing_payment_is_credited_and_followed(filing, client, kind, transacted):
    dispute = filing.taken_down(matter="charge", words="My payment of 300 is missing.")
    dispute, by = taken(dispute)
    desk, sent = sign_in(client, by), {"own": "We found it.", "cause": "late_posting"}
    sent |= {"outcome": "upheld", "basis": deciding.basis_of(dispute)}
    url = reverse("disputes:propose", args=[dispute.number])
    assert desk.post(url, sent).status_code == 422
    desk.post(url, sent | {"credit": "300"})
    (event,) = OutboxEvent.objects.filter(type="posting.correct")
    told = [event.data[name] for name in ("posting_ref", "kind", "amount")]
    assert told == ["", "missing", "300.00"] and Decision.objects.get().credit == 300
    page = desk.get(reverse("disputes:staff_case", args=[dispute.number])).content.decode()
    assert "What was missing" in page
    mine = sign_in(client, filing.holder).get(reverse("disputes:case", args=[dispute.number]))
    assert "What was missing" in mine.content.decode()
    if transacted:  # what it names is an addition in the second review, and the page says so
        mine, by = taken(again(filing, dispute))
        page = sign_in(client, by).get(reverse("disputes:decide", args=[mine.number]))
        assert "It adds to the ¥300.00 of the first answer." in page.content.decode()
        answering.withdraw(mine, by=filing.holder, at=now())
    post(filing.account, "P0", localdate().isoformat(), "repayment", -300)  # a payment of today
    assert corrections.confirm(at=now()) == 0
    came = post(filing.account, "P1", localdate().isoformat(), kind, -300)
    if transacted:
        Posting.objects.filter(pk=came.pk).update(transacted_on=transacted)
    assert corrections.confirm(at=now()) == 1
    assert not Hold.objects.filter(until_at=None).exists()


def test_a_movement_of_the_wrong_day_is_booked_anew(filing):
    right = date(2026, 8, 30)
    decision = decide(filing.sent(BUY, reason="wrong_dates"), {"right_on": right})
    (event,) = OutboxEvent.objects.filter(type="posting.correct")
    assert event.data["amount"] == "0.00" and decision.credit == 0
    assert event.data["right"] == {"posted_on": "2026-08-30"}
    post(filing.account, "N1", "2026-08-30", "purchase", 8000)
    assert corrections.confirm(at=now()) == 0  # the old one still stands
    reverse_of(filing, 8000)
    assert corrections.confirm(at=now()) == 1
    assert Correction.objects.get().done_by == "posting AC0001-N1"


# == settled otherwise


def test_a_supervisor_settles_what_the_bank_booked_otherwise(filing, client):
    dispute = filing.sent(BUY)
    mine, by = taken(dispute)
    propose(mine, by, 7600, outcome="partly_upheld")
    for ref in ("W1", "W2"):
        post(filing.account, ref, localdate().isoformat(), "waiver", -200)
    assert corrections.confirm(at=now()) == 0
    one = Correction.objects.get()
    url = reverse("disputes:settle", args=[dispute.number, one.ref])
    desk = sign_in(client, staff("supervisor"))
    page = desk.get(reverse("disputes:staff_case", args=[dispute.number])).content.decode()
    assert "The bank put it right in another way" in page and url in page
    name = f"settle-{one.pk}"
    assert desk.post(url, {f"{name}-refs": "AC0001-W1"}).status_code == 422  # with a reason
    desk.post(url, {f"{name}-reason": "Two waivers.", f"{name}-refs": "AC0001-W1 OTHER"})
    assert Correction.objects.get().done_at is None
    desk.post(url, {f"{name}-reason": "Two waivers.", f"{name}-refs": "AC0001-W1 AC0001-W2"})
    one.refresh_from_db()
    assert one.done_by == "otherwise AC0001-W1 AC0001-W2"
    assert dispute.messages.get(kind="note").body == "Two waivers."
    assert not Hold.objects.filter(until_at=None).exists()
    assert Notice.objects.filter(kind="dispute.corrected").count() == 1
    decide(again(filing, dispute), 7600, outcome="partly_upheld")
    assert credits() == [400]  # both waivers count for the movement


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        ("proposer", "DUTY-4"),
        ("handler", "DUTY-ROLE"),
        ("owner", "DUTY-1"),
        ("late", "Stale"),
        ("used", "SETTLE-REFS"),
    ],
)
def test_who_cannot_settle_a_correction(filing, who, rule):
    dispute, chief = filing.sent(BUY), staff("supervisor")
    handling.take(queries.cases().get(pk=dispute.pk), declared=True, by=chief, at=now())
    propose(queries.cases().get(pk=dispute.pk), chief, 7600, outcome="partly_upheld")
    by = chief if who == "proposer" else staff("complaint_handler" if who == "handler" else
                                               "supervisor")  # fmt: skip
    if who == "owner":
        type(filing.account.cardholder).objects.update(user=by)
    if who in ("late", "used"):
        reverse_of(filing, 400)
        corrections.confirm(at=now())
    if who == "used":  # what put one movement right does not put another right
        decide(filing.sent("posting:AC0001-2"), 40, outcome="partly_upheld")
    one, refs = Correction.objects.order_by("seq").last(), ["AC0001-R1"] * (who == "used")
    with pytest.raises((Refused, Stale)) as no:
        corrections.settle_otherwise(one, reason="x", refs=refs, by=by, at=now())
    assert getattr(no.value, "rule", "Stale") == rule


# == at once


@pytest.mark.django_db(transaction=True)
def test_an_answer_against_a_withdrawal_never_deadlocks(filing):
    for wait in (0.02, 0.03, 0.04):
        dispute, by = taken(filing.sent(MONTH))
        own = Dispute.objects.select_related("account", "deadline").get(pk=dispute.pk)

        def act(i, dispute=dispute, own=own, by=by, wait=wait):
            try:
                if i == 0:
                    propose(dispute, by, None)
                else:
                    time.sleep(wait)
                    answering.withdraw(own, by=filing.holder, at=now())
            except (IllegalMove, Stale, Refused) as lost:
                return type(lost).__name__
            return "won"

        assert sorted(in_parallel(2, act)) == ["IllegalMove", "won"]
        Dispute.objects.filter(pk=dispute.pk).update(status="closed")


@pytest.mark.django_db(transaction=True)
def test_a_feed_between_look_and_effect_stops_the_decision(filing):
    dispute, by = taken(filing.sent(BILL))

    def act(i):
        if i == 0:
            with transaction.atomic():
                CardAccount.objects.filter(pk=filing.account.pk).update(as_of=localdate())
                time.sleep(0.2)
                Statement.objects.filter(statement_on="2026-10-05").update(closing_balance=7800)
            return "fed"
        time.sleep(0.1)
        basis = facts["basis"]
        try:
            said = [Said(dispute.lines.get(), "upheld", right_amount=D(7800))]
            deciding.propose(dispute, said, reasons="r", cause="system", by=by, at=now(),
                             basis=basis)  # fmt: skip
        except Changed as error:
            return error.what

    facts = {"basis": deciding.basis_of(dispute)}
    assert in_parallel(2, act) == ["fed", ["lines"]]
    assert not Correction.objects.exists()
