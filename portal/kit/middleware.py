"""What holds for every response: methods, private pages, sign-in under htmx."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

GetResponse = Callable[[HttpRequest], HttpResponseBase]
METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
UTF_8 = ("utf-8", "utf8")


class RefuseNulAndUnknownMethods:
    """NUL bytes end as a 500 on PostgreSQL, unknown methods as a 200 in plain views: refused.

    Also refused: a charset other than UTF-8. Django would read the address and the form with it,
    and some of Python's codecs raise, or make a NUL of what was none.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest("The address holds a character that cannot be used.")
        if any("\0" in value for value in request.COOKIES.values()):  # a quoted cookie may say \000
            return HttpResponseBadRequest("A cookie holds a character that cannot be used.")
        if (request.content_params or {}).get("charset", UTF_8[0]).strip().lower() not in UTF_8:
            return HttpResponseBadRequest("Please send text as UTF-8.")
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
