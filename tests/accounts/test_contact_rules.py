"""When a contact is marked: tables, no database. Clock times are those of the portal's place."""

from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from accounts.contacts import rules
from accounts.contacts.rules import (
    CHANNEL,
    COUNT,
    HOURS,
    MIDNIGHT,
    PAUSE,
    QUIET,
    Attempt,
    Permitted,
)
from portal.kit.errors import Refused
from portal.packs import _all, load

SHANGHAI = ZoneInfo("Asia/Shanghai")
WAYS = frozenset({"call", "sms", "email", "letter", "visit", "app"})
DAY = date(2026, 11, 20)
_ids = count(1)


def limits_on(law="cn"):
    return lambda on: rules.Limits.of(load(law, on=on))


def attempt(at, channel="call", by="bank", account=1, on=DAY, zone=SHANGHAI, outcome=""):
    moment = datetime.combine(on, time.fromisoformat(at), zone)
    return Attempt(next(_ids), moment, channel, by, account, outcome)


def choice(earliest, latest, *channels, made="2026-11-01T12:00", zone=SHANGHAI):
    until = MIDNIGHT if latest == "24:00" else time.fromisoformat(latest)
    ways = frozenset(channels) or WAYS
    made_at = datetime.fromisoformat(made).replace(tzinfo=zone)
    return Permitted(time.fromisoformat(earliest), until, ways, made_at)


def marked(each, *choices, law="cn", number=0):
    found = rules.marks(each, number=number, choices=choices, limits_on=limits_on(law))
    return [mark.kind for mark in found]


@pytest.mark.parametrize(
    ("law", "by", "at", "channel", "expected"),
    [
        ("cn", "bank", "07:59:59", "call", [QUIET]),
        ("cn", "bank", "08:00", "call", []),
        ("cn", "bank", "21:59:59", "call", []),
        ("cn", "bank", "22:00", "call", [QUIET]),
        ("cn", "bank", "00:00", "visit", [QUIET]),
        ("cn", "AGENCY", "23:59:59", "sms", [QUIET]),
        ("cn", "bank", "23:00", "letter", []),  # a letter, an e-mail, an app message wait
        ("cn", "bank", "23:00", "email", []),
        ("cn", "bank", "23:00", "app", []),
        ("us", "AGENCY", "07:59", "call", [QUIET]),
        ("us", "AGENCY", "08:00", "call", []),
        ("us", "AGENCY", "20:59", "email", []),
        ("us", "AGENCY", "21:00", "email", [QUIET]),
        ("us", "bank", "23:00", "call", []),  # US-01: agencies only
        ("uk", "AGENCY", "23:59:59.999999", "call", []),  # no rule sets hours
    ],
)
def test_hours_of_the_law(law, by, at, channel, expected):
    assert marked(attempt(at, channel, by), law=law) == expected


@pytest.mark.parametrize("law", ["cn", "us"])
def test_before_its_first_day_no_rule_measures_anything(law):
    start = load(law, on=DAY)["contact.quiet_hours"].start
    night = {on: attempt("23:00", by="AGENCY", on=on) for on in (start, start - timedelta(days=1))}
    assert [marked(each, law=law) for each in night.values()] == [[QUIET], []]
    early = [attempt("10:00", by="AGENCY", on=start - timedelta(days=1)) for _ in range(9)]
    assert rules.numbered(early, limits_on(law)) == {}


@pytest.mark.parametrize(
    ("law", "zone", "on"),
    [("cn", "Asia/Shanghai", DAY), ("us", "America/New_York", date(2026, 11, 1)),
     ("us", "America/Los_Angeles", date(2026, 3, 8))],
)  # fmt: skip
def test_the_clock_of_the_place_decides_also_when_it_is_set(law, zone, on):
    at = [attempt(text, by="AGENCY", on=on, zone=ZoneInfo(zone)) for text in ("07:59", "08:00")]
    assert [marked(each, law=law) for each in at] == [[QUIET], []]


def test_hours_of_the_law_cross_midnight_in_every_pack():
    found = [r for law in ("cn", "us", "uk") for r in _all(law) if r.name == "contact.quiet_hours"]
    assert found and all(rule.value[0] > rule.value[1] for rule in found)


@pytest.mark.parametrize(
    ("choices", "at", "channel", "expected"),
    [
        ([("10:00", "18:00")], "09:59", "call", [HOURS]),
        ([("10:00", "18:00")], "10:00", "call", []),
        ([("10:00", "18:00")], "18:00", "sms", [HOURS]),
        ([("10:00", "18:00")], "20:00", "email", []),  # has no hour
        ([("10:00", "18:00")], "22:30", "call", [QUIET]),  # said once, by the law
        ([("10:00", "18:00", "letter", "sms")], "12:00", "call", [CHANNEL]),
        ([("10:00", "18:00", "letter")], "19:00", "call", [HOURS, CHANNEL]),
        ([("08:00", "23:00")], "22:30", "call", []),  # agreed to
        ([("08:00", "23:00")], "23:00", "call", [QUIET]),
        ([("00:00", "24:00")], "23:59:59", "call", []),
    ],
)
def test_what_someone_chose(choices, at, channel, expected):
    assert marked(attempt(at, channel), *(choice(*each) for each in choices)) == expected


def test_the_choice_of_that_moment_counts():
    made = [choice("10:00", "12:00", made="2026-11-20T11:00"),
            choice("08:00", "22:00", made="2026-11-20T15:00")]  # fmt: skip
    asked = ["09:00", "10:59", "11:00", "14:00", "15:00", "21:00"]
    told = [marked(attempt(at), *made) for at in asked]
    assert told == [[], [], [], [HOURS], [], []]


def test_a_choice_made_before_a_stricter_law_agrees_to_nothing():
    """All day was open when it was chosen: that is no agreement to what became the night."""
    start = load("cn", on=DAY)["contact.quiet_hours"].start
    old = choice("00:00", "24:00", made=f"{start - timedelta(days=1)}T12:00")
    assert marked(attempt("23:00"), old) == [QUIET]
    assert marked(attempt("23:00"), choice("00:00", "24:00", made=f"{start}T12:00")) == []


def numbers(law, *attempts):
    found = rules.numbered(attempts, limits_on(law))
    return [found.get(each.id, 0) for each in attempts]


def test_calls_of_bank_and_agencies_on_all_accounts_count_together_for_a_day():
    calls = [
        attempt("23:59:59", on=DAY - timedelta(days=1)),
        attempt("09:00"), attempt("10:00", by="A", account=2), attempt("11:00", "sms"),
        attempt("12:00", by="B", account=3), attempt("12:00"), attempt("23:59"),
        attempt("00:00", on=DAY + timedelta(days=1)),
    ]  # fmt: skip
    assert numbers("cn", *calls) == [1, 1, 2, 0, 3, 4, 5, 1]
    assert numbers("cn", *reversed(calls)) == [1, 5, 4, 3, 0, 2, 1, 1]
    kinds = [marked(each, number=n) for each, n in zip(calls, numbers("cn", *calls), strict=True)]
    assert [COUNT in each for each in kinds] == [False] * 5 + [True, True, False]


def test_a_call_may_be_too_late_and_too_many():
    assert marked(attempt("22:15"), number=4) == [QUIET, COUNT]


def test_in_the_united_states_an_agencys_calls_about_one_debt_count_for_seven_days():
    days = [DAY + timedelta(days=n) for n in range(9)]
    calls = [attempt("10:00", by="A", on=on) for on in days]
    assert numbers("us", *calls) == [1, 2, 3, 4, 5, 6, 7, 7, 7]
    more = [attempt("11:00", by="A", on=days[6]), attempt("11:00", by="A", account=2, on=days[6]),
            attempt("11:00", by="B", on=days[6]), attempt("11:00", on=days[6])]  # fmt: skip
    assert numbers("us", *calls, *more)[9:] == [8, 1, 1, 0]
    assert marked(more[0], law="us", number=8) == [COUNT]
    assert marked(more[0], law="us", number=7) == []
    assert numbers("uk", *calls) == [0] * 9


@pytest.mark.parametrize(
    ("days", "facts", "soon"),
    [
        (0, {}, True),  # later on the day of the conversation, its first day
        (6, {}, True),
        (7, {}, False),
        (1, {"outcome": "no answer"}, True),  # answered or not
        (1, {"account": 2}, False),  # another debt
        (1, {"by": "B"}, False),
        (1, {"by": "bank"}, False),  # US-01: agencies only
        (1, {"channel": "sms"}, False),
        (-1, {}, False),
    ],
)
def test_after_a_conversation_an_agency_calls_nobody_for_seven_days(days, facts, soon):
    talk = attempt("10:00", by="A", outcome=" Promise to pay")
    later = attempt("11:00", on=DAY + timedelta(days=days), **{"by": "A"} | facts)
    found = rules.too_soon([later, talk], limits_on("us"))
    assert found == ({later.id: DAY} if soon else {})
    assert rules.too_soon([later, talk], limits_on("cn")) == {}


def test_a_conversation_too_soon_begins_the_days_again_and_no_answer_does_not():
    days = {0: "answered", 3: "answered", 5: "no answer", 9: "no answer", 10: "no answer"}
    calls = {n: attempt("10:00", by="A", on=DAY + timedelta(days=n), outcome=text)
             for n, text in days.items()}  # fmt: skip
    found = rules.too_soon(calls.values(), limits_on("us"))
    three = DAY + timedelta(days=3)
    assert found == {calls[3].id: DAY, calls[5].id: three, calls[9].id: three}
    (mark,) = rules.marks(
        calls[9], number=1, choices=(), limits_on=limits_on("us"), talked_on=found[calls[9].id]
    )
    assert (mark.kind, mark.rule.id, mark.talked_on) == (PAUSE, "US-02c", three)


@pytest.mark.parametrize(
    ("law", "earliest", "latest", "agreed", "refused"),
    [
        ("cn", "08:00", "22:00", False, ""),
        ("cn", "18:00", "18:00", True, "CONTACT-1"),
        ("cn", "18:00", "09:00", True, "CONTACT-1"),
        ("cn", "07:30", "22:00", False, "CN-COL-06"),
        ("cn", "08:00", "22:30", False, "CN-COL-06"),
        ("cn", "08:00", "24:00", True, ""),
        ("us", "08:00", "21:00", False, ""),
        ("us", "08:00", "21:30", True, "US-03"),
        ("uk", "00:00", "24:00", False, ""),
    ],
)
def test_what_may_be_chosen(law, earliest, latest, agreed, refused):
    wish, limits = choice(earliest, latest), limits_on(law)(DAY)
    try:
        rules.check(wish, limits, agreed=agreed)
    except Refused as error:
        assert error.rule == refused and str(error)
    else:
        assert not refused


@pytest.mark.parametrize(
    ("law", "hours"), [("cn", "08:00 22:00"), ("us", "08:00 21:00"), ("uk", "00:00 24:00")]
)
def test_who_chose_nothing_has_the_lawful_hours_and_every_way(law, hours):
    usual = rules.usual(limits_on(law)(DAY), WAYS)
    assert " ".join(map(rules.clock, usual[:2])) == hours and usual.channels == WAYS
    rules.check(usual, limits_on(law)(DAY), agreed=False)
