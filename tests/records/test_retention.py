"""How long things are kept, what holds keep, and what goes."""

import io
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from django.apps import apps
from django.core.management import call_command

from accounts.models import Attempts, ContactAttempt, OneTimeCode
from portal.kit.errors import Refused, Stale
from portal.packs import Rule, load
from portal.records import retention
from portal.records.audit import subject_of
from portal.records.models import (
    AuditEvent,
    LegalHold,
    Notice,
    StaffView,
)
from portal.records.retention import holds
from portal.records.retention import rules as retention_rules
from tests import people
from tests.accounts.books import bare
from tests.records.old import AT, CONTACTS, TODAY, free, old_contacts, stand

# == how long


@pytest.fixture
def contacts(db):
    return old_contacts()


def rule(value, unit="years", *, id="X", grade="A"):
    return Rule(id, "x", value, unit, "", grade, date.min)


@pytest.mark.parametrize(
    ("ended", "rules", "free"),
    [
        ("2016-11-21", [rule(10)], "2026-11-22"),
        ("2016-11-22", [rule(10)], "2026-11-23"),
        ("2024-02-29", [rule(2)], "2026-03-01"),  # ends on 28 February, which is kept whole
        ("2024-02-28", [rule(2)], "2026-03-01"),
        ("2022-02-28", [rule(2)], "2024-02-29"),
        ("2020-02-29", [rule(4)], "2024-03-01"),
        ("2026-05-26", [rule(180, "days")], "2026-11-23"),
        ("2026-11-21", [rule(0, "days")], "2026-11-22"),
        ("2023-11-21", [rule(2), rule(3, "years, starting again")], "2026-11-22"),
        ("2023-11-21", [rule(2), rule(1096, "days")], "2026-11-22"),
    ],
)
def test_the_first_day_on_which_something_may_go(ended, rules, free):
    assert retention_rules.free_from(date.fromisoformat(ended), rules) == date.fromisoformat(free)


@pytest.mark.parametrize("rules", [[rule(2)], [rule(3)], [rule(4), rule(1461, "days")]])
def test_both_ways_of_counting_agree_on_every_day(rules):
    day = timedelta(days=1)
    for on in (date(2027, 1, 1) + i * day for i in range(500)):
        edge = retention_rules.before(on, rules)
        assert retention_rules.free_from(edge - day, rules) <= on
        assert retention_rules.free_from(edge, rules) > on


@pytest.mark.parametrize(
    ("law", "name", "value", "id", "grade"),
    [
        ("cn", "retention.transactions", 10, "CN-PI-12", "A"),
        ("cn", "retention.collection_records", 2, "CN-COL-02", "A(t)"),
        ("cn", "retention.complaints", 5, "CN-CMP-11", "C"),
        ("us", "retention.transactions", 5, "US-POL-06", "C"),
        ("us", "retention.collection_records", 3, "US-08", "A"),
        ("uk", "retention.collection_records", 3, "UK-POL-07", "C"),
        ("uk", "retention.complaints", 3, "UK-09", "C"),
    ],
)
def test_what_the_packs_say(law, name, value, id, grade):
    found = load(law, on=TODAY)[name]
    assert (found.value, found.id, found.grade) == (value, id, grade)


@pytest.mark.parametrize(
    ("law", "code"), list(product(["cn", "us", "uk"], sorted(retention.CATEGORIES)))
)
def test_every_category_has_a_time_under_every_law(settings, law, code):
    settings.JURISDICTION = law
    assert retention.CATEGORIES[code].before(TODAY) <= TODAY


def test_the_longest_that_fits_decides():
    contacts = retention.CATEGORIES[CONTACTS]
    assert retention_rules.longest(TODAY, contacts.periods(TODAY)).id == "CN-PLAN-17"
    assert contacts.before(TODAY) == date(2023, 11, 22)  # 3 years, not the 2 of CN-COL-02


NAME = "retention.x"


@pytest.mark.parametrize(
    ("grade", "own", "values"),
    [
        ("A", {}, [10]),
        ("A", {NAME: 30}, [10, 30]),  # beside the law: cannot shorten it
        ("A(t)", {NAME: 9999}, [10, 9999]),
        ("C", {}, [10]),
        ("C", {NAME: 30}, [30]),  # in the place of our own reading
    ],
)
def test_the_bank_replaces_only_grade_c(grade, own, values):
    pack = replace(load("cn", on=TODAY), rules={NAME: rule(10, grade=grade)})
    assert [r.value for r in retention_rules.fitting([NAME], pack, own)] == values


def test_without_any_period_nothing_may_go():
    with pytest.raises(LookupError):
        retention_rules.fitting(["nothing"], load("cn", on=TODAY), {})


@pytest.mark.parametrize("slip", [{"mail": 90}, {"mails": -1}])
def test_a_slip_in_the_settings_is_an_error(settings, slip):
    assert retention.known_names(None) == []
    settings.RETENTION_DAYS = settings.RETENTION_DAYS | slip
    assert [error.id for error in retention.known_names(None)] == ["records.E003"]


# == what may go, and what a hold keeps


def test_contacts_go_only_when_nobody_was_contacted_since(contacts):
    assert [row.ref for row in free()] == [f"C{i}" for i in range(7)]
    assert (stand().due, stand().kept, stand().oldest) == (7, 0, date(2020, 1, 1))


@pytest.mark.parametrize("whose", ["account", "person"])
def test_a_hold_keeps_what_it_is_about(contacts, whose):
    by = people.staff("supervisor")
    subject = subject_of(contacts if whose == "account" else contacts.cardholder)
    hold = holds.place(subject, reason="Case 1", by=by, at=AT)
    assert free() == []
    assert (stand().due, stand().kept, stand().oldest) == (0, 7, None)
    holds.lift(hold, reason="-", by=by, at=AT)
    assert len(free()) == 7


def test_a_hold_on_another_account_keeps_nothing_here(contacts):
    other = bare(contacts.cardholder.user, "AC0003")
    holds.place(subject_of(other), reason="-", by=people.staff(), at=AT)
    assert len(free()) == 7


def test_a_hold_on_an_account_keeps_what_is_kept_of_its_person(contacts, settings):
    user, person = contacts.cardholder.user, contacts.cardholder
    old = AT - timedelta(days=4000)
    StaffView.objects.create(actor="user:1", subject=subject_of(person), page="-", at=old)
    mail(user.email, made_at=old)
    assert len(free("records.views")) == len(free("accounts.mails")) == 1
    holds.place(subject_of(contacts), reason="-", by=people.staff(), at=AT)
    assert free("records.views") == free("accounts.mails") == []


def mail(to, **facts):
    return Notice.objects.create(
        kind="k", recipient=to, language="en", subject="-", body="-", sent_at=None, **facts
    )


def test_a_mail_that_still_waits_is_never_due(db):
    old = AT - timedelta(days=400)
    mail("a@example.com", made_at=old, next_try_at=old)
    mail("b@example.com", made_at=old)
    mail("c@example.com", made_at=AT - timedelta(days=180))
    assert [row.recipient for row in free("accounts.mails")] == ["b@example.com"]


def test_one_hold_at_a_time_and_lifted_once(contacts):
    by, subject = people.staff("supervisor"), subject_of(contacts)
    hold = holds.place(subject, reason="-", by=by, at=AT)
    with pytest.raises(Refused, match="stands already"):
        holds.place(subject, reason="-", by=by, at=AT)
    holds.lift(hold, reason="-", by=by, at=AT)
    with pytest.raises(Stale):
        holds.lift(hold, reason="-", by=by, at=AT)
    holds.place(subject, reason="-", by=by, at=AT)
    verbs = AuditEvent.objects.filter(subject=subject).order_by("seq").values_list("verb")
    assert [v for (v,) in verbs] == [
        "records.hold_placed", "records.hold_lifted", "records.hold_placed",
    ]  # fmt: skip
    assert LegalHold.objects.count() == 2


def everything():
    """Return every row of every table."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
    }


def test_the_command_alone_changes_nothing(contacts):
    OneTimeCode.objects.create(
        purpose="p", recipient="a@example.com", code_hash="h", expires_at=AT - timedelta(days=900),
        issued_at=AT - timedelta(days=900),
    )  # fmt: skip
    before, out = everything(), io.StringIO()
    call_command("purge", stdout=out)
    assert everything() == before
    assert "accounts.contacts: 7 may go, the oldest of 2020-01-01; 0 kept" in out.getvalue()
    assert "accounts.codes: 1 may go" in out.getvalue()
    assert "Nothing was changed." in out.getvalue()


# == by itself


def test_routine_deletes_what_is_spent_and_says_so_once(db):
    old, fresh = AT - timedelta(days=40), AT - timedelta(days=20)
    for i, at in enumerate((old, fresh)):
        OneTimeCode.objects.create(
            purpose=str(i), recipient="a@example.com", code_hash="h", issued_at=at, expires_at=at
        )
    for window in ("2026-10-22", "2026-10-22T23", "2026-10-23T00", "2026-10-23"):
        Attempts.objects.create(key="k", window=window)
    assert retention.tidy(at=AT) == {"accounts.codes": 1, "accounts.attempts": 2}
    assert OneTimeCode.objects.get().purpose == "1"
    left = set(Attempts.objects.values_list("window", flat=True))
    assert left == {"2026-10-23T00", "2026-10-23"}
    assert retention.tidy(at=AT) == {}
    assert AuditEvent.objects.filter(verb="records.tidied").count() == 1


def test_routine_never_touches_what_needs_two_people(contacts):
    call_command("purge", routine=True, stdout=io.StringIO())
    assert ContactAttempt.objects.count() == 9
