"""Activation: letter, date of birth and mailbox, in this order; one binding, whatever is tried."""

import csv
import json
import logging
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from accounts import activation
from accounts.models import ActivationCode, CardAccount, Cardholder, OneTimeCode, User
from portal.kit.errors import Refused, Stale
from portal.records.models import AuditEvent, Notice
from tests import people

START, ADDRESS, CODE, DONE = (
    "/activate/", "/activate/address/", "/activate/code/", "/activate/done/",
)  # fmt: skip
BORN = "1990-03-01"


def letter(holder=None, ref="AB-1234 5678"):
    holder = holder or people.unbound(ref, email="onfile@example.com")
    return holder, activation.issue_code(holder, by=None, at=now())


def try_letter(client, reference, code, born_on=BORN, **extra):
    typed = {"reference": reference, "code": code, "born_on": born_on}
    return client.post(START, typed, **extra)


def opened(client, email="new@example.com"):
    """Walk to step 3; return the cardholder and the mailed code."""
    holder, code = letter()
    try_letter(client, holder.ref, code)
    client.post(ADDRESS, {"email": email})
    return holder, people.mailed_code("activation_code")


def account(holder, ref):
    return CardAccount.objects.create(
        ref=ref, cardholder=holder, product="Card", card_last4="0000", currency="CNY",
        credit_limit=0, opened_on=date(2020, 1, 1), statement_day=1, daily_rate="0.0005",
        late_fee_rate="0.05", minimum_rate="0.1", interest_basis="full", status="open",
        as_of=date(2026, 1, 1),
    )  # fmt: skip


@pytest.mark.django_db
def test_three_steps_bind_sign_in_and_say_what_comes_next(client):
    holder, code = letter()
    assert try_letter(client, holder.ref, code).url == ADDRESS
    assert client.post(ADDRESS, {"email": "New@Example.com"}).url == CODE
    response = client.post(CODE, {"code": people.mailed_code("activation_code")})
    assert response.url == DONE
    assert client.get(DONE).status_code == 200
    user = User.objects.get()
    assert Cardholder.objects.get().user == user
    assert user.email == "new@example.com"
    assert EmailAddress.objects.get(verified=True, primary=True).user == user
    assert ActivationCode.objects.get().used_at
    assert UserSession.objects.get().user == user
    assert AuditEvent.objects.filter(verb="accounts.activated").count() == 1
    told = Notice.objects.filter(kind="activated").values_list("recipient", flat=True)
    assert set(told) == {"new@example.com", "onfile@example.com"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    [" AB-1234 5678 ", "ab12345678", "ＡＢ－１２３４ ５６７８", "acct 1", "ACCT-0001"],  # noqa: RUF001
)
def test_a_reference_is_found_however_it_is_written(client, typed):
    holder, code = letter()
    account(holder, "ACCT-1")
    account(holder, "acct-0001")
    assert try_letter(client, typed, code).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reference", "code", "born_on"),
    [
        ("0000000000", None, BORN),
        (None, "BBBBBBBB", BORN),
        (None, None, "1990-03-02"),
        (None, "ＢＣＤＦ", BORN),  # noqa: RUF001
        (None, "é💥", BORN),
        ("%", None, BORN),
        ("' OR 1=1 --", None, BORN),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(client, reference, code, born_on):
    holder, good = letter()
    response = try_letter(client, reference or holder.ref, code or good, born_on)
    assert response.status_code == 200
    assert response.context["form"].non_field_errors()
    assert not any(response.context["form"][f].errors for f in ("reference", "code", "born_on"))
    assert "activation_opened" not in client.session


@pytest.mark.django_db
def test_an_unknown_reference_answers_to_the_byte_like_a_known_one():
    holder, _ = letter()
    answers = []
    for reference in (holder.ref, "ZZ-9999 9999"):
        answers.append(people.looks(try_letter(Client(), reference, "BBBBBBBB"), reference))
    assert answers[0] == answers[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "typed"),
    [("born_on", "01/02/1990"), ("born_on", "1990-02-30"), ("born_on", ""), ("code", ""),
     ("reference", ""), ("reference", "A\x00B"), ("code", "B" * 5000), ("reference", "\u202e")],
)  # fmt: skip
def test_a_misshapen_field_is_said_at_the_field_and_stores_nothing(client, field, typed):
    holder, code = letter()
    facts = {"reference": holder.ref, "code": code, "born_on": BORN, field: typed}
    response = client.post(START, facts)
    assert response.status_code == 200
    assert "activation_opened" not in client.session


@pytest.mark.django_db
def test_an_unknown_reference_costs_the_same_queries_as_a_known_one(client):
    holder, _ = letter()
    counts = []
    for reference in (holder.ref, "UNKNOWN1"):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            activation.open_letter(
                reference=reference.replace("-", "").replace(" ", ""), code="BBBBBBBB",
                born_on=date(1990, 3, 1), ip="192.0.2.1", at=now(),
            )  # fmt: skip
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_an_old_code_is_no_good(client):
    holder, code = letter()
    with time_machine.travel(now() + timedelta(days=28, seconds=1)):
        assert try_letter(client, holder.ref, code).status_code == 200
        assert "activation_opened" not in client.session


@pytest.mark.django_db
def test_a_new_letter_voids_the_old_one_even_halfway(client):
    holder, _ = opened(client)
    again = activation.issue_code(holder, by=None, at=now())
    assert client.post(CODE, {"code": "BBBBBBBB"}).url == START
    assert try_letter(client, holder.ref, again).url == ADDRESS


@pytest.mark.django_db
@pytest.mark.parametrize("path", [ADDRESS, CODE])
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_step_without_the_one_before(client, path, method):
    response = getattr(client, method)(path, {"email": "a@example.com", "code": "BBBBBBBB"})
    assert response.url == START
    assert not OneTimeCode.objects.exists()


@pytest.mark.django_db
def test_step_three_needs_step_two(client):
    holder, code = letter()
    try_letter(client, holder.ref, code)
    assert client.post(CODE, {"code": "BBBBBBBB"}).url == START


@pytest.mark.django_db
def test_five_tries_a_day_then_even_the_right_code_fails_and_the_owner_is_told_once():
    holder, code = letter()
    for i in range(5):
        ip = {"REMOTE_ADDR": f"192.0.2.{i}"}
        assert try_letter(Client(), holder.ref, "BBBBBBBB", **ip).status_code == 200
    for i in (6, 7):
        client = Client()
        assert try_letter(client, holder.ref, code, REMOTE_ADDR=f"192.0.2.{i}").status_code == 200
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
    assert try_letter(Client(), holder.ref, code).status_code == 200


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
    assert statuses == [200] * 10 + [429]


@pytest.mark.django_db
def test_the_site_takes_three_hundred_tries_an_hour_and_raises_an_alarm(monkeypatch, caplog):
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(activation, "TRIES_AN_HOUR", 3)
    statuses = [
        try_letter(Client(), f"REF{i}", "BBBBBBBB", REMOTE_ADDR=f"192.0.2.{i}").status_code
        for i in range(4)
    ]
    assert statuses == [200, 200, 200, 429]
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
            reference=holder.ref.replace("-", "").replace(" ", ""), code="BBBBBBBB",
            born_on=date(1990, 3, 1), ip=f"192.0.2.{i}", at=now(),
        )  # fmt: skip

    people.in_parallel(12, attempt)
    assert len(evaluated) == 5


@pytest.mark.django_db
def test_an_address_with_a_sign_in_is_told_and_looks_like_any_other():
    people.cardholder("taken@example.com")
    pages = []
    for email, ref in (("taken@example.com", "R1"), ("other@example.com", "R2")):
        client = Client()
        holder, code = letter(people.unbound(ref))
        try_letter(client, ref, code)
        asked = client.post(ADDRESS, {"email": email})
        wrong = client.post(CODE, {"code": "BBBBBBBB"})
        assert holder.user is None
        pages.append(
            (asked.status_code, asked.url, wrong.status_code, wrong.context["form"].errors)
        )
    assert pages[0] == pages[1]
    assert Notice.objects.get(recipient="taken@example.com").kind == "activation_taken"
    assert Cardholder.objects.exclude(user=None).count() == 1


@pytest.mark.django_db
def test_three_wrong_codes_end_the_mailed_code(client):
    _, code = opened(client)
    for _ in range(3):
        client.post(CODE, {"code": "BBBBBBBB" if code != "BBBB-BBBB" else "CCCCCCCC"})
    assert client.post(CODE, {"code": code}).status_code == 200
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_code_mailed_to_one_address_does_not_confirm_another(client):
    _, code = opened(client, "first@example.com")
    client.post(ADDRESS, {"email": "second@example.com"})
    assert client.post(CODE, {"code": code}).status_code == 200
    assert not User.objects.exists()


@pytest.mark.django_db
def test_six_mails_a_day_for_one_letter_are_too_many(client):
    holder, code = letter()
    try_letter(client, holder.ref, code)
    for i in range(5):
        assert client.post(ADDRESS, {"email": f"a{i}@example.com"}).status_code == 302
    assert client.post(ADDRESS, {"email": "a6@example.com"}).status_code == 200
    assert Notice.objects.filter(kind="activation_code").count() == 5


@pytest.mark.django_db
def test_a_bound_cardholder_is_never_bound_again_and_the_old_login_is_told(client):
    _, code = opened(client)
    owner = User.objects.create_user("owner@example.com")
    Cardholder.objects.update(user=owner)  # bound while this one was on the way
    assert client.post(CODE, {"code": code}).status_code == 409
    assert Cardholder.objects.get().user == owner
    assert not User.objects.filter(email="new@example.com").exists()
    assert Notice.objects.get(kind="activation_again").recipient == "owner@example.com"


@pytest.mark.django_db
def test_a_good_letter_for_a_bound_cardholder_is_a_409_at_the_first_step(client):
    holder, code = letter()
    Cardholder.objects.update(user=User.objects.create_user("owner@example.com"))
    assert try_letter(client, holder.ref, code).status_code == 409
    assert Notice.objects.get(kind="activation_again").recipient == "owner@example.com"


@pytest.mark.django_db
def test_posting_the_last_step_twice_binds_once_and_stays_usable(client):
    _, code = opened(client)
    assert client.post(CODE, {"code": code}).url == DONE
    assert client.post(CODE, {"code": code}).url == "/"
    assert User.objects.count() == 1


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


@pytest.mark.django_db
def test_someone_signed_in_is_sent_away_from_activation(client):
    people.sign_in(client, people.cardholder())
    assert client.get(START).status_code == 302
    assert client.get(ADDRESS).status_code == 302


@pytest.mark.django_db
def test_nothing_about_the_debt_is_shown_before_binding(client):
    holder, code = letter()
    account(holder, "ACCT1")
    pages = [client.get(START), try_letter(client, "ACCT1", code), client.get(ADDRESS)]
    client.post(ADDRESS, {"email": "new@example.com"})
    pages.append(client.get(CODE))
    text = "".join(p.content.decode() for p in pages)
    for fact in ("Test Person", "CNY", "ACCT1", "onfile@example.com", "X0000000"):
        assert fact not in text


@pytest.mark.django_db
def test_the_whole_walk_leaves_no_secret_in_the_logs(client, caplog):
    caplog.set_level(logging.DEBUG)
    holder, letter_code = letter()
    try_letter(client, holder.ref, letter_code)
    client.post(ADDRESS, {"email": "new@example.com"})
    code = people.mailed_code("activation_code")
    client.post(CODE, {"code": code})
    text = "\n".join(r.getMessage() for r in caplog.records if r.name != "django.db.backends")
    for secret in (letter_code, code, code.replace("-", ""), "new@example.com", BORN):
        assert secret not in text
    kept = json.dumps(list(ActivationCode.objects.values_list("code_hash", flat=True)))
    assert letter_code not in kept
    assert letter_code not in json.dumps(list(AuditEvent.objects.values_list("data", flat=True)))


# == the commands


@pytest.mark.django_db
def test_letters_are_written_once_for_the_owner_alone_and_open_the_door(tmp_path, client):
    people.unbound("R1", full_name="=1+1", postal_address="1 Test Street\nTest Town")
    people.cardholder(ref="R2")
    out = tmp_path / "letters.csv"
    call_command("issue_activation_codes", out=out, all_new=True)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    rows = list(csv.DictReader(out.open(newline="")))
    assert [r["reference"] for r in rows] == ["R1"]
    assert rows[0]["name"] == "'=1+1"
    assert rows[0]["postal_address"] == "1 Test Street\nTest Town"
    assert date.fromisoformat(rows[0]["valid_until"]) > now().date()
    assert try_letter(client, "R1", rows[0]["code"]).url == ADDRESS
    assert rows[0]["code"].replace("-", "") not in ActivationCode.objects.get().code_hash
    data = json.dumps(list(AuditEvent.objects.values_list("data", flat=True)))
    assert rows[0]["code"] not in data


@pytest.mark.django_db
def test_a_second_run_makes_no_second_letter(tmp_path):
    people.unbound("R1")
    call_command("issue_activation_codes", out=tmp_path / "1.csv", all_new=True)
    call_command("issue_activation_codes", out=tmp_path / "2.csv", all_new=True)
    assert len((tmp_path / "2.csv").read_text().splitlines()) == 1


@pytest.mark.django_db
def test_named_references_get_new_codes_and_the_old_are_void(tmp_path, client):
    people.unbound("R1")
    call_command("issue_activation_codes", out=tmp_path / "1.csv", refs="R1")
    call_command("issue_activation_codes", out=tmp_path / "2.csv", refs="R1, ")
    first, second = (
        next(csv.DictReader((tmp_path / n).open()))["code"] for n in ("1.csv", "2.csv")
    )
    assert try_letter(client, "R1", first).status_code == 200
    assert try_letter(client, "R1", second).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("refs", ["NONE", "R1,NONE", "BOUND"])
def test_a_wrong_reference_issues_nothing_and_leaves_no_file(tmp_path, refs):
    people.unbound("R1")
    people.cardholder(ref="BOUND")
    with pytest.raises(CommandError):
        call_command("issue_activation_codes", out=tmp_path / "1.csv", refs=refs)
    assert not ActivationCode.objects.exists()
    assert not list(Path(tmp_path).iterdir())


@pytest.mark.django_db
def test_a_file_that_exists_is_not_overwritten(tmp_path):
    (tmp_path / "1.csv").write_text("kept")
    with pytest.raises(CommandError):
        call_command("issue_activation_codes", out=tmp_path / "1.csv", all_new=True)
    assert (tmp_path / "1.csv").read_text() == "kept"


@pytest.mark.django_db
def test_create_staff_makes_a_sign_in_with_a_role_and_says_so_in_the_trail(client):
    call_command("create_staff", "Agent.One@Example.com", role="agent", name="Test Agent")
    user = User.objects.get()
    assert (user.email, user.role, user.name) == ("agent.one@example.com", "agent", "Test Agent")
    assert not user.has_usable_password()
    assert EmailAddress.objects.get().verified
    assert AuditEvent.objects.get().verb == "accounts.staff_added"
    with pytest.raises(CommandError):
        call_command("create_staff", "agent.one@example.com", role="agent", name="Again")
    with pytest.raises(CommandError):
        call_command("create_staff", "not an address", role="agent", name="Nobody")
