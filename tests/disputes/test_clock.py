"""When an answer is due: pure rules, with the vectors of the trade (copied here)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from disputes import clock
from disputes.routes import TEXTS, routes_for
from portal.kit.errors import Refused
from portal.packs import load

TODAY = date(2026, 11, 22)
CN, US, UK = (load(law, on=TODAY) for law in ("cn", "us", "uk"))
PACKS = {"cn": CN, "us": US, "uk": UK}


def weekdays(*off):
    days_off = {date.fromisoformat(day) for day in off}
    return lambda on: on.weekday() < 5 and on not in days_off


PLAIN = weekdays()


def day(text):
    return date.fromisoformat(text)


# dispute_clock_rules.json, "deadline": day 1 is the first working day after receipt
@pytest.mark.parametrize(
    ("received", "limit", "off", "expected"),
    [
        ("2024-03-01", 10, [], "2024-03-15"),
        ("2024-03-02", 10, [], "2024-03-15"),  # a Saturday: the same as Friday
        ("2024-03-21", 5, ["2024-03-29", "2024-04-01"], "2024-03-28"),
    ],
)
def test_working_days_begin_with_the_first_one_after_receipt(received, limit, off, expected):
    got = clock.last_day(day(received), limit, clock.WORKING, is_working=weekdays(*off))
    assert got == day(expected)


def test_an_extension_is_counted_from_receipt_and_not_added_to_the_old_deadline():
    first, longer = UK["payment.answer_within"], UK["payment.extended"]
    received = day("2024-03-21")
    due = clock.due(longer, counted_from=received, is_working=PLAIN).due_on
    assert due == clock.last_day(received, longer.value, clock.WORKING, is_working=PLAIN)
    old = clock.due(first, counted_from=received, is_working=PLAIN).due_on
    assert due < clock.last_day(old, longer.value, clock.WORKING, is_working=PLAIN)


# the table of rules.md §12, counted from Friday 20 November 2026
@pytest.mark.parametrize(
    ("law", "name", "due_on", "plan_on"),
    [
        ("cn", "objection.answer_within", "2026-12-10", "2026-12-10"),
        ("cn", "complaint.answer_within", "2026-12-05", "2026-12-04"),  # no roll-forward
        ("cn", "complaint.extended", "2026-12-20", "2026-12-18"),
        ("cn", "complaint.extended_again", "2027-01-19", "2027-01-19"),
        ("cn", "review.answer_within", "2026-12-20", "2026-12-18"),
        ("us", "direct_dispute.answer_within", "2026-12-20", "2026-12-18"),
        ("us", "direct_dispute.extended", "2027-01-04", "2027-01-04"),
        ("us", "billing_error.answer_within", "2027-02-18", "2027-02-18"),
        ("us", "complaint.extended", "2027-01-19", "2027-01-19"),
        ("uk", "complaint.answer_within", "2027-01-15", "2027-01-15"),
        ("uk", "payment.answer_within", "2026-12-11", "2026-12-11"),
        ("uk", "payment.extended", "2027-01-08", "2027-01-08"),
    ],
)
def test_the_table_of_deadlines(law, name, due_on, plan_on):
    due = clock.due(PACKS[law][name], counted_from=day("2026-11-20"), is_working=PLAIN)
    assert (due.due_on, due.plan_on) == (day(due_on), day(plan_on))
    assert due.rule == PACKS[law][name].id


def test_the_day_of_receipt_is_not_counted():
    assert clock.last_day(TODAY, 1, clock.CALENDAR, is_working=PLAIN) == TODAY + timedelta(days=1)


def test_what_the_bank_must_do_does_not_move_on_and_what_a_person_may_do_does():
    rule = replace(CN["review.apply_within"], value=1)
    friday = day("2026-11-20")
    assert clock.due(rule, counted_from=friday, is_working=PLAIN).due_on == day("2026-11-21")
    assert clock.right_until(friday, rule, is_working=PLAIN) == day("2026-11-23")


def test_a_time_without_a_working_day_promises_its_last_day():
    none = clock.due(CN["objection.answer_within"], counted_from=TODAY, is_working=lambda on: False)
    assert none.plan_on == none.due_on


def test_a_unit_that_is_no_day_is_refused():
    with pytest.raises(ValueError, match="cycles"):
        clock.last_day(TODAY, 2, clock.CYCLES, is_working=PLAIN)


# 12 CFR 1026.13(c)(2): two complete cycles after receipt, at most 90 days
@pytest.mark.parametrize(
    ("received", "statement_day", "end"),
    [
        ("2026-11-20", 5, "2027-02-05"),  # the cycle that runs ends 5 December; then two whole ones
        ("2026-11-05", 5, "2027-01-05"),  # received as one closes: the next two are whole
        ("2026-01-15", 31, "2026-03-31"),  # February closes on its last day
    ],
)
def test_two_complete_billing_cycles(received, statement_day, end):
    assert clock.end_of_cycles(day(received), 2, statement_day=statement_day) == day(end)


@pytest.mark.parametrize(
    ("received", "statement_day", "due_on", "rule"),
    [
        ("2026-11-20", 5, "2027-02-05", "US-11a"),  # sooner than 90 days
        ("2026-11-05", 4, "2027-02-03", "US-11"),  # cycles end 4 February, day 91
    ],
)
def test_a_billing_error_ends_with_the_cycles_or_the_days(received, statement_day, due_on, rule):
    due = clock.due(
        US["billing_error.answer_within"], counted_from=day(received), is_working=PLAIN,
        cycles=US["billing_error.cycles"], statement_day=statement_day,
    )  # fmt: skip
    assert (due.due_on, due.rule) == (day(due_on), rule)


# == how much of the time is over


@pytest.mark.parametrize(
    ("on", "share", "mark"),
    [(0, 0, 0), (9, 45, 0), (10, 50, 50), (15, 75, 50), (16, 80, 80), (19, 95, 80), (20, 100, 100),
     (25, 100, 100), (-1, 0, 0)],
)  # fmt: skip
def test_the_share_of_the_time_and_its_marks(on, share, mark):
    got = clock.share_used(
        counted_from=TODAY, plan_on=TODAY + timedelta(days=20), on=TODAY + timedelta(days=on)
    )
    assert (got, clock.mark_reached(got, (50, 80, 100))) == (share, mark)


def test_no_time_at_all_is_all_used():
    assert clock.share_used(counted_from=TODAY, plan_on=TODAY, on=TODAY) == 100


# == which extension may follow


@pytest.mark.parametrize(
    ("pack", "matter", "chain"),
    [
        (CN, "record", ["CN-CR-04"]),
        (CN, "charge", ["CN-CMP-01", "CN-CMP-02", "CN-CMP-03"]),
        (CN, "contact", ["CN-CMP-01", "CN-CMP-02", "CN-CMP-03"]),
        (CN, "service", ["CN-CMP-01", "CN-CMP-02", "CN-CMP-03"]),
        (US, "record", ["US-13", "US-13a"]),
        (US, "charge", ["US-11"]),
        (UK, "record", ["UK-02"]),
        (UK, "charge", ["UK-03", "UK-03a"]),
    ],
)
def test_the_chain_of_each_matter(pack, matter, chain):
    assert [rule.id for rule in clock.chain(pack, matter, round=1)] == chain
    assert [rule.name for rule in clock.chain(pack, matter, round=2)] == ["review.answer_within"]


def extension(rule="CN-CMP-01", *, on=TODAY, news=False, needs_news=False, matter="charge"):
    rules = clock.chain(CN, matter, round=1)
    due = TODAY + timedelta(days=1)
    return clock.check_extension(
        rule, rules, due_on=due, on=on, news=news, needs_news=needs_news
    ).id


def test_only_the_next_step_follows():
    assert extension("CN-CMP-01") == "CN-CMP-02"
    assert extension("CN-CMP-02") == "CN-CMP-03"


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"rule": "CN-CMP-03"}, "CN-CMP-03"),  # nothing is longer
        ({"rule": "CN-CR-04", "matter": "record"}, "CN-CR-04"),  # no extension in the text
        ({"rule": "CN-OLD"}, "CN-OLD"),
        ({"on": TODAY + timedelta(days=1)}, "CLOCK-LATE"),
        ({"needs_news": True}, "CN-CMP-02"),
    ],
)
def test_no_extension(facts, rule):
    with pytest.raises(Refused) as no:
        extension(**facts)
    assert no.value.rule == rule


def test_news_allows_what_needs_it():
    assert extension(news=True, needs_news=True) == "CN-CMP-02"


# == dispute_clock_rules.json, "clock"


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_no_pack_lets_a_clock_stand(pack):
    with pytest.raises(Refused) as no:
        clock.check_stop(pack["clock.may_stop"], reason="waits for the police report")
    assert no.value.rule == pack["clock.may_stop"].id


def test_stopping_needs_a_reason():
    allowed = replace(CN["clock.may_stop"], value=True)
    clock.check_stop(allowed, reason="waits for the police report")
    with pytest.raises(Refused) as no:
        clock.check_stop(allowed, reason="  ")
    assert no.value.rule == "CLOCK-REASON"


@pytest.mark.parametrize(
    ("restart", "refused"),
    [(0, False), (-3, False), (1, True), (-4, True)],  # today, the stop's day, to come, before it
)
def test_a_clock_goes_on_between_its_stop_and_today(restart, refused):
    def check(**facts):
        clock.check_restart(TODAY + timedelta(days=restart), on=TODAY, **facts)

    facts = {"stopped_on": TODAY - timedelta(days=3), "counted_from": TODAY - timedelta(days=9)}
    if not refused:
        return check(**facts)
    with pytest.raises(Refused) as no:
        check(**facts)
    assert no.value.rule == "CLOCK-RESTART"


def test_a_clock_never_goes_on_before_receipt():
    with pytest.raises(Refused):
        clock.check_restart(
            TODAY - timedelta(days=2), stopped_on=TODAY - timedelta(days=3),
            counted_from=TODAY - timedelta(days=1), on=TODAY,
        )  # fmt: skip


@pytest.mark.parametrize(("unit", "days"), [(clock.CALENDAR, 7), (clock.WORKING, 5)])
def test_the_days_a_clock_stood_are_counted_in_its_unit(unit, days):
    got = clock.days_between(day("2026-11-20"), day("2026-11-27"), unit, is_working=PLAIN)
    assert got == days


# == where else to turn


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
@pytest.mark.parametrize("matter", ["record", "charge", "contact", "service"])
def test_every_matter_knows_the_ways_outside(pack, matter):
    found = routes_for(pack, matter)
    assert found[-1].key == "court"
    for route in found:
        assert route.text % route.params and "%(" not in route.text % route.params


def test_the_limits_of_the_routes_come_from_the_pack():
    report, branch, _court = routes_for(CN, "record")
    assert "2 times a year" in report.text % report.params
    assert "within 30 days" in branch.text % branch.params
    assert branch.within.id == "CN-CR-07"
    fos = routes_for(UK, "charge")[0]
    assert "within 6 months" in fos.text % fos.params


def test_no_route_without_words_and_no_words_without_a_route():
    used = {
        key for pack in PACKS.values() for name, rule in pack.rules.items()
        if name.startswith("routes.") for key in rule.value
    }  # fmt: skip
    assert used == set(TEXTS)
