"""What a person tells of their means and needs before they ask."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def start(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def section(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def forget_needs(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404
