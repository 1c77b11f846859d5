"""What every template knows besides the request."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language


def bank() -> dict[str, Any]:
    """The bank's name in the current language, its phone and payment details (settings.BANK)."""
    names = settings.BANK["name"]
    return {**settings.BANK, "name": names.get(get_language() or "", names["en"])}


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {
        "bank": bank(),
        "demo": settings.DEMO,
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "idle_seconds": settings.SESSION_COOKIE_AGE - 60,  # renewed once a minute
        "theme": request.COOKIES.get("theme", "")
        if request.COOKIES.get("theme") in ("light", "dark")
        else "",
    }
