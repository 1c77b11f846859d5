"""What the fast ways of a load must not change: what is taken, what is refused, what stays on."""

import json
import re
from dataclasses import asdict
from datetime import date

import pytest
from django.db import connection

from accounts.feed import plain, rebuild, rows, sealed, values
from accounts.feed.rows import Money
from accounts.models import Cardholder, Person, Posting
from portal.kit.errors import Refused
from tests.accounts.feedbox import Box, contact, delta, ledger, posting
from tests.accounts.test_feed_rows import rejects

SPECS = rows.specs(date(2026, 11, 21))
CELLS = [
    "", " ", "a", "a b", "a ", " a", "a,b", "a, b", "a/b", "..", ".a", "a\\b", "A" * 41, "B" * 201,
    "示例", "示\u3000例", "\u3164", "a\u3164", "a\u00ad", "\u202ea", "a\x00", "a\tb", "a\x7f", "é",
    "0", "-0", "-0.0", "-0.00", "0.00", "-0.01", "00", "01.00", "1.", ".5", "1.5", "1.50", "1.505",
    "1.5050", "-1.50", "+1", "1e3", "1,000.00", "1,2", "99999999999.99", "100000000000.00", "NaN",
    "１.00",
]  # fmt: skip


@pytest.mark.parametrize("name", list(SPECS))
def test_a_whole_column_is_never_taken_where_a_cell_of_it_is_not(name):
    """The look at all cells at once may say no to good ones, never yes to one that is wrong."""
    for column in SPECS[name].columns:
        for cell in CELLS:
            for cells in ([cell], ["A1", cell], [cell, "A1"], ["A1", cell, "A2"]):
                if isinstance(column, Money):
                    amounts = ["7.00" if c in ("A1", "A2") else c for c in cells]
                    found = plain.money(amounts, negative=column.negative)
                    if found:
                        each = [values.money(c, negative=column.negative) for c in amounts]
                        assert [(int(a), p) for a, p in zip(*found, strict=True)] == [
                            (int(a), p) for a, p in each], (column.name, amounts)  # fmt: skip
                elif column.looks and column.looks(cells):
                    for one in filter(None, cells):
                        assert column.parse(one) == one, (column.name, one)


def test_plain_columns_are_taken_as_they_are():
    """Or the look at all cells at once would be for nothing."""
    assert plain.key(40, in_address=True)(["A1", "A-2"])
    assert plain.text(40)(["Sample shop", "", "示例商店"])
    assert plain.money(["1.00", "-2.50"], negative=True) == (["1000", "-2500"], ["2", "2"])
    assert plain.money(["900", "1.5"], negative=True) == (["900000", "1500"], ["0", "1"])


def test_a_person_is_sealed_as_everywhere():
    """Its text is what the fingerprint is of: another byte, and every person has changed."""
    people = [
        ("示例", "other", "0", "1990-01-02", "", "a@example.com", ""),
        ("%s", "other", 'a "b" \\', "1990-01-02", ", ", '", "', "{}"),
    ]
    cells = dict(zip(sealed.FACTS, map(list, zip(*people, strict=True)), strict=True))
    known = [
        json.dumps(asdict(Person(*facts)), default=str, ensure_ascii=False, sort_keys=True)
        for facts in people
    ]
    assert list(sealed.texts(cells)) == known
    assert [Person(*facts).to_json() for facts in people] == known


INDEXES = (
    "SELECT indexdef FROM pg_indexes WHERE tablename ~ '^accounts_(card|post|stat|over|contact)'",
    "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid::regclass::text ~ '^accounts_(card|post|stat|over|contact)'",
)


def guards():
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        found = []
        for sql in INDEXES:
            cursor.execute(sql)
            found += sorted(row[0] for row in cursor.fetchall())
    return found


@pytest.mark.django_db(transaction=True)
def test_a_first_load_leaves_every_index_and_key_behind_also_when_it_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(rebuild, "MANY", 0)
    before, none = guards(), ledger()
    right, amid = rebuild.run, []

    def break_at_the_last(sql, params=()):
        if "accounts_overduereco" in sql and "ADD CONSTRAINT" in sql:
            amid.extend(guards())
            raise OSError("the power went")
        return right(sql, params)

    if connection.vendor == "postgresql":
        with monkeypatch.context() as fault:
            fault.setattr(rebuild, "run", break_at_the_last)
            with pytest.raises(OSError, match="power"):
                Box().load(tmp_path)
        missing = [guard for guard in before if guard not in amid]
        assert any("FOREIGN KEY" in guard for guard in missing), "nothing was off when it broke"
        assert any("UNIQUE" in guard for guard in missing)
        assert guards() == before
        assert ledger() == none
    assert Box().load(tmp_path).outcome == "loaded"
    assert guards() == before
    assert Posting.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_later_load_into_an_empty_table_keeps_every_index_and_key_on(tmp_path, monkeypatch):
    """Taking one off would lock the accounts it refers to, and with them every page."""
    monkeypatch.setattr(rebuild, "MANY", 1)
    box = Box()
    box.rows["contacts"] = []
    box.load(tmp_path)

    def altered(sql, params=()):
        raise AssertionError(sql)

    monkeypatch.setattr(rebuild, "run", altered)
    later = delta()
    later.rows["contacts"] = [contact("K1", 1)]
    assert later.load(tmp_path).files["contacts"].added == 1


@pytest.mark.django_db
def test_one_pass_tells_what_is_wrong_in_every_file(tmp_path):
    """A fault of one file as a whole hides nothing of the next, nor of the rows before it."""
    box = Box()
    box.rows["cardholders"][1]["email"] = "nobody"
    box.raw["card_accounts"] = box.text("card_accounts").replace("product", "thing", 1).encode()
    box.entries["statements"] = {"control_total": "1.00", "rows": 9}
    lines = box.text("postings").splitlines()
    lines[1:3] = [lines[1].replace("purchase", "gift"), '"P2"' + lines[2]]
    box.raw["postings"] = "\n".join([*lines, '"P9', lines[3]]).encode()
    box.rows["overdue_records"].append(dict(box.rows["overdue_records"][0]))
    box.raw["contacts"] = box.text("contacts").encode() + b"K2,A1,\xff\n"
    with pytest.raises(Refused) as refusal:
        box.load(tmp_path, only_check=True)
    said = str(refusal.value)
    for part in ("unknown column 'thing'", "statements.csv has 3 rows, not 9", "line 3, is not CSV",
                 "contacts.csv is not utf-8 in line 3"):  # fmt: skip
        assert part in said, said
    found = {(row["file"], row["line"], row["reason"].split(":")[0]) for row in rejects()}
    assert found >= {
        ("cardholders.csv", "3", "is not an e-mail address"),
        ("postings.csv", "3", "is not CSV"), ("postings.csv", "6", "is not CSV"),
        ("overdue_records.csv", "4", "the key stands in the file before"),
    }, found  # fmt: skip
    assert any(re.match("is not one of", row["reason"]) for row in rejects())
    assert not any(row["reason"] == "no such account" for row in rejects())


@pytest.mark.django_db
def test_another_fault_of_an_account_hides_no_row_of_one_that_is_unknown(tmp_path):
    """But an account whose own row is rejected is not told once more for each row of it."""
    box = Box()
    box.rows["card_accounts"][1]["status"] = "gone"
    box.rows["contacts"] = [contact("K1", 1), contact("K2", 9, channel="pigeon"),
                            contact("K3", 9)]  # fmt: skip
    with pytest.raises(Refused):
        box.load(tmp_path, only_check=True)
    assert [(row["file"], row["line"], row["column"]) for row in rejects()] == [
        ("card_accounts.csv", "3", "status"), ("contacts.csv", "3", "channel"),
        ("contacts.csv", "4", "account_ref")]  # fmt: skip


@pytest.mark.django_db
def test_a_row_of_another_width_refuses_the_feed_whatever_is_tolerated(tmp_path):
    """Whose it is cannot be told: a short row of A1 would be lost and A1 loaded without it."""
    box = Box()
    box.raw["postings"] = box.text("postings").encode() + b"P9,A1,2026-10-22\n"
    box.entries["postings"] = {"rows": 5}
    with pytest.raises(Refused, match=r"postings\.csv, line 6, has 3 fields where") as refusal:
        box.load(tmp_path, most_rejects=9)
    assert refusal.value.rule == "FEED-2" and not Posting.objects.exists()


@pytest.mark.django_db
def test_twins_are_found_in_files_that_rise_and_that_do_not(tmp_path):
    for refs in (["K1", "K1"], ["K2", "K1", "K2"]):
        box = Box()
        box.rows["contacts"] = [contact(ref, 1) for ref in refs]
        with pytest.raises(Refused):
            box.load(tmp_path)
        assert [row["reason"] for row in rejects()] == ["the key stands in the file before"]


@pytest.mark.django_db
def test_a_record_may_hold_line_ends_across_blocks(tmp_path, monkeypatch):
    """A quoted line end is read as CSV has it, and then refused for what it is."""
    monkeypatch.setattr("accounts.feed.reader.BLOCK", 64)
    box = Box()
    box.rows["postings"][0]["description"] = 'said "yes", then\nno'
    box.rows["postings"][3]["merchant"] = 'A "quoted", shop'
    with pytest.raises(Refused):
        box.load(tmp_path)
    assert {(r["line"], r["column"]) for r in rejects() if r["column"] != "closing_balance"} == {
        ("2", "description")}  # fmt: skip
    box.rows["postings"][0]["description"] = "a\\N b\\"
    assert box.load(tmp_path).outcome == "loaded"
    assert Posting.objects.get(ref="P1").description == "a\\N b\\"
    assert Posting.objects.get(ref="P4").merchant == 'A "quoted", shop'
    assert Cardholder.objects.count() == 2


@pytest.mark.django_db
def test_those_who_watch_hear_of_every_row_between_two_copies(tmp_path, monkeypatch):
    from accounts.feed.progress import Progress

    class Heard(Progress):
        def __init__(self):
            self.rows, self.phases, self.claims = [], [], 0

        def claimed(self, feed, *, rows):
            self.claims = rows

        def phase(self, name):
            self.phases.append(name)

        def read(self, rows):
            if connection.vendor == "postgresql":  # in an open COPY a question would hang
                assert connection.connection.info.transaction_status.name != "ACTIVE"
            Posting.objects.exists()  # the connection is free
            self.rows.append(rows)

    monkeypatch.setattr("accounts.feed.load.ROUND", 2)
    heard = Heard()
    Box().load(tmp_path, progress=heard)
    assert (sum(heard.rows), heard.claims) == (14, 14)
    assert heard.phases == ["rows", "whole", "live"]
    later = delta()
    later.rows["postings"] = [posting("P9", 1, "2026-11-01", "5.00")]
    assert later.load(tmp_path).outcome == "loaded"
