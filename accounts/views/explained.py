"""How each figure comes about: a movement, and the sums that are due."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import queries
from accounts.access import PortalRequest, cardholder_required, log_staff_view, staff_required
from accounts.explained_page import explained, ledger
from accounts.explained_sums import sections
from accounts.masking import masked_facts
from accounts.models import CardAccount
from accounts.models.people import Role
from portal.kit.http import wants_fragment

READERS = (Role.AGENT, Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.AUDITOR)
OWN = {"staff": False, "back": "accounts:account", "to": "accounts:posting"}
STAFF = {"staff": True, "back": "accounts:staff_account", "to": "accounts:staff_posting"}


@require_safe
@cardholder_required
def sums(request: PortalRequest, ref: str) -> HttpResponse:
    """The overdue sum, the minimums, the interest a day and the balance, line by line."""
    held = get_object_or_404(queries.held_by(request.user), ref=ref)
    context = {"account": held, "sections": sections(held, on=localdate())}
    return render(request, "explained/sums.html", context | OWN)


@require_safe
@vary_on_headers("HX-Request")
@cardholder_required
def posting(request: PortalRequest, ref: str, posting: str) -> HttpResponse:
    """One movement worked out; htmx gets that part alone, as a row for the ledger."""
    held = get_object_or_404(queries.held_by(request.user), ref=ref)
    context = _movement(held, posting) | OWN
    cases = queries.disputed(held)
    context["case"] = next((c.number for c in cases if (c.kind, c.key) == ("posting", posting)), "")
    return render(request, _page(request), context)


@require_safe
@staff_required(*READERS)
def staff_sums(request: PortalRequest, ref: str) -> HttpResponse:
    """The same for staff. The look is logged."""
    found = _account(ref)
    log_staff_view(request, found.cardholder)
    context = {"account": found, "sections": sections(found, on=localdate())}
    person = masked_facts(found.cardholder.person)
    return render(request, "explained/sums.html", context | STAFF | {"person": person})


@require_safe
@vary_on_headers("HX-Request")
@staff_required(*READERS)
def staff_posting(request: PortalRequest, ref: str, posting: str) -> HttpResponse:
    """The same for staff. The look is logged."""
    found = _account(ref)
    context = _movement(found, posting) | STAFF
    log_staff_view(request, found.cardholder)
    context |= {"case": "", "person": masked_facts(found.cardholder.person)}
    return render(request, _page(request), context)


def _account(ref: str) -> CardAccount:
    return get_object_or_404(CardAccount.objects.select_related("cardholder"), ref=ref)


def _movement(account: CardAccount, ref: str) -> dict[str, Any]:
    how = explained(ledger(account), ref)
    if how is None:
        raise Http404
    return {"account": account, "how": how}


def _page(request: PortalRequest) -> str:
    return "explained/_row.html" if wants_fragment(request) else "explained/posting.html"
