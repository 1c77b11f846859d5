"""Cases over their time: what goes, what stays, and what a case that goes on keeps."""

from datetime import date, timedelta

import pytest
from django.core.files.storage import storages
from django.db import connection

from accounts.files import store
from disputes.models import (
    Correction,
    Deadline,
    Decision,
    Dispute,
    Extension,
    Letter,
    Message,
    Pause,
    PersonalStatement,
    Ruling,
    Upload,
)
from portal.records import audit, documents
from portal.records.audit import subject_of
from portal.records.models import Document
from portal.records.retention import holds, purges, start_of
from tests import people
from tests.accounts.books import bare
from tests.disputes import scene
from tests.records.old import AT, confirmed, free, two_people

CASES = "disputes.cases"
EDGE = date(2021, 11, 21)  # five years and a day before TODAY
DAY = timedelta(days=1)


def ended(account, on=EDGE, **changes):
    made = scene.case(account, "closed", ended_at=start_of(on), **changes)
    made.words = "Secret words"
    made.save()
    return made


@pytest.fixture
def account(db):
    return bare(people.cardholder(), "AC0001")


@pytest.fixture
def whole(account):
    """A case with one of everything that can belong to it."""
    case, handler, at = ended(account), people.staff("complaint_handler"), start_of(EDGE)
    line = scene.line(case, "posting", "P1", open=False)
    made = Decision.objects.create(
        dispute=case, round=1, status="made", outcome="upheld", cause="process", made_at=at,
        proposed_by=handler, proposed_at=at, sealed_reasons="",
    )  # fmt: skip
    ruling = Ruling.objects.create(decision=made, line=line, outcome="upheld")
    Correction.objects.create(
        ruling=ruling, kind="posting.correct", seq=1, asked_at=at, due_on=EDGE, done_at=at
    )
    question = Message.objects.create(dispute=case, kind="question", sent_at=at, sent_by=handler)
    answer = Message.objects.create(
        dispute=case, kind="answer", sent_at=at, sent_by=handler, answers=question
    )
    upload = Upload.objects.create(
        dispute=case, message=answer, name="a.pdf", sha256="0" * 64, size=1, status="clean",
        copy_sha256="1" * 64, uploaded_at=at, uploaded_by=handler,
    )  # fmt: skip
    for part in (store.ORIGINAL, upload.copy_sha256):
        store.keep(upload.ref, part, b"bytes")
    pdf = b"%PDF the letter"
    documents.store(pdf)
    letter = Letter.objects.create(
        dispute=case, number=f"{case.number}-1", kind="decision", language="en", made_at=at
    )
    letter.document = documents.file_document(
        "dispute.decision", pdf, subject=letter, number=letter.number, code="CODE",
        title="Answer to Test Person", language="en", sealed=True, at=at,
    )  # fmt: skip
    letter.save()
    Extension.objects.create(
        dispute=case, rule="CN-CMP-02", needs_approval=False, reason="-", asked_by=handler,
        asked_at=at, status="granted",
    )  # fmt: skip
    Pause.objects.create(
        dispute=case, from_on=EDGE, until_on=EDGE, reason="-", was="in_review", stopped_by=handler
    )
    audit.record("disputes.dispute.closed", subject=case, by=None, at=at)
    return case


def in_store(upload):
    names = [store.name_of(upload.ref, part) for part in (store.ORIGINAL, upload.copy_sha256)]
    return [storages["evidence"].exists(name) for name in names]


def test_a_case_goes_with_all_of_it_and_its_letters_stay_in_the_register(
    whole, django_capture_on_commit_callbacks
):
    upload, document = Upload.objects.get(), Document.objects.get()
    assert in_store(upload) == [True, True]
    purge = confirmed(two_people(), CASES)
    assert (purge.count, purge.rule) == (1, "CN-CMP-11")
    with django_capture_on_commit_callbacks(execute=True):
        assert purges.carry_out(purge, at=AT) == {"deleted": 1, "left_out": 0}
    belongs = [f.related_model for f in Dispute._meta.related_objects]
    assert len(belongs) >= 8
    left = {model.__name__ for model in [Dispute, Ruling, Correction, *belongs]
            if model.objects.exists()}  # fmt: skip
    assert left == set()
    assert in_store(upload) == [False, False]
    assert not storages["documents"].exists(documents.name_of(document.sha256))
    document.refresh_from_db()
    assert (document.title, document.number) == ("", f"{whole.number}-1")
    assert list(audit.breaks(subject_of(whole))) == []
    connection.check_constraints()
    assert free(CASES) == []


def test_another_case_stays(whole, account):
    kept = ended(account, EDGE + DAY)
    scene.line(kept, "posting", "P2", open=False)
    purges.carry_out(confirmed(two_people(), CASES), at=AT)
    assert Dispute.objects.get() == kept
    assert (Deadline.objects.count(), kept.lines.count()) == (1, 1)


def wait_for_a_correction(case):
    Correction.objects.update(done_at=None)


def go_on(case):
    Dispute.objects.filter(pk=case.pk).update(status="upheld", ended_at=None)


def hold(case):
    holds.place(subject_of(case.account.cardholder), reason="-", by=people.staff(), at=AT)


def another_goes_on(case):
    scene.case(case.account, "received")


def a_day_too_early(case):
    Dispute.objects.filter(pk=case.pk).update(ended_at=start_of(EDGE + DAY))


@pytest.mark.parametrize(
    "why", [a_day_too_early, go_on, hold, wait_for_a_correction, another_goes_on]
)
def test_a_case_is_kept(whole, why):
    assert free(CASES) == [whole]
    why(whole)
    assert free(CASES) == []


def test_a_draft_that_nobody_sent_goes_by_the_day_it_was_begun(account):
    draft = scene.case(account, "draft", started_at=start_of(EDGE))
    assert free(CASES) == [draft]
    purges.carry_out(confirmed(two_people(), CASES), at=AT)
    assert not Dispute.objects.exists()


@pytest.mark.parametrize("status", ["received", "waiting_for_cardholder", "rejected"])
def test_a_case_that_goes_on_keeps_what_it_may_be_about(account, status):
    old_contact(account)
    assert len(free("accounts.contacts")) == 1
    case = scene.case(account, status)
    assert free("accounts.contacts") == []
    Dispute.objects.filter(pk=case.pk).update(ended_at=AT)
    assert len(free("accounts.contacts")) == 1


def test_a_draft_keeps_nothing(account):
    old_contact(account)
    scene.case(account, "draft")
    assert len(free("accounts.contacts")) == 1


def old_contact(account):
    account.contact_attempts.create(
        ref="K1", at=start_of(date(2020, 1, 1)), channel="call", by="bank", purpose="-",
        outcome="-",
    )  # fmt: skip


def test_words_beside_a_record_go_once_taken_back(account):
    for period, withdrawn_at in [("2020-01", start_of(EDGE)), ("2020-02", None)]:
        PersonalStatement.objects.create(
            account=account, period=period, made_at=AT, made_by=account.cardholder.user,
            sealed_text="-", withdrawn_at=withdrawn_at,
        )  # fmt: skip
    purge = confirmed(two_people(), "disputes.statements")
    assert purges.carry_out(purge, at=AT) == {"deleted": 1, "left_out": 0}
    assert PersonalStatement.objects.get().period == "2020-02"
