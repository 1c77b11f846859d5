"""Small answers that several rooms give."""

import io

from django.conf import settings
from django.http import FileResponse, HttpRequest


def law() -> str:
    """Return the jurisdiction whose rule pack holds here (settings.JURISDICTION)."""
    return str(settings.JURISDICTION)


def download(data: bytes, name: str, content_type: str = "application/pdf") -> FileResponse:
    """Serve bytes as a file to keep: never run, sniffed, cached or embedded."""
    response = FileResponse(
        io.BytesIO(data), as_attachment=True, filename=name, content_type=content_type
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def body_exceeds(request: HttpRequest, most: int) -> bool:
    """Tell from the announced length, before anything is read, whether a body is too long."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdecimal() or int(length) > most


def wants_fragment(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part; going back in history asks for the whole page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.history_restore_request
