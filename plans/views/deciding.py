"""What an agent does with a request, and the second person with an offer: one act, one view."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import queries as ledger
from accounts.access import PortalRequest, staff_required
from plans import actions, basis, weighing
from plans.forms.deciding import OfferForm
from plans.forms.reasons import QuestionForm, RefuseForm, ReturnForm, WithdrawOfferForm
from plans.models import Offer, PlanRequest
from plans.views.staff import DECIDERS, Bound, checks_facts, found, offer_form, page
from plans.weighing import Ground
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.kit.http import wants_fragment


def _form(
    request: PortalRequest, asked: PlanRequest, *, deciding: bool
) -> tuple[OfferForm, Ground]:
    ground = weighing.ground(asked, asked.account, on=localdate())
    return offer_form(asked, ground, request.POST, deciding=deciding), ground


@staff_required(*DECIDERS)
@require_POST
def check(request: PortalRequest, number: str) -> HttpResponse:
    """Weigh the terms typed and decide nothing: a fragment for htmx, else the whole page."""
    asked = found(number)
    form, ground = _form(request, asked, deciding=False)
    if wants_fragment(request):
        return render(
            request, "plans/staff_checks.html", checks_facts(request, asked, ground, form)
        )
    return page(request, asked, Bound(offer=form), ground=ground, status=200)


@staff_required(*DECIDERS)
@require_POST
def offer(request: PortalRequest, number: str) -> HttpResponse:
    asked = found(number)
    form, ground = _form(request, asked, deciding=True)
    if request.POST.get("basis_version", "") not in ("", str(asked.account.version)):
        return _changed(request, number)
    if not form.is_valid():
        return page(request, asked, Bound(offer=form), ground=ground)
    facts = form.cleaned_data
    try:
        made = actions.make_offer(
            asked, form.chosen, findings=facts["findings"], explanation=facts["explanation"],
            basis_version=facts["basis_version"], by=request.user, at=now(),
        )  # fmt: skip
    except Refused as no:
        form.add_error("first_on" if no.rule == "PLAN-FIRST" else None, said(no))
        return page(request, asked, Bound(offer=form), ground=ground)
    except actions.Changed:
        return _changed(request, number)
    except (Stale, IllegalMove):
        messages.warning(
            request, _("This request has moved on meanwhile. Here is where it stands now.")
        )
    else:
        if made.status == Offer.Status.PROPOSED:
            text = _("A second person must agree to this offer. Nothing is sent before that.")
            messages.success(request, text)
    return redirect("plans:staff_request", number)


def _changed(request: PortalRequest, number: str) -> HttpResponse:
    """Show the figures seen beside those of now; what was typed stays, to be decided on again."""
    asked = found(number)
    now_seen = basis.seen(ledger.position(asked.account))
    was = basis.read(request.POST.get("seen", ""))
    data = request.POST.copy()
    data["basis_version"], data["seen"] = str(asked.account.version), now_seen.text
    ground = weighing.ground(asked, asked.account, on=localdate())
    form = offer_form(asked, ground, data)
    rows = basis.beside(was, now_seen, asked.account.currency)
    return page(request, asked, Bound(offer=form), ground=ground, changed=rows, status=409)


def _act(request: PortalRequest, act: Callable[[], object], done: str = "") -> None:
    """Do something and say how it went."""
    try:
        act()
    except Refused as no:
        messages.error(request, said(no))
    except actions.Changed:
        text = _("The account changed since this was proposed. Send it back, to be looked at anew.")
        messages.warning(request, text)
    except (Stale, IllegalMove):
        messages.info(request, _("Somebody was first. Here is where it stands now."))
    else:
        if done:
            messages.success(request, done)


@staff_required(*DECIDERS)
@require_POST
def refuse(request: PortalRequest, number: str) -> HttpResponse:
    asked, form = found(number), RefuseForm(request.POST, prefix="refuse")
    if not form.is_valid():
        return page(request, asked, Bound(refuse=form))
    reason, by = form.cleaned_data["reason"], request.user
    _act(request, lambda: actions.refuse(asked, reason=reason, by=by, at=now()))
    return redirect("plans:staff_request", number)


@staff_required(*DECIDERS)
@require_POST
def ask_cardholder(request: PortalRequest, number: str) -> HttpResponse:
    asked, form = found(number), QuestionForm(request.POST, prefix="question")
    if not form.is_valid():
        return page(request, asked, Bound(question=form))
    text, by = form.cleaned_data["text"], request.user
    _act(
        request,
        lambda: actions.ask_cardholder(asked, text=text, by=by, at=now()),
        _("Your question was sent. The request shows here when it is answered."),
    )
    return redirect("plans:staff_request", number)


def _proposed(asked: PlanRequest) -> Offer:
    return get_object_or_404(asked.offers.filter(status=Offer.Status.PROPOSED))


@staff_required(*DECIDERS)
@require_POST
def approve_offer(request: PortalRequest, number: str) -> HttpResponse:
    """The second person agrees. Who may is the action's to say."""
    made = _proposed(found(number))
    _act(
        request,
        lambda: actions.approve_offer(made, by=request.user, at=now()),
        _("You have agreed to the offer. The agreement is being written out."),
    )
    return redirect("plans:staff_request", number)


@staff_required(*DECIDERS)
@require_POST
def return_offer(request: PortalRequest, number: str) -> HttpResponse:
    """The second person sends an offer back, or who proposed it takes it back."""
    asked, form = found(number), ReturnForm(request.POST, prefix="return")
    made = _proposed(asked)
    if not form.is_valid():
        return page(request, asked, Bound(send_back=form))
    reason, by = form.cleaned_data["reason"], request.user
    _act(request, lambda: actions.return_offer(made, reason=reason, by=by, at=now()))
    return redirect("plans:staff_request", number)


@staff_required(*DECIDERS)
@require_POST
def withdraw_offer(request: PortalRequest, number: str) -> HttpResponse:
    """Take back the live offer of a request."""
    asked, form = found(number), WithdrawOfferForm(request.POST, prefix="withdraw")
    live = [Offer.Status.PREPARING, Offer.Status.OPEN]
    made = get_object_or_404(asked.offers.filter(status__in=live))
    if not form.is_valid():
        return page(request, asked, Bound(withdraw=form))
    reason, by = form.cleaned_data["reason"], request.user
    _act(request, lambda: actions.withdraw_offer(made, reason=reason, by=by, at=now()))
    return redirect("plans:staff_request", number)
