"""Deciding a case: the form, the letter before it goes out, and the second person."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.models.people import Role
from disputes import corrections, staff_case, staff_trail
from disputes import staff_queries as queries
from disputes.actions import deciding, handling
from disputes.forms import staff as forms
from disputes.forms.deciding import DecideForm, SettleForm, over_words
from disputes.models import Correction, Decision, Dispute
from disputes.rules import Representative
from disputes.views.staff import basics, case_page, found
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.records.typeset import Paper

CHANGED = {
    "messages": gettext_lazy("a message came"),
    "files": gettext_lazy("the files changed"),
    "lines": gettext_lazy("a contested line reads otherwise now"),
    "deadline": gettext_lazy("the deadline moved"),
}


def changed(error: deciding.Changed) -> str:
    """Say what came in after the page was opened."""
    what = " · ".join(str(CHANGED[name]) for name in error.what)
    text = _("Nothing was decided, because something came in since you looked: %(what)s.")
    return text % {"what": what} + " " + _("Look at the case again, then decide.")


@staff_required(*queries.HANDLERS)
@require_http_methods(["GET", "POST"])
def decide(request: PortalRequest, number: str) -> HttpResponse:
    """GET: the form. POST: the letter as it would go out, to read first. Nothing is sent yet."""
    dispute = found(number, request.user)
    if request.method != "POST":
        initial = {"basis": deciding.basis_of(dispute)}
        return _page(request, dispute, DecideForm(dispute=dispute, initial=initial))
    form, sheet = DecideForm(request.POST, dispute=dispute), None
    if form.is_valid():
        try:
            handling.check_works(dispute, request.user)
            sheet = deciding.preview(
                dispute, form.rulings, reasons=form.reasons, by=request.user, at=now(),
                cause=form.cleaned_data["cause"], **form.whole_answer,
            )  # fmt: skip
        except Refused as no:
            form.add_error(None, said(no))
        except (Stale, IllegalMove):
            return _moved(request, number)
    return _page(request, dispute, form, sheet=sheet)


def _moved(request: PortalRequest, number: str) -> HttpResponse:
    messages.info(request, _("Something changed meanwhile. Here is where it stands now."))
    return redirect("disputes:staff_case", number)


def _page(
    request: PortalRequest, dispute: Dispute, form: DecideForm, *, sheet: Paper | None = None
) -> HttpResponse:
    log_staff_view(request, dispute)
    weighed, currency = form.weighed, dispute.account.currency
    context = basics(dispute) | {
        "form": form,
        "helper": Representative.read(dispute.representative),
        "lines": staff_case.line_views(dispute, []),
        "thread": staff_trail.thread(dispute),
        "around": staff_case.around(dispute),
        "sheet": sheet,
        "blocks": staff_case.blocks(sheet) if sheet else [],
        "over": [over_words(code, currency) for code in weighed.over] if weighed else [],
        "proposed": queries.proposed(dispute),
        "sent": request.POST.lists() if sheet else [],
    }
    status = 422 if form.errors else 200
    return render(request, "disputes/staff/decide.html", context, status=status)


@staff_required(*queries.HANDLERS)
@require_POST
def propose(request: PortalRequest, number: str) -> HttpResponse:
    """Decide as previewed; above the limits it waits for a supervisor."""
    dispute = found(number, request.user)
    form = DecideForm(request.POST, dispute=dispute)
    if not form.is_valid():
        return _page(request, dispute, form)
    try:
        decision = deciding.propose(
            dispute, form.rulings, reasons=form.reasons, cause=form.cleaned_data["cause"],
            basis=form.cleaned_data["basis"], by=request.user, at=now(),
            **form.whole_answer,
        )  # fmt: skip
    except Refused as no:
        form.add_error(None, said(no))
        return _page(request, dispute, form)
    except deciding.Changed as error:
        messages.error(request, changed(error))
    except (Stale, IllegalMove):
        return _moved(request, number)
    else:
        messages.success(request, _told(decision))
    return redirect("disputes:staff_case", number)


def _told(decision: Decision) -> str:
    if decision.status == Decision.Status.MADE:
        return _("It is decided. The letter is being written and the cardholder is told.")
    return _("It waits for a supervisor. Nothing is sent before that.")


@staff_required(Role.SUPERVISOR)
@require_POST
def approve(request: PortalRequest, number: str) -> HttpResponse:
    """The second person approves a decision, or sends it back with a reason."""
    dispute, form = found(number, request.user), forms.AnswerForm(request.POST, prefix="approve")
    waiting = queries.proposed(dispute)
    if waiting is None:
        return _moved(request, number)
    if not form.is_valid():
        return case_page(request, dispute, approve_form=form)
    facts, by, at = form.cleaned_data, request.user, now()
    try:
        if form.yes:
            deciding.approve(waiting, basis=facts["basis"], by=by, at=at)
            messages.success(request, _told(Decision.objects.get(pk=waiting.pk)))
        else:
            deciding.send_back(waiting, reason=facts["reason"], by=by, at=at)
            messages.success(request, _("It is sent back. The handler sees your reason."))
    except Refused as no:
        messages.error(request, said(no))
    except deciding.Changed as error:
        messages.error(request, changed(error))
    except (Stale, IllegalMove):
        return _moved(request, number)
    return redirect("disputes:staff_case", number)


@staff_required(Role.SUPERVISOR)
@require_POST
def settle(request: PortalRequest, number: str, ref: UUID) -> HttpResponse:
    """The bank put something right in a way that no feed shows: it is done."""
    dispute = found(number, request.user)
    waiting = get_object_or_404(Correction, ref=ref, ruling__decision__dispute=dispute)
    form = SettleForm(request.POST, prefix=f"settle-{waiting.pk}")
    if not form.is_valid():
        return case_page(request, dispute, settle_form=form)
    facts = form.cleaned_data
    try:
        corrections.settle_otherwise(
            waiting, reason=facts["reason"], refs=facts["refs"].split(), by=request.user, at=now()
        )
    except Refused as no:
        messages.error(request, said(no))
    except Stale:
        return _moved(request, number)
    else:
        messages.success(request, _("It is done. Your reason is kept as a note."))
    return redirect("disputes:staff_case", number)
