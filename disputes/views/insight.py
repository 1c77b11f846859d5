"""Volumes, age, outcomes and causes."""

from django.http import Http404, HttpRequest, HttpResponse


def reports(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def disputes(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def export(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet
