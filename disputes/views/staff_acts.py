"""What the complaint handlers do on a case."""

from django.http import Http404, HttpRequest, HttpResponse


def intake(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def take(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def assign(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def ask(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def resume(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def message(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def note(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def extend(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def answer_extension(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def clock(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def decide(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def approve(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet
