"""What `manage.py check` says about the seal and the timestamp authority: half-made settings."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from portal.records import seal_key

LONGEST_WAIT = 20  # seconds; three answers must fit into settings.CELERY_TASK_TIME_LIMIT


@register()
def seal_settings(**_: Any) -> list[CheckMessage]:
    """An HSM that is set only by half, or a list of roots that cannot be read."""
    found: list[CheckMessage] = []
    for asked in (seal_key.from_hsm, lambda: seal_key.roots_in("SEAL_ROOTS")):
        try:
            asked()
        except ImproperlyConfigured as error:
            found.append(Error(str(error), id="records.E001"))
    return found


@register()
def authority_settings(**_: Any) -> list[CheckMessage]:
    """A timestamp authority without trust, or that would be told a password in the clear."""
    from portal.records.stamping import trust

    if not settings.TSA_URL:
        return []
    problems = []
    address = urlsplit(settings.TSA_URL)
    if address.scheme not in ("http", "https") or not address.hostname:
        problems.append("TSA_URL must be an http or https address.")
    if settings.TSA_USER and address.scheme != "https":
        problems.append("TSA_USER is set, so TSA_URL must be https: it carries the password.")
    if not 1 <= settings.TSA_TIMEOUT <= LONGEST_WAIT:
        problems.append(f"TSA_TIMEOUT must be between 1 and {LONGEST_WAIT} seconds.")
    try:
        trust()
    except ImproperlyConfigured as error:
        problems.append(str(error))
    return [Error(problem, id="records.E002") for problem in problems]
