"""Who contacted me, and when and how they may."""

from django.http import Http404, HttpResponse

from accounts.access import PortalRequest


def contacts(request: PortalRequest) -> HttpResponse:
    raise Http404


def choices(request: PortalRequest) -> HttpResponse:
    raise Http404


def staff_contacts(request: PortalRequest, ref: str) -> HttpResponse:
    raise Http404
