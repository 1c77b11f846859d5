"""A load says how far it is, to the terminal and to the staff pages, and nothing of it can fail."""

import io
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from accounts.feed import run_queries, runs, swap, terminal
from accounts.feed.manifest import Unreadable
from accounts.feed.progress import Progress
from accounts.models import FeedLoad, FeedRun, Posting
from portal.kit.errors import Refused
from tests.accounts.feedbox import NOON, Box, contact, delta, posting


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at


def loaded(box, tmp_path, **options):
    folder = box.write(tmp_path / box.claims["feed_id"])
    return runs.load_feed(folder, by=None, clock=Clock(NOON), **options)


# == what is kept of a load


def test_a_load_is_kept_from_its_first_row_to_its_end(tmp_path, db):
    heard = []

    class Listener(Progress):
        def claimed(self, feed, *, rows):
            heard.append(("claimed", rows))

        def phase(self, name):
            heard.append(name)

        def read(self, rows):
            heard.append(rows)

    report = loaded(Box(), tmp_path, watched_by=Listener())
    kept = FeedRun.objects.get()
    assert (kept.state, kept.phase, kept.folder, kept.feed_id, kept.kind, kept.as_of) == (
        "loaded", "done", "F1", "F1", "full", date(2026, 11, 21))  # fmt: skip
    assert (kept.rows_total, kept.rows_done, kept.rejected, kept.rejects_file) == (14, 14, 0, "")
    assert kept.counts == FeedLoad.objects.get().counts
    assert kept.counts["postings"]["added"] == report.files["postings"].added == 4
    assert [h for h in heard if isinstance(h, str)] == ["rows", "whole", "live"]
    assert ("claimed", 14) in heard and sum(h for h in heard if isinstance(h, int)) == 14


def no_manifest(tmp_path, monkeypatch):
    return tmp_path


def again(tmp_path, monkeypatch):
    loaded(Box(), tmp_path)
    return tmp_path / "F1"


def other_content(tmp_path, monkeypatch):
    loaded(Box(), tmp_path)
    box = Box()
    box.rows["contacts"].append(contact("K2", 1))
    return box.write(tmp_path / "other")


def spoilt(tmp_path, monkeypatch):
    box = Box()
    box.rows["postings"][0] |= {"amount": "1e3", "kind": "gift"}  # one row, two faults
    return box.write(tmp_path / "spoilt")


def faulty(tmp_path, monkeypatch):
    def apply(*args, **named):
        raise RuntimeError("a text with a row in it")

    monkeypatch.setattr(swap, "apply", apply)
    return Box().write(tmp_path / "faulty")


ENDS = [  # how, the error, state, the phase it stopped in, what the message begins with, rejected
    (no_manifest, Unreadable, "unreadable", "claims", "manifest.json: No such", 0),
    (again, None, "known", "done", "", 0),
    (other_content, Refused, "refused", "claims", "FEED-4 Feed F1 was loaded", 0),
    (spoilt, Refused, "refused", "whole", "FEED-2 1 rows rejected.", 1),
    (faulty, RuntimeError, "failed", "live", "RuntimeError", 0),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("how", "error", "state", "phase", "message", "rejected"), ENDS)
def test_each_end_is_kept(tmp_path, monkeypatch, how, error, state, phase, message, rejected):
    folder = how(tmp_path, monkeypatch)
    try:
        runs.load_feed(folder, by=None, clock=Clock(NOON))
    except (Refused, Unreadable, RuntimeError) as raised:
        assert error and isinstance(raised, error)
    else:
        assert error is None
    kept = FeedRun.objects.order_by("-pk")[0]
    assert (kept.state, kept.phase, kept.rejected) == (state, phase, rejected)
    assert kept.message.startswith(message) and "a row in it" not in kept.message
    assert "/" not in kept.message and "see" not in kept.message  # no path of ours
    assert kept.ended_at
    assert bool(run_queries.rejects_file(kept)) == bool(rejected)


@pytest.mark.django_db
def test_each_run_has_a_list_of_rejects_of_its_own(tmp_path):
    for _ in range(2):
        with pytest.raises(Refused):
            loaded(twins(), tmp_path)
    first, second = FeedRun.objects.order_by("pk")
    assert first.rejects_file != second.rejects_file
    assert all(run_queries.first_rejects(run_queries.rejects_file(r)) for r in (first, second))


def twins():
    box = Box()
    box.rows["postings"][1]["posting_ref"] = "P1"
    return box


@pytest.mark.django_db
def test_what_cannot_be_written_fails_no_load(tmp_path, monkeypatch):
    logged = []
    monkeypatch.setattr(runs.log, "warning", lambda text, **named: logged.append(text))

    def broken(*args, **named):
        raise DatabaseError("full")

    monkeypatch.setattr(FeedRun.objects, "filter", broken)
    assert loaded(Box(), tmp_path).outcome == "loaded"
    assert FeedRun.objects.get().state == "running"
    monkeypatch.setattr(FeedRun, "save", broken)
    assert loaded(delta(), tmp_path).outcome == "loaded"
    assert FeedRun.objects.count() == 1
    assert "could not be written" in logged[0]


@pytest.mark.django_db
def test_rows_are_written_once_a_second_and_never_while_the_feed_goes_live(tmp_path):
    clock = Clock(NOON)
    kept = runs.Recorded(tmp_path, by=None, clock=clock)
    kept.phase("rows")
    seen = []
    for step, phase in ((0.4, ""), (0.4, ""), (0.4, ""), (9, "live"), (9, "")):
        clock.at += timedelta(seconds=step)
        if phase:
            kept.phase(phase)
        kept.read(10)
        seen.append(FeedRun.objects.get().rows_done)
    assert seen == [0, 0, 30, 30, 30]
    kept.end("loaded")
    assert FeedRun.objects.get().rows_done == 50


@pytest.mark.django_db
def test_a_file_without_a_header_tells_nobody_of_its_first_person(tmp_path):
    for first, said in (("示例;0-1", "an unknown column (number 1)"), ("thing", "column 'thing'")):
        box = Box()
        box.raw["cardholders"] = f"{first}\nx\n".encode()
        with pytest.raises(Refused) as refusal:
            loaded(box, tmp_path)
        kept = FeedRun.objects.order_by("-pk")[0].message
        assert said in kept and said in str(refusal.value)
        assert "示例" not in kept + str(refusal.value)


@pytest.mark.django_db
def test_what_breaks_an_account_of_the_ledger_counts_once_for_each_account(tmp_path):
    """Its statements stand in no line of the feed; a tolerance of one is not one for all."""
    Box().load(tmp_path)
    for most, live in ((1, False), (2, True)):
        later = delta()
        later.rows["postings"] = [
            posting("Q1", 1, "2026-09-01", "7.00"),
            posting("Q2", 2, "2026-10-01", "7"),
            posting("Q3", 1, "2026-11-01", "7.00"),
            posting("Q4", 1, "2026-10-01", "7.00"),  # another statement of the same account
        ]
        later.rows["contacts"] = [contact("K9", 1)]
        try:
            counts = loaded(later, tmp_path, most_rejects=most).files["postings"]
        except Refused:
            assert not live
        else:
            assert live and (counts.rejected, counts.held, counts.unchanged) == (2, 2, 0)
        kept = FeedRun.objects.order_by("-pk")[0]
        told = run_queries.first_rejects(run_queries.rejects_file(kept))
        assert [(row["line"], row["value"]) for row in told] == [("0", "A1"), ("0", "A2")]
        assert kept.rejected == 2
    assert not Posting.objects.filter(ref__startswith="Q").exists()


@pytest.mark.django_db
def test_a_fault_behind_the_commit_is_only_logged(tmp_path, monkeypatch):
    logged = []
    monkeypatch.setattr(swap.log, "warning", lambda text, **named: logged.append(text))
    monkeypatch.setattr(swap, "connection", SimpleNamespace(vendor="postgresql"))

    def broken(*args):
        raise DatabaseError("canceled")

    monkeypatch.setattr(swap, "run", broken)
    swap.tell_planner(swap.Report("F1", "loaded", {"postings": swap.Counts(rows=1, added=1)}))
    assert "is live" in logged[0]


# == the terminal

FAR = [  # rows done, rows claimed, seconds → what is said
    (0, 100, 0.0, "0 of 100 rows (0 %)"),
    (50, 100, 0.5, "50 of 100 rows (50 %)"),
    (250_000, 1_000_000, 10.0, "250,000 of 1,000,000 rows (25 %), 25,000 rows/s, 30 s left"),
    (1_000, 1_000_000, 10.0, "1,000 of 1,000,000 rows (0 %), 100 rows/s, 2 h 46 min left"),
    (9_000, 20_000, 90.0, "9,000 of 20,000 rows (45 %), 100 rows/s, 1 min 50 s left"),
    (120, 100, 2.0, "120 rows, 60 rows/s, 0 s left"),
]


@pytest.mark.parametrize(("done", "total", "seconds", "said"), FAR)
def test_how_far_it_is(done, total, seconds, said):
    assert terminal.amount(done, total, seconds) == said


class Screen(io.StringIO):
    def __init__(self, tty):
        super().__init__()
        self.tty = tty

    def isatty(self):
        return self.tty


@pytest.mark.parametrize("tty", [True, False])
def test_a_terminal_renews_one_line_and_a_mail_gets_a_line_each_ten_seconds(tty):
    clock, out = Clock(100.0), Screen(tty)
    shown = terminal.Terminal(out, clock=clock)
    shown.claimed(None, rows=1000)
    shown.phase("rows")
    for _ in range(21):
        clock.at += 1
        shown.read(10)
    shown.close()
    lines = [text for text in out.getvalue().split(terminal.CLEAR if tty else "\n") if text]
    assert len(lines) == (22 if tty else 2)
    assert ("\n" in out.getvalue()) != tty
    assert lines[-1].startswith("reading the rows: 2")
    assert out.getvalue().endswith(terminal.CLEAR if tty else "left\n")


def test_a_terminal_that_went_away_stops_nothing():
    out = Screen(True)
    shown = terminal.Terminal(out, clock=Clock(0.0))
    out.close()
    for name in ("rows", "whole", "live"):
        shown.phase(name)
        shown.read(1)
    shown.close()


@pytest.mark.django_db
def test_the_command_keeps_its_run_and_says_progress_apart(tmp_path):
    out, err = io.StringIO(), Screen(True)
    call_command("import_feed", Box().write(tmp_path / "F1"), stdout=out, stderr=err)
    assert "reading the rows" in err.getvalue() and "reading" not in out.getvalue()
    assert FeedRun.objects.get().state == "loaded"
    with pytest.raises(CommandError):
        call_command("import_feed", tmp_path / "none", stdout=out, stderr=Screen(False))
    assert FeedRun.objects.filter(state="unreadable").count() == 1
