"""The bank's own wording of paragraphs for letters."""

from django.http import Http404, HttpRequest, HttpResponse


def index(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def edit(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def approve(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet
