"""Files beside a budget or a request: the cardholder adds and removes them, staff look at them."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries as ledger
from accounts.access import PortalRequest, cardholder_required, log_staff_view, staff_required
from accounts.files import serving
from accounts.files.shelf import Shelf
from accounts.models.people import Role
from accounts.stored import from_store
from plans.forms.papers import PapersForm
from plans.models import Paper, PlanRequest, Situation
from plans.queries import requests_of
from plans.situation import papers
from plans.views.staff import READERS, found

CLEAN, HELD = Paper.Status.CLEAN, Paper.Status.QUARANTINED


def form_for(shelf: Callable[[], Shelf]) -> Callable[..., PapersForm]:
    """Return what makes the form of a shelf: the first time it asks for consent."""
    return lambda *sent: PapersForm(*sent, consented=bool(shelf().files))


# == beside the budget


def _beside(request: PortalRequest, ref: str) -> serving.Desk:
    account = get_object_or_404(ledger.held_by(request.user), ref=ref)
    situation = get_object_or_404(Situation, cardholder=account.cardholder_id)
    shelf, here = partial(papers.shelf, account, at=now()), reverse("plans:papers", args=[ref])
    return serving.Desk(
        page="plans/situation/papers.html",
        shelf=shelf,
        form=form_for(shelf),
        add=lambda told, data, name: papers.add(
            situation,
            data,
            name=name,
            consents=bool(told.get("sensitive")),
            by=request.user,
            at=now(),
        ),
        back=serving.back(request, inside=reverse("plans:index"), otherwise=here),
        context={"account": account},
    )


@csrf_exempt
@cardholder_required
@serving.takes_files(too_large=lambda request, ref: serving.refused(_beside(request, ref), request))
def index(request: PortalRequest, ref: str) -> HttpResponse:
    """What shows what was told, for all cards; POST adds some."""
    return serving.at(_beside(request, ref), request)


# == with a request


def _with(request: PortalRequest, number: str) -> serving.Desk:
    sent = requests_of(request.user).exclude(status=PlanRequest.Status.DRAFT)
    asked = get_object_or_404(sent, number=number)
    shelf = partial(papers.shelf_with, asked, at=now())
    return serving.Desk(
        page="plans/request_papers.html",
        shelf=shelf,
        form=form_for(shelf),
        add=lambda told, data, name: papers.add_to(
            asked,
            data,
            name=name,
            consents=bool(told.get("sensitive")),
            by=request.user,
            at=now(),
        ),
        back=reverse("plans:request_page", args=[number]),
        context={"asked": asked},
    )


@csrf_exempt
@cardholder_required
@serving.takes_files(
    too_large=lambda request, number: serving.refused(_with(request, number), request)
)
def with_request(request: PortalRequest, number: str) -> HttpResponse:
    """The files of a request that was sent; POST adds some while the bank looks at it."""
    return serving.at(_with(request, number), request)


# == one file of one's own


@cardholder_required
@require_safe
@from_store
def paper(request: PortalRequest, ref: str) -> FileResponse:
    """The copy that we wrote anew, once it is clean."""
    own = get_object_or_404(papers.own(request.user), ref=ref, status=CLEAN)
    return serving.sent(request, own, at=now())


@cardholder_required
@require_POST
def remove(request: PortalRequest, ref: str) -> HttpResponse:
    """Take a file back: deleted, unless a decision rests on it."""
    own = get_object_or_404(papers.own(request.user), ref=ref)
    if papers.remove(own, by=request.user, at=now()):
        messages.success(request, _("The file is removed, and we have deleted it."))
    else:
        messages.success(
            request,
            _(
                "The file is removed and goes with nothing more. The answer you had from us was "
                "given with it, so it stays with that request for as long as we must keep it."
            ),
        )
    return redirect(serving.back(request, inside=reverse("plans:index")))


# == staff


def _as_staff(request: PortalRequest, asked: PlanRequest, ref: str, status: str) -> Paper:
    log_staff_view(request, asked.account.cardholder)
    return get_object_or_404(papers.of_request(asked), ref=ref, status=status)


@staff_required(*READERS)
@require_safe
@from_store
def staff_paper(request: PortalRequest, number: str, ref: str) -> FileResponse:
    return serving.sent(request, _as_staff(request, found(number), ref, CLEAN), at=now())


@staff_required(*READERS)
@require_safe
@from_store
def staff_page(request: PortalRequest, number: str, ref: str, page: int) -> HttpResponse:
    return serving.drawn(_as_staff(request, found(number), ref, CLEAN), page)


@staff_required(Role.SUPERVISOR)
@require_http_methods(["GET", "POST"])
def release(request: PortalRequest, number: str, ref: str) -> HttpResponse:
    """Have a file that was held back looked at again, with a reason."""
    asked = found(number)
    held = _as_staff(request, asked, ref, HELD)
    act = partial(papers.release, held, by=request.user, at=now())
    back = reverse("plans:staff_request", args=[number])
    return serving.asked_again(
        request, held, lambda reason: act(reason=reason), back=back, title=number
    )
