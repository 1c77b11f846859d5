"""An offer that was made without a person: the way to one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import PortalRequest, cardholder_required
from plans import queries
from plans.actions import automatic
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said


@cardholder_required
@require_POST
def ask_person(request: PortalRequest, number: str) -> HttpResponse:
    """Have a person look at what was asked, instead of the offer made by rule (CN-PI-07)."""
    offer = get_object_or_404(queries.offers_of(request.user), number=number)
    try:
        asked = automatic.ask_person(offer, by=request.user, at=now())
    except Refused as no:
        messages.error(request, said(no))
    except (Stale, IllegalMove):
        messages.info(request, _("This offer has moved on meanwhile. Here is where it stands now."))
    else:
        messages.success(request, _("A person at the bank looks at your request now."))
        return redirect("plans:request_page", asked.number)
    return redirect("plans:request_page", offer.request.number)
