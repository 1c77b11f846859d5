"""What a case changes at once: lines, marks, holds; and what its end lifts or keeps."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.utils.timezone import localdate, now

from accounts import queries as ledger
from accounts.models import CardAccount, Hold, OverdueRecord
from disputes import effects, sums
from disputes.models import Correction, Dispute, Line
from portal.kit.errors import Refused
from portal.records.models import OutboxEvent
from tests.disputes.clocked import PERIOD, RIGHT, charge, decide, objection, sent
from tests.disputes.scene import Scene, Status, line, record
from tests.people import in_parallel

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene.made()


def claim(kind, amount, asked=None, on="2026-09-10"):
    return sums.Claim(
        kind, date.fromisoformat(on), None if amount is None else D(amount),
        None if asked is None else D(asked),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("claims", "reason", "held"),
    [
        ([claim("posting", 300)], "fraud", 300),
        ([claim("posting", 300, 100)], "wrong_amount", 200),
        ([claim("posting", 300, 400)], "wrong_amount", 0),  # asked for more: nothing to hold
        ([claim("posting", 300), claim("posting", 50)], "fraud", 350),
        ([claim("posting", -500)], "other", 0),  # a payment that is there
        ([claim("posting", -500, -800)], "wrong_amount", 300),  # booked too low
        ([claim("posting", 99999)], "fraud", 8000),  # never above the balance
        ([claim("statement", 5000, 4000)], "wrong_amount", 1000),
        # a bill holds the movements before it; the later one adds to it
        ([claim("statement", 900, 500), claim("posting", 100, on="2026-09-01"),
          claim("posting", 30, on="2026-10-01")], "fraud", 430),
        ([claim("record", 700)], "already_paid", 700),
        ([claim("record", 700, 300)], "wrong_amount", 400),
        ([claim("record", 700), claim("record", 900, on="2026-10-01")], "not_mine", 900),
        ([claim("record", 5000)], "not_mine", 1000),  # never above what is overdue
        ([claim("record", 700, on="2026-08-01")], "not_mine", 0),  # that debt was paid since
        ([claim("record", 700)], "wrong_dates", 0),
        ([claim("record", 700)], "bank_fault", 0),
        ([claim("contact", None)], "other", 0),
        ([], "", 0),
    ],
)  # fmt: skip
def test_how_much_is_contested(claims, reason, held):
    got = sums.contested(claims, reason, balance=D(8000), overdue=D(1000), since=date(2026, 9, 13))
    assert got == held


def test_a_record_contests_nothing_where_nothing_is_overdue():
    facts = {"balance": D(0), "overdue": D(0), "since": None}
    assert sums.contested([claim("record", 700)], "not_mine", **facts) == 0


def events(*types):
    return list(OutboxEvent.objects.filter(type__in=types).order_by("seq"))


def test_an_objection_marks_the_record_and_holds_the_sum(scene):
    dispute, kept = objection(scene)
    kept.refresh_from_db()
    assert kept.disputed and dispute.lines.get().open
    (event,) = events("record.disputed")
    assert event.data == {
        "period": PERIOD, "version": 1, "bureau": "Demo Bureau", "case": dispute.number,
        "reason": "already_paid",
        "reported": {"days_past_due": 31, "code": "2", "overdue_amount": "1000.00"},
    }  # fmt: skip
    hold = Hold.objects.get()
    assert (hold.amount, hold.contact_only, hold.reason) == (D(1000), False, "dispute")
    assert hold.source == f"disputes.dispute:{dispute.pk}:1"
    assert events("collection.hold")[0].data["scope"] == "amount"


def test_only_the_newest_version_is_marked(scene):
    record(scene.account, PERIOD, version=1)
    newer = record(scene.account, PERIOD, version=2, days_past_due=5)
    dispute = sent(scene, "record")
    line(dispute, "record", f"{scene.account.ref}:{PERIOD}", open=False, on=f"{PERIOD}-01")
    effects.begin(dispute, by=scene.holder, at=now())
    assert [r.version for r in OverdueRecord.objects.filter(disputed=True)] == [newer.version]


@pytest.mark.parametrize("reason", ["wrong_dates", "bank_fault"])
def test_what_contests_no_money_pauses_contact_only(scene, reason):
    objection(scene, reason=reason)
    hold = Hold.objects.get()
    assert (hold.amount, hold.contact_only) == (None, True)
    assert events("collection.hold")[0].data["scope"] == "contact"
    standing = ledger.standings([scene.account])[0]
    assert (standing.position.held, standing.all_held) == (0, False)
    assert standing.position.disputed == 0


def test_a_complaint_without_a_line_pauses_contact(scene):
    dispute = sent(scene, "service", reason="")
    effects.begin(dispute, by=scene.holder, at=now())
    assert Hold.objects.get().contact_only


# == one line, one open case


def test_a_line_is_in_one_open_case(scene):
    first, _ = objection(scene)
    second = sent(scene, "record")
    key = first.lines.get().key
    line(second, "record", key, open=False, on=f"{PERIOD}-01")
    with pytest.raises(Refused) as no:
        effects.begin(second, by=scene.holder, at=now())
    assert no.value.rule == "DISPUTE-LINE" and first.number in str(no.value)
    assert Line.objects.filter(open=True).count() == 1
    effects.lift(first, by=scene.holder, at=now())
    effects.begin(second, by=scene.holder, at=now())  # now it is free


@pytest.mark.django_db(transaction=True)
def test_two_cases_at_once_over_one_line_leave_one(scene):
    record(scene.account, PERIOD)
    cases = [sent(scene, "record"), sent(scene, "record")]
    for dispute in cases:
        line(dispute, "record", f"{scene.account.ref}:{PERIOD}", open=False, on=f"{PERIOD}-01")

    def begin(i):
        from django.db import transaction

        try:
            with transaction.atomic():
                effects.begin(cases[i], by=scene.holder, at=now())
        except Refused:
            return False
        return True

    assert sorted(in_parallel(2, begin)) == [False, True]
    assert Line.objects.filter(open=True).count() == 1
    assert Hold.objects.count() == 1


# == what a plan may divide


def test_the_disputed_part_is_netted_from_what_a_plan_may_divide(scene):
    assert ledger.plannable(scene.account).overdue == 1000
    charge(scene, 400)
    position = ledger.position(scene.account)
    assert (position.overdue, position.disputed, position.held) == (1000, 400, 400)
    left = ledger.plannable(scene.account)
    assert (left.overdue, left.to_be_current) == (600, 600)
    assert left.overdue_by_component.total == 600


def test_a_placed_and_a_lifted_dispute_raise_the_version_of_the_account(scene):
    def version():
        return CardAccount.objects.get(pk=scene.account.pk).version

    first = version()
    dispute = charge(scene, 400)
    assert version() == first + 1
    effects.lift(dispute, by=scene.holder, at=now())
    assert version() == first + 2
    quiet = sent(scene, "service", reason="")  # no money, no other basis
    effects.begin(quiet, by=scene.holder, at=now())
    assert version() == first + 2


# == the end


def test_a_withdrawn_case_leaves_nothing_behind(scene):
    dispute, kept = objection(scene)
    effects.lift(dispute, by=scene.holder, at=now())
    kept.refresh_from_db()
    assert not kept.disputed and not dispute.lines.get().open
    assert not Hold.objects.filter(until_at=None).exists()
    (event,) = events("record.mark_removed")
    assert (event.data["outcome"], event.data["noted"]) == ("withdrawn", False)


@pytest.mark.parametrize(("outcome", "noted"), [("rejected", False), ("unconfirmed", True)])
def test_no_error_or_no_proof_removes_the_mark_and_lifts_the_hold(scene, outcome, noted):
    dispute, kept = objection(scene)
    decision = decide(dispute, (outcome, {}), outcome=outcome)
    kept.refresh_from_db()
    assert not kept.disputed and not dispute.lines.get().open
    assert not Hold.objects.filter(until_at=None).exists()
    (event,) = events("record.mark_removed")
    assert event.data["noted"] is noted and event.data["outcome"] == outcome
    assert event.data["decision"] == str(decision.ref)
    said = {"reason": "already_paid", "days_past_due": None, "overdue_amount": None}
    assert event.data.get("objection") == (said if noted else None)  # CN-CR-05: as codes
    assert not Correction.objects.exists()


def test_an_upheld_objection_asks_for_the_correction_and_keeps_mark_and_hold(scene):
    dispute, kept = objection(scene)
    decision = decide(dispute, ("upheld", RIGHT))
    (event,) = events("record.correct")
    assert event.data["reported"] == {
        "days_past_due": 31, "code": "2", "overdue_amount": "1000.00"
    }  # fmt: skip
    assert event.data["right"] == {"days_past_due": 0, "code": "N", "overdue_amount": "0.00"}
    assert (event.data["period"], event.data["decision"]) == (PERIOD, str(decision.ref))
    correction = Correction.objects.get()
    assert (correction.seq, correction.kind) == (event.seq, "record.correct")
    assert correction.due_on == localdate() + timedelta(days=10)
    kept.refresh_from_db()
    assert kept.disputed and not dispute.lines.get().open
    assert Hold.objects.get().until_at is None  # collection must not go on over a wrong sum


def test_what_no_ruling_names_stays_as_reported(scene):
    dispute, _ = objection(scene)
    decide(dispute, ("upheld", {"right_days": 3}))
    assert events("record.correct")[0].data["right"] == {
        "days_past_due": 3, "code": "2", "overdue_amount": "1000.00"
    }  # fmt: skip


def test_of_several_charges_only_what_was_upheld_stays_held(scene):
    dispute = charge(scene, 300, 200)
    decide(dispute, ("upheld", {"right_amount": D(0)}), ("rejected", {}), outcome="partly_upheld")
    (event,) = events("posting.correct")
    assert event.data["amount"] == "300.00" and event.data["posting_ref"].endswith("X0")
    live = Hold.objects.get(until_at=None)
    assert (live.amount, live.source) == (D(300), f"disputes.dispute:{dispute.pk}:1:kept")
    order = [e.type for e in events("collection.hold", "collection.resume")]
    assert order == ["collection.hold"] * 2 + ["collection.resume"]  # never without a hold
    assert ledger.position(scene.account).disputed == 300


def test_a_complaint_that_is_upheld_ends_its_pause(scene):
    dispute = sent(scene, "contact", reason="other")
    line(dispute, "contact", "CALL-1", open=False, amount=None)
    effects.begin(dispute, by=scene.holder, at=now())
    decide(dispute, ("upheld", {}))
    assert not Hold.objects.filter(until_at=None).exists()


# == the second review


def second(dispute):
    from disputes.actions import clocks

    dispute.refresh_from_db()
    clocks.start(dispute, round=2, by=None, at=now())
    Dispute.objects.filter(pk=dispute.pk).update(status=Status.SECOND_REVIEW)
    effects.begin(dispute, by=None, at=now())
    return Dispute.objects.select_related("deadline").get(pk=dispute.pk)


def test_a_second_review_marks_and_holds_again(scene):
    dispute, kept = objection(scene)
    decide(dispute, ("rejected", {}), outcome="rejected")
    again = second(dispute)
    kept.refresh_from_db()
    assert kept.disputed and again.lines.get().open
    assert Hold.objects.get(until_at=None).source.endswith(":2")
    decide(again, ("upheld", RIGHT), round=2)
    assert Correction.objects.count() == 1


def test_a_second_review_does_not_hold_twice_what_waits_for_its_correction(scene):
    dispute = charge(scene, 300, 200)
    decide(dispute, ("upheld", {"right_amount": D(0)}), ("rejected", {}), outcome="partly_upheld")
    again = second(dispute)
    live = Hold.objects.filter(until_at=None).order_by("pk")
    assert [hold.amount for hold in live] == [D(300), D(200)]
    effects.lift(again, by=scene.holder, at=now())  # withdrawn: the first answer stands
    assert [h.amount for h in Hold.objects.filter(until_at=None)] == [D(300)]


def test_a_withdrawn_review_keeps_the_mark_of_what_is_being_corrected(scene):
    dispute, kept = objection(scene)
    decide(dispute, ("upheld", RIGHT))
    effects.lift(second(dispute), by=scene.holder, at=now())
    kept.refresh_from_db()
    assert kept.disputed and not events("record.mark_removed")
