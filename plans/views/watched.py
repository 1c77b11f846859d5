"""Staff: plans that run, those that are late first; how one is kept; and what stops its clock."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import queries as ledger
from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.history import history
from accounts.masking import masked_facts
from accounts.models import Hold
from accounts.models.people import Role
from accounts.own import is_own
from plans.forms.holding import EndForm, HoldForm
from plans.keeping import actions, holding, lists
from plans.keeping.looking import look, reckoning
from plans.models import Agreement
from portal.kit.errors import Refused, Stale
from portal.kit.forms import said

READERS = (Role.AGENT, Role.SUPERVISOR, Role.AUDITOR)
HOLDERS = (Role.AGENT, Role.SUPERVISOR)


@staff_required(*READERS)
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """The plans of one tab, a page at a time."""
    at, tab = now(), request.GET.get("tab", "")
    tab = tab if tab in lists.LABELS else "late"
    page = lists.page(tab, after=request.GET.get("after", ""), at=at)
    log_staff_view(request, f"plans.watched:{tab}")
    facts = {"tab": tab, "tabs": lists.tabs(request.user, at=at), "page": page}
    return render(request, "plans/watched/index.html", facts)


@dataclass(frozen=True)
class HeldRow:
    """A hold of the account as the page shows it."""

    hold: Hold
    until: date | None  # the last day, where it was placed for a time
    ours: bool  # the staff placed it here, and it stands: it can be lifted here


def _held(agreement: Agreement) -> list[HeldRow]:
    rows = []
    for hold in ledger.all_holds(agreement.account):
        rows.append(HeldRow(hold, hold.until_on, holding.stands_here(hold, agreement)))
    return rows


@staff_required(*READERS)
@require_safe
def agreement(request: PortalRequest, number: str) -> HttpResponse:
    return _page(request, number)


def _page(
    request: PortalRequest,
    number: str,
    *,
    form: HoldForm | None = None,
    end_form: EndForm | None = None,
) -> HttpResponse:
    found = get_object_or_404(lists.agreements(), number=number)
    seen, own = look(found, at=now()), is_own(request.user, found.account.cardholder)
    no_end = actions.why_not_ended(seen)
    log_staff_view(request, found.account)
    facts = {
        "agreement": found,
        "account": found.account,
        "row": lists.Row(found, seen.dues),
        "seen": seen,
        "person": masked_facts(found.account.cardholder.person),
        "reckoning": reckoning(found, seen.dues) if found.sum_due is not None else None,
        "replaced_by": Agreement.objects.filter(replaces=found).first(),
        "holds": _held(found),
        "hold_form": form or HoldForm(prefix="hold"),
        "may_hold": request.user.role in HOLDERS and not own,
        "end_form": end_form or EndForm(prefix="end"),
        "may_end": request.user.role == Role.SUPERVISOR and not own,
        "no_end": said(no_end) if no_end else "",
        "own": own,
        "history": history([found], lists.HAPPENED),
    }
    status = 422 if form or end_form else 200
    return render(request, "plans/watched/agreement.html", facts, status=status)


@staff_required(*HOLDERS)
@require_POST
def hold(request: PortalRequest, number: str) -> HttpResponse:
    """Hold collection for a breathing space, an insolvency or a death."""
    found = get_object_or_404(lists.agreements(), number=number)
    form = HoldForm(request.POST, prefix="hold")
    if not form.is_valid():
        return _page(request, number, form=form)
    try:
        holding.place(found, **form.cleaned_data, by=request.user, at=now())
    except Refused as no:
        form.add_error("until" if no.rule == "HOLD-PAST" else None, said(no))
        return _page(request, number, form=form)
    messages.success(request, _("Collection is held, and the clock of the plan stands."))
    return redirect("plans:staff_agreement", number)


@staff_required(*HOLDERS)
@require_POST
def lift_hold(request: PortalRequest, number: str) -> HttpResponse:
    found = get_object_or_404(lists.agreements(), number=number)
    try:
        holding.lift(found, request.POST.get("source", ""), by=request.user, at=now())
        messages.success(request, _("The hold is lifted."))
    except Refused as no:
        messages.error(request, said(no))
    except Stale:
        messages.info(request, _("A colleague was first. Here is where it stands now."))
    return redirect("plans:staff_agreement", number)


@staff_required(Role.SUPERVISOR)
@require_POST
def end(request: PortalRequest, number: str) -> HttpResponse:
    """End a plan that no rule ends."""
    found = get_object_or_404(lists.agreements(), number=number)
    form = EndForm(request.POST, prefix="end")
    if not form.is_valid():
        return _page(request, number, end_form=form)
    try:
        actions.end_by_hand(found, **form.cleaned_data, by=request.user, at=now())
        messages.success(request, _("The plan has ended, and the cardholder is told why."))
    except Refused as no:
        form.add_error(None, said(no))
        return _page(request, number, end_form=form)
    except Stale:
        messages.info(request, _("A colleague was first. Here is where it stands now."))
    return redirect("plans:staff_agreement", number)
