"""Nothing goes but the list that two people agreed on, whole, once, whatever is killed."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import ContactAttempt
from portal.kit.errors import Refused, Stale
from portal.records import documents, retention
from portal.records.audit import breaks, subject_of
from portal.records.models import AuditEvent, Augmentation, Document, Purge, Stamping
from portal.records.retention import holds, purges
from tests import people
from tests.accounts.books import bare
from tests.records.old import (
    AT,
    CONTACTS,
    confirmed,
    contact,
    free,
    old_contacts,
    proposed,
    two_people,
)

# == two people


@pytest.fixture
def contacts(db):
    return old_contacts()


@pytest.fixture
def two(db):
    return two_people()


def test_a_proposal_fixes_the_exact_list(contacts, two):
    purge = proposed(two)
    lines = purges.read_list(purge).decode().splitlines()
    assert lines == [
        f"accounts.contactattempt:{row.pk} 2020-01-0{i + 1}" for i, row in enumerate(free())
    ]
    assert (purge.count, purge.rule, purge.before_on) == (7, "CN-PLAN-17", date(2023, 11, 22))
    assert documents.digest(purges.read_list(purge)) == purge.list_sha256
    assert ContactAttempt.objects.count() == 9


def test_a_long_list_comes_in_parts(contacts, two, monkeypatch):
    monkeypatch.setattr(retention, "LONGEST", 5)
    assert purges.carry_out(confirmed(two), at=AT) == {"deleted": 5, "left_out": 0}
    assert purges.carry_out(confirmed(two), at=AT) == {"deleted": 2, "left_out": 0}


def test_nothing_due_is_no_proposal(db, two):
    with pytest.raises(Refused, match="over its time"):
        proposed(two)


def test_one_open_proposal_for_a_category(contacts, two):
    proposed(two)
    with pytest.raises(Refused, match="open proposal"):
        proposed(two)
    assert Purge.objects.count() == 1


def test_who_proposed_cannot_confirm(contacts, two):
    purge = proposed(two)
    with pytest.raises(Refused) as no:
        purges.confirm(purge, by=two[0], at=AT)
    assert no.value.rule == "DUTY-4"
    assert Purge.objects.get().status == "proposed"


def test_the_database_knows_it_too(contacts, two):
    purge = Purge.objects.filter(pk=proposed(two).pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        purge.update(status="confirmed", confirmed_by=two[0], confirmed_at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        purge.update(status="confirmed")
    with pytest.raises(IntegrityError), transaction.atomic():
        purge.update(status="done", done_at=AT)


def test_only_what_is_confirmed_is_carried_out(contacts, two):
    purge = proposed(two)
    with pytest.raises(Stale):
        purges.carry_out(purge, at=AT)
    with pytest.raises(CommandError, match="is proposed, not confirmed"):
        call_command("purge", do=purge.number)
    with pytest.raises(CommandError, match="no such purge"):
        call_command("purge", do="PU-NONE")
    purges.withdraw(purge, by=two[0], at=AT)
    with pytest.raises(Stale):
        purges.confirm(purge, by=two[1], at=AT)
    with pytest.raises(Stale):
        purges.carry_out(purge, at=AT)
    assert ContactAttempt.objects.count() == 9


# == the deleting


def test_what_was_confirmed_goes_and_nothing_else(contacts, two):
    purge = confirmed(two)
    late = contact(contacts, 99, datetime(2019, 1, 1, tzinfo=UTC))  # due too, but not in the list
    out = io.StringIO()
    call_command("purge", do=purge.number, stdout=out)
    assert out.getvalue() == "deleted: 7\nleft_out: 0\nDone.\n"
    assert set(ContactAttempt.objects.values_list("ref", flat=True)) == {"C7", "C8", late.ref}
    purge.refresh_from_db()
    assert (purge.status, purge.done_at is not None) == ("done", True)
    event = AuditEvent.objects.get(verb="records.purge_done")
    assert event.data | {
        "deleted": 7, "left_out": 0, "count": 7, "list_sha256": purge.list_sha256,
        "rule": "CN-PLAN-17", "category": CONTACTS,
    } == event.data  # fmt: skip
    assert not list(breaks())
    with pytest.raises(Stale):
        purges.carry_out(purge, at=AT)


def test_what_came_under_a_hold_or_is_gone_is_left_out(contacts, two, monkeypatch):
    monkeypatch.setattr(purges, "AT_ONCE", 3)
    other = bare(people.cardholder(), "AC0009")
    contact(other, 20, datetime(2020, 1, 1, tzinfo=UTC))
    purge = confirmed(two)
    ContactAttempt.objects.filter(ref="C3").delete()
    holds.place(subject_of(other.cardholder), reason="-", by=two[0], at=AT)
    assert purges.carry_out(purge, at=AT) == {"deleted": 6, "left_out": 2}
    assert ContactAttempt.objects.filter(ref="C20").exists()


def test_a_longer_rule_than_at_the_proposal_is_heeded(contacts, two, settings):
    purge = confirmed(two)
    settings.RETENTION_DAYS = settings.RETENTION_DAYS | {"retention.collection_records": 9999}
    assert purges.carry_out(purge, at=AT) == {"deleted": 0, "left_out": 7}


def test_a_changed_list_is_refused(contacts, two):
    purge = confirmed(two)
    path = storages["documents"].path(f"purges/{purge.list_sha256}.txt")
    with open(path, "ab") as file:
        file.write(b"accounts.contactattempt:8 2020-01-01\n")
    try:
        with pytest.raises(CommandError, match="not the one that was shown"):
            call_command("purge", do=purge.number)
    finally:
        storages["documents"].delete(f"purges/{purge.list_sha256}.txt")
    assert ContactAttempt.objects.count() == 9


class Killed(BaseException):
    pass


def test_killed_inside_a_batch_it_goes_on_when_run_again(contacts, two, monkeypatch):
    monkeypatch.setattr(purges, "AT_ONCE", 2)
    purge, real = confirmed(two), retention.CATEGORIES[CONTACTS]
    calls = []

    def dies(pks, at):
        calls.append(pks)
        hashes = real.purge(pks, at)
        if len(calls) == 3:
            raise Killed
        return hashes

    monkeypatch.setitem(retention.CATEGORIES, CONTACTS, replace(real, purge=dies))
    with pytest.raises(Killed):
        purges.carry_out(purge, at=AT)
    assert ContactAttempt.objects.count() == 9 - 4  # two batches whole, the third not at all
    with pytest.raises(Refused, match="has begun"):
        purges.withdraw(purge, by=two[0], at=AT)
    assert purges.carry_out(purge, at=AT) == {"deleted": 7, "left_out": 0}
    assert [len(pks) for pks in calls] == [2, 2, 2, 2, 1]
    assert AuditEvent.objects.filter(verb="records.purge_done").count() == 1


# == documents


DOCUMENTS = "test.documents"


@pytest.fixture
def papers(db, monkeypatch):
    """A category of three documents; the second has proof of time appended."""
    filed = []
    for i in range(3):
        sha256 = documents.store(b"%PDF paper " + bytes([48 + i]))
        filed.append(
            documents.file_document(
                "test",
                documents.fetch(sha256),
                subject=f"test:{i}",
                number=f"T-{i}",
                code=f"CODE{i}",
                title="Test Person's paper",
                language="en",
                sealed=True,
                at=datetime(2010, 1, 1, tzinfo=UTC),
            )
        )
    Augmentation.objects.create(
        document=filed[1], level="B-T", sha256=documents.store(b"%PDF longer"), size=11,
        stamped_at=AT, authority="-", authority_ends_at=AT, made_at=AT,
    )  # fmt: skip
    Stamping.objects.create(document=filed[1], next_try_at=AT)

    def due(before_on):
        old = Document.objects.filter(kind="test", purged_at=None)
        return old.annotate(owner=F("subject"), ended=F("made_at"))

    def purge(pks, at):
        return retention.clear(Document.objects.filter(pk__in=pks), at=at)

    category = retention.Category(DOCUMENTS, "Papers", "-", ("retention.transactions",), due, purge)
    monkeypatch.setitem(retention.CATEGORIES, DOCUMENTS, category)
    yield filed
    for sha256 in [d.sha256 for d in filed] + [documents.digest(b"%PDF longer")]:
        storages["documents"].delete(documents.name_of(sha256))


def there(sha256):
    return storages["documents"].exists(documents.name_of(sha256))


def test_the_files_go_and_the_register_stays(papers, two):
    holds.place("test:2", reason="-", by=two[0], at=AT)
    longer = documents.digest(b"%PDF longer")
    purges.carry_out(confirmed(two, DOCUMENTS), at=AT)
    assert [there(d.sha256) for d in papers] == [False, False, True]
    assert not there(longer)
    rows = list(Document.objects.filter(kind="test").order_by("pk"))
    assert [(d.number, d.code, d.sha256) for d in rows] == [
        (d.number, d.code, d.sha256) for d in papers
    ]
    assert [(d.title, d.purged_at) for d in rows] == [
        ("", AT), ("", AT), ("Test Person's paper", None),
    ]  # fmt: skip
    assert documents.find(longer) == rows[1]  # a copy is still recognised
    assert not Stamping.objects.exists()


def test_a_file_that_another_row_needs_stays(papers, two, monkeypatch):
    monkeypatch.setattr(retention, "USES", [lambda sha256: sha256 == papers[0].sha256])
    purges.carry_out(confirmed(two, DOCUMENTS), at=AT)
    assert [there(d.sha256) for d in papers] == [True, False, False]


def test_a_file_that_a_kept_document_has_stays(papers, two):
    kept = papers[2]
    Document.objects.filter(pk=kept.pk).update(purged_at=None)
    Augmentation.objects.create(
        document=kept, level="B-T", sha256=papers[0].sha256, size=1, stamped_at=AT,
        authority="-", authority_ends_at=AT, made_at=AT,
    )  # fmt: skip
    holds.place("test:2", reason="-", by=two[0], at=AT)
    purges.carry_out(confirmed(two, DOCUMENTS), at=AT)
    assert [there(d.sha256) for d in papers] == [True, False, True]


def test_killed_before_the_files_went_they_go_when_run_again(papers, two, monkeypatch):
    purge, real = confirmed(two, DOCUMENTS), retention.delete_file
    calls = []

    def dies(sha256):
        calls.append(sha256)
        if len(calls) == 2:
            raise Killed
        return real(sha256)

    monkeypatch.setattr(retention, "delete_file", dies)
    with pytest.raises(Killed):
        purges.carry_out(purge, at=AT)
    assert Purge.objects.get(pk=purge.pk).status == "confirmed"
    assert sum(there(d.sha256) for d in papers) == 2
    purges.carry_out(purge, at=AT)
    assert not any(there(d.sha256) for d in papers)
    assert purges.outcome(purge) == {"deleted": 3, "left_out": 0}
