"""What the complaint handlers read: the queue, and a case with all that belongs to it."""

from django.http import Http404, HttpRequest, HttpResponse


def queue(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def case(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def letter_pdf(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet
