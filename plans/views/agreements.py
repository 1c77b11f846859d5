"""An agreement after it was signed."""

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from accounts.access import PortalRequest, cardholder_required
from accounts.stored import from_store
from plans import queries, signing
from plans.models import Agreement
from plans.standing import standing
from portal.kit.http import download
from portal.records import documents, proof
from portal.records.models import Document


@cardholder_required
@require_safe
def agreement_page(request: PortalRequest, number: str) -> HttpResponse:
    """How the plan stands, what can be done, and its documents."""
    agreement = get_object_or_404(queries.agreements_of(request.user), number=number)
    known = None if agreement.status == Agreement.Status.ACTIVE else agreement.watched_as_of
    facts = {
        "agreement": agreement,
        "account": agreement.account,
        "standing": standing(agreement, at=now()),
        "as_of": known or agreement.account.as_of,
        "file": documents.newest(agreement.document)[0],
    }
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


def _certificate(request: PortalRequest, number: str) -> tuple[Agreement, Document]:
    """The person's own certificate of a plan that was kept, while its file is there."""
    found = queries.agreements_of(request.user).select_related("certificate")
    agreement = get_object_or_404(found, number=number, certificate__purged_at=None)
    if agreement.certificate is None:
        raise Http404
    return agreement, agreement.certificate


@cardholder_required
@require_safe
@from_store
def certificate(request: PortalRequest, number: str) -> FileResponse:
    agreement, document = _certificate(request, number)
    data = documents.read(document)
    signing.note_download(agreement, what="certificate", sent=data, by=request.user, at=now())
    return download(data, f"{document.number}.pdf")


@cardholder_required
@require_safe
@from_store
def certificate_proof(request: PortalRequest, number: str) -> FileResponse:
    """The certificate with all that someone needs to check it without asking us."""
    agreement, document = _certificate(request, number)
    at = now()
    data = proof.pack(document, at=at)
    signing.note_download(agreement, what="certificate proof", sent=data, by=request.user, at=at)
    return download(data, f"{document.number}.zip", "application/zip")


@cardholder_required
@require_safe
def calendar(request: PortalRequest, number: str) -> HttpResponse:
    """The due dates for the cardholder's own calendar."""
    from plans.ics import payments

    agreement = get_object_or_404(queries.agreements_of(request.user), number=number)
    asks = not standing(agreement, at=now()).corrected
    data = payments(agreement, asks=asks)
    response = HttpResponse(data, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{number}.ics"'
    return response
