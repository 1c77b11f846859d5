"""Activation under attack: budgets, guesses at once, and answers that tell nothing."""

import logging
from datetime import date, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from accounts import activation
from accounts.models import ActivationCode, Cardholder, User
from portal.kit.errors import Refused, Stale
from portal.records.models import AuditEvent, Notice
from tests import people
from tests.accounts.walks import ADDRESS, CODE, account, letter, opened, try_letter


@pytest.mark.django_db
def test_an_unknown_reference_answers_to_the_byte_like_a_known_one():
    holder, _ = letter()
    answers = []
    for reference in (holder.ref, "ZZ-9999 9999"):
        answers.append(people.looks(try_letter(Client(), reference, "BBBBBBBB"), reference))
    assert answers[0] == answers[1]


@pytest.mark.django_db
def test_an_unknown_reference_costs_the_same_queries_as_a_known_one(client):
    holder, _ = letter()
    counts = []
    for reference in (holder.ref, "UNKNOWN1"):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            activation.open_letter(
                reference=reference, code="BBBBBBBB",
                born_on=date(1990, 3, 1), ip="192.0.2.1", at=now(),
            )  # fmt: skip
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_five_tries_a_day_then_even_the_right_code_fails_and_the_owner_is_told_once():
    holder, code = letter()
    for i in range(5):
        ip = {"REMOTE_ADDR": f"192.0.2.{i}"}
        assert try_letter(Client(), holder.ref, "BBBBBBBB", **ip).status_code == 422
    for i in (6, 7):
        client = Client()
        assert try_letter(client, holder.ref, code, REMOTE_ADDR=f"192.0.2.{i}").status_code == 422
        assert "activation_opened" not in client.session
    assert Notice.objects.get(kind="activation_locked").recipient == "onfile@example.com"
    with time_machine.travel(now() + timedelta(days=1)):
        assert try_letter(Client(), holder.ref, code).status_code == 302


@pytest.mark.django_db
def test_the_account_and_the_cardholder_reference_share_the_five_tries():
    holder, code = letter()
    account(holder, "ACCT1")
    for _ in range(5):
        try_letter(Client(), "ACCT1", "BBBBBBBB")
    assert try_letter(Client(), holder.ref, code).status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize(
    "addresses",
    [["192.0.2.1"] * 11, [f"2001:db8:0:1::{i:x}" for i in range(1, 12)]],
    ids=["IPv4", "one IPv6 /64"],
)
def test_the_eleventh_reference_from_one_connection_is_a_429(addresses):
    statuses = [
        try_letter(Client(), f"REF{i}", "BBBBBBBB", REMOTE_ADDR=ip).status_code
        for i, ip in enumerate(addresses)
    ]
    assert statuses == [422] * 10 + [429]


@pytest.mark.django_db
def test_the_site_takes_three_hundred_tries_an_hour_and_raises_an_alarm(monkeypatch, caplog):
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(activation, "TRIES_AN_HOUR", 3)
    statuses = [
        try_letter(Client(), f"REF{i}", "BBBBBBBB", REMOTE_ADDR=f"192.0.2.{i}").status_code
        for i in range(4)
    ]
    assert statuses == [422, 422, 422, 429]
    assert [r.levelname for r in caplog.records if r.name == "accounts.activation"] == ["ERROR"]


@pytest.mark.django_db(transaction=True)
def test_of_twelve_tries_at_once_five_are_evaluated(monkeypatch):
    holder, _ = letter()
    evaluated = []
    real = activation.hmac.compare_digest
    monkeypatch.setattr(
        activation.hmac, "compare_digest", lambda a, b: evaluated.append(1) or real(a, b)
    )

    def attempt(i):
        return activation.open_letter(
            reference=holder.ref, code="BBBBBBBB",
            born_on=date(1990, 3, 1), ip=f"192.0.2.{i}", at=now(),
        )  # fmt: skip

    people.in_parallel(12, attempt)
    assert len(evaluated) == 5


@pytest.mark.django_db
def test_three_wrong_codes_end_the_mailed_code(client):
    _, code = opened(client)
    for _ in range(3):
        client.post(CODE, {"code": "BBBBBBBB" if code != "BBBB-BBBB" else "CCCCCCCC"})
    assert client.post(CODE, {"code": code}).status_code == 422
    assert not User.objects.exists()


@pytest.mark.django_db
def test_six_mails_a_day_for_one_letter_are_too_many(client):
    holder, code = letter()
    try_letter(client, holder.ref, code)
    for i in range(5):
        assert client.post(ADDRESS, {"email": f"a{i}@example.com"}).status_code == 302
    assert client.post(ADDRESS, {"email": "a6@example.com"}).status_code == 422
    assert Notice.objects.filter(kind="activation_code").count() == 5


@pytest.mark.django_db(transaction=True)
def test_eight_bindings_at_once_leave_one_user():
    letter()
    letter_open = ActivationCode.objects.get()

    def attempt(i):
        try:
            return activation.bind(letter_open, email=f"a{i}@example.com", language="en", at=now())
        except (Refused, Stale):
            return None

    won = [user for user in people.in_parallel(8, attempt) if user]
    assert len(won) == 1
    assert User.objects.count() == EmailAddress.objects.count() == 1
    assert Cardholder.objects.get().user == won[0]
    assert AuditEvent.objects.filter(verb="accounts.activated").count() == 1
