"""What a feed must claim, and be, before a row of it counts."""

import gzip
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.feed.manifest import Unreadable
from accounts.models import FeedLoad
from portal.kit.errors import Refused
from tests.accounts.feedbox import Box

pytestmark = pytest.mark.django_db

CLAIMS = [
    ("format", "card-arrears-feed/2"), ("feed_id", "../up"), ("feed_id", ""), ("feed_id", 7),
    ("kind", "partial"), ("as_of", "2026-11-31"), ("as_of", "21.11.2026"),
    ("encoding", "latin-1"), ("encoding", None), ("institution", "a\nb"), ("files", {}),
    ("as_of", "2030-01-01"),  # FCSV-28
]  # fmt: skip


@pytest.mark.parametrize(("claim", "value"), CLAIMS)
def test_a_wrong_claim_is_refused(tmp_path, claim, value):
    box = Box()
    folder = box.write(tmp_path / "feed")
    claims = json.loads((folder / "manifest.json").read_text()) | {claim: value}
    (folder / "manifest.json").write_text(json.dumps(claims))
    with pytest.raises(CommandError) as refusal:
        call_command("import_feed", folder)
    assert refusal.value.returncode == 1
    assert not FeedLoad.objects.exists()


ENTRIES = [
    ({"rows": 5}, "4 rows, not 5"),
    ({"rows": 3}, "more than 3 rows"),
    ({"rows": True}, "not a count"),
    ({"sha256": "0" * 64}, "sha256"),
    ({"control_total": "971.51"}, "control total"),
    ({"control_total": None}, "control_total"),
    ({"control_total": 971.5}, "control_total"),
    ({"name": "../postings.csv"}, "name"),
    ({"name": "statements.csv"}, "twice"),
]


@pytest.mark.parametrize(("changes", "reason"), ENTRIES)
def test_a_file_must_be_what_its_entry_says(tmp_path, changes, reason):
    box = Box()
    box.entries["postings"] = changes
    with pytest.raises(Refused, match=reason):
        box.load(tmp_path)
    assert not FeedLoad.objects.exists()


def test_a_control_total_only_where_there_is_a_control_column(tmp_path):
    box = Box()
    box.entries["contacts"] = {"control_total": "0.00"}
    with pytest.raises(Refused, match="no control column"):
        box.load(tmp_path)


def test_a_full_feed_has_all_six_files_and_a_delta_may_have_fewer(tmp_path):
    box = Box()
    del box.rows["contacts"]
    with pytest.raises(Refused, match="needs contacts"):
        box.load(tmp_path / "full")
    box.claims["kind"] = "delta"
    assert box.load(tmp_path / "delta").outcome == "loaded"


def test_a_file_that_lies_there_unnamed_is_refused(tmp_path):
    folder = Box().write(tmp_path / "F1")
    (folder / "postings.csv.gz").write_bytes(b"")
    with pytest.raises(Refused, match="not named"):
        Box().load(tmp_path)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    """FEED-04: the first hash was right, the bytes that were parsed are others."""
    from accounts.feed import manifest

    box = Box()
    folder = box.write(tmp_path / "F1")
    right = manifest.verify

    def verify_then_change(feed):
        right(feed)
        text = (folder / "contacts.csv").read_text()
        (folder / "contacts.csv").write_text(text.replace("answered", "no reply"))

    monkeypatch.setattr(manifest, "verify", verify_then_change)
    with pytest.raises(CommandError, match="half copied"):
        call_command("import_feed", folder)
    assert not FeedLoad.objects.exists()


UNREADABLE = {
    "no folder": lambda folder: None,
    "no manifest": lambda folder: folder.mkdir(),
    "not JSON": lambda folder: manifest_of(folder, b"{"),
    "not UTF-8": lambda folder: manifest_of(folder, b"\xff\xfe{"),
    "a name twice": lambda folder: manifest_of(folder, b'{"kind": "full", "kind": "delta"}'),
    "not a number": lambda folder: manifest_of(folder, b'{"rows": NaN}'),
    "an array": lambda folder: manifest_of(folder, b"[]"),
    "a file missing": lambda folder: (Box().write(folder) / "contacts.csv").unlink(),
    "half a gzip": lambda folder: half_a_gzip(folder),
}


def manifest_of(folder, data):
    folder.mkdir()
    (folder / "manifest.json").write_bytes(data)


def half_a_gzip(folder):
    box = Box()
    box.raw["contacts"] = gzip.compress(box.text("contacts").encode())[:-20]
    box.write(folder)


@pytest.mark.parametrize("case", list(UNREADABLE))
def test_what_cannot_be_read_exits_2(tmp_path, case):
    folder = tmp_path / "feed"
    UNREADABLE[case](folder)
    with pytest.raises(CommandError) as problem:
        call_command("import_feed", folder)
    assert problem.value.returncode == 2


def test_unreadable_is_no_refusal():
    assert not issubclass(Unreadable, Refused)
