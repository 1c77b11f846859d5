"""The cardholder's certified documents: ask, watch, keep, check, and read line by line."""

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries as ledger
from accounts.access import PortalRequest, cardholder_required
from accounts.evidence import actions, facts, queries
from accounts.evidence import lines as certified
from accounts.evidence.forms import EvidenceForm
from accounts.evidence.ledger import Ledger
from accounts.models import CardAccount, EvidenceRequest
from accounts.stored import from_store
from portal.kit.errors import Refused
from portal.kit.forms import said
from portal.kit.http import download, wants_fragment
from portal.records import documents, proof
from portal.records.models import Document

Kind = EvidenceRequest.Kind
LINES = 200  # on a page


@cardholder_required
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """What was asked for, newest first, each with its files."""
    page = queries.page_of(request.user, after=request.GET.get("after", ""))
    return render(request, "evidence/index.html", {"page": page})


@cardholder_required
@require_safe
def new(request: PortalRequest) -> HttpResponse:
    """Choose the account; whoever has one goes straight to the form."""
    accounts = list(ledger.held_by(request.user))
    if len(accounts) == 1:
        return redirect("accounts:evidence_ask", accounts[0].ref)
    return render(request, "evidence/choose.html", {"accounts": accounts})


def _why_not(account: CardAccount, kind: str, books: Ledger) -> str:
    try:
        facts.check_askable(account, kind, books=books)
    except Refused as no:
        return said(no)
    return ""


@cardholder_required
@require_http_methods(["GET", "POST"])
def ask(request: PortalRequest, ref: str) -> HttpResponse:
    """Say what is needed; POST keeps the request and goes on to where it can be watched."""
    account = get_object_or_404(ledger.held_by(request.user), ref=ref)
    books = facts.read(account)
    form = EvidenceForm(
        request.POST if request.method == "POST" else None,
        initial={"languages": [get_language()], "kind": request.GET.get("kind", Kind.REPAYMENTS)},
        bounds=books.bounds,
        why_not={kind: _why_not(account, kind, books) for kind in Kind.values},
    )
    if request.method == "POST" and form.is_valid():
        try:
            asked = actions.ask(account, form.wish, by=request.user, at=now())
            return redirect("accounts:evidence_request", asked.number)
        except Refused as no:
            form.add_error(None, said(no))
    status = 422 if form.errors else 200
    return render(request, "evidence/ask.html", {"account": account, "form": form}, status=status)


def _asked(request: PortalRequest, number: str) -> EvidenceRequest:
    found: EvidenceRequest = get_object_or_404(queries.requests_of(request.user), number=number)
    return found


def _document(asked: EvidenceRequest, language: str) -> Document:
    """Return the document in a language, unless its bytes were deleted after their time: 404."""
    for document in queries.documents_of(asked):
        if document.language == language and not document.purged_at:
            return document
    raise Http404


@cardholder_required
@require_safe
def request_page(request: PortalRequest, number: str) -> HttpResponse:
    """Where the request stands. htmx says what it has `seen`: 204 while nothing is new."""
    asked = _asked(request, number)
    step = queries.step(asked, at=now())
    if wants_fragment(request) and request.GET.get("seen") == step.name:
        return HttpResponse(status=204)
    page = "evidence/_state.html" if wants_fragment(request) else "evidence/request.html"
    made, answer = queries.documents_of(asked), queries.answer(asked)
    context = {"asked": asked, "step": step, "documents": made, "answer": answer}
    context["files"] = documents.newest(*made)
    return render(request, page, context)


@cardholder_required
@require_safe
@from_store
def pdf(request: PortalRequest, number: str, language: str) -> FileResponse:
    asked = _asked(request, number)
    document = _document(asked, language)
    data = documents.read(document)
    actions.note_download(asked, document, what="pdf", sent=data, by=request.user, at=now())
    return download(data, f"{number}.{language}.pdf")


@cardholder_required
@require_safe
@from_store
def proof_pack(request: PortalRequest, number: str, language: str) -> FileResponse:
    """The document with all that is needed to check it without us."""
    asked = _asked(request, number)
    document = _document(asked, language)
    data = proof.pack(document, at=now())
    actions.note_download(asked, document, what="proof", sent=data, by=request.user, at=now())
    return download(data, f"{number}.{language}.zip", "application/zip")


def _readable(asked: EvidenceRequest) -> Document:
    """Return the document in the reader's language, or in the one there is; 404 before it is."""
    document = queries.readable(asked, get_language() or "")
    if document is None:
        raise Http404
    return document


@cardholder_required
@require_safe
@from_store
def lines(request: PortalRequest, number: str) -> HttpResponse:
    """Every line of the document as certified, so that one can be named."""
    asked = _asked(request, number)
    document = _readable(asked)
    page = Paginator(certified.lines(document), LINES).get_page(request.GET.get("page"))
    context = {"asked": asked, "document": document, "page": page}
    return render(request, "evidence/lines.html", context)


@cardholder_required
@require_safe
@from_store
def line(request: PortalRequest, number: str, line: str) -> HttpResponse:
    """One line with the number and hash of its document: what an objection names."""
    asked = _asked(request, number)
    document = _readable(asked)
    found = certified.line(document, line)
    if found is None:
        raise Http404
    (file,) = documents.newest(document)
    context = {"asked": asked, "document": document, "line": found, "file": file}
    return render(request, "evidence/line.html", context)
