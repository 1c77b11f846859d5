"""What `check --deploy` must also refuse."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security, deploy=True)
def hardened(**_: Any) -> list[CheckMessage]:
    """Demo, debug, a cache not shared, a missing field key, no trusted TOTP window."""
    problems: list[CheckMessage] = []
    if settings.DEMO:
        problems.append(Error("DEMO is on: /demo/ shows every code.", id="portal.E001"))
    if (
        "locmem" in settings.CACHES["default"]["BACKEND"]
        or "dummy" in settings.CACHES["default"]["BACKEND"]
    ):
        problems.append(Error("The cache must be shared between processes.", id="portal.E002"))
    if not settings.FIELD_KEYS:
        problems.append(Error("FIELD_KEYS is empty.", id="portal.E003"))
    if settings.MFA_TOTP_TOLERANCE != 0:
        problems.append(
            Error("MFA_TOTP_TOLERANCE must be 0: codes could be replayed.", id="portal.E004")
        )
    if not settings.CONTENT_SECURITY_POLICY:
        problems.append(Error("No Content-Security-Policy.", id="portal.E005"))
    if not settings.CLAMD_URL:
        problems.append(
            Warning("CLAMD_URL is empty: no virus scanner sees uploads.", id="portal.W001")
        )
    return problems
