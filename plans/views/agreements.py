"""An agreement after it was signed."""

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate, now
from django.views.decorators.http import require_safe

from accounts.access import PortalRequest, cardholder_required
from accounts.stored import from_store
from plans import queries, signing
from plans.models import Agreement
from plans.pictures import progress
from portal.kit.http import download
from portal.records import documents, proof


@cardholder_required
@require_safe
def agreement_page(request: PortalRequest, number: str) -> HttpResponse:
    agreement = get_object_or_404(queries.agreements_of(request.user), number=number)
    instalments = list(agreement.instalments.all())
    facts = {"agreement": agreement, "instalments": instalments}
    facts["next"] = queries.next_due(instalments, on=localdate())
    facts["progress"] = progress(instalments, on=localdate())
    facts["file"] = documents.newest(agreement.document)[0]
    return render(request, "plans/agreement.html", facts)


def _kept_agreement(request: PortalRequest, number: str) -> Agreement:
    """The person's own agreement, while its document has not been deleted after its time."""
    kept = queries.agreements_of(request.user).filter(document__purged_at=None)
    return get_object_or_404(kept, number=number)


@cardholder_required
@require_safe
@from_store
def agreement_pdf(request: PortalRequest, number: str) -> FileResponse:
    agreement = _kept_agreement(request, number)
    data = documents.read(agreement.document)
    signing.note_download(agreement, what="pdf", sent=data, by=request.user, at=now())
    return download(data, f"{number}.pdf")


@cardholder_required
@require_safe
@from_store
def proof_pack(request: PortalRequest, number: str) -> FileResponse:
    """The agreement with all that someone needs to check it without asking us."""
    agreement = _kept_agreement(request, number)
    data = proof.pack(agreement.document, at=now())
    signing.note_download(agreement, what="proof", sent=data, by=request.user, at=now())
    return download(data, f"{number}.zip", "application/zip")


@cardholder_required
@require_safe
def calendar(request: PortalRequest, number: str) -> HttpResponse:
    """The due dates for the cardholder's own calendar."""
    from plans.ics import payments

    agreement = get_object_or_404(queries.agreements_of(request.user), number=number)
    response = HttpResponse(payments(agreement), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{number}.ics"'
    return response
