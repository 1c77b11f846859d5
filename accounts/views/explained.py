"""How each figure comes about: a movement, and the sums that are due."""

from django.http import Http404, HttpResponse

from accounts.access import PortalRequest


def sums(request: PortalRequest, ref: str) -> HttpResponse:
    raise Http404


def posting(request: PortalRequest, ref: str, posting: str) -> HttpResponse:
    raise Http404


def staff_sums(request: PortalRequest, ref: str) -> HttpResponse:
    raise Http404


def staff_posting(request: PortalRequest, ref: str, posting: str) -> HttpResponse:
    raise Http404
