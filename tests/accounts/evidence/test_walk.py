"""A ledger walked day by day, without a database; and any made ledger adds up."""

from datetime import date, timedelta
from decimal import Decimal as D
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from accounts.book import Bill, Components, Movement
from accounts.evidence import rules
from accounts.evidence.ledger import Entry, Ledger, movements_of
from accounts.evidence.machine import difference
from accounts.evidence.walk import Spell, walk
from accounts.feed import made_ledger
from portal.kit.money import PLACES
from portal.packs import load
from tests.accounts.test_ledger_properties import ledgers

RULE = load("cn", on=date(2026, 11, 20))["allocation.principal_first_from"]
SEPT = Bill(date(2026, 9, 5), date(2026, 9, 25), D(0), D(8120), D(800))
BOUGHT = Movement("p", date(2026, 9, 1), "purchase", D(8000))
CHARGED = [
    Movement("i", date(2026, 9, 2), "interest", D(60)),
    Movement("l", date(2026, 9, 3), "late_fee", D(40)),
    Movement("f", date(2026, 9, 4), "annual_fee", D(20)),
]


def paid(on, amount, ref="r", kind="repayment", reverses=""):
    return Movement(ref, date.fromisoformat(on), kind, D(amount), reverses)


def walked(*movements, bills=(SEPT,), until=date(2027, 1, 1)):
    return walk(bills, [BOUGHT, *CHARGED, *movements], until=until, rule=RULE)


def test_a_payment_on_day_90_pays_charges_first():
    step = walked(paid("2026-12-24", -100)).steps[-1]
    assert (step.days_late, step.order) == (90, "charges_first")
    assert step.change == Components(D(0), D(-60), D(-40), D(0))


def test_a_payment_on_day_91_pays_principal_first():
    step = walked(paid("2026-12-25", -100)).steps[-1]
    assert (step.days_late, step.order) == (91, "principal_first")
    assert step.change == Components(D(-100))


def test_a_payment_above_the_debt_leaves_money_in_favour():
    got = walked(paid("2026-09-20", -9000))
    assert got.parts == Components(D(-880))
    assert got.steps[-1].balance == -880


def test_money_in_favour_pays_a_new_charge_within_that_charges_own_line():
    got = walked(paid("2026-09-20", -9000), paid("2026-09-30", 80, "x", "interest"))
    assert got.steps[-1].change == Components(D(80))
    assert got.parts == Components(D(-800))


def test_a_time_overdue_ends_on_the_day_it_is_made_good():
    got = walked(paid("2026-10-10", -800))
    assert got.spells == [Spell(date(2026, 9, 25), 15, date(2026, 10, 10))]
    ends = {end.on: (end.days, end.overdue) for end in got.month_ends}
    assert ends[date(2026, 9, 30)] == (5, 800)
    assert ends[date(2026, 10, 31)] == (0, 0)


def test_a_time_overdue_that_goes_on_has_no_end():
    got = walked(until=date(2026, 10, 7))
    assert got.spells == [Spell(date(2026, 9, 25), 12, None)]
    assert got.month_ends[-1].on == date(2026, 10, 7)


def test_the_due_date_itself_is_not_late():
    assert walked(until=date(2026, 9, 25)).spells == []
    assert walked(until=date(2026, 9, 26)).spells[0].days == 1


def test_a_payment_that_came_back_reopens_the_time_overdue_it_had_ended():
    got = walked(
        paid("2026-10-10", -800), paid("2026-10-14", 800, "b", "reversal", "r"),
        until=date(2026, 10, 20),
    )  # fmt: skip
    assert got.spells == [Spell(date(2026, 9, 25), 25, None)]
    assert (got.steps[-1].undoes, got.came_back) == (800, {"r": 800})


def test_two_times_overdue_are_two():
    october = Bill(date(2026, 10, 5), date(2026, 10, 25), D(8120), D(8120), D(1600))
    got = walked(
        paid("2026-10-10", -1600), paid("2026-11-12", -800, "r2"),
        bills=(SEPT, october, october._replace(
            made_on=date(2026, 11, 5), due_on=date(2026, 11, 25), minimum=D(900))),
    )  # fmt: skip
    assert [spell.cured_on for spell in got.spells] == [date(2026, 10, 10), None]


@given(ledgers(), st.integers(-10, 300))
def test_any_ledger_moves_from_its_opening_to_its_closing_by_component(ledger, day):
    bills, movements = ledger
    books = Ledger(bills, [Entry(m, m.on, "", "", "") for m in movements],
                   date(2027, 1, 1), date(2026, 1, 1), RULE)  # fmt: skip
    from_on = date(2026, 1, 5) + timedelta(days=day)
    until_on = from_on + timedelta(days=60)
    steps = [s for s in books.walk(until_on).steps if s.movement.on >= from_on]
    assert not rules.reconcile(
        books.parts(before=from_on), [s.change for s in steps],
        books.parts(before=until_on + rules.DAY),
        amounts=[s.movement.amount for s in steps], statements=(),
    )  # fmt: skip


HABITS = ("full", "late", "minimum", "part", "none", "over", "idle", "settle")


@st.composite
def made(draw):
    """A ledger as make_feed makes it, in one of three currencies."""
    code = draw(st.sampled_from(["CNY", "JPY", "KWD"]))
    terms = draw(st.sampled_from(made_ledger.PRODUCTS))
    rng = Random(draw(st.integers(0, 10**9)))
    ledger = made_ledger.Ledger(terms, rng, 10 ** PLACES[code], date(2025, 1, 1))
    for month in range(draw(st.integers(0, 14))):
        on = date(2025 + month // 12, month % 12 + 1, 15)
        ledger.month(on, habit=draw(st.sampled_from(HABITS)), reverse_fee=draw(st.booleans()))
    ledger.rest(date(2026, 4, 10), habit=draw(st.sampled_from(HABITS)))
    return code, ledger


def books_of(code, ledger):
    def money(amount):
        return D(amount).scaleb(-PLACES[code])

    for number, posting in enumerate(ledger.postings):
        posting.ref = f"m{number:05}"
    bills = [
        Bill(b.made_on, b.due_on, money(b.opening), money(b.closing), money(b.minimum))
        for b in ledger.bills
    ]
    entries = [
        Entry(
            Movement(p.ref, p.on, p.kind, money(p.amount), p.reverses.ref if p.reverses else ""),
            p.transacted_on, p.description, p.merchant, p.channel,
        )
        for p in ledger.postings
    ]  # fmt: skip
    return Ledger(bills, entries, date(2026, 4, 10), ledger.opened_on, RULE)


@given(made(), st.integers(0, 500), st.integers(0, 500))
def test_any_made_ledger_reconciles_to_zero_in_any_period(made, start, length):
    books = books_of(*made)
    from_on = min(books.earliest + timedelta(days=start), books.as_of)
    until_on = min(from_on + timedelta(days=length), books.as_of)
    got = movements_of(books, from_on, until_on)
    assert difference(got) == Components()
    assert got.closing.total == got.opening.total + sum(p.amount for p in got.postings)
    assert all(from_on <= line.posted_on <= until_on for line in got.postings)
    for line in got.postings:
        assert line.change.total == line.amount


@given(made())
def test_neighbouring_periods_meet(made):
    books = books_of(*made)
    middle = min(books.earliest + timedelta(days=100), books.as_of - rules.DAY)
    if books.earliest <= middle:
        first = movements_of(books, books.earliest, middle)
        second = movements_of(books, middle + rules.DAY, books.as_of)
        assert first.closing == second.opening
