"""What holds for every response."""

import pytest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.test import RequestFactory
from django.urls import reverse
from django_htmx.middleware import HtmxMiddleware

from portal import wsgi
from portal.kit.middleware import (
    HtmxSignInRedirect,
    PrivateResponses,
    RefuseNulAndUnknownMethods,
    only_utf_8,
)

make = RequestFactory()


def answer(request):
    return HttpResponse("ok")


@pytest.mark.parametrize("address", ["/?q=a%00b", "/?a%00=1", "/a%00b/", "/%00"])
def test_a_nul_in_the_address_is_refused(address):
    assert RefuseNulAndUnknownMethods(answer)(make.get(address)).status_code == 400


@pytest.mark.parametrize("address", ["/", "/?q=%2500", "/?q=%ff%fe", "/?q=100%25"])
def test_other_addresses_pass(address):
    assert RefuseNulAndUnknownMethods(answer)(make.get(address)).status_code == 200


@pytest.mark.parametrize(
    ("cookie", "status"),
    [
        (r'sid="abc\000d"', 400),
        (r'a=1; other="\000"', 400),
        ("sid=abc", 200),
        (r'sid="a\\000"', 200),  # an escaped backslash
        ("", 200),
    ],
)
def test_a_nul_in_a_cookie_is_refused(cookie, status):
    request = make.get("/", headers={"cookie": cookie})
    assert RefuseNulAndUnknownMethods(answer)(request).status_code == status


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain; charset=zlib", 400),
        ('text/plain; charset="idna"', 400),
        ("text/plain; CHARSET=base64_codec", 400),
        ("application/x-www-form-urlencoded; charset=utf-7", 400),
        ("text/plain; charset*=utf-8''utf-7", 400),
        ("text/plain; charset=no-such", 400),
        ("text/plain; charset*=zlib''x", 400),
        ("text/plain; charset*=no-such''x", 400),
        ("text/plain; charset=utf-8", 200),
        ('text/plain; charset="UTF-8"', 200),
        ("multipart/form-data; boundary=x", 200),
        ("", 200),
    ],
)
def test_a_charset_that_is_not_utf_8_is_refused_before_django_reads_with_it(kind, status):
    assert status_of(only_utf_8(lambda environ, start: start("200 OK", []) or []), kind) == status


def test_what_gunicorn_runs_refuses_other_charsets():
    assert status_of(wsgi.application, "text/plain; charset=zlib") == 400


def status_of(application, kind):
    said = []
    body = application(make._base_environ(CONTENT_TYPE=kind), lambda *head: said.append(head))
    assert all(isinstance(part, bytes) for part in body)
    return int(said[0][0].split()[0])


@pytest.mark.parametrize("method", ["TRACE", "FOO", "PUT", "PATCH", "DELETE", "CONNECT"])
def test_methods_we_do_not_use_are_refused(method):
    response = RefuseNulAndUnknownMethods(answer)(make.generic(method, "/"))
    assert response.status_code == 405
    assert "POST" in response["Allow"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_methods_we_use_pass(method):
    assert RefuseNulAndUnknownMethods(answer)(make.generic(method, "/")).status_code == 200


def test_every_response_is_private():
    response = PrivateResponses(answer)(make.get("/"))
    assert response["Cache-Control"] == "no-store, private"
    assert {"Cookie", "HX-Request"} <= {part.strip() for part in response["Vary"].split(",")}
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in response["Permissions-Policy"]


def test_signing_out_wipes_what_the_browser_kept():
    out = reverse("account_logout")
    assert "storage" in PrivateResponses(answer)(make.post(out))["Clear-Site-Data"]
    assert "Clear-Site-Data" not in PrivateResponses(answer)(make.get(out))


def sign_in_redirect(request):
    return redirect(reverse("account_request_login_code") + "?next=/fragment/")


def through(view, **headers):
    return HtmxMiddleware(HtmxSignInRedirect(view))(make.get("/fragment/", headers=headers))


def test_an_expired_session_reloads_the_page_instead_of_filling_the_fragment():
    response = through(
        sign_in_redirect,
        HX_Request="true",
        HX_Current_URL="http://testserver/arrears/?page=2",
    )
    assert response.status_code == 200
    assert response["HX-Redirect"] == (
        reverse("account_request_login_code") + "?next=%2Farrears%2F%3Fpage%3D2"
    )


def test_a_page_of_another_site_is_no_place_to_return_to():
    response = through(sign_in_redirect, HX_Request="true", HX_Current_URL="https://evil.example/x")
    assert response["HX-Redirect"].endswith("?next=%2F")


@pytest.mark.parametrize("view", [answer, lambda request: redirect("/elsewhere/")])
def test_other_answers_to_htmx_stay_as_they_are(view):
    assert "HX-Redirect" not in through(view, HX_Request="true")


def test_without_htmx_the_redirect_stays_one():
    assert through(sign_in_redirect).status_code == 302
