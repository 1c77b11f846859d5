"""The outbox as files: each event once and in order, whatever is killed where."""

import hashlib
import json
import threading
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from portal.records import outbox, outbox_files
from portal.records.models import OutboxEvent, OutboxExport

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


def publish(n=1, **changes):
    facts = {"account_ref": "AC1", "at": NOON, "data": {"名": "¥12.50"}} | changes
    return [outbox.publish("collection.hold", **facts) for _ in range(n)]


def run(folder, **options):
    out = StringIO()
    call_command("export_outbox", folder, stdout=out, **options)
    return out.getvalue()


def rows(folder):
    found = []
    for path in sorted(folder.glob("*.manifest.json")):  # as the bank reads: by manifest
        manifest = json.loads(path.read_text())
        data = (folder / manifest["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == manifest["sha256"]
        lines = [json.loads(line) for line in data.splitlines()]
        assert manifest["rows"] == len(lines)
        seqs = [line["seq"] for line in lines]
        assert (manifest["first_seq"], manifest["last_seq"]) == (seqs[0], seqs[-1])
        found += lines
    return found


def test_events_are_written_as_the_bank_reads_them(tmp_path):
    (event,) = publish()
    said = run(tmp_path)
    (line,) = rows(tmp_path)
    assert line == {
        "seq": event.seq, "event_id": str(event.event_id), "at": "2026-11-22T09:30:00+08:00",
        "type": "collection.hold", "account_ref": "AC1", "data": {"名": "¥12.50"},
    }  # fmt: skip
    export = OutboxExport.objects.get()
    assert (export.first_seq, export.last_seq, export.rows) == (event.seq, event.seq, 1)
    assert export.sha256 in said and export.name in said


def test_each_run_takes_what_is_new_and_nothing_twice(tmp_path):
    first = publish(3)
    run(tmp_path)
    assert run(tmp_path) == "Nothing new.\n"
    second = publish(2)
    run(tmp_path)
    assert [row["seq"] for row in rows(tmp_path)] == [e.seq for e in first + second]
    assert OutboxExport.objects.count() == 2
    assert not list(tmp_path.glob(".partial-*"))


@pytest.mark.parametrize("step", ["_lines", "_whole", "finish"])
def test_a_run_that_dies_is_done_again_under_the_same_name(tmp_path, monkeypatch, step):
    """Killed with the range named, with half a file, or with both files there and no record."""
    events = publish(2)
    if step == "finish":

        def die(*a, **k):
            real(*a, **k)
            raise KeyboardInterrupt

        real = outbox_files._write
        monkeypatch.setattr(outbox_files, "_write", die)
    else:
        monkeypatch.setattr(outbox_files, step, lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    monkeypatch.undo()
    assert outbox_files.sent_up_to() == 0  # nothing counts as sent yet
    before = {path.name: path.read_bytes() for path in tmp_path.glob("outbox-*")}
    events += publish(1)  # what comes meanwhile goes into a file of its own
    run(tmp_path)
    assert [row["seq"] for row in rows(tmp_path)] == [event.seq for event in events]
    assert [e.rows for e in OutboxExport.objects.order_by("first_seq")] == [2, 1]
    for name, data in before.items():
        assert (tmp_path / name).read_bytes() == data
    assert not list(tmp_path.glob(".partial-*"))


def test_what_was_lost_is_written_again_with_the_same_ids(tmp_path):
    old = publish(4)
    run(tmp_path)
    sent = {row["seq"]: row["event_id"] for row in rows(tmp_path)}
    for path in tmp_path.iterdir():
        path.unlink()
    (new,) = publish()
    run(tmp_path, after=old[1].seq)
    assert [row["seq"] for row in rows(tmp_path)] == [old[2].seq, old[3].seq, new.seq]
    assert all(sent[row["seq"]] == row["event_id"] for row in rows(tmp_path)[:2])
    assert OutboxExport.objects.count() == 2  # the repetition is no export of its own


def test_nothing_between_is_left_out(tmp_path):
    events = publish(3)
    with pytest.raises(CommandError, match="nothing was handed over"):
        run(tmp_path, after=events[0].seq)
    assert not list(tmp_path.iterdir()) and not OutboxExport.objects.exists()


def test_a_folder_that_is_not_there_is_said(tmp_path):
    publish()
    with pytest.raises(CommandError, match="no such folder"):
        run(tmp_path / "away")


def test_an_unknown_type_is_refused():
    with pytest.raises(KeyError):
        outbox.publish("whim", account_ref="A", at=NOON, data={})


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
def test_no_event_becomes_visible_behind_a_later_one(tmp_path):
    """A slow transaction has the lower seq: the quick one waits, so an export cannot skip it."""
    slow_has_it, go_on = threading.Event(), threading.Event()
    quick_done = threading.Event()

    def slow():
        with transaction.atomic():
            publish()
            slow_has_it.set()
            go_on.wait(20)
        connection.close()

    def quick():
        publish()
        quick_done.set()
        connection.close()

    threads = [threading.Thread(target=slow), threading.Thread(target=quick)]
    threads[0].start()
    assert slow_has_it.wait(20)
    threads[1].start()
    assert not quick_done.wait(0.3)  # without the lock it is there now, and the slow one is not
    assert run(tmp_path) == "Nothing new.\n"
    go_on.set()
    for thread in threads:
        thread.join(20)
    run(tmp_path)
    written = [row["seq"] for row in rows(tmp_path)]
    assert written == list(OutboxEvent.objects.order_by("seq").values_list("seq", flat=True))
    assert len(written) == 2
