"""Deadlines as rows: started, extended with reason and approval, never moved silently."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import Error, transaction
from django.utils.timezone import localdate, now

from accounts.models import ContactAttempt
from disputes import staff_queries as queries
from disputes import terms, watch
from disputes.actions import clocks
from disputes.models import Deadline, Dispute, Extension, Letter, Message, Pause
from disputes.models.clocks import Deadline as Row
from portal.kit.errors import Refused, Stale
from portal.packs import load
from portal.records.models import AuditEvent, Notice
from tests.disputes.clocked import sent
from tests.disputes.scene import Scene, Status
from tests.people import in_parallel, staff

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
def scene():
    return Scene.made()


@pytest.fixture
def law(settings):
    def use(name):
        settings.JURISDICTION = name

    return use


def verbs(dispute):
    found = AuditEvent.objects.filter(subject=f"disputes.dispute:{dispute.pk}").order_by("seq")
    return [event.verb.rpartition(".")[2] for event in found]


def test_a_case_starts_on_its_clock(scene):
    dispute = sent(scene, "record", at=FRIDAY)
    held = dispute.deadline
    assert (held.rule, held.value, held.unit) == ("CN-CR-04", 20, "calendar days")
    assert (held.round, held.step, held.counted_from) == (1, 0, localdate(FRIDAY))
    assert held.due_on == localdate(FRIDAY) + timedelta(days=20)
    assert verbs(dispute) == ["clock_started"]


def test_a_case_that_came_on_paper_counts_from_the_day_it_came(scene):
    dispute = sent(scene, at=now() - timedelta(days=3))
    assert dispute.deadline.counted_from == localdate() - timedelta(days=3)


def test_a_second_review_has_its_own_clock_from_the_day_it_is_asked_for(scene):
    dispute = sent(scene, at=now() - timedelta(days=40))
    row = clocks.start(dispute, round=2, by=scene.holder, at=now())
    assert (row.round, row.step, row.rule) == (2, 0, "CN-CMP-04")
    assert row.counted_from == localdate()


@pytest.mark.parametrize(
    ("name", "matter", "rule"),
    [
        ("us", "charge", {"US-11", "US-11a"}),
        ("uk", "charge", {"UK-03"}),
        ("us", "record", {"US-13"}),
    ],
)  # fmt: skip
def test_the_other_packs(scene, law, name, matter, rule):
    law(name)
    dispute = sent(scene, matter)
    assert dispute.deadline.rule in rule
    assert terms.base_of(dispute, dispute.deadline).id in {"US-11", "UK-03", "US-13"}


# == more time


def test_an_extension_is_another_row_with_its_reason_and_the_cardholder_is_told(scene):
    dispute = sent(scene)
    Dispute.objects.filter(pk=dispute.pk).update(warned=50)
    got = clocks.extend(dispute, reason=" The merchant must answer. ", by=scene.handler, at=now())
    dispute.refresh_from_db()
    row = dispute.deadline
    assert (got.status, got.rule) == (Extension.Status.GRANTED, "CN-CMP-02")
    assert (row.step, row.rule, row.value) == (1, "CN-CMP-02", 30)
    assert row.due_on == row.counted_from + timedelta(days=30)  # from receipt
    assert (row.reason, row.asked_by) == ("The merchant must answer.", scene.handler)
    assert dispute.warned == 0  # warnings start anew
    assert Letter.objects.get(dispute=dispute).kind == "extension"
    assert Notice.objects.get(kind="dispute.extended").recipient == scene.holder.email
    assert verbs(dispute)[:3] == ["clock_started", "extension_asked", "extended"]


def asked_again(scene):
    dispute = sent(scene)
    clocks.extend(dispute, reason="First", by=scene.handler, at=now())
    return dispute, clocks.extend(dispute, reason="Second", by=scene.handler, at=now())


def test_the_last_step_waits_for_another_person(scene):
    dispute, asked = asked_again(scene)
    assert (asked.status, asked.needs_approval) == (Extension.Status.ASKED, True)
    dispute.refresh_from_db()
    assert dispute.deadline.rule == "CN-CMP-02"
    boss = staff("supervisor")
    clocks.answer_extension(asked, grant=True, answer="Agreed", by=boss, at=now())
    dispute.refresh_from_db()
    assert (dispute.deadline.rule, dispute.deadline.step) == ("CN-CMP-03", 2)
    assert dispute.deadline.approved_by == boss
    with pytest.raises(Stale):
        clocks.answer_extension(asked, grant=True, answer="", by=boss, at=now())
    with pytest.raises(Refused) as no:  # nothing is longer
        clocks.extend(dispute, reason="Third", by=scene.handler, at=now())
    assert no.value.rule == "CN-CMP-03"


def test_a_refused_extension_moves_nothing(scene):
    dispute, asked = asked_again(scene)
    clocks.answer_extension(asked, grant=False, answer="No", by=staff("supervisor"), at=now())
    dispute.refresh_from_db()
    asked.refresh_from_db()
    assert (dispute.deadline.step, asked.status) == (1, Extension.Status.REFUSED)
    assert verbs(dispute)[-1] == "extension_refused"


def test_only_a_supervisor_without_a_part_in_it_approves(scene):
    _, asked = asked_again(scene)
    collector = staff("supervisor")
    collector.collector_code = "C7"
    ContactAttempt.objects.create(
        ref="K1", account=scene.account, at=now(), channel="call", by="C7", purpose="p", outcome="o"
    )
    for by, rule in (
        (scene.handler, "DUTY-4"), (scene.holder, "DUTY-1"), (collector, "DUTY-CONTACT"),
        (staff("complaint_handler"), "DUTY-ROLE"),
    ):  # fmt: skip
        with pytest.raises(Refused) as no:
            clocks.answer_extension(asked, grant=True, answer="", by=by, at=now())
        assert no.value.rule == rule


def test_more_time_that_nobody_granted_ends_with_its_round(scene):
    dispute, asked = asked_again(scene)
    Dispute.objects.filter(pk=dispute.pk).update(status=Status.SECOND_REVIEW, taken_by=None)
    dispute.refresh_from_db()
    clocks.start(dispute, round=2, by=scene.holder, at=now())
    asked.refresh_from_db()
    assert asked.status == Extension.Status.ENDED
    assert not queries.queue_page(
        scene.handler, queries.QueueFilter("approval"), after="", on=localdate()
    ).rows


def test_what_was_asked_for_may_be_too_late_to_grant(scene):
    _, asked = asked_again(scene)
    late = now() + timedelta(days=31)
    with pytest.raises(Refused) as no:
        clocks.answer_extension(asked, grant=True, answer="", by=staff("supervisor"), at=late)
    assert no.value.rule == "CLOCK-LATE"
    asked.refresh_from_db()
    assert asked.status == Extension.Status.ASKED


def test_a_bureau_objection_takes_twenty_days_and_no_more(scene):
    dispute = sent(scene, "record")
    with pytest.raises(Refused) as no:
        clocks.extend(dispute, reason="We are busy.", by=scene.handler, at=now())
    assert no.value.rule == "CN-CR-04"
    assert terms.next_extension(dispute) is None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"reason": "  "}, "CLOCK-REASON"),
        ({"by": "someone"}, "DUTY-2"),
        ({"status": Status.REJECTED}, "CLOCK-OVER"),
        ({"at": 15}, "CLOCK-LATE"),  # the due day itself
        ({"waiting": True}, "CLOCK-WAITS"),
        ({"stands": True}, "CLOCK-STANDS"),
    ],
)
def test_no_way_without_reason_person_and_time(scene, change, rule):
    dispute = sent(scene)
    if "status" in change:
        Dispute.objects.filter(pk=dispute.pk).update(status=change["status"])
    if "waiting" in change:
        Extension.objects.create(dispute=dispute, rule="CN-CMP-02", needs_approval=True,
                                 reason="x", asked_by=scene.handler, asked_at=now())  # fmt: skip
    if "stands" in change:
        Pause.objects.create(dispute=dispute, from_on=localdate(), reason="x", was="in_review",
                             stopped_by=scene.handler)  # fmt: skip
    by = staff("complaint_handler") if "by" in change else scene.handler
    with pytest.raises(Refused) as no:
        clocks.extend(
            dispute, reason=change.get("reason", "Because"), by=by,
            at=now() + timedelta(days=change.get("at", 0)),
        )  # fmt: skip
    assert no.value.rule == rule
    dispute.refresh_from_db()
    assert dispute.deadline.step == 0


def test_the_last_day_before_is_early_enough(scene):
    clocks.extend(sent(scene), reason="Because", by=scene.handler, at=now() + timedelta(days=14))


def test_in_the_us_a_record_takes_longer_only_on_new_information(scene, law):
    law("us")
    dispute = sent(scene, "record")
    with pytest.raises(Refused) as no:
        clocks.extend(dispute, reason="Because", by=scene.handler, at=now())
    assert no.value.rule == "US-13a"
    for by, kind in ((scene.handler, "question"), (scene.holder, "answer")):
        message = Message(dispute=dispute, kind=kind, sent_at=now(), sent_by=by)
        message.body = "words"
        message.save()
        assert terms.has_news(dispute) is (by == scene.holder)
    clocks.extend(dispute, reason="You sent a new receipt.", by=scene.handler, at=now())
    dispute.refresh_from_db()
    assert dispute.deadline.value == 45


# == a deadline moved silently


def test_a_deadline_never_changes(scene):
    row = sent(scene).deadline
    with pytest.raises(Error), transaction.atomic():
        Deadline.objects.filter(pk=row.pk).update(due_on=row.due_on + timedelta(days=9))
    row.due_on += timedelta(days=9)
    with pytest.raises(Error), transaction.atomic():
        row.save()


@pytest.mark.parametrize("lacks", ["reason", "asked_by"])
def test_a_moved_deadline_without_reason_or_person_cannot_be_written(scene, lacks):
    first = sent(scene).deadline
    facts = {"reason": "Because", "asked_by": scene.handler} | {
        "reason": {"reason": ""}, "asked_by": {"asked_by": None}
    }[lacks]  # fmt: skip
    with pytest.raises(Error), transaction.atomic():
        Row.objects.create(
            dispute=first.dispute, round=1, step=1, rule="X", counted_from=first.counted_from,
            value=60, unit="calendar days", due_on=first.due_on + timedelta(days=9),
            plan_on=first.due_on, made_at=now(), **facts,
        )  # fmt: skip


def test_every_move_has_its_audit_event_or_does_not_happen(scene, monkeypatch):
    dispute = sent(scene)
    monkeypatch.setattr(clocks, "record", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        clocks.extend(dispute, reason="Because", by=scene.handler, at=now())
    dispute.refresh_from_db()
    assert dispute.deadline.step == 0 and not Extension.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_move_it_once(scene):
    dispute = sent(scene)

    def ask(_):
        try:
            clocks.extend(dispute, reason="Because", by=scene.handler, at=now())
        except (Refused, Stale):
            return False
        except Error:  # SQLite: the other one had the database
            return False
        return True

    in_parallel(2, ask)
    dispute.refresh_from_db()
    rules = list(dispute.deadlines.order_by("step").values_list("rule", flat=True))
    asked = Extension.objects.filter(dispute=dispute).count()
    assert rules in (["CN-CMP-01", "CN-CMP-02"],) and asked in (1, 2)  # the second one waits


# == the clock stands


def test_no_clock_stands_where_the_pack_forbids_it(scene):
    dispute = sent(scene)
    assert not terms.may_stop(dispute)
    with pytest.raises(Refused) as no:
        clocks.stop(dispute, reason="Because", by=scene.handler, at=now())
    assert no.value.rule == "CN-CLK-08" and not Pause.objects.exists()


@pytest.fixture
def may_stop(monkeypatch):
    def with_stop(on):
        pack = load("cn", on=on)
        rules = dict(pack.rules)
        rules["clock.may_stop"] = replace(rules["clock.may_stop"], value=True)
        return replace(pack, rules=rules)

    monkeypatch.setattr(terms, "pack_on", with_stop)


def test_a_clock_that_stood_moves_the_deadline_by_those_days(scene, may_stop):
    start = now() - timedelta(days=5)
    dispute = sent(scene, at=start)
    first = dispute.deadline
    pause = clocks.stop(
        dispute, reason="The police report", by=scene.handler, at=start + timedelta(days=1)
    )
    assert (pause.was, pause.from_on) == (Status.IN_REVIEW, localdate(start) + timedelta(days=1))
    with pytest.raises(Refused) as no:
        clocks.stop(dispute, reason="Again", by=scene.handler, at=now())
    assert no.value.rule == "CLOCK-STANDS"
    assert watch.warn(at=now() + timedelta(days=30)) == 0  # nobody is warned meanwhile
    on = localdate(start) + timedelta(days=4)
    row = clocks.restart(dispute, restart_on=on, by=scene.handler, at=now())
    dispute.refresh_from_db()
    assert row.due_on == first.due_on + timedelta(days=3)
    assert (dispute.deadline, dispute.status) == (row, Status.IN_REVIEW)  # the state as it was
    assert verbs(dispute) == ["clock_started", "clock_stopped", "clock_restarted"]
    clocks.extend(dispute, reason="Because", by=scene.handler, at=now())
    dispute.refresh_from_db()
    assert dispute.deadline.due_on == first.counted_from + timedelta(days=30 + 3)
    with pytest.raises(Refused) as no:
        clocks.restart(dispute, restart_on=on, by=scene.handler, at=now())
    assert no.value.rule == "CLOCK-RUNS"
