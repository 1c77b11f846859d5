"""A line of a filed document, read back from the file itself."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils.translation import override

from accounts.evidence import paper
from accounts.evidence.lines import line, lines
from accounts.models import ContactAttempt
from portal.records import documents, sealing
from portal.records.typeset import draw
from tests.accounts.books import account, post, report
from tests.accounts.evidence.asked import AT, gathered
from tests.people import cardholder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]


def filed(facts, language="en"):
    """Draw, seal and file a document, as the worker does."""
    code = documents.code_of(facts.number, language)
    sheet = paper.paper_of(facts, language=language, code=code)
    sealed = sealing.seal(draw(sheet), at=AT, reason=sheet.title)
    documents.store(sealed)
    return documents.file_document(
        f"evidence.{facts.kind}", sealed, subject=f"evidence:{facts.number}", number=facts.number,
        code=code, title=sheet.title, language=language, sealed=True, at=AT,
    )  # fmt: skip


@pytest.fixture
def held():
    held = account(cardholder())
    report(held, "2026-10", bureau="DEMO-BUREAU")
    at = AT.replace(day=15, hour=15, minute=30)  # 23:30 in Shanghai
    ContactAttempt.objects.create(
        ref="K1", account=held, at=at, channel="call", by="bank", purpose="Reminder", outcome="none"
    )
    return held


@pytest.fixture
def document(held):
    return filed(gathered(held, with_records=True, with_contacts=True))


def test_every_line_of_the_document_is_there_in_order(document):
    assert [each.ref for each in lines(document)] == [
        "P-0001", "P-0002", "S-0001", "S-0002", "S-0003", "R-0001", "C-0001",
    ]  # fmt: skip


def test_a_line_says_what_was_certified(document):
    found = line(document, "P-0001")
    assert (found.what, found.on, found.text) == ("posting", date(2026, 9, 1), "Example Grocery")
    assert (found.amount, found.currency) == (Decimal(8000), "CNY")
    with override("en"):  # without a text of its own it is called by its kind
        assert line(document, "P-0002").text == "Interest"
    record = line(document, "R-0001")
    assert (record.what, record.text) == ("record", "2026-10 · 1 · DEMO-BUREAU")
    contact = line(document, "C-0001")
    assert (contact.what, contact.on, contact.amount) == ("contact", date(2026, 11, 15), None)
    assert (line(document, "S-0002").what, line(document, "S-0002").amount) == ("statement", 8100)


def test_a_line_stays_as_certified_whatever_the_books_say_later(held, document):
    held.postings.update(amount=1)
    assert line(document, "P-0001").amount == 8000


@pytest.mark.parametrize("typed", ["p-0001", " P-0001 ", "P- 0001"])
def test_a_reference_may_be_typed_in_any_case(document, typed):
    assert line(document, typed).ref == "P-0001"


@pytest.mark.parametrize("typed", ["P-0099", "", "X", "P-1"])
def test_an_unknown_reference_is_no_line(document, typed):
    assert line(document, typed) is None


def test_a_document_without_lines_has_none(held):
    assert lines(filed(gathered(held, "holder"))) == []


def test_bytes_that_changed_in_the_store_are_not_read(document, monkeypatch):
    monkeypatch.setattr(documents, "digest", lambda data: "0" * 64)
    with pytest.raises(documents.Damaged):
        lines(document)


def test_a_purged_document_has_no_lines(document):
    document.purged_at = AT
    assert lines(document) == []


def test_both_languages_have_the_same_lines(held):
    facts = gathered(held)
    assert lines(filed(facts)) == lines(filed(facts, "zh-hans"))


def test_another_kind_of_document_has_no_lines(held):
    post(held, "3", "2026-11-10", "repayment", -1)
    empty = sealing.seal(draw(_bare()), at=AT, reason="x")
    documents.store(empty)
    document = documents.file_document(
        "test", empty, subject="test:1", number="T-1", code="CODE", title="T", language="en",
        sealed=True, at=AT,
    )  # fmt: skip
    assert lines(document) == []


def _bare():
    from portal.records.typeset import Paper, Paragraph

    return Paper("T-1", "CODE", "http://localhost/", "en", "Example Bank", "T", AT, True,
                 [Paragraph("Nothing.")])  # fmt: skip
