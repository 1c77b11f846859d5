"""A new case, step by step: the draft is saved at each."""

from django.http import Http404, HttpRequest, HttpResponse


def start(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def begin(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def check(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def send(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def discard(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def step(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet
