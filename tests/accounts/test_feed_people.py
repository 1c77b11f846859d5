"""People of a feed: sealed once, kept while only their language changes, never lost."""

import csv
from datetime import date

import pytest

from accounts.models import Cardholder
from portal.demo import correction
from portal.kit.errors import Refused
from tests.accounts.feedbox import Box, account, delta, holder, posting, record

pytestmark = pytest.mark.django_db


def test_another_language_alone_leaves_the_person(tmp_path):
    Box().load(tmp_path)
    before = Cardholder.objects.get(ref="C1")
    later = delta()
    later.rows["cardholders"] = [holder(1, language="en")]
    assert later.load(tmp_path).files["cardholders"].changed == 1
    after = Cardholder.objects.get(ref="C1")
    assert (after.language, after.sealed_person) == ("en", before.sealed_person)
    assert after.person == before.person


def test_a_person_who_was_lost_comes_back_with_the_next_feed(tmp_path):
    """Also where nothing of the row changed."""
    Box().load(tmp_path)
    before = Cardholder.objects.get(ref="C1").person
    Cardholder.objects.update(sealed_person="")
    assert Box(feed_id="F2").load(tmp_path).files["cardholders"].changed == 2
    assert Cardholder.objects.get(ref="C1").person == before


@pytest.mark.parametrize("ref", ["1\x00", "\u202e1", "1" * 41])
def test_a_reference_no_ledger_can_have_is_a_reject_like_others(tmp_path, settings, ref):
    """PostgreSQL takes no NUL, not even in a question."""
    box = Box()
    box.rows["postings"].append(posting("P9", ref, "2026-10-21", "1.00"))
    with pytest.raises(Refused, match="1 rows rejected"):
        box.load(tmp_path)
    assert "account_ref" in (settings.VAR_DIR / "feeds" / "F1" / "rejects.csv").read_text()
    assert box.load(tmp_path, most_rejects=1).files["postings"].added == 4


def test_the_demo_corrects_a_record_whose_code_stays(tmp_path):
    """31 days are 30 with another code; 34 are 33 with the same."""
    box = Box()
    box.rows["card_accounts"][0] = account(1, account_ref=correction.ACCOUNT)
    for name in ("statements", "postings", "contacts"):
        box.rows[name] = []
    box.rows["overdue_records"] = [
        record(1, f"2026-0{n}", "5.00", days_past_due=days, account_ref=correction.ACCOUNT)
        for n, days in ((5, 1), (6, 31), (7, 34), (8, 35))
    ]
    box.load(tmp_path)
    assert correction.write_correction(tmp_path / "again", as_of=date(2026, 11, 22))
    (row,) = csv.DictReader((tmp_path / "again" / "overdue_records.csv").open())
    assert (row["period"], row["days_past_due"], row["reported_code"]) == ("2026-07", "33", "1")
