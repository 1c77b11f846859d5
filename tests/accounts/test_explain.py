"""Each charge recomputed from the account's terms, and the sums opened line by line."""

from datetime import date
from decimal import Decimal as D
from random import Random

import pytest

from accounts import explain
from accounts.feed.made_people import archetypes, someone
from accounts.rules import Components, Movement, Span
from tests.accounts.made_books import made
from tests.accounts.three_bills import AS_OF, BOUGHT, NOV, OCT, RULE, SEPT

TERMS = explain.Terms("CNY", D("0.0005"), D("0.05"), D("0.1"), "unpaid")


def move(ref, on, amount, kind="repayment", reverses=""):
    return Movement(ref, date.fromisoformat(f"2026-{on}"), kind, D(amount), reverses)


INTEREST = move("i", "10-05", 120, "interest")  # 30 days from 6 September
LATE = move("l", "09-26", 40, "late_fee")


def books(*movements, bills=(SEPT, OCT, NOV), as_of=AS_OF):
    return explain.Books(bills, [BOUGHT, *movements], as_of, RULE).until(as_of)


def charged(posting, *movements, terms=TERMS, **changes):
    return explain.charge(posting, books=books(posting, *movements, **changes), terms=terms)


def interest(*movements, basis="unpaid", **changes):
    return charged(INTEREST, *movements, terms=TERMS._replace(interest_basis=basis), **changes)


def test_our_figure_is_the_banks_for_every_charge_of_a_made_feed():
    """But for the story that overcharges on purpose."""
    stories = [(story, Random(number)) for number, story in enumerate(archetypes())]
    for number in range(90):
        rng = Random(f"7:{number}")
        stories.append((someone(number, rng, "CNY"), rng))
    seen, differ = set(), []
    for story, rng in stories:
        account, terms = made(story, rng)
        for posting in account.movements:
            if posting.kind in ("interest", "late_fee"):
                got = explain.charge(posting, books=account, terms=terms)
                seen.add((posting.kind, terms.interest_basis, terms.currency))
                if got.ours != posting.amount:
                    differ.append((story.overcharge, got.difference))
    assert {(kind, basis) for kind, basis, _ in seen} == {
        (kind, basis) for kind in ("interest", "late_fee") for basis in ("full", "unpaid")
    }
    assert "JPY" in {currency for _, _, currency in seen}
    assert differ == [(20, D(20))]


@pytest.mark.parametrize(
    ("basis", "movements", "ours", "reason"),
    [
        ("unpaid", [], "120", ""),  # 8,000 × 0.0005 × 30
        ("full", [], "120", ""),
        ("unpaid", [move("r", "09-16", -800)], "112", ""),  # lower for the 20 days from the 16th
        ("full", [move("r", "09-16", -800)], "120", ""),
        ("unpaid", [move("r", "10-05", -800)], "119.60", ""),  # its own day counts already
        ("unpaid", [move("r", "09-05", -800)], "120", ""),  # is in the bill
        ("full", [move("r", "09-25", -8000)], "0", "paid_in_full"),
        ("unpaid", [move("r", "09-26", -8000)], "80", ""),  # a day late: 20 days
        ("full", [move("r", "09-26", -9000)], "120", ""),
        ("unpaid", [move("r", "09-26", -9000)], "80", ""),  # never below nothing
        ("unpaid", [move("n", "09-16", 500, "purchase")], "120", ""),  # not in the bill
        ("unpaid", [move("w", "09-16", -800, "waiver")], "112", ""),
        ("unpaid", [move("x", "09-16", -800, "reversal", "p")], "112", ""),
        (  # came back: owed again from the day it did
            "unpaid",
            [move("r", "09-16", -800), move("b", "09-26", 800, "reversal", "r")],
            "116", "",
        ),
        (  # came back, so that bill was never paid in full
            "full",
            [move("r", "09-16", -8000), move("b", "10-04", 8000, "reversal", "r")],
            "120", "",
        ),
        (  # known only later: at the end of the period it was paid
            "full",
            [move("r", "09-16", -8000), move("b", "10-06", 8000, "reversal", "r")],
            "0", "paid_in_full",
        ),
        ("unpaid", [move("c", "09-02", -8100)], "0", "nothing_owed"),
    ],
)  # fmt: skip
def test_interest_is_charged_on_what_the_last_bill_left(basis, movements, ours, reason):
    bill = SEPT._replace(closing=D(-100)) if reason == "nothing_owed" else SEPT
    got = interest(*movements, basis=basis, bills=(bill, OCT, NOV))
    assert (got.ours, got.reason, got.rule) == (D(ours), reason, "ACC-13")
    assert got.difference == 120 - D(ours)


def test_fees_in_a_bill_bear_no_interest_and_what_corrects_them_lowers_nothing():
    fees = [move("l", "09-02", 40, "late_fee"), move("f", "09-03", 20, "annual_fee")]
    bill = SEPT._replace(closing=D(8060))
    got = interest(*fees, bills=(bill, OCT, NOV))
    assert (got.left_out, got.ours) == (Components(default_sum=D(40), fees=D(20)), 120)
    waived = move("w", "09-16", -40, "waiver", "l")
    assert interest(*fees, waived, bills=(bill, OCT, NOV)).ours == 120
    back = move("u", "09-18", 40, "reversal", "w")
    assert interest(*fees, waived, back, bills=(bill, OCT, NOV)).ours == 120
    paid_off = [move("r", "09-20", -8020), waived]  # the waiver counts when paying in full does
    assert interest(*fees, *paid_off, bills=(bill, OCT, NOV)).reason == "paid_in_full"


def test_the_days_are_cut_where_the_base_changes():
    first, second = move("r", "09-16", -800), move("s", "09-16", "-0.01")
    got = interest(first, second)
    assert got.stretches == (
        (date(2026, 9, 6), date(2026, 9, 15), 10, D(8000), D(40), ()),
        (
            date(2026, 9, 16), date(2026, 10, 5), 20, D("7199.99"), D("71.9999"),
            ((first, D(-800)), (second, D("-0.01"))),
        ),
    )  # fmt: skip
    assert (got.exact, got.ours, got.until) == (D("111.9999"), D("112.00"), OCT.made_on)
    on_the_first_day = interest(move("r", "09-06", -800))
    assert [s.base for s in on_the_first_day.stretches] == [7200]


def test_interest_is_rounded_once_half_up():
    bill = SEPT._replace(closing=D("8000.33"))
    got = interest(bills=(bill, OCT), basis="full")
    assert (got.exact, got.ours) == (D("120.00495"), D("120.00"))
    got = interest(bills=(SEPT._replace(closing=D("8000.34")), OCT), basis="full")
    assert (got.exact, got.ours) == (D("120.00510"), D("120.01"))
    yen = TERMS._replace(currency="JPY", daily_rate=D("0.00035"), interest_basis="full")
    assert charged(INTEREST, bills=(SEPT._replace(closing=D(8050)), OCT), terms=yen).ours == 85


@pytest.mark.parametrize(
    ("bills", "reason"),
    [((), "no_bill"), ((OCT, NOV), "no_bill"), ((SEPT,), "period_open")],
)
def test_where_we_cannot_say_there_is_no_figure(bills, reason):
    got = interest(bills=bills)
    assert (got.ours, got.difference, got.reason) == (None, None, reason)


def test_two_charges_for_the_same_days_are_set_against_one_figure():
    other = move("i2", "09-30", 30, "interest")
    got = interest(other)
    assert (got.together, got.charged, got.ours, got.difference) == (((other, 30),), 150, 120, 30)
    assert got.right == 90
    back = move("x", "10-01", -30, "reversal", "i2")
    assert (interest(other, back).together, interest(other, back).difference) == ((), 0)
    undone = move("x", "10-07", -120, "reversal", "i")
    got = interest(undone)
    assert (got.taken_back, got.charged, got.difference) == (((undone, -120),), 0, -120)


@pytest.mark.parametrize(
    ("movements", "ours", "missing", "reason"),
    [
        ([], "40", 800, ""),
        ([move("r", "09-25", -300)], "25", 500, ""),
        ([move("r", "09-26", -300)], "40", 800, ""),
        ([move("r", "09-25", -800)], "0", 0, "nothing_missing"),
        ([move("r", "09-25", -900)], "0", 0, "nothing_missing"),
        ([move("r", "09-05", -300)], "40", 800, ""),  # is in the bill
        ([move("r", "09-20", -800), move("b", "09-26", 800, "reversal", "r")], "40", 800, ""),
        ([move("r", "09-20", -800), move("b", "09-27", 800, "reversal", "r")], "0", 0,
         "nothing_missing"),  # not known when it was charged
        ([move("r", "09-25", "-799.90")], "0.01", "0.10", ""),  # 0.005, half up
    ],
)  # fmt: skip
def test_the_default_sum_is_charged_on_what_was_missing_when_the_due_date_ended(
    movements, ours, missing, reason
):
    got = charged(LATE, *movements)
    assert (got.ours, got.missing, got.reason) == (D(ours), D(missing), reason)
    assert (got.bill, got.rule, got.rate) == (SEPT, "ACC-15", D("0.05"))


@pytest.mark.parametrize(
    ("on", "opening", "ours", "reason"),
    [("09-25", 0, 0, "not_due"), ("09-25", 500, None, "no_bill"), ("10-25", 0, 40, "")],
)
def test_a_default_sum_before_a_due_date_has_passed_is_none_of_ours(on, opening, ours, reason):
    bill = SEPT._replace(opening=D(opening))
    got = charged(move("l", on, 40, "late_fee"), bills=(bill, OCT, NOV))
    assert (got.ours, got.reason) == (ours, reason)


def test_a_second_default_sum_for_one_bill_is_seen():
    again = move("l2", "10-05", 40, "late_fee")  # before the next due date
    assert charged(LATE, again).difference == 40
    assert charged(LATE, move("l3", "10-26", 80, "late_fee")).difference == 0


@pytest.mark.parametrize("kind", ["annual_fee", "other_fee"])
def test_a_fixed_fee_has_no_rule_of_ours(kind):
    got = charged(move("f", "09-26", 30, kind))
    assert (got.ours, got.reason, got.rule) == (None, "fixed", "ACC-16")


def test_the_overdue_sum_and_the_next_minimum_are_opened():
    paid, back = move("r", "10-20", -1000), move("b", "11-12", 400, "reversal", "r")
    account = books(paid, back)
    late = explain.overdue(account)
    assert (late.bill, late.counted) == (OCT, ((paid, D(-1000)), (back, D(400))))
    assert (late.missing, late.capped, late.amount, late.left) == (1000, False, 1000, 1000)
    held = [Span(D(300), date(2026, 11, 1), None, True), Span(None, date(2026, 11, 19), None)]
    apart = explain.overdue(account, holds=held, to_come=D(200))
    assert (apart.planned, apart.disputed, apart.left, apart.held) == (200, 300, 500, 1000)
    following = explain.minimum(account, holds=held, to_come=D(200))
    # what came back was counted for the bill before, and this one asks for it already
    assert (following.bill, following.counted, following.amount) == (NOV, (), 2400)
    assert (following.planned, following.disputed, following.left) == (200, 300, 1900)
    then = explain.overdue(account.until(date(2026, 10, 31)), holds=held)
    assert (then.amount, then.disputed) == (600, 0)
    assert explain.overdue(account.until(date(2026, 9, 25))) is None
    assert explain.minimum(account.until(date(2026, 10, 26))) is None
    assert explain.overdue(books(move("c", "09-02", -7500))).capped


@pytest.mark.parametrize(
    ("to_come", "late", "following"),  # planned, disputed (of 300), left
    [(0, (0, 300, 1300), (0, 300, 200)), (1500, (1500, 100, 0), (500, 0, 0)),
     (400, (400, 300, 900), (400, 100, 0)), (9000, (1600, 0, 0), (500, 0, 0))],
)  # fmt: skip
def test_plan_and_dispute_never_take_more_than_is_due(to_come, late, following):
    account = books(bills=(SEPT, OCT, NOV._replace(minimum=D(500))))
    facts = {"holds": [Span(D(300), date(2026, 11, 1), None, True)], "to_come": D(to_come)}
    for due, expected in (
        (explain.overdue(account, **facts), late),
        (explain.minimum(account, **facts), following),
    ):
        assert (due.planned, due.disputed, due.left) == expected


def test_the_balance_and_the_interest_of_a_day_are_opened():
    account = books(LATE, move("r", "09-27", -100), move("i", "10-05", 60, "interest"))
    sums = explain.balance(account)
    assert sums.by_kind == (
        ("purchase", D(8000), 1), ("interest", D(60), 1), ("late_fee", D(40), 1),
        ("repayment", D(-100), 1),
    )  # fmt: skip
    assert (sums.opening, sums.closing, sums.parts) == (0, 8000, Components(D(7940), D(60)))
    day = explain.per_day(account, TERMS)
    assert (day.base.amount, day.exact, day.amount, day.base.bill) == (8000, 4, 4, OCT)
    assert explain.per_day(account.until(date(2026, 9, 25)), TERMS).base.reason == "no_bill"
    paid_off = books(move("r", "10-06", -8000), move("n", "10-07", 5, "purchase"))
    assert explain.per_day(paid_off, TERMS).base.reason == "paid_in_full"


def test_a_payment_says_what_it_paid_and_in_which_order():
    account = books(
        LATE, move("r", "10-20", -100), move("w", "10-21", -10, "waiver", "l"),
        move("b", "10-22", 30, "reversal", "r"), bills=(SEPT, OCT),
    )  # fmt: skip
    got = explain.split(account.by_ref["r"], books=account)
    assert (got.parts, got.order) == (Components(D(60), D(0), D(40)), "charges_first")
    assert (got.days_late, got.bill, got.came_back) == (25, OCT, 30)
    waived = explain.split(account.by_ref["w"], books=account)
    assert (waived.order, waived.named) == ("named_first", "default_sum")
    assert explain.split(LATE, books=account) is None
    late = Movement("z", date(2026, 12, 25), "repayment", D(-100))  # day 91
    account = books(LATE, late, bills=(SEPT,), as_of=date(2027, 1, 1))
    got = explain.split(late, books=account)
    assert (got.days_late, got.order, got.parts) == (91, "principal_first", Components(D(100)))


def test_what_was_charged_again_is_not_taken_back():
    waived = move("w", "10-10", -120, "waiver", "i")
    got = interest(waived, move("b", "10-20", 120, "reversal", "w"))
    assert (got.taken_back, got.charged) == ((), 120)
    got = interest(waived, move("b", "10-20", 50, "reversal", "w"))
    assert (got.taken_back, got.charged) == (((waived, -70),), 50)


def test_a_correction_is_followed_to_its_charge_through_any_number_of_others():
    waived, back = move("w", "10-10", -120, "waiver", "i"), move("b", "10-12", 120, "reversal", "w")
    again = move("c", "10-14", -100, "reversal", "b")
    got = interest(waived, back, again)
    assert (got.taken_back, got.charged) == (((again, -100),), 20)
    got = interest(waived, back, again, move("d", "10-16", 30, "reversal", "c"))
    assert (got.taken_back, got.charged) == (((again, -70),), 50)
    own = move("b", "10-12", 120, "other_fee", "w")  # a charge itself: what names it corrects it
    assert interest(waived, own, again).taken_back == ()


def test_corrections_in_a_ring_correct_nothing():
    ring = [move(a, "10-10", -10, "reversal", b) for a, b in ("xy", "yz", "zx", "ss")]
    assert interest(*ring).taken_back == () and books(*ring).corrections == {}


def test_what_corrects_a_charge_that_bears_none_lowers_no_base_however_long_the_chain():
    fee = move("f", "09-01", 40, "late_fee")
    chain = [fee, move("w", "09-10", -40, "waiver", "f"), move("b", "09-12", 40, "reversal", "w"),
             move("c", "09-14", -40, "reversal", "b")]  # fmt: skip
    assert interest(*chain).ours == interest(*chain[:2]).ours == interest(fee).ours


@pytest.mark.parametrize(
    ("first", "last", "rights"),  # ours is 120.00 for both
    [(120, 20, (120, 0)), (100, 50, (100, 20)), (150, 10, (120, 0)), (60, 60, (60, 60))],
)
def test_what_is_too_much_is_asked_back_once(first, last, rights):
    pair = [move("h", "10-05", first, "interest"), move("i", "10-05", last, "interest")]
    got = [charged(mine, *pair[::-1][at:at + 1]).right for at, mine in enumerate(pair)]  # fmt: skip
    assert got == list(rights)
