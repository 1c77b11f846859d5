"""The account over time: pictures, and what was reported month by month."""

from django.http import Http404, HttpResponse

from accounts.access import PortalRequest


def months(request: PortalRequest, ref: str) -> HttpResponse:
    raise Http404


def staff_months(request: PortalRequest, ref: str) -> HttpResponse:
    raise Http404
