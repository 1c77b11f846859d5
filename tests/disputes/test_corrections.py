"""Corrections: asked, sent with the outbox, done when a feed brings them, alarmed when late."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.utils.timezone import localdate, now

from accounts.models import Hold, OverdueRecord
from disputes import corrections
from disputes.models import Correction, Dispute
from portal.records import outbox_files
from portal.records.models import AuditEvent, Notice
from tests.accounts.books import post
from tests.disputes.clocked import PERIOD, RIGHT, charge, decide, objection
from tests.disputes.scene import Scene, line, record
from tests.people import staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene.made()


def upheld_record(scene, **right):
    dispute, _ = objection(scene)
    decide(dispute, ("upheld", right or RIGHT))
    return dispute


def upheld_charge(scene, *amounts):
    dispute = charge(scene, *(amounts or (300,)))
    decide(dispute, *[("upheld", {"right_amount": D(0)}) for _ in dispute.lines.all()])
    return dispute


def fed(scene, *, version=2, **facts):
    """A newer version of the record, as a feed brings it: disputed as the one before."""
    right = {"days_past_due": 0, "reported_code": "N", "overdue_amount": D(0)}
    return record(scene.account, PERIOD, version=version, disputed=True, **right | facts)


def credit(scene, amount=-300, ref="C1", kind="adjustment", on=None, **facts):
    return post(scene.account, ref, (on or localdate()).isoformat(), kind, amount, **facts)


def test_asked_then_sent_then_done(scene, tmp_path):
    dispute = upheld_record(scene)
    (row,) = corrections.of(dispute)
    assert (row.state, row.sent_at, row.line) == ("asked", None, dispute.lines.get())
    assert row.data["right"]["code"] == "N"
    at = now()
    outbox_files.export(tmp_path, at=at)
    (row,) = corrections.of(dispute)
    assert (row.state, row.sent_at) == ("sent", at)
    assert corrections.confirm(at=now()) == 0  # that it was sent proves nothing
    fed(scene)
    assert corrections.confirm(at=now()) == 1
    (row,) = corrections.of(dispute)
    assert row.state == "done" and row.correction.done_by == f"record {PERIOD}, version 2"
    assert corrections.confirm(at=now()) == 0


def test_an_export_that_was_killed_has_sent_nothing(scene, tmp_path, monkeypatch):
    dispute = upheld_record(scene)
    monkeypatch.setattr(outbox_files, "_write", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        outbox_files.export(tmp_path, at=now())
    assert corrections.of(dispute)[0].state == "asked"


def test_when_it_is_done_the_hold_ends_the_mark_goes_and_the_cardholder_is_told(scene):
    dispute = upheld_record(scene)
    fed(scene)
    corrections.confirm(at=now())
    assert not Hold.objects.filter(until_at=None).exists()
    assert not OverdueRecord.objects.get(version=2).disputed
    assert Notice.objects.get(kind="dispute.corrected").recipient == scene.holder.email
    verbs = AuditEvent.objects.filter(subject=f"disputes.dispute:{dispute.pk}")
    assert "disputes.correction.done" in verbs.values_list("verb", flat=True)


def test_a_pause_of_contact_stays_until_the_correction_is_there(scene):
    dispute, _ = objection(scene, reason="wrong_dates")
    decide(dispute, ("upheld", {"right_days": 0, "right_code": "N"}))
    assert Hold.objects.get(contact_only=True).until_at is None
    fed(scene, overdue_amount=D(1000))
    assert corrections.confirm(at=now()) == 1
    assert Hold.objects.get(contact_only=True).until_at


@pytest.mark.parametrize(
    "wrong",
    [{"days_past_due": 1}, {"reported_code": "1"}, {"overdue_amount": D("0.01")}, {"version": 1}],
)
def test_a_record_that_is_not_right_or_not_newer_proves_nothing(scene, wrong):
    upheld_record(scene)
    if wrong.get("version") == 1:  # as it was decided on
        OverdueRecord.objects.update(days_past_due=0, reported_code="N", overdue_amount=D(0))
    else:
        fed(scene, **wrong)
    assert corrections.confirm(at=now()) == 0
    assert Hold.objects.get().until_at is None


def test_the_mark_stays_while_another_case_contests_the_record(scene):
    dispute = upheld_record(scene)
    from tests.disputes.clocked import sent

    other = sent(scene, "record")
    line(other, "record", dispute.lines.get().key, on=f"{PERIOD}-01")
    fed(scene)
    assert corrections.confirm(at=now()) == 1
    assert OverdueRecord.objects.get(version=2).disputed


@pytest.mark.parametrize("kind", ["adjustment", "waiver"])
def test_a_credit_of_the_amount_puts_a_charge_right(scene, kind):
    upheld_charge(scene)
    posted = credit(scene, kind=kind)
    assert corrections.confirm(at=now()) == 1
    assert Correction.objects.get().done_by == f"posting {posted.ref}"
    assert not Hold.objects.filter(until_at=None).exists()


def test_reversals_that_name_the_posting_may_come_in_parts_and_under_any_date(scene):
    dispute = upheld_charge(scene)
    key, before = dispute.lines.get().key, localdate() - timedelta(days=9)
    credit(scene, -100, "C1", "reversal", on=before, reverses=key)
    assert corrections.confirm(at=now()) == 0
    credit(scene, -200, "C2", "reversal", on=before, reverses=key)
    assert corrections.confirm(at=now()) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"amount": -299}, {"amount": 300}, {"kind": "repayment"}, {"kind": "reversal"},
        {"on": localdate() - timedelta(days=1)}, {"reverses": "AC0001-9"},
    ],
)  # fmt: skip
def test_another_movement_proves_nothing(scene, other):
    upheld_charge(scene)
    credit(scene, **other)
    assert corrections.confirm(at=now()) == 0


def test_one_credit_confirms_one_correction(scene):
    dispute = upheld_charge(scene, 300, 300)
    credit(scene)
    assert corrections.confirm(at=now()) == 1
    assert corrections.confirm(at=now()) == 0
    assert Hold.objects.get().until_at is None  # the hold stays until all are there
    assert not Notice.objects.filter(kind="dispute.corrected").exists()
    credit(scene, ref="C2")
    assert corrections.confirm(at=now()) == 1
    assert Notice.objects.filter(kind="dispute.corrected").count() == 1
    assert [row.state for row in corrections.of(dispute)] == ["done", "done"]


def test_a_correction_that_does_not_come_alarms_once(scene):
    boss, gone = staff("supervisor"), staff("supervisor")
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    dispute = upheld_record(scene)
    due = now() + timedelta(days=10)
    assert corrections.alarm(at=due) == 0 and not corrections.late(on=localdate(due))
    after = due + timedelta(days=1)
    assert corrections.alarm(at=after) == 1
    assert corrections.alarm(at=after + timedelta(days=1)) == 0
    mail = Notice.objects.get(kind="dispute.correction_late")
    assert mail.recipient == boss.email and dispute.number in mail.subject
    (row,) = corrections.late(on=localdate(after))
    assert row.late(localdate(after)) and row.correction.ruling.decision.dispute == dispute
    fed(scene)
    corrections.confirm(at=after)
    assert not corrections.late(on=localdate(after))


def test_the_pages_read_it_in_two_queries(scene, django_assert_num_queries):
    dispute = Dispute.objects.get(pk=upheld_charge(scene, 300, 200, 100).pk)
    with django_assert_num_queries(2):
        rows = corrections.of(dispute)
        assert [row.line.key for row in rows]
