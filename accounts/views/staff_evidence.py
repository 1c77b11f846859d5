"""Certified documents as staff see them: what is held back and why, and trying it again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.evidence import actions, queries
from accounts.history import history
from accounts.masking import masked_facts
from accounts.models.people import Role
from portal.kit.errors import IllegalMove, Stale
from portal.records import documents

READERS = (Role.AGENT, Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.AUDITOR)
RETRIERS = (Role.AGENT, Role.SUPERVISOR)


@staff_required(*READERS)
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """What is held back, oldest first, and what was asked for last."""
    log_staff_view(request, "accounts.evidence")
    held_back = queries.held_back_page(after=request.GET.get("after", ""))
    context = {"held_back": held_back, "latest": queries.latest()}
    return render(request, "evidence/staff_index.html", context)


@staff_required(*READERS)
@require_safe
def request_page(request: PortalRequest, number: str) -> HttpResponse:
    asked = get_object_or_404(queries.all_requests(), number=number)
    log_staff_view(request, asked.account.cardholder)
    context = {
        "asked": asked,
        "person": masked_facts(asked.account.cardholder.person),
        "files": documents.newest(*queries.documents_of(asked)),
        "meaning": queries.meaning(asked),
        "history": history([asked], queries.HAPPENED),
        "may_retry": request.user.role in RETRIERS,
    }
    return render(request, "evidence/staff_request.html", context)


@staff_required(*RETRIERS)
@require_POST
def retry(request: PortalRequest, number: str) -> HttpResponse:
    asked = get_object_or_404(queries.all_requests(), number=number)
    try:
        actions.retry(asked, by=request.user, at=now())
        messages.success(request, _("It is being tried again. The page shows what comes of it."))
    except (Stale, IllegalMove):
        messages.info(request, _("A colleague was first. Here is where it stands now."))
    return redirect("accounts:staff_evidence_request", number)
