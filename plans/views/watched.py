"""Staff: plans that run, those that are late first."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def index(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def agreement(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def hold(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def lift_hold(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404
