"""What may change after signing: paying early, moving a day, taking back, asking anew."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def early(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def move_due(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def take_back(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def change(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def certificate(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404
