"""How one payment of a signed plan was worked out."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import PortalRequest, cardholder_required
from plans import queries
from plans.explain import Share, share
from plans.models import Agreement, Instalment
from plans.rules import Choice
from portal.kit import money
from portal.kit.exact import exact

FRACTION = 4  # places of a share that never ends, like a third


@cardholder_required
@require_safe
def payment(request: PortalRequest, number: str, position: int) -> HttpResponse:
    """The share of the sum, its rounding, the remainder, and why it is due on that day."""
    agreement = get_object_or_404(queries.agreements_of(request.user), number=number)
    dues = list(agreement.instalments.all())
    due = next((each for each in dues if each.position == position), None)
    if due is None:
        raise Http404
    currency = agreement.account.currency
    how = _share(agreement, due, len(dues))
    context = {
        "agreement": agreement,
        "currency": currency,
        "due": due,
        "of": len(dues),
        "share": how,
        "exact": exact(how.exact, currency, most=FRACTION) if how else "",
        "even": how is not None and how.exact == money.rounded(how.exact, currency),
    }
    return render(request, "plans/payment.html", context)


def _share(agreement: Agreement, due: Instalment, months: int) -> Share | None:
    """Work a payment out from what was offered; None if it was agreed otherwise."""
    offer = agreement.offer
    choice = Choice(offer.each, offer.months, offer.first_on)
    if offer.months != months:
        return None
    unit = money.unit(agreement.account.currency)
    found = share(agreement.total, choice, due.position, unit=unit)
    return found if (found.due_on, found.amount) == (due.due_on, due.amount) else None
