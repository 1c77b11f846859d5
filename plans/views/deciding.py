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
from plans.basis import Row
from plans.forms.deciding import OfferForm
from plans.forms.reasons import QuestionForm, RefuseForm, ReturnForm, WithdrawOfferForm
from plans.models import Offer, PlanRequest
from plans.situation import papers
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
    if _is_gone(request, asked):
        return _changed(request, number)
    if not form.is_valid():
        return page(request, asked, Bound(offer=form), ground=ground)
    facts = form.cleaned_data
    try:
        made = actions.make_offer(
            asked, form.chosen, findings=facts["findings"], explanation=facts["explanation"],
            basis_version=facts["basis_version"], files=facts["papers"], by=request.user, at=now(),
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


def _is_gone(request: PortalRequest, asked: PlanRequest, prefix: str = "") -> bool:
    """Tell whether the account or the files changed since the page that carried what it showed."""
    version = request.POST.get(f"{prefix}basis_version")
    files = request.POST.get(f"{prefix}papers", "")
    return bool(version) and (version, files) != (str(asked.account.version), papers.seen(asked))


def _changed(request: PortalRequest, number: str, prefix: str = "") -> HttpResponse:
    """Show the figures seen beside those of now; what was typed stays, to be decided on again."""
    asked, data = found(number), request.POST.copy()
    now_seen = basis.seen(ledger.position(asked.account))
    was = basis.read(data.get(f"{prefix}seen", ""))
    data[f"{prefix}basis_version"] = str(asked.account.version)
    data[f"{prefix}seen"] = now_seen.text
    were, data[f"{prefix}papers"] = data.get(f"{prefix}papers", ""), papers.seen(asked)
    ground = weighing.ground(asked, asked.account, on=localdate())
    bound = (
        Bound(refuse=RefuseForm(data, prefix="refuse"))
        if prefix
        else Bound(offer=offer_form(asked, ground, data))
    )
    rows = basis.beside(was, now_seen, asked.account.currency)
    if were != data[f"{prefix}papers"]:
        rows.append(Row(_("Files"), _("as you saw them"), _("changed since")))
    return page(request, asked, bound, ground=ground, changed=rows, status=409)


def _act(request: PortalRequest, act: Callable[[], object], done: str = "") -> bool:
    """Do something and say how it went; False if it was refused. Errors: Changed."""
    try:
        act()
    except Refused as no:
        messages.error(request, said(no))
        return False
    except actions.Changed:
        raise
    except (Stale, IllegalMove):
        messages.info(request, _("Somebody was first. Here is where it stands now."))
    else:
        if done:
            messages.success(request, done)
    return True


@staff_required(*DECIDERS)
@require_POST
def refuse(request: PortalRequest, number: str) -> HttpResponse:
    asked, form = found(number), RefuseForm(request.POST, prefix="refuse")
    if _is_gone(request, asked, "refuse-"):
        return _changed(request, number, "refuse-")
    if not form.is_valid():
        return page(request, asked, Bound(refuse=form))
    facts, by = form.cleaned_data, request.user
    reason, files = facts["reason"], facts["papers"]
    try:
        if not _act(
            request, lambda: actions.refuse(asked, reason=reason, files=files, by=by, at=now())
        ):
            return page(request, asked, Bound(refuse=form), status=422)
    except actions.Changed:
        return _changed(request, number, "refuse-")
    return redirect("plans:staff_request", number)


@staff_required(*DECIDERS)
@require_POST
def ask_cardholder(request: PortalRequest, number: str) -> HttpResponse:
    asked, form = found(number), QuestionForm(request.POST, prefix="question")
    if not form.is_valid():
        return page(request, asked, Bound(question=form))
    text, by = form.cleaned_data["text"], request.user
    sent = _("Your question was sent. The request shows here when it is answered.")
    if not _act(request, lambda: actions.ask_cardholder(asked, text=text, by=by, at=now()), sent):
        return page(request, asked, Bound(question=form), status=422)
    return redirect("plans:staff_request", number)


def _read(request: PortalRequest, asked: PlanRequest) -> Offer:
    """Return the offer that the page showed, whatever waits by now. Errors: Stale."""
    offer = asked.offers.filter(number=request.POST.get("offer", "")).first()
    if offer is None:
        raise Stale(asked.pk)
    return offer


@staff_required(*DECIDERS)
@require_POST
def approve_offer(request: PortalRequest, number: str) -> HttpResponse:
    """The second person agrees to the offer they read. Who may is the action's to say."""
    asked, done = (
        found(number),
        _("You have agreed to the offer. The agreement is being written out."),
    )
    if request.POST.get("papers", "") != papers.seen(asked):
        text = _("The files changed since you opened this page. Look at them, then decide.")
        messages.warning(request, text)
        return redirect("plans:staff_request", number)
    try:
        _act(
            request,
            lambda: actions.approve_offer(
                _read(request, asked),
                files=request.POST.get("papers", ""),
                by=request.user,
                at=now(),
            ),
            done,
        )
    except actions.Changed:
        text = _("The account changed since this was proposed. Send it back, to be looked at anew.")
        messages.warning(request, text)
    return redirect("plans:staff_request", number)


@staff_required(*DECIDERS)
@require_POST
def return_offer(request: PortalRequest, number: str) -> HttpResponse:
    """The second person sends an offer back, or who proposed it takes it back."""
    asked, form = found(number), ReturnForm(request.POST, prefix="return")
    if not form.is_valid():
        return page(request, asked, Bound(send_back=form))
    reason, by = form.cleaned_data["reason"], request.user
    _act(
        request,
        lambda: actions.return_offer(_read(request, asked), reason=reason, by=by, at=now()),
    )
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
    if not _act(request, lambda: actions.withdraw_offer(made, reason=reason, by=by, at=now())):
        return page(request, asked, Bound(withdraw=form), status=422)
    return redirect("plans:staff_request", number)
