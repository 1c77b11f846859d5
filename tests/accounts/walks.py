"""The steps of signing in and of activation, as the tests walk them."""

import time
from datetime import date

from allauth.account import forms
from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from accounts import activation
from accounts.models import CardAccount
from tests import people

REQUEST, CONFIRM = "/account/login/code/", "/account/login/code/confirm/"


def ask(client, email, **extra):
    return client.post(REQUEST, {"email": email}, **extra)


def enter(client, code, **extra):
    return client.post(CONFIRM, {"code": code}, **extra)


def signed_in(client):
    return "_auth_user_id" in client.session


def wrong(code):
    return "BBBB-BBBB" if code != "BBBB-BBBB" else "CCCC-CCCC"


def guesses_evaluated(client, path, code, monkeypatch):
    """Post 40 guesses at once with one session, the right one last; count those looked at."""
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    evaluated = []
    real = forms.compare_user_code

    def counting(**codes):
        evaluated.append(1)
        time.sleep(0.02)
        return real(**codes)

    def guess(i):
        mine = Client(raise_request_exception=False)
        mine.cookies[settings.SESSION_COOKIE_NAME] = cookie
        return mine.post(path, {"code": code if i == 39 else wrong(code)}).status_code

    monkeypatch.setattr("allauth.account.forms.compare_user_code", counting)
    answers = people.in_parallel(40, guess)
    assert not [a for a in answers if a >= 500]
    return len(evaluated)


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
