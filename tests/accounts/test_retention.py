"""What this room deletes after its time: certified documents, codes, sessions."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.storage import storages

from accounts.contacts import actions
from accounts.contacts.rules import Permitted
from accounts.models import ActivationCode, ContactChoice, EvidenceRequest
from portal.records import documents, outbox_files, retention
from portal.records.audit import subject_of
from portal.records.models import Document, OutboxEvent, OutboxExport
from portal.records.retention import holds, purges
from tests import people
from tests.accounts.books import bare
from tests.records.old import AT, TODAY, confirmed, free, two_people

LONG_AGO = date(2016, 11, 21)  # ten years and a day before TODAY


@pytest.fixture
def asked(db):
    """A request whose documents, in two languages, were made before the account left the books."""
    account = bare(people.cardholder(), "AC0001", closed_by_feed=True, as_of=LONG_AGO)
    asked = EvidenceRequest.objects.create(
        number="EV-1", account=account, kind="repayments", languages=["zh-hans", "en"],
        requested_at=AT, requested_by=account.cardholder.user, status="ready", ready_at=AT,
    )  # fmt: skip
    for language in asked.languages:
        data = f"%PDF {language}".encode()
        documents.store(data)
        documents.file_document(
            "evidence.repayments", data, subject=asked, number="EV-1", code=f"CODE-{language}",
            title="Repayments of Test Person", language=language, sealed=True, at=AT,
        )  # fmt: skip
    return asked


def files():
    return [
        storages["documents"].exists(documents.name_of(d.sha256)) for d in Document.objects.all()
    ]


def test_evidence_goes_ten_years_after_the_account_left_the_books(asked):
    assert files() == [True, True]
    assert free("accounts.evidence") == [asked]
    purge = confirmed(two_people(), "accounts.evidence")
    assert (purge.count, purge.rule) == (1, "CN-PI-12")
    assert purges.carry_out(purge, at=AT) == {"deleted": 1, "left_out": 0}
    assert files() == [False, False]
    assert set(Document.objects.values_list("number", "title")) == {("EV-1", "")}
    assert free("accounts.evidence") == []


@pytest.mark.parametrize("why", ["a day too early", "still in the books", "a hold"])
def test_evidence_is_kept(asked, why):
    account = asked.account
    if why == "a day too early":
        account.as_of = LONG_AGO + timedelta(days=1)
    elif why == "still in the books":
        account.closed_by_feed = False
    else:
        holds.place(subject_of(account.cardholder), reason="-", by=people.staff(), at=AT)
    account.save()
    assert free("accounts.evidence") == []


def session(*, expires):
    store = SessionStore()
    store["x"] = 1
    store.save()
    Session.objects.filter(session_key=store.session_key).update(expire_date=expires)
    return store.session_key


def device(user, key, *, made):
    row = UserSession.objects.create(user=user, session_key=key, ip="192.0.2.1", user_agent="-")
    UserSession.objects.filter(pk=row.pk).update(created_at=made)


def test_sessions_and_their_devices_go_once_ended(db):
    user, day = people.cardholder(), timedelta(days=1)
    live, ended = session(expires=AT + day), session(expires=AT - day)
    device(user, live, made=AT - day)
    device(user, ended, made=AT - day)
    device(user, "just-being-made", made=AT)
    assert retention.tidy(at=AT) == {"accounts.sessions": 1, "accounts.devices": 1}
    assert list(Session.objects.values_list("session_key", flat=True)) == [live]
    left = set(UserSession.objects.values_list("session_key", flat=True))
    assert left == {live, "just-being-made"}


def test_codes_of_letters_go_thirty_days_after_their_time(db):
    holder = people.unbound()
    for days in (31, 29):
        at = AT - timedelta(days=days)
        ActivationCode.objects.create(
            cardholder=holder, code_hash=str(days), issued_at=at, expires_at=at, used_at=at
        )
    assert retention.tidy(at=AT) == {"accounts.letters": 1}
    assert ActivationCode.objects.get().code_hash == "29"


def test_the_day_begins_at_midnight_where_the_bank_is(db):
    assert retention.start_of(TODAY) == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert retention.day(datetime(2026, 11, 21, 16, tzinfo=UTC)) == TODAY


def addresses():
    """What the bank would be told now of each person's change, by the person's reference."""
    events = OutboxEvent.objects.filter(type="contact.changed", data__what="email")
    return {e.data["cardholder"]: outbox_files.resolved(e)["new"] for e in events.order_by("seq")}


@pytest.mark.django_db
def test_an_old_address_goes_half_a_year_after_the_bank_has_had_it(tmp_path):
    """One event is handed over long ago, one since, one never; a hold keeps the fourth."""
    users = [people.cardholder() for _ in range(4)]
    old, recent, never, kept = (user.cardholder.ref for user in users)
    for user in users:
        bare(user, f"AC-{user.pk}")
    holds.place(subject_of(users[3].cardholder), reason="-", by=people.staff(), at=AT)
    for user in (users[0], users[3]):
        actions.email_changed(user, old="a@example.com", new="b@example.com", at=AT)
    actions.choose(
        users[0].cardholder, Permitted(time(9), time(18), frozenset()), agreed=False, by=users[0],
        at=AT,
    )  # fmt: skip
    outbox_files.export(tmp_path, at=AT - timedelta(days=182))
    actions.email_changed(users[1], old="a@example.com", new="b@example.com", at=AT)
    outbox_files.export(tmp_path, at=AT - timedelta(days=179))
    actions.email_changed(users[2], old="a@example.com", new="b@example.com", at=AT)
    OutboxExport.objects.create(  # begun and killed: the bank may not have it
        name="begun", first_seq=OutboxEvent.objects.get(data__cardholder=never).seq,
        last_seq=10**9, rows=1, sha256="", made_at=AT - timedelta(days=999),
    )  # fmt: skip
    assert retention.tidy(at=AT) == {"accounts.old_addresses": 1}
    there = dict.fromkeys((recent, never, kept), "b@example.com")
    assert addresses() == {old: None} | there
    assert OutboxEvent.objects.count() == 5 and retention.tidy(at=AT) == {}


@pytest.mark.django_db
def test_a_choice_of_contact_goes_two_years_after_another_replaced_it():
    holder = people.cardholder().cardholder
    made = [datetime(year, 11, 21, 15, 59, tzinfo=UTC) for year in (2019, 2022, 2024)]
    first, second, last = (
        ContactChoice.objects.create(
            cardholder=holder, made_at=at, earliest=time(9), latest=time(18), channels=["sms"]
        )
        for at in made
    )
    assert free("accounts.contact_choices") == [first, second]
    ContactChoice.objects.filter(pk=last.pk).update(made_at=AT - timedelta(days=30))
    assert free("accounts.contact_choices") == [first]
    purges.carry_out(confirmed(two_people(), "accounts.contact_choices"), at=AT)
    assert list(ContactChoice.objects.order_by("pk")) == [second, last]
