"""What a feed's rows may say: the cases of the design's bad inputs, on the six files."""

import csv
import gzip

import pytest
from django.conf import settings

from accounts.models import CardAccount, Cardholder, ContactAttempt, Posting
from portal.kit.errors import Refused
from tests.accounts.feedbox import Box, account, contact, delta, holder, ledger, posting

pytestmark = pytest.mark.django_db


def rejects(feed_id="F1"):
    path = settings.VAR_DIR / "feeds" / feed_id / "rejects.csv"
    return list(csv.DictReader(path.open(encoding="utf-8")))


def refused(box, tmp_path):
    """Load, expect a refusal and an untouched ledger."""
    before = ledger()
    with pytest.raises(Refused) as refusal:
        box.load(tmp_path)
    assert ledger() == before
    return str(refusal.value)


def test_a_good_feed_loads(tmp_path):
    report = Box().load(tmp_path)
    assert report.outcome == "loaded"
    assert [c.added for c in report.files.values()] == [2, 2, 3, 4, 2, 1]
    person = Cardholder.objects.get(ref="C1").person
    assert (person.full_name, str(person.date_of_birth)) == ("示例1", "1990-01-02")
    assert str(ContactAttempt.objects.get().at) == "2026-10-05 01:30:00+00:00"
    assert str(CardAccount.objects.get(ref="A2").credit_limit) == "300000.00"


def test_a_person_is_not_readable_in_the_ledger(tmp_path):
    Box().load(tmp_path)
    assert "示例" not in str(ledger())


ACCEPTED = {
    "FCSV-01 baseline": lambda text: text.encode(),
    "FCSV-02 byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "FNDJ-10 empty lines at the end": lambda text: (text + "\n\n").encode(),
    "no newline at the end": lambda text: text.rstrip("\n").encode(),
    "FCSV-16 columns in another order": lambda text: reordered(text).encode(),
    "optional column absent": lambda text: text.replace(",reverses", "")
    .replace(",\n", "\n")
    .encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "two gzip members": lambda text: gzip.compress(text[:50].encode()) + gzip.compress(
        text[50:].encode()),
}  # fmt: skip


def reordered(text):
    rows = [line.split(",") for line in text.splitlines()]
    return "\n".join(",".join(reversed(row)) for row in rows) + "\n"


@pytest.mark.parametrize("case", list(ACCEPTED))
def test_a_file_is_taken_as_banks_write_it(tmp_path, case):
    box = Box()
    box.raw["postings"] = ACCEPTED[case](box.text("postings"))
    assert box.load(tmp_path).files["postings"].added == 4


def test_gb18030_is_read_when_the_manifest_says_so(tmp_path):
    """FCSV-03, the good half: with the four-byte characters that gbk cannot read."""
    box = Box(encoding="gb18030")
    box.rows["cardholders"][0]["full_name"] = "䶮𠮷"
    box.load(tmp_path)
    assert Cardholder.objects.get(ref="C1").person.full_name == "䶮𠮷"


def test_another_encoding_is_never_guessed(tmp_path):
    """FCSV-03."""
    box = Box()
    box.raw["cardholders"] = box.text("cardholders").encode("gb18030")
    assert "is not utf-8" in refused(box, tmp_path)


def test_text_that_looks_like_a_formula_is_text(tmp_path):
    """FCSV-34."""
    box = Box()
    box.rows["cardholders"].append(holder(3, cardholder_ref="=cmd|x"))
    box.load(tmp_path)
    assert Cardholder.objects.filter(ref="=cmd|x").exists()


WHOLE = {
    "FCSV-15 column twice": (lambda t: t.replace("merchant", "channel", 1), "names a column twice"),
    "FCSV-17 column missing": (lambda t: t.replace("kind,", "", 1), "lacks the column kind"),
    "unknown column": (lambda t: t.replace("merchant", "shop", 1), "unknown column 'shop'"),
    "no header": (lambda t: "", "lacks the column"),
    "FCSV-35 field too large": (lambda t: t.replace("P1,", "P1" + "x" * 200_000 + ","), "not CSV"),
    "line without end": (lambda t: t.replace("P1,", "P1" + "x" * 300_000 + ","), "not CSV"),
    "lone CR": (lambda t: t.replace("\nP2", "\rP2"), "not CSV"),
    "quote not closed": (lambda t: t.replace("P2", '"P2'), "not CSV"),
    "text after a quote": (lambda t: t.replace("P2", '"P"2'), "not CSV"),
}


@pytest.mark.parametrize("case", list(WHOLE))
def test_a_file_that_is_not_such_a_table_is_refused_whole(tmp_path, case):
    spoil, reason = WHOLE[case]
    box = Box()
    box.raw["postings"] = spoil(box.text("postings")).encode()
    assert reason in refused(box, tmp_path)


LINES = {
    "FCSV-08 truncated last row": lambda t: t.rstrip("\n").rsplit(",", 3)[0],
    "FCSV-09 too many columns": lambda t: t.replace("P2,", "P2,extra,"),
    "FCSV-23 comma not quoted": lambda t: t.replace(",900,", ",1,000.00,"),
    "FCSV-14 key twice, other amount": lambda t: t.replace("P2,", "P1,"),
    "NUL": lambda t: t.replace("P2,", "P\x002,"),
}


@pytest.mark.parametrize("case", list(LINES))
def test_a_spoilt_line_is_rejected_with_its_place(tmp_path, case):
    box = Box()
    box.raw["postings"] = LINES[case](box.text("postings")).encode()
    refused(box, tmp_path)
    assert {row["file"] for row in rejects()} <= {"postings.csv", "statements.csv"}
    line = {"FCSV-08": "5", "FCSV-23": "5"}.get(case[:7], "3")
    assert ("postings.csv", line) in {(r["file"], r["line"]) for r in rejects()}


CELLS = [  # file, row, column, value, part of the reason
    ("card_accounts", 0, "currency", "RMB", "currency"),  # FCSV-21
    ("card_accounts", 1, "currency", "CNY", "2 places of CNY"),  # FCSV-20, by its places
    ("postings", 0, "amount", "1e3", "plain decimal"),  # FCSV-22, FNDJ-04
    ("postings", 0, "amount", "NaN", "plain decimal"),
    ("postings", 0, "amount", "1_000.00", "plain decimal"),
    ("postings", 0, "amount", "١٢٣.00", "plain decimal"),
    ("postings", 0, "amount", ".50", "plain decimal"),
    ("postings", 0, "amount", "+1.00", "plain decimal"),
    ("postings", 0, "amount", " 1.00", "plain decimal"),
    ("postings", 0, "amount", "¥1.00", "plain decimal"),
    ("postings", 0, "amount", "-0.00", "minus zero"),
    ("postings", 0, "amount", "1.0", "2 places"),
    ("postings", 0, "amount", "1.005", "2 places"),
    ("postings", 3, "amount", "900.00", "0 places of JPY"),
    ("postings", 0, "amount", "999999999999.00", "plain decimal"),
    ("postings", 0, "amount", "", "is empty"),
    ("postings", 0, "kind", "gift", "not one of"),
    ("postings", 0, "kind", "Purchase", "not one of"),
    ("postings", 0, "posted_on", "2026-02-30", "calendar"),
    ("postings", 0, "posted_on", "01/02/2026", "YYYY-MM-DD"),
    ("postings", 0, "posted_on", "2026-11-22", "is after 2026-11-21"),
    ("postings", 0, "posted_on", "0001-01-01", "before 1900"),
    ("postings", 0, "posting_ref", "\u202eP1", "control or direction"),  # FCSV-40
    ("postings", 0, "posting_ref", "P\x1b1", "control or direction"),
    ("postings", 0, "posting_ref", "\u3164", "cannot have|seen"),
    ("postings", 0, "posting_ref", "P 1 ", "cannot have"),
    ("postings", 0, "posting_ref", "P" * 61, "longer than 60"),
    ("postings", 0, "posting_ref", "", "is empty"),  # FNDJ-12
    ("postings", 0, "account_ref", "A9", "no such account"),
    ("postings", 0, "reverses", "P9", "no such posting"),
    ("postings", 0, "reverses", "P4", "no such posting of the same account"),
    ("postings", 0, "reverses", "P1", "the posting itself"),
    ("postings", 0, "description", "a\x07b", "control"),
    ("cardholders", 0, "full_name", "\u3164", "seen"),
    ("cardholders", 0, "id_type", "driver", "not one of"),
    ("cardholders", 0, "date_of_birth", "2027-01-01", "is after"),
    ("cardholders", 0, "mobile", "13800000000", "a number as"),
    ("cardholders", 0, "email", "a@b", "e-mail"),
    ("cardholders", 0, "email", "ä@example.com", "e-mail"),
    ("cardholders", 0, "language", "fr", "not one of"),
    ("card_accounts", 0, "account_ref", "A/1", "address"),
    ("card_accounts", 0, "account_ref", "..", "address"),
    ("card_accounts", 0, "cardholder_ref", "C9", "no such cardholder"),
    ("card_accounts", 0, "card_last4", "1234567812345678", "four figures"),
    ("card_accounts", 0, "credit_limit", "-1.00", "below zero"),
    ("card_accounts", 0, "statement_day", "32", "from 1 to 31"),
    ("card_accounts", 0, "statement_day", "1.0", "whole number"),
    ("card_accounts", 0, "daily_rate", "1.5", "rate"),
    ("card_accounts", 0, "daily_rate", "0.000000001", "rate"),
    ("card_accounts", 0, "interest_basis", "half", "not one of"),
    ("card_accounts", 0, "status", "lost", "not one of"),
    ("card_accounts", 0, "held_by", "An agency", "agency's code"),
    ("statements", 0, "due_on", "2026-09-19", "before the statement"),
    ("statements", 0, "minimum_due", "-1.00", "below zero"),
    ("statements", 0, "minimum_due", "1.000", "other places"),
    ("statements", 0, "closing_balance", "104.00", "do not make it"),
    ("statements", 1, "opening_balance", "100.00", "not the closing balance before"),
    ("overdue_records", 0, "period", "2026-13", "YYYY-MM"),
    ("overdue_records", 0, "period", "2026-12", "is after"),
    ("overdue_records", 0, "days_past_due", "-1", "whole number"),
    ("overdue_records", 0, "reported_code", "overdue", "bureau's code"),
    ("overdue_records", 0, "overdue_amount", "-1.00", "below zero"),
    ("contacts", 0, "at", "2026-10-05T09:30:00", "time as"),
    ("contacts", 0, "at", "2026-10-05 09:30:00+08:00", "time as"),
    ("contacts", 0, "at", "2026-12-05T09:30:00+08:00", "is after"),
    ("contacts", 0, "at", "2026-10-05T24:30:00+08:00", "calendar"),
    ("contacts", 0, "channel", "fax", "not one of"),
]


@pytest.mark.parametrize(("file", "row", "column", "value", "reason"), CELLS)
def test_a_wrong_cell_is_rejected_and_nothing_is_loaded(tmp_path, file, row, column, value, reason):
    box = Box()
    box.rows[file][row][column] = value
    refused(box, tmp_path)
    found = [r for r in rejects() if any(part in r["reason"] for part in reason.split("|"))]
    assert found, rejects()
    assert found[0]["file"] == f"{file}.csv"


def test_an_account_of_a_later_feed_keeps_its_currency_and_its_owner(tmp_path):
    """FCSV-20."""
    Box().load(tmp_path)
    later = delta()
    later.rows["card_accounts"] = [account(1, currency="USD"), account(2, cardholder_ref="C1",
                                   currency="JPY", credit_limit="300000")]  # fmt: skip
    refused(later, tmp_path)
    reasons = {(r["line"], r["reason"]) for r in rejects("F2")}
    assert ("2", "the account has another currency") in reasons
    assert ("3", "the account belongs to another cardholder") in reasons


def test_a_personal_value_is_withheld_and_a_formula_made_safe(tmp_path):
    box = Box()
    box.rows["cardholders"][0]["email"] = "secret@nowhere"
    box.rows["postings"][0]["kind"] = "=HYPERLINK(1)"
    refused(box, tmp_path)
    by_column = {row["column"]: row["value"] for row in rejects()}
    assert by_column["email"] == "(withheld, 14 characters)"
    assert by_column["kind"] == "'=HYPERLINK(1)"


def test_a_hundred_thousand_twins_end_in_a_capped_report(tmp_path):
    """FCSV-36."""
    box = Box()
    box.rows["contacts"] = [contact("K1", 1)] * 100_000
    assert "Stopped after 10000 rejects" in refused(box, tmp_path)
    assert len(rejects()) == 10_000


def test_a_gzip_bomb_is_stopped_while_it_inflates(tmp_path):
    """FCSV-37."""
    box = Box()
    box.raw["postings"] = gzip.compress(box.text("postings").encode() + b"\n" * 5_000_000)
    assert "inflates to more than" in refused(box, tmp_path)


def test_a_tolerance_leaves_the_accounts_of_rejects_as_they_were(tmp_path):
    box = Box()
    box.rows["postings"][0]["kind"] = "gift"
    report = box.load(tmp_path, most_rejects=1)
    assert report.outcome == "loaded"
    assert list(CardAccount.objects.values_list("ref", flat=True)) == ["A2"]
    assert list(Posting.objects.values_list("ref", flat=True)) == ["P4"]
    assert report.files["postings"].rejected == 1
    assert report.files["statements"].held == 2


def test_with_a_tolerance_a_known_account_keeps_its_last_good_state(tmp_path):
    Box().load(tmp_path)
    before = ledger()
    later = Box(feed_id="F2")
    later.rows["card_accounts"][0]["status"] = "lost"
    later.rows["postings"].append(posting("P5", 1, "2026-10-22", "1.00"))
    later.load(tmp_path, most_rejects=1)
    assert ledger()[:-1] == before[:-1]
