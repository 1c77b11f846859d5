"""Who may open a page: one decorator for cardholders, one for staff, and the log of staff views."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.models import User
from portal.records import audit
from portal.records.models import StaffView

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class PortalRequest(HttpRequest):
    """A request behind one of the decorators: somebody is signed in."""

    user: User


P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
Guarded = Callable[Concatenate[PortalRequest, P], R]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def cardholder_required(view: Guarded[P, R]) -> View[P]:
    """Let in cardholders who have activated. Strangers sign in first; everyone else gets a 403."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in(request)
        user = request.user
        if user.is_staff or not hasattr(user, "cardholder"):
            raise PermissionDenied
        return view(cast(PortalRequest, request), *args, **kwargs)

    return guarded


def staff_required(*roles: str) -> Callable[[Guarded[P, R]], View[P]]:
    """Let in staff of these roles (of any, if none is named) who passed a second factor just now.

    "Just now" is this session. Roles are read from the row on each request, so a role taken
    away is gone at once.
    """

    def decorate(view: Guarded[P, R]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _sign_in(request)
            user = request.user
            if not user.is_staff or (roles and user.role not in roles):
                raise PermissionDenied
            if not passed_second_factor(request):
                return _second_factor(request, user)
            return view(cast(PortalRequest, request), *args, **kwargs)

        return guarded

    return decorate


def recently_confirmed(view: View[P]) -> View[P]:
    """Ask who signs in by mailed codes for a fresh one; allauth itself would let them through."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in(request)
        proofs = [r["at"] for r in get_authentication_records(request, request.user)]
        if time.time() - max(proofs, default=0) > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return redirect(f"{reverse('account_reauthenticate')}?{_back(request)}")
        return view(request, *args, **kwargs)

    return guarded


def passed_second_factor(request: HttpRequest) -> bool:
    """Tell whether this session used a factor (app, passkey, recovery code) still enrolled."""
    if not request.user.is_authenticated:
        return False
    records = get_authentication_records(request, request.user)
    used = [r.get("id") for r in records if r.get("method") == "mfa"]
    return bool(Authenticator.objects.filter(user=request.user, pk__in=used).exists())


def log_staff_view(request: HttpRequest, subject: models.Model | str) -> None:
    """Write who saw whose data on which page. Every staff page that shows a person calls this."""
    match = request.resolver_match
    StaffView.objects.create(
        actor=audit.actor_of(request.user)[0], subject=audit.subject_of(subject),
        page=(match.view_name if match else request.path)[:80], at=now(),
    )  # fmt: skip


def _enrolled(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def _sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and back here only if coming back by GET makes sense."""
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    return redirect("account_request_login_code")


def _second_factor(request: HttpRequest, user: User) -> HttpResponse:
    if not _enrolled(user):
        messages.info(request, _("Set up a second way to sign in, then the staff pages open."))
        return redirect("mfa_index")
    page = get_adapter().get_reauthentication_methods(user)[0]["url"]
    return redirect(f"{page}?{_back(request)}")


def _back(request: HttpRequest) -> str:
    return urlencode({"next": request.get_full_path() if request.method == "GET" else "/"})
