"""The site's addresses and one page behind each guard."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts.access import cardholder_required, log_staff_view, staff_required
from portal.urls import urlpatterns as site


@cardholder_required
def own(request: HttpRequest) -> HttpResponse:
    return HttpResponse("own", content_type="text/plain")


@staff_required()
def any_staff(request: HttpRequest) -> HttpResponse:
    log_staff_view(request, "accounts.cardholder:1")
    return HttpResponse("any", content_type="text/plain")


@staff_required("supervisor", "auditor")
def two_roles(request: HttpRequest) -> HttpResponse:
    return HttpResponse("two", content_type="text/plain")


urlpatterns = [
    *site,
    path("t/own/", own, name="own"),
    path("t/any/", any_staff, name="any"),
    path("t/two/", two_roles, name="two"),
]
