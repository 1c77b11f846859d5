"""People of a feed: sealed once, kept while only their language changes, never lost."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.feed.load import import_feed
from accounts.models import Cardholder
from accounts.months.page import months_page
from portal.demo import correction
from portal.kit.errors import Refused
from portal.kit.money import formatted
from tests.accounts import books
from tests.accounts.feedbox import NOON, Box, delta, holder, posting
from tests.people import cardholder

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


@pytest.mark.parametrize(
    ("september", "step", "period"),
    [(5, 30, "2026-09"), (6, 30, "2026-10"), (5, 5, "2026-10")],
    ids=["the oldest", "already wrong", "no room in its code"],
)
def test_the_demo_puts_a_record_right_as_our_own_count_has_it(
    tmp_path, monkeypatch, september, step, period
):
    monkeypatch.setattr(correction, "STEP", step)
    held = books.account(cardholder(), correction.ACCOUNT)
    books.report(held, "2026-09", days_past_due=september, overdue_amount=Decimal("800.00"))
    books.report(
        held, "2026-10", days_past_due=36, overdue_amount=Decimal("1600.00"), reported_code="2"
    )
    assert correction.write_correction(tmp_path, as_of=date(2026, 11, 22))
    import_feed(tmp_path, by=None, at=NOON)
    first, second = held.overdue_records.filter(period=period).order_by("version")
    held.refresh_from_db()
    month = next(m for m in months_page(held, 24, staff=False).months if m.period == period)
    assert first.days_past_due == second.days_past_due + 1 and not month.differs
    assert formatted(second.overdue_amount, "CNY") in month.count  # it could be counted
    assert first.reported_code == second.reported_code
