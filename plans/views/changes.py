"""What may change after signing: paying early, moving a day, taking back, asking anew."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import PortalRequest, cardholder_required
from plans import queries
from plans.actions import changing
from plans.forms.changing import EarlyForm, MoveForm, TakeBackForm
from plans.keeping.looking import look
from plans.models import Agreement
from plans.settling import settling
from plans.situation import askable, words
from plans.standing import waiting_change
from portal.kit.errors import Refused, Stale
from portal.kit.forms import said
from portal.kit.http import wants_fragment


def _own(request: PortalRequest, number: str) -> Agreement:
    return get_object_or_404(queries.agreements_of(request.user), number=number)


def _ended(request: PortalRequest, agreement: Agreement) -> HttpResponse:
    messages.info(request, _("This plan does not run any more. Here is where it stands."))
    return redirect("plans:agreement", agreement.number)


def _runs(agreement: Agreement) -> bool:
    return agreement.status == Agreement.Status.ACTIVE


# == paying early


@cardholder_required
@require_safe
def early(request: PortalRequest, number: str) -> HttpResponse:
    """What settles the plan on a day, or what an extra payment does. Nothing is paid here."""
    agreement = _own(request, number)
    if not _runs(agreement):
        return _ended(request, agreement)
    seen = look(agreement, at=now())
    asked = "way" in request.GET
    form = EarlyForm(
        request.GET if asked else None,
        today=seen.today,
        last=max(due.day for due in seen.dues),
        currency=agreement.account.currency,
    )
    facts = {"agreement": agreement, "account": agreement.account, "form": form, "asked": asked}
    facts["seen"] = seen
    if asked and form.is_valid():
        facts["result"] = settling(
            seen, on=form.cleaned_data["on"], extra=form.cleaned_data["amount"]
        )
    page = "_early.html" if wants_fragment(request) else "early.html"
    return render(request, f"plans/changes/{page}", facts)


# == moving a day


@cardholder_required
@require_http_methods(["GET", "POST"])
def move_due(request: PortalRequest, number: str, position: int) -> HttpResponse:
    """Choose a later day for one payment; then look at it once more and confirm."""
    agreement = _own(request, number)
    dues = list(agreement.instalments.all())
    due = next((each for each in dues if each.position == position), None)
    if due is None:
        raise Http404
    if not _runs(agreement) or not agreement.offer.sealed_terms:
        return _ended(request, agreement)
    terms = changing.terms_of(agreement)
    days = changing.window(terms, dues, due, on=localdate())
    form = MoveForm(request.POST if request.method == "POST" else None, days=days)
    facts = {"agreement": agreement, "account": agreement.account, "due": due, "form": form}
    facts |= {"days": days, "terms": terms, "left": changing.moves_left(terms, dues)}
    if request.method != "POST":
        return render(request, "plans/changes/move.html", facts)
    if not form.is_valid():
        return render(request, "plans/changes/move.html", facts, status=422)
    if "confirmed" not in request.POST:
        return render(request, "plans/changes/move_check.html", facts | {"to": form.day})
    return _moved(request, agreement, position, form.day)


def _moved(request: PortalRequest, agreement: Agreement, position: int, to: date) -> HttpResponse:
    try:
        changing.move_due(agreement, position, to, by=request.user, at=now())
    except Refused as no:
        messages.error(request, said(no))
    except Stale:
        return _ended(request, agreement)
    else:
        messages.success(request, _("The payment is now due on %s.") % date_format(to))
    return redirect("plans:agreement", agreement.number)


# == taking it back


@cardholder_required
@require_http_methods(["GET", "POST"])
def take_back(request: PortalRequest, number: str) -> HttpResponse:
    """Within the first days: what it means, a tick, and it is as if it had not been agreed."""
    agreement = _own(request, number)
    if not _runs(agreement) or not agreement.offer.sealed_terms:
        return _ended(request, agreement)
    until = changing.take_back_until(agreement, changing.terms_of(agreement))
    form = TakeBackForm(request.POST if request.method == "POST" else None)
    facts = {"agreement": agreement, "account": agreement.account, "form": form, "until": until}
    facts["in_time"] = until is not None and localdate() <= until
    if request.method == "POST" and form.is_valid():
        return _taken_back(request, agreement)
    status = 422 if request.method == "POST" else 200
    return render(request, "plans/changes/take_back.html", facts, status=status)


def _taken_back(request: PortalRequest, agreement: Agreement) -> HttpResponse:
    try:
        changing.take_back(agreement, by=request.user, at=now())
    except Refused as no:
        messages.error(request, said(no))
    except Stale:
        return _ended(request, agreement)
    else:
        messages.success(request, _("You have taken the agreement back."))
    return redirect("plans:agreement", agreement.number)


# == asking for another plan


@cardholder_required
@require_http_methods(["GET", "POST"])
def change(request: PortalRequest, number: str) -> HttpResponse:
    """What a change means; POST begins a request for one. Or why it cannot be asked for now."""
    agreement = _own(request, number)
    if not _runs(agreement):
        return _ended(request, agreement)
    if request.method == "POST":
        try:
            changing.begin_change(agreement, by=request.user, at=now())
            return redirect("plans:start", agreement.account.ref)
        except Refused:
            return redirect("plans:change", number)  # which says why
        except Stale:
            return _ended(request, agreement)
    facts: dict[str, Any] = {"agreement": agreement, "account": agreement.account}
    if found := askable.reasons(agreement.account, revises=agreement):
        why, instead = words.NOT_NOW[found[0].code]
        facts |= {"why": _(why), "instead": _(instead), "waits": waiting_change(agreement)}
    return render(request, "plans/changes/change.html", facts)
