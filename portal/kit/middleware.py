"""What holds for every response: methods and their page, private pages, sign-in under htmx."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_header_parameters, urlencode
from django_htmx.http import HttpResponseClientRedirect

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

GetResponse = Callable[[HttpRequest], HttpResponseBase]
METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
UTF_8 = ("utf-8", "utf8")


def only_utf_8(application: "WSGIApplication") -> "WSGIApplication":
    """Refuse a request whose Content-Type names another charset (wraps the WSGI application).

    Django reads the address and the form with that charset, and already while it makes the request,
    before any middleware. Some of Python's codecs raise there; utf-7 makes a NUL of what was none.
    """

    def guarded(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if _names_utf_8_if_any(environ.get("CONTENT_TYPE", "")):
            return application(environ, start_response)
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"Please send text as UTF-8."]

    return guarded


def _names_utf_8_if_any(content_type: str) -> bool:
    try:
        _kind, named = parse_header_parameters(content_type)
    except (LookupError, ValueError):
        return False
    return named.get("charset", UTF_8[0]).strip().lower() in UTF_8


class RefuseNulAndUnknownMethods:
    """NUL bytes end as a 500 on PostgreSQL, unknown methods as a 200 in plain views: refused."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest("The address holds a character that cannot be used.")
        if any("\0" in value for value in request.COOKIES.values()):  # a quoted cookie may say \000
            return HttpResponseBadRequest("A cookie holds a character that cannot be used.")
        return self.get_response(request)


class PrivateResponses:
    """Nothing personal stays in a cache, and no feature of the browser is on that we do not use."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        patch_vary_headers(response, ("Cookie", "HX-Request"))
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"
        )
        if request.path == resolve_url("account_logout") and request.method == "POST":
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


class HtmxSignInRedirect:
    """An expired session must not put the sign-in page inside a fragment."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        sign_in = resolve_url(settings.LOGIN_URL)
        if (
            request.htmx  # type: ignore[attr-defined]
            and isinstance(response, HttpResponse)
            and response.status_code == 302
            and urlsplit(response.headers["Location"]).path == sign_in
        ):
            back = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
            return HttpResponseClientRedirect(f"{sign_in}?{urlencode({'next': back})}")
        return response


class WrongMethodPage:
    """An address that only takes what is sent, opened as a page, gets a page with a way on."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or request.method != "GET":
            return response
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page
