"""Activation: letter, date of birth and mailbox, in this order; one binding, whatever is tried."""

import json
import logging
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils.timezone import now

from accounts import activation
from accounts.models import ActivationCode, Cardholder, OneTimeCode, User
from portal.records.models import AuditEvent, Notice
from tests import people
from tests.accounts.walks import (
    ADDRESS,
    BORN,
    CODE,
    DONE,
    START,
    account,
    letter,
    opened,
    try_letter,
)


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
    [" AB-1234 5678 ", "ab12345678", "ＡＢ－１２３４ ５６７８", "acct 1", "ACCT-0001"],
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
        (None, "ＢＣＤＦ", BORN),
        (None, "é💥", BORN),
        ("%", None, BORN),
        ("' OR 1=1 --", None, BORN),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(client, reference, code, born_on):
    holder, good = letter()
    response = try_letter(client, reference or holder.ref, code or good, born_on)
    assert response.status_code == 422
    assert response.context["form"].non_field_errors()
    assert not any(response.context["form"][f].errors for f in ("reference", "code", "born_on"))
    assert "activation_opened" not in client.session


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
    assert response.status_code == 422
    assert "activation_opened" not in client.session


@pytest.mark.django_db
def test_an_empty_form_is_refused_at_its_fields(client):
    opened(client)
    for page in (START, ADDRESS, CODE):
        response = client.post(page)
        assert response.status_code == 422
        assert response.context["form"].errors


@pytest.mark.django_db
def test_an_old_code_is_no_good(client):
    holder, code = letter()
    with time_machine.travel(now() + timedelta(days=28, seconds=1)):
        assert try_letter(client, holder.ref, code).status_code == 422
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
def test_a_code_mailed_to_one_address_does_not_confirm_another(client):
    _, code = opened(client, "first@example.com")
    client.post(ADDRESS, {"email": "second@example.com"})
    assert client.post(CODE, {"code": code}).status_code == 422
    assert not User.objects.exists()


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
