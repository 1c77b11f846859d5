"""Warnings before a deadline, once each; and the end of what nobody can contest any more."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from disputes import letters, terms, watch
from disputes.models import Correction, Dispute
from portal.records.models import AuditEvent, Notice
from tests.disputes.clocked import RIGHT, decide, objection
from tests.disputes.scene import Scene, Status, case
from tests.people import staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene.made()


def mails():
    return sorted(Notice.objects.filter(kind="dispute.warning").values_list("recipient", flat=True))


def warned(at):
    Notice.objects.filter(kind="dispute.warning").delete()
    return watch.warn(at=at), mails()


def test_each_mark_warns_once_and_80_per_cent_reaches_the_supervisors(scene):
    boss = staff("supervisor")
    dispute = case(scene.account, Status.IN_REVIEW, taken_by=scene.handler)  # 20 days, from today
    start, handler = now(), scene.handler.email
    assert warned(start + timedelta(days=9)) == (0, [])
    assert warned(start + timedelta(days=10)) == (1, [handler])
    assert warned(start + timedelta(days=15)) == (0, [])
    assert warned(start + timedelta(days=16)) == (1, sorted([handler, boss.email]))
    assert warned(start + timedelta(days=20)) == (1, sorted([handler, boss.email]))
    assert warned(start + timedelta(days=21)) == (0, [])
    dispute.refresh_from_db()
    assert dispute.warned == 100
    events = AuditEvent.objects.filter(verb="disputes.dispute.warned").order_by("seq")
    assert [event.data["mark"] for event in events] == [50, 80, 100]


def test_a_case_nobody_has_taken_warns_the_supervisors(scene):
    boss = staff("supervisor")
    dispute = case(scene.account)
    assert warned(now() + timedelta(days=10)) == (1, [boss.email])
    mail = Notice.objects.get()
    assert dispute.number in mail.subject and f"/staff/disputes/{dispute.number}/" in mail.body
    assert "Test Person" not in mail.subject + mail.body


def test_marks_passed_together_make_one_warning(scene):
    case(scene.account, Status.IN_REVIEW, taken_by=scene.handler)
    assert watch.warn(at=now() + timedelta(days=30)) == 1
    assert AuditEvent.objects.get(verb="disputes.dispute.warned").data["mark"] == 100


@pytest.mark.parametrize("status", [Status.DRAFT, Status.REJECTED, Status.WITHDRAWN, Status.CLOSED])
def test_what_waits_for_no_answer_warns_nobody(scene, status):
    case(scene.account, status)
    assert watch.warn(at=now() + timedelta(days=30)) == 0


def test_a_warning_is_about_the_promised_day_not_the_lawful_one(scene):
    """A promise on Friday is over on Friday, though the law gives until Sunday."""
    dispute = case(scene.account, Status.IN_REVIEW, taken_by=scene.handler)
    row = terms.deadline_of(dispute)
    from disputes.models import Deadline

    earlier = Deadline.objects.create(
        dispute=dispute, round=1, step=1, rule=row.rule, counted_from=row.counted_from, value=20,
        unit=row.unit, due_on=row.due_on, plan_on=row.due_on - timedelta(days=2), made_at=now(),
        reason="moved", asked_by=scene.handler,
    )  # fmt: skip
    Dispute.objects.filter(pk=dispute.pk).update(deadline=earlier, due_on=earlier.due_on)
    assert watch.warn(at=now() + timedelta(days=18)) == 1
    assert Dispute.objects.get(pk=dispute.pk).warned == 100


# == late


@pytest.mark.parametrize(
    ("law", "plus", "letter"), [("cn", 1, False), ("us", 1, False), ("uk", 0, True)]
)
def test_the_cardholder_hears_once_that_we_are_late(scene, settings, law, plus, letter):
    """In the UK on the last day itself and by letter, elsewhere the day after the promised one."""
    settings.JURISDICTION = law
    dispute = case(scene.account, Status.IN_REVIEW, taken_by=scene.handler)  # due in 20 days
    late = now() + timedelta(days=20 + plus)
    watch.warn(at=late)
    assert watch.tell_late(at=late - timedelta(days=1)) == 0
    assert watch.tell_late(at=late) == 1
    for days in (0, 1, 9):
        watch.warn(at=late + timedelta(days=days))
        assert watch.tell_late(at=late + timedelta(days=days)) == 0
    assert Notice.objects.get(kind="dispute.late").recipient == scene.holder.email
    assert list(dispute.letters.values_list("kind", flat=True)) == ["delay"] * letter


@pytest.mark.parametrize("why", ["answered", "stands", "moved"])
def test_who_waits_no_longer_hears_of_no_delay(scene, why):
    dispute = case(scene.account, Status.IN_REVIEW, taken_by=scene.handler, warned=100, due_in=-1)
    if why == "answered":
        Dispute.objects.update(status=Status.REJECTED, decided_at=now())
    elif why == "stands":
        dispute.pauses.create(from_on="2026-01-01", reason="-", stopped_by=scene.handler)
    else:
        Dispute.objects.update(warned=0)  # by another deadline
    assert watch.tell_late(at=now()) == 0


def test_a_second_review_in_the_uk_has_no_such_letter(scene, settings):
    settings.JURISDICTION = "uk"
    dispute = case(scene.account, Status.SECOND_REVIEW, warned=100, due_in=-1)
    assert watch.tell_late(at=now()) == 1
    assert not dispute.letters.exists()


def test_a_receipt_that_is_not_drawn_by_its_day_is_told_once(scene):
    boss = staff("supervisor")
    dispute = case(scene.account)
    Notice.objects.all().delete()
    by = terms.acknowledge_by(dispute)
    letters.write(dispute, "receipt", at=now())
    last = now() + timedelta(days=(by - localdate()).days)
    assert watch.check_receipts(at=last - timedelta(days=1)) == 0
    assert watch.check_receipts(at=last) == 1
    assert watch.check_receipts(at=last + timedelta(days=1)) == 0
    assert list(Notice.objects.values_list("kind", "recipient")) == [
        ("dispute.letter_late", boss.email)
    ]


# == closing


def decided(scene, status=Status.REJECTED, *, days=0):
    return case(scene.account, status, decided_at=now() - timedelta(days=days))


def test_a_case_closes_when_nobody_can_contest_it_any_more(scene):
    dispute = decided(scene)
    until = terms.review_until(dispute)
    late = now() + timedelta(days=(until - terms.localdate()).days)
    assert watch.close(at=late) == 0  # the last day is the person's
    assert watch.close(at=late + timedelta(days=1)) == 1
    dispute.refresh_from_db()
    assert dispute.status == Status.CLOSED and dispute.ended_at


@pytest.mark.parametrize("status", [s for s in Dispute.Status if s not in Dispute.DECIDED], ids=str)
def test_nothing_else_is_closed(scene, status):
    case(scene.account, status, decided_at=now() - timedelta(days=99))
    assert watch.close(at=now()) == 0


def test_a_case_stays_open_until_its_correction_came(scene):
    dispute, _ = objection(scene)
    decide(dispute, ("upheld", RIGHT))
    long_ago = now() - timedelta(days=99)
    Dispute.objects.filter(pk=dispute.pk).update(status=Status.UPHELD, decided_at=long_ago)
    assert watch.close(at=now()) == 0
    Correction.objects.update(done_at=now(), done_by="record")
    assert watch.close(at=now()) == 1
