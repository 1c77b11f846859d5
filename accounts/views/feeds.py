"""The last feeds: how far, what came of them, and what was rejected."""

from django.http import Http404, HttpResponse

from accounts.access import PortalRequest


def index(request: PortalRequest) -> HttpResponse:
    raise Http404


def run(request: PortalRequest, pk: int) -> HttpResponse:
    raise Http404


def rejects(request: PortalRequest, pk: int) -> HttpResponse:
    raise Http404
