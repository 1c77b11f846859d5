"""The account over time: pictures, and what was reported month by month."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts import queries
from accounts.access import PortalRequest, cardholder_required, log_staff_view, staff_required
from accounts.models import CardAccount
from accounts.months.page import months_page, span_of
from accounts.views.arrears import READERS


@require_safe
@cardholder_required
def months(request: PortalRequest, ref: str) -> HttpResponse:
    """Balance, repayments, days past due, and what the bureau was told: 24 months or 60."""
    held = get_object_or_404(queries.held_by(request.user), ref=ref)
    page = months_page(held, span_of(request.GET), staff=False)
    return render(request, "accounts/months.html", {"page": page, "account": held})


@require_safe
@staff_required(*READERS)
def staff_months(request: PortalRequest, ref: str) -> HttpResponse:
    """The same as staff see it, without the cardholder's own words. The look is logged."""
    found = get_object_or_404(CardAccount.objects.select_related("cardholder"), ref=ref)
    page = months_page(found, span_of(request.GET), staff=True)
    log_staff_view(request, found.cardholder)
    return render(request, "accounts/months.html", {"page": page, "account": found})
