"""A feed is visible as a whole or not at all, once, and never rewrites what is append-only."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.feed import stage, swap
from accounts.models import CardAccount, Cardholder, FeedLoad, OverdueRecord, Posting, Statement
from portal.kit.errors import Refused
from portal.records.models import AuditEvent
from tests.accounts.feedbox import (
    Box,
    account,
    contact,
    delta,
    holder,
    ledger,
    posting,
    record,
    statement,
)

pytestmark = pytest.mark.django_db


def versions():
    return dict(CardAccount.objects.order_by("ref").values_list("ref", "version"))


def test_one_feed_load_and_one_audit_event_are_written(tmp_path):
    Box().load(tmp_path)
    event = AuditEvent.objects.get()
    assert (event.subject, event.verb, event.actor) == (
        "accounts.feedload:F1", "feed.loaded", "system")  # fmt: skip
    assert FeedLoad.objects.get().counts["postings"]["added"] == 4


def test_the_same_feed_again_is_a_no_op(tmp_path):
    Box().load(tmp_path)
    before = ledger()
    report = Box().load(tmp_path)
    assert report.outcome == "already loaded"
    assert report.files["postings"].unchanged == 4
    assert ledger() == before
    assert AuditEvent.objects.count() == 1


def test_the_same_feed_id_with_other_content_is_refused(tmp_path):
    Box().load(tmp_path)
    box = Box()
    box.rows["contacts"].append(contact("K2", 1))
    with pytest.raises(Refused, match="other content"):
        box.load(tmp_path)


def test_an_older_feed_is_refused_and_one_of_the_same_day_is_not(tmp_path):
    """FCSV-29."""
    Box().load(tmp_path)
    with pytest.raises(Refused, match="older"):
        delta("F0", as_of="2026-11-20").load(tmp_path)
    assert delta("F2").load(tmp_path).outcome == "loaded"


def test_an_unchanged_full_feed_changes_only_the_day(tmp_path):
    Box(as_of="2026-11-20").load(tmp_path)
    before = ledger()
    report = Box(feed_id="F2").load(tmp_path)
    assert all(c.unchanged == c.rows for c in report.files.values())
    assert set(CardAccount.objects.values_list("as_of", flat=True)) == {date(2026, 11, 21)}
    assert versions() == {"A1": 1, "A2": 1}
    CardAccount.objects.update(as_of="2026-11-20")
    assert ledger()[:-1] == before[:-1]


def test_a_check_loads_nothing(tmp_path):
    assert Box().load(tmp_path, only_check=True).outcome == "checked"
    assert not FeedLoad.objects.exists()
    assert not Cardholder.objects.exists()


CHANGES = [  # what a delta brings, and whether the account's version rises
    ("postings", posting("P9", 1, "2026-11-01", "5.00"), True),
    ("statements", statement(1, "2026-11-20", "75.50", "76.50"), True),
    ("statements", statement(1, "2026-10-20", "105.00", "75.50", minimum_due="9.00"), True),
    ("card_accounts", account(1, daily_rate="0.0004"), True),
    ("card_accounts", account(1, held_by="AG1"), True),
    ("card_accounts", account(1), False),
    ("statements", statement(1, "2026-10-20", "105.00", "75.50"), False),
    ("postings", posting("P1", 1, "2026-09-20", "100.00"), False),
    ("overdue_records", record(1, "2026-10", "3.00"), False),
    ("contacts", contact("K9", 1), False),
]


@pytest.mark.parametrize(("file", "row", "raised"), CHANGES)
def test_the_version_rises_where_ledger_or_terms_change(tmp_path, file, row, raised):
    """FEED-05 and FEED-06 rest on this: an offer names the version it was made from."""
    Box(as_of="2026-11-20").load(tmp_path)
    later = delta()
    later.rows[file] = [row]
    if file == "card_accounts":
        later.rows["cardholders"] = [holder(1)]
    later.load(tmp_path)
    assert versions() == {"A1": 1 + raised, "A2": 1}
    assert CardAccount.objects.get(ref="A1").as_of == date(2026, 11, 21)
    assert CardAccount.objects.get(ref="A2").as_of == date(2026, 11, 20)


def test_a_changed_statement_is_updated_in_place(tmp_path):
    Box().load(tmp_path)
    later = delta()
    later.rows["statements"] = [statement(1, "2026-10-20", "105.00", "75.50", minimum_due="9.00")]
    assert later.load(tmp_path).files["statements"].changed == 1
    assert str(Statement.objects.get(account__ref="A1", statement_on="2026-10-20").minimum_due) == (
        "9.00"
    )


def test_only_a_changed_person_is_encrypted_anew(tmp_path):
    Box().load(tmp_path)
    before = dict(Cardholder.objects.values_list("ref", "sealed_person"))
    later = delta()
    later.rows["cardholders"] = [holder(1), holder(2, mobile="+12025550100")]
    report = later.load(tmp_path)
    after = dict(Cardholder.objects.values_list("ref", "sealed_person"))
    assert (report.files["cardholders"].changed, report.files["cardholders"].unchanged) == (1, 1)
    assert after["C1"] == before["C1"]
    assert after["C2"] != before["C2"]
    assert Cardholder.objects.get(ref="C2").person.mobile == "+12025550100"


CONFLICTS = [
    ("postings", posting("P1", 1, "2026-09-20", "100.01"), "known with other content"),
    ("postings", posting("P1", 1, "2026-09-20", "100.00", merchant="X"), "known with other"),
    ("postings", posting("P1", 2, "2026-09-20", "100"), "known with other content"),
    ("postings", posting("P9", 1, "2026-10-01", "1.00"), "do not make it"),
    ("postings", posting("P9", 2, "2026-11-01", "5.00"), "0 places of JPY"),
    ("statements", statement(1, "2026-10-20", "105.00", "75.51"), "do not make it"),
    ("statements", statement(1, "2026-11-20", "75.00", "76.00"), "closing balance before"),
    ("contacts", contact("K1", 1, outcome="promise"), "known with other content"),
    ("overdue_records", record(1, "2026-09", "9.00"), "not reported later"),
    ("overdue_records", record(1, "2026-09", "9.00", reported_on=""), "not reported later"),
]


@pytest.mark.parametrize(("file", "row", "reason"), CONFLICTS)
def test_what_contradicts_the_ledger_is_rejected(tmp_path, settings, file, row, reason):
    Box().load(tmp_path)
    before = ledger()
    later = delta()
    later.rows[file] = [row]
    with pytest.raises(Refused):
        later.load(tmp_path)
    assert reason in (settings.VAR_DIR / "feeds" / "F2" / "rejects.csv").read_text()
    assert ledger() == before


def test_a_later_report_makes_a_new_version_that_stays_disputed(tmp_path):
    Box().load(tmp_path)
    OverdueRecord.objects.filter(account__ref="A1").update(disputed=True)
    later = delta()
    later.rows["overdue_records"] = [record(1, "2026-09", "0.00", reported_on="2026-11-01")]
    assert later.load(tmp_path).files["overdue_records"].changed == 1
    rows = OverdueRecord.objects.filter(account__ref="A1").order_by("version")
    assert [(r.version, str(r.overdue_amount), r.disputed) for r in rows] == [
        (1, "10.00", True), (2, "0.00", True)]  # fmt: skip
    again = delta("F3")
    again.rows["overdue_records"] = later.rows["overdue_records"]
    assert again.load(tmp_path).files["overdue_records"].unchanged == 1


def test_a_correction_comes_as_a_posting_that_reverses(tmp_path):
    Box().load(tmp_path)
    later = delta()
    later.rows["postings"] = [
        posting("P9", 1, "2026-11-01", "-100.00", kind="reversal", reverses="P1")
    ]
    later.load(tmp_path)
    assert Posting.objects.get(ref="P9").reverses == "P1"


def test_an_account_absent_from_a_full_feed_is_closed_and_comes_back(tmp_path):
    Box(as_of="2026-11-19").load(tmp_path)
    less = Box(feed_id="F2", as_of="2026-11-20")
    for name, rows in less.rows.items():
        less.rows[name] = [row for row in rows if row.get("account_ref") != "A2"]
    assert less.load(tmp_path).closed == 1
    assert CardAccount.objects.get(ref="A2").closed_by_feed
    assert CardAccount.objects.get(ref="A2").as_of == date(2026, 11, 19)
    assert versions() == {"A1": 1, "A2": 2}
    assert Posting.objects.filter(account__ref="A2").count() == 1
    Box(feed_id="F3").load(tmp_path)
    assert not CardAccount.objects.get(ref="A2").closed_by_feed
    assert versions() == {"A1": 1, "A2": 3}


def test_a_delta_closes_nothing(tmp_path):
    Box().load(tmp_path)
    delta().load(tmp_path)
    assert not CardAccount.objects.filter(closed_by_feed=True).exists()


def test_a_full_feed_that_lacks_half_the_accounts_waits_for_a_person(tmp_path):
    """FEED-07."""
    many = Box()
    many.rows["card_accounts"] += [account(n, cardholder_ref="C1") for n in range(3, 31)]
    many.load(tmp_path)
    with pytest.raises(Refused, match="28 of 30 accounts are absent"):
        Box(feed_id="F2").load(tmp_path)
    assert not CardAccount.objects.filter(closed_by_feed=True).exists()


STEPS = ["_people", "_accounts", "_statements", "_append", "_record"]


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_anywhere_leaves_the_last_feed_live(tmp_path, monkeypatch, step):
    Box(as_of="2026-11-20").load(tmp_path)
    before = ledger()
    later = Box(feed_id="F2")
    later.rows["postings"].append(posting("P9", 1, "2026-11-01", "5.00"))
    right = getattr(swap, step)

    def break_after(*args, **named):
        right(*args, **named)
        raise OSError("the power went")

    with monkeypatch.context() as fault:
        fault.setattr(swap, step, break_after)
        with pytest.raises(OSError, match="power"):
            later.load(tmp_path)
    assert ledger() == before
    assert later.load(tmp_path).outcome == "loaded"
    assert Posting.objects.filter(ref="P9").count() == 1


def test_a_feed_that_went_live_meanwhile_stops_this_one(tmp_path, monkeypatch):
    right = swap.mention

    def another_first(feed):
        right(feed)
        FeedLoad.objects.create(
            feed_id="other", kind="delta", institution="DEMO", as_of="2026-11-21",
            manifest_sha256="", loaded_at="2026-11-22T00:00Z", counts={},
        )  # fmt: skip

    monkeypatch.setattr(swap, "mention", another_first)
    with pytest.raises(Refused, match="meanwhile"):
        Box().load(tmp_path)
    assert not Cardholder.objects.exists()


def test_nothing_of_a_run_stays_on_the_connection(tmp_path):
    Box().load(tmp_path)
    with connection.cursor() as cursor:
        for table in ("feed_cardholders", "feed_postings_new", "feed_held"):
            assert table not in connection.introspection.table_names(cursor)
    stage.drop()


def test_the_command_says_a_line_for_each_file(tmp_path):
    folder = Box().write(tmp_path / "F1")
    out = StringIO()
    call_command("import_feed", folder, stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[3] == "postings: 4 rows, 4 added, 0 changed, 0 unchanged, 0 rejected"
    assert lines[6].startswith("total: 14 rows as the manifest says, and all control totals; ")
    assert lines[7] == "F1: loaded"


def test_the_command_exits_1_and_counts_when_rows_are_rejected(tmp_path):
    box = Box()
    box.rows["postings"][0]["kind"] = "gift"
    out = StringIO()
    with pytest.raises(CommandError, match=r"1 rows? rejected") as refusal:
        call_command("import_feed", box.write(tmp_path / "F1"), stdout=out)
    assert refusal.value.returncode == 1
    assert "postings: 4 rows, 1 added, 0 changed, 0 unchanged, 1 rejected, 2 held back" in (
        out.getvalue()
    )


def test_memory_of_twins_across_chunks_is_the_database(tmp_path, monkeypatch):
    """A key that stands again thousands of rows later, in another chunk, is found all the same."""
    monkeypatch.setattr("accounts.feed.reader.BLOCK", 100)
    box = Box()
    box.rows["contacts"] = [contact(f"K{n}", 1) for n in range(20)] + [contact("K0", 1)]
    with pytest.raises(Refused):
        box.load(tmp_path)
    box.rows["contacts"].pop()
    assert box.load(tmp_path).files["contacts"].added == 20
