"""What is gathered from the books, and what is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Thread

import pytest
from django.db import connection

from accounts.evidence import facts, rules
from accounts.evidence.machine import difference
from accounts.models import CardAccount, ContactAttempt, FeedLoad, Posting, Statement
from portal.kit.errors import Refused
from tests.accounts.books import AS_OF, account, bare, post, report
from tests.accounts.evidence.asked import AT, D, asked, feed, gathered
from tests.people import cardholder
from tests.plans.scene import behind

pytestmark = pytest.mark.django_db


@pytest.fixture
def held():
    return account(cardholder(full_name="Test Person"))


def contact(held, at, ref="K1"):
    return ContactAttempt.objects.create(
        ref=ref, account=held, at=datetime.fromisoformat(at), channel="call", by="bank",
        purpose="Overdue reminder", outcome="no answer",
    )  # fmt: skip


def test_a_statement_says_who_what_and_from_which_books(held):
    feed()
    got = gathered(held)
    assert (got.full_name, got.id_masked, got.card_last4) == ("Test Person", "X0****00", "4417")
    assert (got.from_on, got.until_on) == (date(2026, 9, 1), AS_OF)
    assert (got.source.feed_id, got.source.as_of) == ("2026-11-20", AS_OF)
    assert got.source.loaded_at == datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
    assert got.basis.version == held.version
    assert got.at == AT


def test_rows_do_not_cost_queries(held, django_assert_num_queries):
    def ask():
        return gathered(held, with_records=True, with_contacts=True, with_plans=True)

    with django_assert_num_queries(8):  # account, bills, postings, feed, and one for each part
        ask()
    for n in range(40):
        post(held, f"x{n}", "2026-11-10", "purchase", n + 1)
        report(held, f"20{10 + n // 12}-{n % 12 + 1:02}")
        contact(held, "2026-10-01T10:00:00+08:00", f"K{n}")
    with django_assert_num_queries(8):
        ask()


def test_balances_move_by_component_from_opening_to_closing(held):
    post(held, "3", "2026-11-10", "repayment", -500)
    moved = gathered(held, from_on="2026-11-01", until_on="2026-11-20").movements
    assert (moved.opening.principal, moved.opening.interest) == (8000, 100)
    assert (moved.closing.principal, moved.closing.interest) == (7600, 0)
    assert moved.lowered.total == -500
    assert moved.repaid == 500
    assert not any(vars(difference(moved)).values())


def test_lines_have_references_in_the_order_of_posting(held):
    post(held, "9", "2026-11-10", "repayment", -500, channel="app")
    post(held, "3", "2026-11-09", "purchase", 20)
    lines = gathered(held).movements.postings
    assert [(line.line, line.ref) for line in lines] == [
        ("P-0001", "AC0001-1"), ("P-0002", "AC0001-2"), ("P-0003", "AC0001-3"),
        ("P-0004", "AC0001-9"),
    ]  # fmt: skip
    assert [line.balance for line in lines] == [8000, 8100, 8120, 7620]


def test_a_reversal_names_the_line_it_corrects(held):
    post(held, "3", "2026-11-06", "late_fee", 40)
    post(held, "4", "2026-11-08", "reversal", -40, reverses="AC0001-3", description="Our mistake")
    whole = gathered(held).movements.postings[-1]
    assert (whole.reverses_line, whole.change.default_sum) == ("P-0003", -40)
    later = gathered(held, from_on="2026-11-07", until_on="2026-11-20").movements.postings[-1]
    assert (later.line, later.reverses, later.reverses_line) == ("P-0001", "AC0001-3", "")


def test_a_waiver_and_a_downward_adjustment_are_corrections(held):
    post(held, "3", "2026-11-06", "waiver", -100, description="Goodwill")
    post(held, "4", "2026-11-07", "adjustment", -5)
    post(held, "5", "2026-11-08", "repayment", -5)
    lines = gathered(held).movements.postings[-3:]
    assert [line.corrects for line in lines] == [True, True, False]


def test_a_payment_that_came_back_is_not_counted_as_received(held):
    post(held, "3", "2026-11-10", "repayment", -500)
    post(held, "4", "2026-11-12", "reversal", 500, reverses="AC0001-3")
    assert gathered(held).movements.repaid == 0


def test_a_statement_line_says_what_was_paid_when_and_what_was_missing(held):
    post(held, "3", "2026-09-20", "repayment", -300)
    post(held, "4", "2026-10-01", "repayment", -200)
    Statement.objects.filter(statement_on__gt="2026-09-05").update(closing_balance=Decimal(7600))
    Statement.objects.filter(statement_on="2026-11-05").update(opening_balance=Decimal(7600))
    first, second, third = gathered(held).movements.statements
    assert (first.paid_by_due, first.paid_later, first.shortfall) == (300, 200, 500)
    assert first.paid_on == (date(2026, 9, 20), date(2026, 10, 1))
    assert (second.paid_by_due, second.paid_on, second.shortfall) == (0, (), 1600)
    assert third.shortfall is None  # due on the 25th, after the books end


def test_a_payment_that_came_back_is_not_among_the_days_paid(held):
    post(held, "3", "2026-09-20", "repayment", -300)
    post(held, "4", "2026-09-28", "reversal", 300, reverses="AC0001-3")
    line = gathered(held).movements.statements[0]
    assert (line.paid_by_due, line.paid_later, line.paid_on) == (0, 0, ())
    assert line.came_back == 300


def test_statements_made_or_due_in_the_period_are_listed(held):
    lines = gathered(held, from_on="2026-09-20", until_on="2026-10-20").movements.statements
    assert [(line.line, line.made_on) for line in lines] == [
        ("S-0001", date(2026, 9, 5)), ("S-0002", date(2026, 10, 5)),
    ]  # fmt: skip


def test_an_empty_period_has_equal_balances_and_no_lines(held):
    moved = gathered(held, from_on="2026-09-10", until_on="2026-09-12").movements
    assert (moved.postings, moved.opening) == ([], moved.closing)
    assert moved.statements[0].due_on == date(2026, 9, 25)


def test_the_first_month_begins_at_nothing(held):
    moved = gathered(held, from_on="2026-09-01", until_on="2026-09-30").movements
    assert (moved.opening.total, moved.closing.total) == (0, 8100)


def test_an_account_without_any_rows_still_has_a_statement():
    got = gathered(bare(cardholder(), "AC0007", opened_on=date(2026, 11, 1)))
    assert (got.from_on, got.movements.postings) == (date(2026, 11, 1), [])
    assert got.movements.closing.total == 0


def test_a_period_ending_today_ends_with_the_books(held):
    assert gathered(held, from_on="2026-11-01", until_on="2026-11-20").until_on == AS_OF
    with pytest.raises(Refused) as no:
        gathered(held, from_on="2026-11-01", until_on="2026-11-21")
    assert no.value.rule == "EV-4"


def test_an_opening_balance_that_came_undivided_is_named():
    held = bare(cardholder(), "AC0007")
    Statement.objects.create(
        account=held, statement_on=date(2026, 10, 5), due_on=date(2026, 10, 25),
        opening_balance=Decimal(300), closing_balance=Decimal(300), minimum_due=Decimal(30),
    )  # fmt: skip
    moved = gathered(held).movements
    assert (moved.undivided, moved.opening.principal, moved.closing.principal) == (300, 300, 300)


def test_a_period_before_the_first_statement_opens_with_what_that_statement_opened_with():
    held = bare(cardholder(), "AC0007")
    Statement.objects.create(
        account=held, statement_on=date(2026, 10, 5), due_on=date(2026, 10, 25),
        opening_balance=Decimal(300), closing_balance=Decimal(310), minimum_due=Decimal(30),
    )  # fmt: skip
    post(held, "1", "2026-09-20", "purchase", 10)
    moved = gathered(held, from_on="2026-09-20", until_on="2026-09-25").movements
    assert (moved.opening.total, moved.closing.total) == (300, 310)
    assert moved.postings[0].balance == 310


@pytest.mark.parametrize(
    ("at", "period", "listed"),
    [
        ("2026-10-31T23:30:00+08:00", "2026-10", True),  # 15:30 in Greenwich
        ("2026-10-31T15:30:00+00:00", "2026-10", True),
        ("2026-10-01T00:00:00+08:00", "2026-10", True),  # 30 September in Greenwich
        ("2026-09-30T23:59:59+08:00", "2026-10", False),
        ("2026-11-01T00:00:00+08:00", "2026-10", False),
    ],
)
def test_a_contact_stands_on_its_local_day(held, at, period, listed):
    contact(held, at)
    got = gathered(
        held, from_on=f"{period}-01", until_on=f"{period}-31", with_contacts=True
    ).contacts
    assert len(got) == listed
    if listed:
        assert got[0].line == "C-0001"
        assert got[0].at.utcoffset().total_seconds() == 8 * 3600


def test_all_versions_of_a_report_are_listed_and_the_last_one_marked(held):
    report(held, "2026-10")
    report(held, "2026-10", version=2, reported_code="N", disputed=True)
    report(held, "2026-08")  # before the period
    got = gathered(held, "overdue", from_on="2026-09-01", until_on="2026-11-20").records
    assert [(r.line, r.period, r.version, r.latest, r.disputed) for r in got] == [
        ("R-0001", "2026-10", 1, False, False), ("R-0002", "2026-10", 2, True, True),
    ]  # fmt: skip


def test_parts_not_asked_for_are_left_out(held):
    contact(held, "2026-10-01T10:00:00+08:00")
    report(held, "2026-10")
    got = gathered(held)
    assert (got.contacts, got.records, got.plans, got.settlement) == (None, None, None, None)


def test_a_cent_missing_from_the_books_is_refused_with_the_difference(held):
    Posting.objects.filter(ref="AC0001-1").update(amount=Decimal("7999.99"))
    with pytest.raises(Refused) as no:
        gathered(held)
    assert no.value.rule == "EV-1"
    assert rules.for_staff(no.value) == "EV-1: 2026-09-05: -0.01"


def test_a_cent_missing_before_the_period_is_refused_too(held):
    Posting.objects.filter(ref="AC0001-1").update(amount=Decimal("7999.99"))
    with pytest.raises(Refused, match="do not add up"):
        gathered(held, from_on="2026-11-01", until_on="2026-11-20")


def test_figures_other_than_the_account_pages_are_refused(held, monkeypatch):
    monkeypatch.setattr("accounts.queries.principal_first_from", lambda on: _day(91))
    post(held, "3", "2026-11-10", "repayment", -500)
    right = facts.read(held)
    wrong = type(right)(right.bills, right.entries, right.as_of, right.opened_on, _day(0))
    with pytest.raises(Refused, match="do not add up"):
        facts._check_page(held, wrong)
    facts._check_page(held, right)


def _day(value):
    from portal.packs import load

    rule = load("cn", on=AS_OF)["allocation.principal_first_from"]
    return type(rule)(**{**vars(rule), "value": value})


def settled(amount=-8100):
    held = account(cardholder(), statements=1)
    post(held, "3", "2026-11-10", "repayment", amount)
    return held


def test_an_account_that_still_owes_a_cent_gets_no_certificate():
    held = settled("-8099.99")
    for ask in (
        lambda: facts.check_askable(held, "settlement"),
        lambda: gathered(held, "settlement"),
    ):
        with pytest.raises(Refused, match=r"¥0\.01 is still open") as no:
            ask()
        assert no.value.rule == "EV-2"


def test_a_settled_account_gets_its_certificate():
    held = settled()
    facts.check_askable(held, "settlement")
    done = gathered(held, "settlement").settlement
    assert (done.settled_on, done.repaid, done.in_favour) == (date(2026, 11, 10), 8100, 0)
    assert done.owed.total == 0


def test_money_in_favour_is_stated_and_does_not_stand_against_it():
    done = gathered(settled(-9000), "settlement").settlement
    assert (done.in_favour, done.owed.principal, done.repaid) == (900, 0, 9000)


def test_what_was_waived_is_told_apart_from_what_was_paid():
    held = settled(-8000)
    post(held, "4", "2026-11-11", "waiver", -100)
    done = gathered(held, "settlement").settlement
    assert (done.repaid, done.waived, done.settled_on) == (8000, 100, date(2026, 11, 11))


def test_an_account_that_never_owed_has_no_settled_day():
    done = gathered(bare(cardholder(), "AC0007"), "settlement").settlement
    assert done.settled_on is None


def test_books_that_do_not_add_up_certify_no_settlement():
    held = settled()
    Statement.objects.update(closing_balance=Decimal("8100.01"))
    with pytest.raises(Refused) as no:
        gathered(held, "settlement")
    assert no.value.rule == "EV-1"


def test_without_a_signed_agreement_there_is_no_copy(held):
    for ask in (
        lambda: facts.check_askable(held, "agreements"),
        lambda: gathered(held, "agreements"),
    ):
        with pytest.raises(Refused) as no:
            ask()
        assert no.value.rule == "EV-3"


def test_an_account_the_bank_no_longer_lists_has_no_known_holder(held):
    held.closed_by_feed = True
    held.save()
    for ask in (
        lambda: facts.check_askable(held, "holder"),
        lambda: gathered(held, "holder"),
    ):
        with pytest.raises(Refused) as no:
            ask()
        assert no.value.rule == "EV-5"


@pytest.mark.parametrize("kind", ["repayments", "overdue", "holder"])
def test_other_kinds_may_always_be_asked(held, kind):
    facts.check_askable(held, kind)


@pytest.mark.usefixtures("drawn_once")
def test_signed_agreements_come_with_their_very_bytes():
    scene = behind()
    agreement = scene.sign(scene.offered())
    facts.check_askable(scene.account, "agreements")
    (copy,) = gathered(scene.account, "agreements").copies
    assert copy.plan.number == agreement.number
    assert copy.plan.document_sha256 == agreement.document.sha256
    assert len(copy.data) == agreement.document.size
    assert (copy.plan.months, copy.plan.total) == (3, 1000)


@pytest.mark.usefixtures("drawn_once")
def test_a_copy_whose_time_is_over_is_named_without_its_bytes():
    scene = behind()
    document = scene.sign(scene.offered()).document
    type(document).objects.update(purged_at=AT)
    (copy,) = gathered(scene.account, "agreements").copies
    assert (copy.plan.purged, copy.data) == (True, b"")


def test_the_books_bounds_are_what_a_form_may_offer(held):
    assert facts.read(held).bounds == (date(2026, 9, 1), AS_OF)


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1200"), ("KWD", "1.005")])
def test_currencies_without_and_with_three_places(currency, amount):
    held = bare(cardholder(), "AC0007", currency=currency)
    post(held, "1", "2026-11-10", "purchase", amount)
    moved = gathered(held).movements
    assert moved.closing.total == D(amount)


def test_two_thousand_rows_add_up():
    held = bare(cardholder(), "AC0007")
    Posting.objects.bulk_create(
        Posting(ref=f"B{n:05}", account=held, posted_on=date(2026, 11, 1 + n % 20),
                transacted_on=date(2026, 11, 1), kind="purchase" if n % 3 else "repayment",
                amount=Decimal(n % 97 + 1) if n % 3 else Decimal(-20))
        for n in range(2000)
    )  # fmt: skip
    moved = gathered(held).movements
    assert [moved.postings[0].line, moved.postings[-1].line] == ["P-0001", "P-2000"]
    assert moved.closing.total == sum(line.amount for line in moved.postings)


def test_a_request_is_read_as_it_stands():
    held = account(cardholder())
    request = asked(held, from_on="2026-11-01", until_on="2026-11-20", purpose="regulator")
    got = facts.gather(request, at=AT)
    assert (got.number, got.purpose, got.kind) == (request.number, "regulator", "repayments")


# == one feed, one moment


@pytest.mark.parametrize("institution", ["DEMO", "OTHER"])
def test_two_feeds_of_one_day_are_not_told_apart(held, institution):
    first = feed()
    assert gathered(held).source.feed_id == first.feed_id
    feed(AS_OF - rules.DAY)
    assert gathered(held).source.feed_id == first.feed_id
    FeedLoad.objects.create(
        feed_id="SECOND", kind="delta", institution=institution, as_of=AS_OF,
        manifest_sha256="1" * 64, loaded_at=AT, counts={},
    )  # fmt: skip
    source = gathered(held).source
    assert (source.feed_id, source.institution, source.loaded_at) == ("", "", None)
    assert source.as_of == AS_OF


def test_the_basis_is_the_books_their_day_and_the_person(held):
    assert gathered(held).basis == (held.version, AS_OF, held.cardholder.person_hash)


def test_contacts_are_kept_for_the_longest_time_that_the_law_names(held):
    assert gathered(held, with_contacts=True).contacts_from == date(2023, 11, 22)
    assert gathered(held).contacts_from is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite the feed has to wait")
def test_a_feed_that_goes_live_meanwhile_is_not_read_by_half(monkeypatch):
    held, read = account(cardholder()), facts.read

    def feed_comes():
        report(held, "2026-10")
        CardAccount.objects.update(as_of=AS_OF + rules.DAY)
        connection.close()

    def then(books):
        found = read(books)
        thread = Thread(target=feed_comes)
        thread.start()
        thread.join()
        return found

    monkeypatch.setattr(facts, "read", then)
    got = gathered(held, with_records=True)
    assert (got.source.as_of, got.records) == (AS_OF, [])
    held.refresh_from_db()
    assert held.as_of == AS_OF + rules.DAY and held.overdue_records.exists()


@pytest.mark.django_db(transaction=True)
def test_all_of_it_is_read_in_one_transaction(held, monkeypatch):
    within, read = [], facts.read

    def then(books):
        within.append(connection.in_atomic_block)
        return read(books)

    monkeypatch.setattr(facts, "read", then)
    gathered(held)
    assert within == [True]
