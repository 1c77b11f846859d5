"""Staff: the policy for plans, its versions and what a version would change."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def index(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def new(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def version(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def propose(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def approve(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def send_back(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def give_up(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404


def simulation(request: HttpRequest, **named: Any) -> HttpResponse:
    raise Http404
