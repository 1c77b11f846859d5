"""The cardholder asks: what there is, choosing, checking, sending."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries as ledger
from accounts.access import PortalRequest, cardholder_required
from accounts.models import CardAccount
from plans import actions, policies, queries
from plans.forms.asking import PlanForm
from plans.forms.schedule import as_asked
from plans.models import PlanRequest
from portal import packs
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.kit.http import law, wants_fragment


@cardholder_required
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    facts = {
        "requests": queries.requests_of(request.user),
        "offers": queries.offers_of(request.user),
        "agreements": queries.agreements_of(request.user),
        "accounts": ledger.held_by(request.user),
    }
    return render(request, "plans/index.html", facts)


# == asking


def _plan_form(request: PortalRequest, account: CardAccount) -> PlanForm:
    on = localdate()
    draft = account.plan_requests.filter(status=PlanRequest.Status.DRAFT).first()
    initial: dict[str, object] = {
        "by": "months",
        "months": 12,
        "first_on": queries.usual_first_day(account, on=on),
    }
    if draft:
        initial = as_asked(draft)
    return PlanForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        position=ledger.plannable(account),
        pack=packs.load(law(), on=on),
        policy=policies.in_force(on),
        on=on,
    )


@cardholder_required
@require_http_methods(["GET", "POST"])
def ask(request: PortalRequest, ref: str) -> HttpResponse:
    """Choose amount or length and a first date; POST keeps a draft and goes on to check it."""
    account = get_object_or_404(ledger.held_by(request.user), ref=ref)
    try:
        actions.check_askable(account)
        form = _plan_form(request, account)
        if request.method == "POST" and form.is_valid():
            return redirect("plans:request_page", _drafted(request, account, form).number)
    except Refused as no:
        return render(request, "plans/cannot_ask.html", {"account": account, "why": said(no)})
    status = 422 if form.errors else 200
    return render(request, "plans/ask.html", {"account": account, "form": form}, status=status)


def _drafted(request: PortalRequest, account: CardAccount, form: PlanForm) -> PlanRequest:
    return actions.draft(
        account, form.chosen, reason=form.cleaned_data["reason"], by=request.user, at=now()
    )


@cardholder_required
@require_POST
def preview(request: PortalRequest, ref: str) -> HttpResponse:
    """Work out the payments and keep nothing: a fragment for htmx, else the whole page."""
    account = get_object_or_404(ledger.held_by(request.user), ref=ref)
    form = _plan_form(request, account)
    form.is_valid()
    page = "plans/_quote.html" if wants_fragment(request) else "plans/ask.html"
    return render(request, page, {"account": account, "form": form, "previewed": True})


@cardholder_required
@require_safe
def request_page(request: PortalRequest, number: str) -> HttpResponse:
    """Check your answers while it is a draft; afterwards where it stands."""
    asked = get_object_or_404(queries.requests_of(request.user), number=number)
    page = "plans/check.html" if asked.status == PlanRequest.Status.DRAFT else "plans/request.html"
    offer = asked.offers.order_by("-pk").first()
    readable = offer is not None and offer.drafts.exists()
    return render(request, page, {"asked": asked, "offer": offer, "readable": readable})


@cardholder_required
@require_POST
def submit(request: PortalRequest, number: str) -> HttpResponse:
    asked = get_object_or_404(queries.requests_of(request.user), number=number)
    try:
        actions.submit(asked, by=request.user, at=now())
    except (Stale, IllegalMove):
        pass  # sent already: the page says so
    except Refused as no:
        messages.error(request, said(no))
        return redirect("plans:request", asked.account.ref)
    return redirect("plans:request_page", number)


@cardholder_required
@require_POST
def withdraw(request: PortalRequest, number: str) -> HttpResponse:
    asked = get_object_or_404(queries.requests_of(request.user), number=number)
    try:
        actions.withdraw_request(asked, by=request.user, at=now())
    except (Stale, IllegalMove):
        messages.info(
            request, _("This request has moved on meanwhile. Here is where it stands now.")
        )
    return redirect("plans:request_page", number)


@cardholder_required
@require_POST
def answer(request: PortalRequest, number: str) -> HttpResponse:
    raise Http404
