"""Who gets through the guards: every kind of visitor at every kind of page."""

import pytest
from django.urls import reverse

from accounts.models import User
from portal.records.models import StaffView
from tests import people

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.guarded_urls")]
SIGN_IN = "/account/login/code/"


def visitor(client, kind):
    if kind == "anonymous":
        return client
    if kind == "cardholder":
        return people.sign_in(client, people.cardholder())
    if kind == "unbound":
        return people.sign_in(client, User.objects.create_user("nobody@example.com"))
    if kind == "no factor":
        return people.sign_in(client, people.staff("supervisor", enrolled=False))
    if kind == "factor unused":
        return people.sign_in(client, people.staff("supervisor"), second_factor=False)
    return people.sign_in(client, people.staff(kind))


@pytest.mark.parametrize(
    ("kind", "own", "any_staff", "two_roles"),
    [
        ("anonymous", SIGN_IN, SIGN_IN, SIGN_IN),
        ("cardholder", 200, 403, 403),
        ("unbound", 403, 403, 403),
        ("agent", 403, 200, 403),
        ("complaint_handler", 403, 200, 403),
        ("supervisor", 403, 200, 200),
        ("auditor", 403, 200, 200),
        ("no factor", 403, "/account/2fa/", "/account/2fa/"),
        ("factor unused", 403, "/account/2fa/reauthenticate/", "/account/2fa/reauthenticate/"),
    ],
)
def test_each_visitor_gets_this_and_no_more(client, kind, own, any_staff, two_roles):
    visitor(client, kind)
    for path, expected in (("/t/own/", own), ("/t/any/", any_staff), ("/t/two/", two_roles)):
        response = client.get(path)
        if isinstance(expected, int):
            assert response.status_code == expected, path
        else:
            assert response.status_code == 302
            assert response.url.split("?")[0] == expected


def test_a_stranger_comes_back_to_the_page_asked_for(client):
    assert client.get("/t/own/?a=1").url == f"{SIGN_IN}?next=/t/own/%3Fa%3D1"
    assert client.post("/t/own/").url == SIGN_IN


def test_a_role_taken_away_is_gone_at_the_next_request(client):
    user = people.staff("auditor")
    people.sign_in(client, user)
    assert client.get("/t/two/").status_code == 200
    User.objects.filter(pk=user.pk).update(role="agent")
    assert client.get("/t/two/").status_code == 403


def test_someone_made_inactive_is_out_at_the_next_request(client):
    user = people.cardholder()
    people.sign_in(client, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/t/own/").url.startswith(SIGN_IN)


def test_a_factor_removed_closes_the_staff_pages_of_open_sessions(client):
    user = people.staff()
    people.sign_in(client, user)
    user.authenticator_set.all().delete()
    assert client.get("/t/any/").url == reverse("mfa_index")


def test_a_record_of_someone_elses_factor_does_not_count(client):
    people.sign_in(client, people.staff("supervisor"))
    records = client.session["account_authentication_methods"]
    people.sign_in(client, people.staff("supervisor"), second_factor=False)
    session = client.session
    session["account_authentication_methods"] = records
    session.save()
    assert client.get("/t/any/").status_code == 302


def test_a_staff_view_is_logged_with_who_whose_and_where(client):
    user = people.staff()
    people.sign_in(client, user).get("/t/any/")
    seen = StaffView.objects.get()
    assert (seen.actor, seen.subject, seen.page) == (
        f"user:{user.pk}", "accounts.cardholder:1", "any",
    )  # fmt: skip
