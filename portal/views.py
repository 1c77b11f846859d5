"""The site's own pages: start, help, health, theme, and what is said when something is wrong."""

from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST, require_safe

from accounts.access import PortalRequest, staff_required
from accounts.evidence import queries as evidence
from accounts.models import CardAccount
from accounts.models.people import Role
from disputes import staff_news
from disputes import staff_queries as cases


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page for strangers; people who are signed in go where their work is."""
    if request.user.is_authenticated:
        if request.user.is_staff:
            return redirect("staff_home")
        if hasattr(request.user, "cardholder"):
            return redirect("accounts:arrears")
    return render(request, "home.html")


@staff_required()
@require_safe
def staff_home(request: PortalRequest) -> HttpResponse:
    """Where staff begin: the work of their role, and any account by its reference."""
    reference = request.GET.get("ref", "").strip()
    found = CardAccount.objects.filter(ref=reference).first() if reference else None
    if found:
        return redirect("accounts:staff_account", found.ref)
    supervisor = request.user.role == Role.SUPERVISOR
    context = {
        "reference": reference,
        "held_back": evidence.held_back_count(),
        "cases": cases.waiting_count(request.user, on=localdate()),
        "letters_held_back": staff_news.held_back_count(),
        "year_unknown": staff_news.year_unknown(on=localdate()) if supervisor else None,
    }
    return render(request, "staff_home.html", context)


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "help.html")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice of colours for a year, in a cookie that says only that."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    response = redirect(back)
    if request.POST.get("theme") in ("light", "dark"):
        year = 365 * 24 * 3600
        response.set_cookie(
            "theme", request.POST["theme"], year, samesite="Lax", secure=settings.HTTPS
        )
    else:
        response.delete_cookie("theme")
    return response


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Someone pressed "Stay signed in": saving the session is all it takes."""
    request.session.modified = request.user.is_authenticated
    return HttpResponse(status=204 if request.user.is_authenticated else 401)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, cache and document store answer; 503 with the names of those that do not."""
    checks: dict[str, Callable[[], object]] = {
        "database": lambda: connection.cursor().execute("SELECT 1"),
        "cache": lambda: cache.get("readyz"),
        "documents": lambda: storages["documents"].exists("readyz"),
    }
    down = []
    for name, check in checks.items():
        try:
            check()
        except Exception:
            down.append(name)
    return JsonResponse({"down": down}, status=503 if down else 200)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
