"""The agents' pages about plans. Supervisors act as agents; auditors and handlers read."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import queries as ledger
from accounts import rules
from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.history import history
from accounts.masking import masked_facts
from accounts.models.people import Role
from plans import actions, policies, queries
from plans.forms.deciding import OfferForm, RefuseForm, WithdrawOfferForm
from plans.forms.schedule import as_asked
from plans.models import Offer, PlanRequest
from portal import packs
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.kit.http import law

READERS = (Role.AGENT, Role.SUPERVISOR, Role.AUDITOR)
DECIDERS = (Role.AGENT, Role.SUPERVISOR)


@staff_required(*READERS)
@require_safe
def queue(request: PortalRequest) -> HttpResponse:
    """Requests that wait, oldest first, a page at a time; and what was decided lately."""
    page = queries.queue_page(after=request.GET.get("after", ""))
    facts = {
        "page": page,
        "preparing": queries.offers_to_render(),
        "decided": queries.lately_decided(),
    }
    log_staff_view(request, "plans.queue")
    return render(request, "plans/staff_queue.html", facts)


def _page(
    request: PortalRequest,
    asked: PlanRequest,
    *,
    offer_form: OfferForm | None = None,
    refuse_form: RefuseForm | None = None,
    withdraw_form: WithdrawOfferForm | None = None,
) -> HttpResponse:
    position = ledger.position(asked.account)
    divisible = rules.undisputed(position).overdue
    log_staff_view(request, asked.account)
    facts = {
        "asked": asked,
        "account": asked.account,
        "position": position,
        "divisible": divisible,
        "person": masked_facts(asked.account.cardholder.person),
        "offer": asked.offers.order_by("-pk").first(),
        "offer_form": offer_form or _offer_form(asked, None),
        "refuse_form": refuse_form or RefuseForm(prefix="refuse"),
        "withdraw_form": withdraw_form or WithdrawOfferForm(prefix="withdraw"),
        "may_decide": request.user.role in DECIDERS,
        "mine": asked.taken_by_id == request.user.pk,
        "history": history([asked, *asked.offers.all()], queries.HAPPENED),
    }
    failed = any(
        form is not None and form.errors for form in (offer_form, refuse_form, withdraw_form)
    )
    return render(request, "plans/staff_request.html", facts, status=422 if failed else 200)


def _offer_form(asked: PlanRequest, data: object) -> OfferForm:
    on = localdate()
    initial = as_asked(asked) | {"basis_version": asked.account.version}
    return OfferForm(
        data,
        initial=initial,
        position=ledger.plannable(asked.account),
        pack=packs.load(law(), on=on),
        policy=policies.in_force(on),
        on=on,
    )


@staff_required(*READERS)
@require_safe
def request_page(request: PortalRequest, number: str) -> HttpResponse:
    return _page(request, get_object_or_404(queries.all_requests(), number=number))


@staff_required(*DECIDERS)
@require_POST
def take(request: PortalRequest, number: str) -> HttpResponse:
    asked = get_object_or_404(queries.all_requests(), number=number)
    try:
        actions.take(asked, by=request.user, at=now())
    except Refused as no:
        messages.error(request, said(no))
    except (Stale, IllegalMove):
        messages.info(request, _("A colleague was first. Here is where it stands now."))
    return redirect("plans:staff_request", number)


@staff_required(*DECIDERS)
@require_POST
def offer(request: PortalRequest, number: str) -> HttpResponse:
    asked = get_object_or_404(queries.all_requests(), number=number)
    form = _offer_form(asked, request.POST)
    if not form.is_valid():
        return _page(request, asked, offer_form=form)
    try:
        actions.make_offer(
            asked, form.chosen,
            findings=form.cleaned_data["findings"], explanation=form.cleaned_data["explanation"],
            basis_version=form.cleaned_data["basis_version"], by=request.user, at=now(),
        )  # fmt: skip
    except Refused as no:
        form.add_error(None, said(no))
        return _page(request, asked, offer_form=form)
    except (Stale, IllegalMove):
        messages.warning(
            request,
            _(
                "The account or the request changed since you opened this page. "
                "Look at the new figures and decide again."
            ),
        )
    return redirect("plans:staff_request", number)


@staff_required(*DECIDERS)
@require_POST
def refuse(request: PortalRequest, number: str) -> HttpResponse:
    asked = get_object_or_404(queries.all_requests(), number=number)
    form = RefuseForm(request.POST, prefix="refuse")
    if not form.is_valid():
        return _page(request, asked, refuse_form=form)
    try:
        actions.refuse(asked, reason=form.cleaned_data["reason"], by=request.user, at=now())
    except Refused as no:
        messages.error(request, said(no))
    except (Stale, IllegalMove):
        messages.info(request, _("A colleague was first. Here is where it stands now."))
    return redirect("plans:staff_request", number)


@staff_required(*DECIDERS)
@require_POST
def withdraw_offer(request: PortalRequest, number: str) -> HttpResponse:
    """Take back the live offer of a request."""
    asked = get_object_or_404(queries.all_requests(), number=number)
    made = get_object_or_404(
        asked.offers.filter(status__in=[Offer.Status.PREPARING, Offer.Status.OPEN])
    )
    form = WithdrawOfferForm(request.POST, prefix="withdraw")
    if not form.is_valid():
        return _page(request, asked, withdraw_form=form)
    try:
        actions.withdraw_offer(made, reason=form.cleaned_data["reason"], by=request.user, at=now())
    except (Stale, IllegalMove):
        messages.info(request, _("The cardholder was first. Here is where it stands now."))
    return redirect("plans:staff_request", number)


@staff_required(*DECIDERS)
def second(request: PortalRequest) -> HttpResponse:
    raise Http404


@staff_required(*DECIDERS)
def ask_cardholder(request: PortalRequest, number: str) -> HttpResponse:
    raise Http404


@staff_required(*DECIDERS)
def approve_offer(request: PortalRequest, number: str) -> HttpResponse:
    raise Http404


@staff_required(*DECIDERS)
def return_offer(request: PortalRequest, number: str) -> HttpResponse:
    raise Http404
