"""A case is begun, saved step by step and sent: all of it or nothing, once, and no line twice."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.timezone import localdate, now

from accounts.models import Hold, OverdueRecord
from disputes import filing_queries, letters
from disputes.actions import drafting, filing
from disputes.actions.drafting import Right
from disputes.models import Deadline, Dispute, Letter, Line, Upload
from disputes.policy import CURRENT
from disputes.rules import Representative
from portal.kit.errors import IllegalMove, Refused
from portal.records.models import AuditEvent, Notice, OutboxEvent
from tests.disputes.filing import NAMES, Filing
from tests.disputes.scene import case, line
from tests.people import in_parallel, staff

pytestmark = pytest.mark.django_db
Status = Dispute.Status


@pytest.fixture
def made():
    return Filing.made()


def authority(draft, **changes):
    facts = {"purpose": "authority", "name": "letter.pdf", "sha256": "a" * 64, "size": 1,
             "uploaded_at": now(), "uploaded_by": draft.started_by} | changes  # fmt: skip
    return Upload.objects.create(dispute=draft, **facts)


# == the draft


def test_there_is_one_draft_for_an_account(made):
    again = drafting.begin(made.account, language="en", by=made.holder, at=now())
    assert drafting.begin(made.account, language="en", by=made.holder, at=now()) == again


def test_another_matter_drops_lines_and_reason_that_do_not_fit(made):
    draft = made.draft(NAMES["record"], reason="bank_fault")
    follows = drafting.save_matter(draft, matter="charge", topic="data", by=made.holder, at=now())
    draft.refresh_from_db()
    assert (follows, draft.lines.count(), draft.reason, draft.topic) == ("lines", 0, "", "")


def test_lines_that_stay_keep_what_was_said_of_them(made):
    draft = made.draft(NAMES["record"])
    kept = ("record", "AC0001:2026-10")
    drafting.save_right(draft, {kept: Right(days=3)}, words="", remedy="", by=made.holder, at=now())
    both = [kept, ("record", "AC0001:2026-09")]
    drafting.save_lines(draft, both, by=made.holder, at=now())
    assert list(draft.lines.values_list("key", "asked_days")) == [
        ("AC0001:2026-10", 3), ("AC0001:2026-09", None),
    ]  # fmt: skip
    drafting.save_lines(draft, both[1:], by=made.holder, at=now())
    assert draft.lines.get().key == "AC0001:2026-09"


@pytest.mark.parametrize(
    ("booked", "asked", "kept"),
    [("100", "100.01", False), ("100", "100", True), ("0", "0.01", False), ("-100", "-50", True),
     ("-100", "-200", True)],
)  # fmt: skip
def test_a_debit_cannot_be_said_to_be_more_than_it_is(made, booked, asked, kept):
    """Nothing would be held, and nobody would see why."""
    draft = made.draft(NAMES["posting"], reason="wrong_amount")
    draft.lines.update(amount=Decimal(booked))
    rights = {("posting", "AC0001-1"): Right(amount=Decimal(asked))}
    told = {"words": "", "remedy": "", "by": made.holder, "at": now()}
    if kept:
        drafting.save_right(draft, rights, **told)
    else:
        with pytest.raises(Refused, match="more than it says now"):
            drafting.save_right(draft, rights, **told)
    assert (draft.lines.get().asked_amount == Decimal(asked)) is kept


def test_another_reason_asks_anew_what_it_should_be(made):
    draft = made.draft(NAMES["record"], reason="wrong_dates")
    draft.lines.update(asked_days=3)
    assert drafting.save_reason(draft, "wrong_dates", by=made.holder, at=now()) == "check"
    assert drafting.save_reason(draft, "wrong_amount", by=made.holder, at=now()) == "right"
    assert draft.lines.get().asked_days is None


@pytest.mark.parametrize(
    "name", [("posting", "AC0001-1"), ("record", "AC0002:2026-10"), ("record", "AC0001:1999-01")]
)
def test_only_lines_of_the_matter_and_the_account_are_taken(made, name):
    draft = made.draft(NAMES["record"])
    with pytest.raises(Refused, match="among your account"):
        drafting.save_lines(draft, [name], by=made.holder, at=now())


def test_a_line_of_an_open_case_is_refused_by_its_number(made):
    had = case(made.account)
    line(had, "record", "AC0001:2026-09")
    draft = made.draft(NAMES["record"])
    with pytest.raises(Refused, match=had.number):
        drafting.save_lines(draft, [("record", "AC0001:2026-09")], by=made.holder, at=now())
    pick = filing_queries.picked(made.account, "record:AC0001:2026-09")
    with pytest.raises(Refused, match=had.number):
        drafting.add_line(draft, pick, by=made.holder, at=now())


def test_a_line_of_another_kind_is_not_mixed_into_a_draft(made):
    draft = made.draft(NAMES["record"])
    pick = filing_queries.picked(made.account, NAMES["posting"])
    with pytest.raises(Refused, match=draft.number):
        drafting.add_line(draft, pick, by=made.holder, at=now())


def test_one_case_holds_so_many_lines_and_no_more(made, monkeypatch):
    draft = made.draft(NAMES["record"])
    both = [("record", f"AC0001:2026-{month}") for month in ("10", "09")]
    limits = CURRENT.__class__(**{**CURRENT.__dict__, "most_lines": 1})
    monkeypatch.setattr(drafting, "CURRENT", limits)
    with pytest.raises(Refused, match="up to 1"):
        drafting.save_lines(draft, both, by=made.holder, at=now())


def test_a_draft_thrown_away_keeps_nothing_that_was_written(made):
    draft = made.draft(NAMES["record"], words="My secret")
    draft.representative = Representative("A", "B", "C").to_json()
    draft.save()
    paper = authority(draft)
    drafting.discard(draft, by=made.holder, at=now())
    draft.refresh_from_db()
    paper.refresh_from_db()
    assert paper.removed_at and (paper.name, draft.reason) == ("", "")
    assert (draft.status, draft.words, draft.representative, draft.lines.count()) == (
        Status.WITHDRAWN, "", "", 0,
    )  # fmt: skip
    assert not filing_queries.drafts_of(made.holder).exists()
    assert made.draft(NAMES["record"]).pk != draft.pk


# == sending


def test_sending_starts_the_clock_marks_the_record_holds_and_writes(made):
    draft = made.send(made.draft(NAMES["record"], NAMES["record"].replace("10", "09")))
    assert (draft.status, draft.submitted_at is not None) == (Status.RECEIVED, True)
    assert draft.deadline.due_on == localdate() + timedelta(days=draft.deadline.value)
    assert set(draft.lines.values_list("open", flat=True)) == {True}
    assert OverdueRecord.objects.filter(disputed=True).count() == 2
    assert OutboxEvent.objects.filter(type="record.disputed").count() == 2
    assert Hold.objects.get().reason == "dispute"
    assert Letter.objects.get().kind == "receipt"
    assert Notice.objects.get(kind="dispute.received")
    event = AuditEvent.objects.get(verb="disputes.dispute.received")
    assert event.data["matter"] == "record"


def test_the_audit_trail_holds_nothing_that_was_written(made):
    draft = made.draft(NAMES["record"], words="Secret words")
    drafting.save_contact(draft, contact_by="phone", by=made.holder, at=now(),
                          helper=Representative("Secret name", "x", "y"))  # fmt: skip
    authority(draft)
    draft.refresh_from_db()
    made.send(draft)
    subject = f"disputes.dispute:{draft.pk}"
    told = str(list(AuditEvent.objects.filter(subject=subject).values_list("data", flat=True)))
    assert "Secret" not in told


def test_a_case_sent_twice_is_one_case(made):
    draft = made.draft(NAMES["record"])
    basis = filing_queries.basis(draft)
    made.send(draft)
    with pytest.raises(IllegalMove):
        made.send(draft, basis=basis)
    assert Deadline.objects.count() == Letter.objects.count() == 1


@pytest.mark.parametrize(
    ("save", "args"),
    [
        (drafting.save_matter, {"matter": "charge", "topic": ""}),
        (drafting.save_lines, {"names": []}),
        (drafting.save_reason, {"reason": "other"}),
        (drafting.save_right, {"asked": {}, "words": "x", "remedy": ""}),
        (drafting.save_seen, {"step": "files"}),
        (drafting.save_contact, {"contact_by": "phone", "helper": None}),
        (drafting.discard, {}),
    ],
)
def test_nothing_of_a_case_that_was_sent_changes_any_more(made, save, args):
    draft = made.draft(NAMES["record"])
    made.send(draft)
    with pytest.raises(IllegalMove):
        save(draft, **args, by=made.holder, at=now())


def test_what_was_read_is_what_is_sent(made):
    draft = made.draft(NAMES["record"])
    read = filing_queries.basis(draft)
    drafting.save_right(draft, {}, words="Another", remedy="", by=made.holder, at=now())
    with pytest.raises(Refused, match="another window"):
        made.send(draft, basis=read)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"matter": "service", "topic": ""}, "what it is about"),
        ({"reason": ""}, "what is wrong"),
        ({"reason": "other"}, "own words"),
    ],
)
def test_a_case_that_says_too_little_is_not_sent(made, changes, said):
    draft = made.draft(NAMES["record"])
    for name, value in changes.items():
        setattr(draft, name, value)
    draft.save()
    with pytest.raises(Refused, match=said):
        made.send(draft)


@pytest.mark.parametrize(
    ("paper", "sent"),
    [({}, True), ({"status": "rejected"}, False),
     ({"status": "quarantined"}, False), ({"removed_at": now()}, False),
     ({"purpose": "evidence"}, False)],
)  # fmt: skip
def test_who_acts_for_someone_shows_that_they_may(made, paper, sent):
    draft = made.draft(NAMES["record"])
    helper = Representative("Wang Helper", "daughter", "helper@example.com")
    drafting.save_contact(draft, contact_by="phone", helper=helper, by=made.holder, at=now())
    draft.refresh_from_db()
    with pytest.raises(Refused, match="allows the other person"):
        made.send(draft)
    authority(draft, **paper)
    if sent:
        assert made.send(draft).status == Status.RECEIVED
    else:
        with pytest.raises(Refused, match="allows the other person"):
            made.send(draft)


def test_lines_are_kept_as_they_read_when_it_was_sent(made):
    draft = made.draft(NAMES["posting"])
    draft.lines.update(
        facts={**draft.lines.get().facts, "extra": {"certified": {"amount": "7000.00"}}}
    )
    made.account.postings.filter(ref="AC0001-1").update(amount=7500, description="Corrected")
    sent = made.send(draft).lines.get()
    assert (sent.amount, sent.facts["text"], sent.facts["amount"]) == (7500, "Corrected", "7500.00")
    assert sent.facts["extra"]["certified"] == {"amount": "7000.00"}


def test_a_line_that_is_gone_is_said_by_name(made):
    draft = made.draft(NAMES["contact"], words="At night")
    made.account.contact_attempts.all().delete()
    with pytest.raises(Refused, match="no longer in the bank's books"):
        made.send(draft)


def test_nobody_has_more_open_cases_than_the_policy_says(made, monkeypatch):
    limits = CURRENT.__class__(**{**CURRENT.__dict__, "most_live": 1})
    monkeypatch.setattr(filing, "CURRENT", limits)
    case(made.account, "upheld")
    made.sent(NAMES["record"])
    draft = made.draft(NAMES["posting"])
    with pytest.raises(Refused, match="1 open cases"):
        made.send(draft)
    assert made.taken_down(NAMES["posting"]).status == "received"  # by phone: never refused


def test_all_of_it_or_nothing(made, monkeypatch):
    draft = made.draft(NAMES["record"])

    def full(*args, **kwargs):
        raise OSError

    monkeypatch.setattr(letters, "write", full)
    with pytest.raises(OSError):
        made.send(draft)
    draft.refresh_from_db()
    assert (draft.status, draft.submitted_at) == (Status.DRAFT, None)
    assert not Deadline.objects.exists() and not Hold.objects.exists()
    assert not OutboxEvent.objects.exists() and not Line.objects.filter(open=True).exists()


# == taken down by the staff


def test_staff_take_a_case_down_and_the_clock_counts_from_its_receipt(made):
    received_at = now() - timedelta(days=3)
    found = made.taken_down(NAMES["record"], received_at=received_at)
    assert (found.status, found.channel, found.submitted_at) == (
        Status.RECEIVED, "phone", received_at,
    )  # fmt: skip
    assert found.deadline.counted_from == localdate(received_at)
    assert found.lines.get().open


def test_staff_take_down_a_complaint_without_a_line_beside_a_draft(made):
    draft = made.draft(NAMES["record"])
    found = made.taken_down(topic="conduct", reason="")
    assert (found.matter, found.lines.count()) == ("service", 0)
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


@pytest.mark.parametrize("seen", [True, False])
def test_staff_say_that_they_have_seen_the_authority(made, seen):
    helper = Representative("Wang Helper", "heir", "by post", seen=seen)
    if seen:
        assert made.taken_down(NAMES["record"], representative=helper).representative
    else:
        with pytest.raises(Refused, match="authority"):
            made.taken_down(NAMES["record"], representative=helper)
        assert not Dispute.objects.exists()


def test_a_line_in_dispute_cannot_be_disputed_twice(made):
    draft = made.draft(NAMES["record"])
    first = made.taken_down(NAMES["record"])
    with pytest.raises(Refused, match=first.number):
        made.send(draft)
    with pytest.raises(Refused, match=first.number):
        made.taken_down(NAMES["record"])
    draft.refresh_from_db()
    assert (draft.status, draft.deadline, draft.lines.get().open) == (Status.DRAFT, None, False)


# == in parallel


@pytest.mark.django_db(transaction=True)
def test_of_two_cases_over_one_line_exactly_one_wins():
    made = Filing.made()
    handlers, draft = [staff("complaint_handler") for _ in range(2)], made.draft(NAMES["record"])

    def file(i):
        try:
            if i == 2:
                return made.send(draft).number
            return made.taken_down(NAMES["record"], by=handlers[i]).number
        except Refused as no:
            assert no.rule == "DISPUTE-LINE"
            return ""

    won = [number for number in in_parallel(3, file) if number]
    assert len(won) == 1
    assert [each.dispute.number for each in Line.objects.filter(open=True)] == won
    assert Dispute.objects.exclude(submitted_at=None).count() == Hold.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_send_one_case():
    made = Filing.made()
    draft = made.draft(NAMES["record"])
    basis = filing_queries.basis(draft)

    def click(_i):
        try:
            return bool(made.send(Dispute.objects.get(pk=draft.pk), basis=basis))
        except IllegalMove:
            return False

    assert sorted(in_parallel(3, click)) == [False, False, True]
    assert Deadline.objects.count() == Letter.objects.count() == Notice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tabs_begin_one_draft():
    made = Filing.made()

    def begin(_i):
        return drafting.begin(made.account, language="en", by=made.holder, at=now()).pk

    assert len(set(in_parallel(3, begin))) == 1
