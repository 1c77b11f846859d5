"""The cardholder's pages about cases that were sent."""

from django.http import Http404, HttpRequest, HttpResponse


def index(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def personal_statement(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def case(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def answer(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def withdraw(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def review(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def letter_pdf(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet


def proof_pack(request: HttpRequest, **address: object) -> HttpResponse:
    raise Http404  # not built yet
