"""Pages that need bytes from the document store, which may be gone or damaged."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.access import PortalRequest
from portal.records.documents import Damaged, Gone

log = logging.getLogger(__name__)


def from_store(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer with a page that says whom to call where the bytes are gone or damaged.

    A purge or a newer timestamp may have come between the row and its bytes: hence a second look,
    which is a 404 after a purge. A signature is not sent twice: its code is used up.
    """

    @wraps(view)
    def kind(request: PortalRequest, **address: Any) -> HttpResponseBase:
        number = str(next(iter(address.values())))  # of the document, as its address has it
        try:
            try:
                return view(request, **address)
            except Gone:
                if request.method == "POST":
                    raise
                return view(request, **address)
        except (Gone, Damaged) as error:
            log.error("%s: stored bytes %s: %s", number, type(error).__name__.lower(), error)
            return _sorry(request, number)

    return kind


def _sorry(request: PortalRequest, number: str) -> HttpResponse:
    return render(request, "evidence/unavailable.html", {"number": number}, status=503)
