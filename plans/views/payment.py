"""How one payment of a signed plan was worked out."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from accounts.access import PortalRequest, cardholder_required
from plans import queries
from plans.explain import Share, share
from plans.models import Agreement, Instalment
from portal.kit import money
from portal.kit.errors import Refused
from portal.kit.exact import exact, percent

FRACTION = 4  # places of a share that never ends, like a third


@cardholder_required
@require_safe
def payment(request: PortalRequest, number: str, position: int) -> HttpResponse:
    """The share of the sum, its interest and rounding, and why it is due on that day."""
    agreement = get_object_or_404(queries.agreements_of(request.user), number=number)
    dues = list(agreement.instalments.all())
    due = next((each for each in dues if each.position == position), None)
    if due is None:
        raise Http404
    currency, offer = agreement.account.currency, agreement.offer
    how = _share(agreement, due, len(dues))
    context = {
        "agreement": agreement,
        "currency": currency,
        "due": due,
        "of": len(dues),
        "repaid": due.amount - due.interest,
        "waived": offer.waived.total,
        "minus_waived": -offer.waived.total,
        "rate": percent(offer.rate),
        "share": how,
        "exact": exact(how.exact, currency, most=FRACTION) if how else "",
        "even": how is not None and how.exact == money.rounded(how.exact, currency),
    }
    return render(request, "plans/payment.html", context)


def _share(agreement: Agreement, due: Instalment, months: int) -> Share | None:
    """Work a payment out from what was offered; None if it was agreed otherwise."""
    offer = agreement.offer
    if offer.months != months:
        return None
    unit, agreed_on = money.unit(agreement.account.currency), localdate(offer.made_at)
    try:
        found = share(agreement.total, offer.choice, due.position, agreed_on=agreed_on, unit=unit)
    except Refused:
        return None
    same = (found.due_on, found.amount, found.interest) == (due.due_on, due.amount, due.interest)
    return found if same else None
