"""From the row to sealed documents: whatever is killed, late, twice at once or wrong."""

import logging
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils.timezone import now

from accounts.evidence import actions, facts, prepare
from accounts.models import CardAccount, EvidenceRequest
from portal.kit.errors import Refused, Stale
from portal.records import documents, sealing
from portal.records.audit import breaks
from portal.records.models import AuditEvent, Document, Notice
from portal.records.pdf import MissingGlyph
from portal.records.verification import check
from tests.accounts.evidence_pages.scene import SECOND, Scene, documents_of
from tests.people import in_parallel

ROWS = EvidenceRequest.objects


@pytest.fixture(autouse=True)
def quiet():
    """Failures are provoked here on purpose."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def broken(monkeypatch, error):
    """The next drawings fail."""

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(sealing, "draw_sealed", fail)


def test_a_request_ends_as_one_sealed_document_for_each_language(scene):
    asked = scene.ready()
    made = documents_of(asked)
    assert [document.language for document in made] == ["en", "zh-hans"]
    for document in made:
        assert (document.number, document.kind) == (asked.number, "evidence.repayments")
        assert document.code == documents.code_of(asked.number, document.language)
        assert document.sealed and check(documents.read(document)).outcome == "valid"
    assert asked.ready_at and not asked.stage and asked.basis_version == scene.account.version
    assert list(breaks()) == []
    event = AuditEvent.objects.get(verb="accounts.evidencerequest.ready")
    assert event.data["documents"] == {each.language: each.sha256 for each in made}


@pytest.mark.parametrize("kind", ["repayments", "overdue", "holder"])
def test_each_kind_becomes_a_document(scene, kind):
    period = {} if kind != "holder" else {"from_on": None, "until_on": None}
    asked = scene.ready(kind=kind, languages=["en"], **period)
    assert [document.kind for document in documents_of(asked)] == [f"evidence.{kind}"]


def test_the_cardholder_is_told_once_and_nothing_private(scene):
    asked = scene.ready()
    prepare.prepare(asked.pk, at=now())
    notice = Notice.objects.get(kind="evidence.ready")
    assert notice.recipient == scene.holder.email and asked.number in notice.body
    said = f"{notice.subject} {notice.body}".lower()
    assert not [word for word in ("¥", "overdue", "debt", "owe", "repay", "8100") if word in said]


def test_what_is_not_due_is_left_alone(scene):
    asked = scene.asked()
    assert not prepare.prepare(asked.pk, at=asked.next_try_at - SECOND)
    scene.ready(purpose="court")
    assert not prepare.prepare(ROWS.get(status="ready").pk, at=now())


# == killed, late, twice


def test_the_row_of_a_killed_worker_comes_back_when_its_lease_is_over(scene):
    asked = scene.asked()
    at = now()
    assert actions.claim(asked.pk, at=at)  # and then it is killed
    assert not prepare.prepare(asked.pk, at=at + actions.LEASE - SECOND)
    assert prepare.prepare(asked.pk, at=at + actions.LEASE)
    assert ROWS.get(pk=asked.pk).status == "ready" and Document.objects.count() == 2


def test_the_lease_is_longer_than_a_task_may_take(settings):
    assert timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT) < actions.LEASE


def test_a_worker_whose_lease_was_over_writes_nothing(scene, monkeypatch):
    """It was slow, not dead: another has taken over, and is not done yet."""
    asked = scene.asked()
    at, draw = now(), sealing.draw_sealed
    taken = []

    def slow_draw(*args, **kwargs):
        if not taken:
            taken.append(actions.claim(asked.pk, at=at + actions.LEASE))
        return draw(*args, **kwargs)

    monkeypatch.setattr(sealing, "draw_sealed", slow_draw)
    monkeypatch.setattr(prepare, "_try_later", lambda *a, **k: pytest.fail("not a fault of ours"))
    assert prepare.prepare(asked.pk, at=at)
    row = ROWS.get(pk=asked.pk)
    assert (row.status, row.tries) == ("preparing", 2) and row.next_try_at == taken[0].next_try_at
    assert not Document.objects.exists() and not Notice.objects.exists()


@pytest.mark.parametrize("step", [
    lambda asked: actions.note_stage(asked, "drawing"),
    lambda asked: actions.put_back(asked, problem="", next_try_at=now(), at=now()),
    lambda asked: actions.hold_back(asked, problem="x", rule="x", at=now()),
    lambda asked: actions.decline(asked, rule="EV-2", by=None, at=now()),
    lambda asked: actions.file(asked, [], basis=facts.gather(asked, at=now()).basis, at=now()),
])  # fmt: skip
def test_no_step_is_taken_without_the_lease(scene, step):
    at = now()
    asked = actions.claim(scene.asked(at=at).pk, at=at)
    other = actions.claim(asked.pk, at=at + actions.LEASE)
    with pytest.raises(Stale):
        step(asked)
    row = ROWS.get(pk=asked.pk)
    assert (row.status, row.stage, row.next_try_at) == ("preparing", "gathering", other.next_try_at)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_document_for_each_language():
    asked = Scene.made().asked()
    results = in_parallel(4, lambda _: prepare.prepare(asked.pk, at=now()))
    assert sorted(results) == [False, False, False, True]
    assert Document.objects.count() == 2 and Notice.objects.count() == 1
    assert AuditEvent.objects.filter(verb="accounts.evidencerequest.ready").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_both_hold_it_file_it_once():
    """The lease of the first is over while it seals, and both come to the register at once."""
    asked = Scene.made().asked()
    at = now()
    first = actions.claim(asked.pk, at=at)
    second = actions.claim(asked.pk, at=at + actions.LEASE)
    work = [(first, facts.gather(first, at=at)), (second, facts.gather(second, at=at))]

    def attempt(i: int) -> str:
        claimed, gathered = work[i]
        try:
            sealed = prepare._sealed(claimed, gathered, at=at)
            actions.file(claimed, sealed, basis=gathered.basis, at=at)
            return "filed"
        except Stale:
            return "stale"

    assert in_parallel(2, attempt) == ["stale", "filed"]
    assert Document.objects.count() == 2


def test_a_feed_in_between_means_fresh_figures(scene, monkeypatch):
    asked, draw = scene.asked(), sealing.draw_sealed

    def feed_comes(*args, **kwargs):
        CardAccount.objects.filter(pk=scene.account.pk).update(version=7)
        return draw(*args, **kwargs)

    monkeypatch.setattr(sealing, "draw_sealed", feed_comes)
    assert prepare.prepare(asked.pk, at=now())
    row = ROWS.get(pk=asked.pk)
    assert (row.status, row.problem) == ("requested", "") and not Document.objects.exists()
    assert prepare.prepare(asked.pk, at=now())
    row.refresh_from_db()
    assert (row.status, row.basis_version) == ("ready", 7)


def files_in_store():
    store = storages["documents"]
    return {name for folder in store.listdir("")[0] for name in store.listdir(folder)[1]}


def test_what_was_sealed_for_nothing_does_not_stay_in_the_store(scene, monkeypatch):
    scene.ready()
    asked, draw, before = scene.asked(purpose="court"), sealing.draw_sealed, files_in_store()

    def feed_comes(*args, **kwargs):
        CardAccount.objects.filter(pk=scene.account.pk).update(version=7)
        return draw(*args, **kwargs)

    monkeypatch.setattr(sealing, "draw_sealed", feed_comes)
    assert prepare.prepare(asked.pk, at=now())
    assert ROWS.get(pk=asked.pk).status == "requested"
    assert files_in_store() == before


# == what cannot be made


def test_a_document_too_large_to_be_checked_is_declined_and_nothing_is_kept(scene, monkeypatch):
    before = files_in_store()
    monkeypatch.setattr(prepare, "LARGEST", 10_000)
    asked = scene.asked()
    prepare.prepare(asked.pk, at=now())
    row = ROWS.get(pk=asked.pk)
    assert (row.status, row.problem) == ("declined", "EV-SIZE")
    assert not Document.objects.exists() and files_in_store() == before


def test_figures_that_do_not_add_up_are_held_back_with_the_difference(scene):
    asked = scene.asked()
    scene.account.statements.filter(closing_balance=8100).update(closing_balance=8101)
    prepare.prepare(asked.pk, at=now())
    row = ROWS.get(pk=asked.pk)
    assert row.status == "failed" and row.problem.startswith("EV-1") and "1.00" in row.problem
    assert row.next_try_at is None and not Document.objects.exists()
    assert not Notice.objects.exists()
    event = AuditEvent.objects.get(verb="accounts.evidencerequest.failed")
    assert event.data == {"was": "preparing", "rule": "EV-1"}


def test_a_character_without_a_shape_is_named_to_the_staff_and_not_to_the_trail(scene, monkeypatch):
    broken(monkeypatch, MissingGlyph("𰻝"))
    asked = scene.asked()
    prepare.prepare(asked.pk, at=now())
    row = ROWS.get(pk=asked.pk)
    assert (row.status, row.problem) == ("failed", "EV-GLYPH: 𰻝 (U+30EDD)")
    trail = str(list(AuditEvent.objects.values_list("data", flat=True)))
    assert "𰻝" not in trail and "30EDD" not in trail


def test_a_seal_that_does_not_fit_issues_nothing(scene, monkeypatch):
    monkeypatch.setattr(sealing, "RESERVED", 2000)
    asked = scene.asked()
    prepare.prepare(asked.pk, at=now())
    row = ROWS.get(pk=asked.pk)
    assert (row.status, row.problem) == ("requested", "ImproperlyConfigured")
    assert not Document.objects.exists() and not Notice.objects.exists()


def test_a_fault_of_ours_is_tried_again_with_growing_pauses_then_left_to_the_staff(
    scene, monkeypatch
):
    broken(monkeypatch, OSError("No space left on device, wanted by Test Person"))
    asked, at, pauses = scene.asked(), now(), []
    for _ in range(prepare.MOST_TRIES - 1):
        assert prepare.prepare(asked.pk, at=at)
        row = ROWS.get(pk=asked.pk)
        assert (row.status, row.problem, row.stage) == ("requested", "OSError", "")
        pauses.append(row.next_try_at - at)
        at = row.next_try_at
    assert pauses == sorted(pauses) and pauses[0] < pauses[-1]
    assert prepare.prepare(asked.pk, at=at)
    row = ROWS.get(pk=asked.pk)
    assert (row.status, row.problem) == ("failed", "EV-ERROR: OSError")
    assert not Document.objects.exists() and not Notice.objects.exists()
    trail = str(list(AuditEvent.objects.values_list("data", flat=True)))
    assert "Test Person" not in trail and "OSError" not in trail  # outsiders get the trail


def test_a_store_that_is_down_leaves_nothing_and_is_tried_again(scene, monkeypatch):
    asked, store, stored = scene.asked(), documents.store, []

    def full_at_the_second(data):
        if stored:
            raise OSError(28, "No space left on device")
        stored.append(store(data))
        return stored[0]

    monkeypatch.setattr(documents, "store", full_at_the_second)
    prepare.prepare(asked.pk, at=now())
    assert not Document.objects.exists() and ROWS.get(pk=asked.pk).status == "requested"
    monkeypatch.setattr(documents, "store", store)
    prepare.prepare(asked.pk, at=now() + timedelta(hours=1))
    assert ROWS.get(pk=asked.pk).status == "ready" and Document.objects.count() == 2


def test_a_language_that_cannot_be_made_keeps_the_others_out_of_the_store(scene, monkeypatch):
    asked, draw, drawn, stored = scene.asked(), sealing.draw_sealed, [], []

    def fail_at_the_second(*args, **kwargs):
        if drawn:
            raise OSError
        drawn.append(draw(*args, **kwargs))
        return drawn[0]

    monkeypatch.setattr(sealing, "draw_sealed", fail_at_the_second)
    monkeypatch.setattr(documents, "store", stored.append)
    prepare.prepare(asked.pk, at=now())
    assert drawn and not stored and ROWS.get(pk=asked.pk).status == "requested"


def test_a_failure_while_filing_leaves_no_half(scene, monkeypatch):
    asked = scene.asked()
    monkeypatch.setattr(actions, "tell_ready", lambda *a, **k: 1 / 0)
    prepare.prepare(asked.pk, at=now())
    assert not Document.objects.exists() and ROWS.get(pk=asked.pk).status == "requested"


def test_a_request_whose_worker_is_killed_each_time_is_left_to_the_staff(scene):
    asked, at = scene.asked(), now()
    for _ in range(prepare.MOST_TRIES):
        assert actions.claim(asked.pk, at=at)
        at += actions.LEASE
    assert prepare.prepare(asked.pk, at=at)
    row = ROWS.get(pk=asked.pk)
    assert row.status == "failed" and row.problem.startswith("EV-LOST")


def test_a_rule_without_an_answer_for_the_cardholder_is_left_to_the_staff(scene, monkeypatch):
    asked = scene.asked()

    def no(*args, **kwargs):
        raise Refused("EV-99", "Never heard of.")

    monkeypatch.setattr(facts, "gather", no)
    prepare.prepare(asked.pk, at=now())
    row = ROWS.get(pk=asked.pk)
    assert (row.status, row.problem) == ("failed", "EV-99: Never heard of.")
