"""What can be contested: read from the ledger in few queries, shown with the case that has it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from accounts.evidence.lines import Line as Certified
from accounts.models import Posting, Statement
from disputes import lines
from disputes.lines import Contested
from tests.accounts.books import bare, post, report
from tests.disputes.filing import NAMES, Filing, contact
from tests.disputes.scene import case, line
from tests.people import cardholder

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return Filing.made()


@pytest.mark.parametrize(
    ("kind", "on", "amount", "title"),
    [
        ("record", date(2026, 10, 1), Decimal(1600), "Overdue record for October 2026"),
        ("posting", date(2026, 9, 1), Decimal(8000), "Example Grocery"),
        ("statement", date(2026, 10, 5), Decimal(8100), "Bill of 5 October 2026"),
        ("contact", date(2026, 11, 15), None, "Call"),
    ],
)
def test_a_line_is_found_as_it_reads_now(made, kind, on, amount, title):
    found = lines.find(made.account, *lines.parted(NAMES[kind]))
    assert (found.name, found.on, found.amount) == (NAMES[kind], on, amount)
    assert Contested.read(found.facts()) == found
    with override("en"):
        assert found.title == title
        assert found.detail


def test_the_newest_version_of_a_record_counts(made):
    report(made.account, "2026-10", version=2, overdue_amount=Decimal(5), reported_code="N")
    found = lines.find(made.account, "record", "AC0001:2026-10")
    assert (found.amount, found.extra["code"]) == (5, "N")
    (group,) = lines.contestable(made.account, ["record"]).groups
    assert [each.line.amount for each in group.choices] == [5, 800]


def test_a_posting_without_words_is_called_by_its_kind(made):
    found = lines.find(made.account, "posting", "AC0001-2")
    with override("en"):
        assert (found.text, found.title) == ("", "Interest")


@pytest.mark.parametrize("name", list(NAMES.values()))
def test_a_line_of_another_account_is_not_found(made, name):
    other = bare(cardholder(), "AC0002")
    assert lines.find(other, *lines.parted(name)) is None


@pytest.mark.parametrize(
    "name",
    ["", "posting", "posting:", ":x", "hold:1", "posting:\0", "record:AC0001:2026-10\0"],
)
def test_what_is_no_name_has_no_parts(name):
    assert lines.parted(name) is None


@pytest.mark.parametrize(
    ("kind", "key"),
    [("record", "AC0001:1999-01"), ("record", "2026-10"), ("statement", "AC0001:2026-13-45"),
     ("statement", "AC0001:x"), ("posting", "nothing"), ("posting", "\0"), ("contact", "AC0001-1")],
)  # fmt: skip
def test_an_unknown_key_is_no_line(made, kind, key):
    assert lines.find(made.account, kind, key) is None


def test_all_kinds_are_found_in_four_queries(made, django_assert_num_queries):
    names = [lines.parted(name) for name in NAMES.values()]
    with django_assert_num_queries(4):
        assert len(lines.find_all(made.account, names * 3)) == 4


def test_a_line_of_an_open_case_is_shown_with_it(made):
    had = case(made.account)
    line(had, "record", "AC0001:2026-10")
    line(case(made.account, "withdrawn"), "record", "AC0001:2026-09", open=False)
    (group,) = lines.contestable(made.account, ["record"]).groups
    taken = {each.line.key: each.taken and each.taken.dispute.number for each in group.choices}
    assert taken == {"AC0001:2026-10": had.number, "AC0001:2026-09": None}


def test_a_long_ledger_is_read_page_by_page_and_nothing_is_left_out(django_assert_max_num_queries):
    held = bare(cardholder(), "AC0003")
    day = date(2020, 1, 1)
    Posting.objects.bulk_create(
        Posting(ref=f"P{i:04}", account=held, posted_on=day + timedelta(days=i // 7), amount=1,
                transacted_on=day, kind="purchase")
        for i in range(300)
    )  # fmt: skip
    Statement.objects.bulk_create(
        Statement(account=held, statement_on=day + timedelta(days=7 * i), opening_balance=0,
                  due_on=day + timedelta(days=400), closing_balance=1, minimum_due=1)
        for i in range(8)
    )  # fmt: skip
    seen, after, pages = [], "", 0
    while pages == 0 or after:
        with django_assert_max_num_queries(5):
            page = lines.contestable(held, ["posting", "statement"], after=after)
        shown = [each.line for group in page.groups for each in group.choices]
        assert page.newest is (pages == 0)
        assert len([one for one in shown if one.kind == "posting"]) <= lines.PAGE
        seen, after, pages = seen + shown, page.older, pages + 1
    assert pages == 12
    assert len({one.name for one in seen}) == len(seen) == 308
    postings = [one.key for one in seen if one.kind == "posting"]
    assert postings == sorted(postings, reverse=True)


def test_contacts_and_records_have_pages_too(made, monkeypatch):
    monkeypatch.setattr(lines, "PAGE", 1)
    contact(made.account, "C2")
    for kinds, count in ((["record"], 2), (["contact"], 2)):
        first = lines.contestable(made.account, kinds)
        rest = lines.contestable(made.account, kinds, after=first.older)
        keys = {page.groups[0].choices[0].line.key for page in (first, rest)}
        assert (len(keys), rest.older) == (count, "")


def test_what_is_chosen_is_not_offered_again(made):
    chosen = [("record", "AC0001:2026-10")]
    (group,) = lines.contestable(made.account, ["record"], chosen=chosen).groups
    assert [each.line.key for each in group.choices] == ["AC0001:2026-09"]


def copy(**changes):
    facts = {"ref": "P-0001", "what": "posting", "on": date(2026, 9, 1), "text": "Example Grocery",
             "amount": Decimal(8000), "currency": "CNY", "key": "AC0001-1"} | changes  # fmt: skip
    return Certified(**facts)


def test_a_certified_line_that_reads_the_same_needs_no_second_reading(made):
    found = lines.find(made.account, "posting", "AC0001-1")
    assert found.cited(copy()).certified is None
    bare_one = lines.find(made.account, "posting", "AC0001-2")
    with override("en"):
        said = copy(on=bare_one.on, text="Interest", amount=Decimal(100))
        assert bare_one.cited(said).certified is None


@pytest.mark.parametrize(
    "changes", [{"amount": Decimal(7000)}, {"text": "Other"}, {"on": date(2026, 9, 2)}]
)
def test_a_certified_line_that_reads_otherwise_is_kept_beside(made, changes):
    both = lines.find(made.account, "posting", "AC0001-1").cited(copy(**changes))
    again = Contested.read(both.facts())
    assert again.amount == 8000
    told = again.certified
    assert (told.amount, told.text, told.on) == (
        changes.get("amount", 8000), changes.get("text", "Example Grocery"),
        changes.get("on", date(2026, 9, 1)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "key", "name"),
    [("posting", "AC0001-1", ("posting", "AC0001-1")),
     ("contact", "AC0001-C1", ("contact", "AC0001-C1")),
     ("record", "2026-10", ("record", "AC0001:2026-10")),
     ("statement", "2026-10-05", ("statement", "AC0001:2026-10-05"))],
)  # fmt: skip
def test_a_certified_line_finds_its_line_in_the_books(made, what, key, name):
    assert lines.name_of(made.account, copy(what=what, key=key)) == name


def test_a_repayment_is_a_line_with_its_sign(made):
    post(made.account, "3", "2026-11-01", "repayment", -500)
    found = lines.find(made.account, "posting", "AC0001-3")
    assert found.amount == -500
    with override("en"):
        assert found.sum == "−¥500.00"
