"""Files of a case: handed in, shown, taken back."""

from django.http import Http404, HttpRequest, HttpResponse


def index(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def download_copy(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def remove(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def staff_file(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def staff_page(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def release(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet
