"""A code confirms one purpose of one person, once, within three guesses and ten minutes."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils.timezone import now

from accounts import codes, stepup
from accounts.models import OneTimeCode, User
from portal.kit.errors import Refused
from portal.records.models import Notice
from tests import people

SIGN = "sign:" + "a" * 64


def send(user, purpose=SIGN, at=None):
    stepup.send_code(user, purpose=purpose, about="The plan for card 0000.", at=at or now())
    return people.mailed_code("step_up")


def refused(user, code, purpose=SIGN, at=None):
    with pytest.raises(Refused) as caught:
        stepup.check(user, purpose=purpose, code=code, at=at or now())
    return caught.value.rule == "STEP-UP"


@pytest.mark.django_db
def test_the_mailed_code_confirms_its_purpose_once():
    user = people.cardholder()
    code = send(user)
    assert stepup.check(user, purpose=SIGN, code=code.lower().replace("-", " "), at=now()) == (
        "email-code"
    )
    assert refused(user, code)


@pytest.mark.django_db
def test_the_mail_says_what_it_confirms_and_is_marked_secret():
    user = people.cardholder()
    send(user)
    notice = Notice.objects.latest("pk")
    assert "The plan for card 0000." in notice.body
    assert notice.secret
    assert notice.recipient == user.email


@pytest.mark.django_db
def test_a_code_is_no_good_for_another_purpose_person_or_day():
    user, other = people.cardholder(), people.cardholder()
    code = send(user)
    assert refused(user, code, purpose="sign:" + "b" * 64)
    assert refused(other, code)
    assert refused(user, code, at=now() + timedelta(minutes=10, seconds=1))
    assert stepup.check(user, purpose=SIGN, code=code, at=now())


@pytest.mark.django_db
def test_a_new_code_voids_the_one_before():
    user = people.cardholder()
    first, second = send(user), send(user)
    assert refused(user, first)
    assert stepup.check(user, purpose=SIGN, code=second, at=now())


@pytest.mark.django_db
def test_the_right_code_comes_too_late_after_three_wrong_ones():
    user = people.cardholder()
    code = send(user)
    for _ in range(3):
        assert refused(user, "BBBB-BBBB" if code != "BBBB-BBBB" else "CCCC-CCCC")
    assert refused(user, code)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "ＢＣＤＦ", "é" * 8, "💥", "\x00", "١٢٣٤٥٦", "B" * 10_000])
def test_a_strange_code_is_refused_and_never_an_error(typed):
    user = people.cardholder()
    send(user)
    assert refused(user, typed)


@pytest.mark.django_db
def test_codes_are_not_in_the_database():
    user = people.cardholder()
    code = send(user)
    row = OneTimeCode.objects.get()
    assert code.replace("-", "") not in f"{row.code_hash}{row.purpose}"
    assert set(code.replace("-", "")) <= set(codes.LETTERS)


@pytest.mark.django_db
def test_seven_mails_in_an_hour_are_too_many():
    user = people.cardholder()
    at = now().replace(minute=0)
    for _ in range(6):
        send(user, at=at)
    with pytest.raises(Refused):
        send(user, at=at)
    assert send(user, at=at + timedelta(hours=1))


@pytest.mark.django_db
def test_an_app_enrolled_for_a_day_confirms_and_its_code_works_once():
    user = people.cardholder()
    people.enrol(user)
    assert stepup.methods(user) == ["totp", "email"]
    code = people.totp()
    assert stepup.check(user, purpose=SIGN, code=code, at=now()) == "totp"
    assert refused(user, code)


@pytest.mark.django_db
def test_an_app_enrolled_today_confirms_nothing_yet():
    user = people.cardholder()
    people.enrol(user, created_at=now() - timedelta(hours=23))
    assert stepup.methods(user) == ["email"]
    assert refused(user, people.totp())


@pytest.mark.django_db
def test_five_wrong_app_codes_close_that_way_for_the_hour():
    user = people.cardholder()
    people.enrol(user)
    right = people.totp()
    for _ in range(5):
        assert refused(user, "000000" if right != "000000" else "111111")
    assert refused(user, right)


@pytest.mark.django_db(transaction=True)
def test_a_check_inside_a_transaction_is_an_error_for_its_guess_could_roll_back():
    user = people.cardholder()
    people.enrol(user)
    code = send(user)
    for typed in (code, people.totp()):
        with pytest.raises(RuntimeError), transaction.atomic():
            stepup.check(user, purpose=SIGN, code=typed, at=now())


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_the_right_code_confirm_once():
    user = people.cardholder()
    code = send(user)

    def attempt(_):
        try:
            return stepup.check(user, purpose=SIGN, code=code, at=now())
        except Refused:
            return None

    assert [r for r in people.in_parallel(20, attempt) if r] == ["email-code"]
    assert OneTimeCode.objects.get().attempts <= 3


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_with_the_same_app_code_confirm_once(monkeypatch):
    monkeypatch.setattr(stepup, "TOTP_GUESSES", 10)
    user = people.cardholder()
    people.enrol(user)
    code = people.totp()

    def attempt(_):
        try:
            return stepup.check(user, purpose=SIGN, code=code, at=now())
        except Refused:
            return None

    assert [r for r in people.in_parallel(10, attempt) if r] == ["totp"]


@pytest.mark.django_db
def test_a_changed_address_confirms_nothing_for_a_day(client):
    user = people.cardholder("old@example.com")
    people.sign_in(client, user)
    client.post("/account/email/", {"email": "new@example.com", "action_add": "1"})
    client.post("/account/confirm-email/", {"code": people.mailed_code("email_confirmation")})
    user = User.objects.get()
    with pytest.raises(Refused):
        send(user)
    assert send(user, at=now() + timedelta(hours=25))
