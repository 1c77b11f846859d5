"""What must hold for any ledger at all, and any holds on it."""

from datetime import date, timedelta
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import explain, rules
from accounts.book import fold
from accounts.rules import Bill, Movement, Span
from portal.kit.money import rounded
from portal.packs import load

START = date(2026, 1, 5)
RULE = load("cn", on=START)["allocation.principal_first_from"]
TERMS = explain.Terms("CNY", D("0.0005"), D("0.05"), D("0.1"), "unpaid")
KINDS = ["purchase", "cash_advance", "repayment", "interest", "late_fee", "annual_fee",
         "other_fee", "reversal", "waiver", "adjustment"]  # fmt: skip
few = settings(derandomize=True, max_examples=60, deadline=None)
cents = st.integers(-500_000, 500_000).map(lambda n: D(n).scaleb(-2))
days = st.integers(-20, 260).map(lambda n: START + timedelta(days=n))
bases = st.sampled_from(["full", "unpaid"])


@st.composite
def ledgers(draw):
    """Signs and targets as they come, statements a month apart."""
    opening = draw(cents)
    bills = [
        Bill(
            on := START + timedelta(days=30 * i), on + timedelta(days=20), opening, draw(cents),
            abs(draw(cents)),
        )
        for i in range(draw(st.integers(0, 8)))
    ]  # fmt: skip
    movements = [
        Movement(
            f"m{i}", draw(days), draw(st.sampled_from(KINDS)), draw(cents),
            draw(st.sampled_from(["", *(f"m{j}" for j in range(i))])),
        )
        for i in range(draw(st.integers(0, 15)))
    ]  # fmt: skip
    return bills, movements


@st.composite
def spans(draw):
    from_on, length = draw(days), draw(st.none() | st.integers(0, 90))
    until_on = None if length is None else from_on + timedelta(days=length)
    return Span(draw(st.none() | cents.map(abs)), from_on, until_on, draw(st.booleans()))


holds = st.lists(spans(), max_size=4)


def position(ledger, on, held=(), basis="unpaid"):
    bills, movements = ledger
    return rules.position(
        currency="CNY", as_of=on, bills=bills, movements=movements, holds=held,
        daily_rate=TERMS.daily_rate, interest_basis=basis, principal_first_from=RULE,
    )  # fmt: skip


@few
@given(ledgers(), days, bases, holds)
def test_where_an_account_stands(ledger, on, basis, held):
    bills, movements = ledger
    got = position(ledger, on, held, basis)
    opening = bills[0].opening if bills and bills[0].made_on <= on else D(0)
    assert got.balance == opening + sum(m.amount for m in movements if m.on <= on)
    assert got.by_component.total == got.balance
    parts = got.by_component
    assert min(parts.interest, parts.default_sum, parts.fees) >= 0
    assert got.balance >= 0 or parts.principal == got.balance
    assert 0 <= got.overdue <= max(got.balance, D(0))
    assert got.overdue_by_component.total == got.overdue
    of = got.overdue_by_component
    assert min(of.principal, of.interest, of.default_sum, of.fees) >= 0
    assert 0 <= got.days_aged <= got.days_past_due
    assert (got.since is None) == (got.overdue == 0) == (got.days_past_due == 0)
    assert (got.since is None) == (got.missed == 0)
    assert got.bucket == rules.bucket(got.days_aged)
    assert got.interest_per_day >= 0
    assert 0 <= got.held <= max(got.balance, D(0))
    assert 0 <= got.disputed <= min(got.overdue, got.held)
    assert got.to_be_current >= got.overdue


@few
@given(ledgers(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(ledger, random):
    bills, movements = ledger
    shuffled = random.sample(movements, len(movements))
    one = fold(bills, movements, principal_first_from=RULE)
    two = fold(bills, shuffled, principal_first_from=RULE)
    assert (one.parts, one.paid, one.counted) == (two.parts, two.paid, two.counted)


@few
@given(holds, spans(), cents)
def test_holds_are_a_union(held, more, balance):
    assert rules.held(balance, held) == rules.held(balance, held[::-1])
    assert 0 <= rules.held(balance, held) <= rules.held(balance, [*held, more])
    assert rules.held(balance, [*held, more]) <= max(balance, 0)


@few
@given(ledgers(), days, holds)
def test_a_past_day_stands_as_the_books_cut_there(ledger, on, held):
    bills, movements = ledger
    cut = [b for b in bills if b.made_on <= on], [m for m in movements if m.on <= on]
    then = [
        span if not span.until_on or span.until_on <= on else span._replace(until_on=None)
        for span in held
        if span.from_on <= on
    ]
    assert position(ledger, on, held) == position(cut, on, then)


@few
@given(ledgers(), days, holds)
def test_ageing_never_runs_during_a_hold(ledger, on, held):
    """A day more under a hold of the overdue sum ages nothing; any other day ages by one."""
    yesterday, today = (position(ledger, day, held) for day in (on - timedelta(days=1), on))
    if today.since is None or today.since != yesterday.since:
        return
    covered = rules.live(held, on) and today.held >= today.overdue
    assert today.days_aged == yesterday.days_aged + (0 if covered else 1)
    all_along = [Span(None, date.min)]
    assert position(ledger, on, all_along).days_aged == 0


@few
@given(ledgers(), days, holds, cents.map(abs))
def test_the_lines_of_what_is_due_sum_to_it(ledger, on, held, to_come):
    books = explain.Books(*ledger, on, RULE).until(on)
    got = position(ledger, on, held)
    apart = rules.undisputed(rules.beside(got, to_come))
    late = explain.overdue(books, holds=held, to_come=to_come)
    following = explain.minimum(books, holds=held, to_come=to_come)
    for due in filter(None, (late, following)):
        assert due.bill.minimum + sum(c.amount for c in due.counted) == due.missing
        assert due.amount == max(0, min(due.missing, max(0, got.balance)))
        assert due.capped == (due.missing > due.amount)
        assert due.planned + due.disputed + due.left == due.amount
        assert min(due.planned, due.disputed, due.left) >= 0
        assert due.held <= due.amount
    assert (late.amount if late else 0) == got.overdue
    assert (late.left if late else 0) == apart.overdue
    assert (following.amount if following else 0) == got.next_minimum
    assert (following.left if following else 0) == apart.next_minimum
    sums = explain.balance(books)
    assert sums.opening + sum(amount for _, amount, _ in sums.by_kind) == sums.closing
    assert (sums.closing, sums.parts) == (got.balance, got.by_component)
    per_day = explain.per_day(books, TERMS)
    assert per_day.amount == got.interest_per_day
    assert bool(per_day.base.reason) == (per_day.base.amount == 0)


@few
@given(ledgers(), bases)
def test_the_lines_of_a_charge_and_of_a_payment_sum_to_it(ledger, basis):
    books = explain.Books(*ledger, date(2027, 1, 1), RULE)
    for movement in books.movements:
        if movement.kind in ("interest", "late_fee"):
            check_charge(explain.charge(movement, books=books, terms=TERMS._replace(
                interest_basis=basis)))  # fmt: skip
        found = explain.split(movement, books=books)
        assert (found is None) == (movement.amount >= 0)
        if found:
            assert found.parts.total == -movement.amount
            assert 0 <= found.came_back <= -movement.amount


def check_charge(got):
    assert (got.ours is None) == (got.reason in ("no_bill", "period_open"))
    if got.ours is None:
        return
    assert got.ours >= 0
    assert got.difference == got.charged - got.ours
    if got.stretches:
        assert sum(s.exact for s in got.stretches) == got.exact
        assert got.ours == rounded(got.exact, "CNY")
        assert (
            got.stretches[0].base
            == got.bill.closing
            - got.left_out.total
            + sum(c.amount for c in got.stretches[0].because)
            or got.stretches[0].base == 0
        )
        assert sum(s.days for s in got.stretches) == (got.until - got.bill.made_on).days
        assert all(s.days == (s.last - s.first).days + 1 > 0 for s in got.stretches)
    elif got.missing:
        assert got.bill.minimum + sum(c.amount for c in got.counted) == got.missing
        assert got.ours == rounded(got.missing * got.rate, "CNY")
    else:
        assert got.reason and got.ours == 0
