"""What may be deleted after its time: supervisors propose and confirm, auditors read."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PortalRequest, log_staff_view, recently_confirmed, staff_required
from accounts.models.people import Role
from accounts.retention import check_hold, references
from accounts.retention_forms import HoldForm, LiftForm
from portal.kit.errors import Refused, Stale
from portal.kit.forms import said
from portal.records import retention
from portal.records.documents import Damaged
from portal.records.models import LegalHold, Purge
from portal.records.retention import counts, holds, purges

READERS = (Role.SUPERVISOR, Role.AUDITOR)
SHOWN = 50  # lines of a list on its page; the whole is a file


@staff_required(*READERS)
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    return _index(request, HoldForm())


def _index(request: PortalRequest, form: HoldForm) -> HttpResponse:
    standing = list(holds.live())
    names = references({hold.subject for hold in standing})
    log_staff_view(request, "retention")
    proposed = {p.category: p for p in purges.newest().filter(status__in=purges.OPEN)}
    settled = purges.newest().exclude(status__in=purges.OPEN)[:10]
    shown = counts.overview(on=localdate())
    facts = {
        "rows": [(each, proposed.get(each.category.code)) for each in shown],
        "counted_at": counts.counted_at(shown),
        "settled": [(p, retention.CATEGORIES[p.category].label) for p in settled],
        "holds": [(hold, names.get(hold.subject, hold.subject)) for hold in standing],
        "form": form,
        "may_act": request.user.role == Role.SUPERVISOR,
    }
    return render(request, "retention/index.html", facts, status=422 if form.errors else 200)


@staff_required(Role.SUPERVISOR)
@require_POST
def count(request: PortalRequest) -> HttpResponse:
    """Have it counted now rather than at night."""
    if counts.wake():
        messages.success(request, _("It is being counted. Look here again in a few minutes."))
    else:
        messages.error(request, _("It cannot be counted at the moment. It is counted at night."))
    return redirect("accounts:retention")


@staff_required(Role.SUPERVISOR)
@require_POST
def propose(request: PortalRequest) -> HttpResponse:
    category = retention.CATEGORIES.get(request.POST.get("category", ""))
    if category is None or category.routine:
        raise Http404
    try:
        purge = purges.propose(category, by=request.user, at=now())
    except Refused as no:
        messages.error(request, said(no))
        return redirect("accounts:retention")
    return redirect("accounts:purge", purge.number)


@recently_confirmed
@staff_required(*READERS)
@require_safe
def purge(request: PortalRequest, number: str) -> HttpResponse:
    """One proposal, with the beginning of its list, to whoever proved just now who they are."""
    found = get_object_or_404(purges.newest(), number=number)
    log_staff_view(request, found)
    facts = {
        "purge": found,
        "category": retention.CATEGORIES[found.category],
        "lines": _lines(found)[:SHOWN],
        "outcome": purges.outcome(found),
        "mine": found.proposed_by_id == request.user.pk,
        "may_act": request.user.role == Role.SUPERVISOR,
    }
    return render(request, "retention/purge.html", facts)


def _lines(found: Purge) -> list[str]:
    """Return the list; none if it is lost or altered, and then nobody can confirm it."""
    try:
        return purges.read_list(found).decode().splitlines()
    except Damaged:
        return []


@recently_confirmed
@staff_required(*READERS)
@require_safe
def purge_list(request: PortalRequest, number: str) -> HttpResponse:
    """The whole list as a text file: what exactly was proposed, by its fingerprint."""
    found = get_object_or_404(Purge, number=number)
    try:
        data = purges.read_list(found)
    except Damaged:
        raise Http404 from None
    log_staff_view(request, found)
    response = HttpResponse(data, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{number}.txt"'
    return response


def _settle(request: PortalRequest, settle: Callable[[], None], done: str) -> None:
    """Take a step that a rule may refuse or a colleague may have taken, and say what came of it."""
    try:
        settle()
        messages.success(request, done)
    except Refused as no:
        messages.error(request, said(no))
    except Stale:
        messages.info(request, _("A colleague was first. Here is where it stands now."))


@recently_confirmed
@staff_required(Role.SUPERVISOR)
@require_POST
def confirm(request: PortalRequest, number: str) -> HttpResponse:
    found = get_object_or_404(Purge, number=number)
    confirmed = partial(purges.confirm, found, by=request.user, at=now())
    _settle(request, confirmed, _("Confirmed. The operators can now have it deleted."))
    return redirect("accounts:purge", number)


@staff_required(Role.SUPERVISOR)
@require_POST
def withdraw(request: PortalRequest, number: str) -> HttpResponse:
    found = get_object_or_404(Purge, number=number)
    withdrawn = partial(purges.withdraw, found, by=request.user, at=now())
    _settle(request, withdrawn, _("Withdrawn. Nothing is deleted."))
    return redirect("accounts:purge", number)


@staff_required(Role.SUPERVISOR)
@require_POST
def place_hold(request: PortalRequest) -> HttpResponse:
    form = HoldForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            check_hold(form.subject, request.user)
            holds.place(form.subject, reason=reason, by=request.user, at=now())
            messages.success(request, _("From now on all of this is kept."))
            return redirect("accounts:retention")
        except Refused as no:
            form.add_error("reference", said(no))
    return _index(request, form)


def _lift(request: PortalRequest, hold: LegalHold, reason: str) -> None:
    check_hold(hold.subject, request.user)
    holds.lift(hold, reason=reason, by=request.user, at=now())


@recently_confirmed
@staff_required(Role.SUPERVISOR)
@require_http_methods(["GET", "POST"])
def lift_hold(request: PortalRequest, pk: int) -> HttpResponse:
    """Say why a hold is no longer needed; POST lifts it."""
    hold = get_object_or_404(LegalHold, pk=pk)
    form = LiftForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        lifted = partial(_lift, request, hold, form.cleaned_data["reason"])
        _settle(request, lifted, _("The hold is lifted. What is over its time may go again."))
        return redirect("accounts:retention")
    log_staff_view(request, "retention")
    reference = references({hold.subject}).get(hold.subject, hold.subject)
    facts = {"hold": hold, "reference": reference, "form": form}
    return render(request, "retention/lift.html", facts, status=422 if form.errors else 200)
