"""The cardholder's pages about plans."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries as ledger
from accounts import stepup
from accounts.access import PortalRequest, cardholder_required
from accounts.models import CardAccount
from accounts.stored import from_store
from plans import actions, queries, signing
from plans.agreement import Terms, clauses, document_language
from plans.forms import DeclineForm, PlanForm, SignForm, as_asked
from plans.models import Agreement, Offer, OfferDraft, PlanRequest
from plans.pictures import progress
from portal import packs
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.kit.http import download, law, wants_fragment
from portal.records import documents, proof


@cardholder_required
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    facts = {
        "requests": queries.requests_of(request.user),
        "offers": queries.offers_of(request.user),
        "agreements": queries.agreements_of(request.user),
        "accounts": ledger.held_by(request.user),
    }
    return render(request, "plans/index.html", facts)


# == asking


def _plan_form(request: PortalRequest, account: CardAccount) -> PlanForm:
    on = localdate()
    draft = account.plan_requests.filter(status=PlanRequest.Status.DRAFT).first()
    initial: dict[str, object] = {
        "by": "months",
        "months": 12,
        "first_on": queries.usual_first_day(account, on=on),
    }
    if draft:
        initial = as_asked(draft)
    return PlanForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        position=ledger.plannable(account),
        pack=packs.load(law(), on=on),
        on=on,
    )


@cardholder_required
@require_http_methods(["GET", "POST"])
def ask(request: PortalRequest, ref: str) -> HttpResponse:
    """Choose amount or length and a first date; POST keeps a draft and goes on to check it."""
    account = get_object_or_404(ledger.held_by(request.user), ref=ref)
    try:
        actions.check_askable(account)
        form = _plan_form(request, account)
        if request.method == "POST" and form.is_valid():
            return redirect("plans:request_page", _drafted(request, account, form).number)
    except Refused as no:
        return render(request, "plans/cannot_ask.html", {"account": account, "why": said(no)})
    status = 422 if form.errors else 200
    return render(request, "plans/ask.html", {"account": account, "form": form}, status=status)


def _drafted(request: PortalRequest, account: CardAccount, form: PlanForm) -> PlanRequest:
    return actions.draft(
        account, form.chosen, reason=form.cleaned_data["reason"], by=request.user, at=now()
    )


@cardholder_required
@require_POST
def preview(request: PortalRequest, ref: str) -> HttpResponse:
    """Work out the payments and keep nothing: a fragment for htmx, else the whole page."""
    account = get_object_or_404(ledger.held_by(request.user), ref=ref)
    form = _plan_form(request, account)
    form.is_valid()
    page = "plans/_quote.html" if wants_fragment(request) else "plans/ask.html"
    return render(request, page, {"account": account, "form": form, "previewed": True})


@cardholder_required
@require_safe
def request_page(request: PortalRequest, number: str) -> HttpResponse:
    """Check your answers while it is a draft; afterwards where it stands."""
    asked = get_object_or_404(queries.requests_of(request.user), number=number)
    page = "plans/check.html" if asked.status == PlanRequest.Status.DRAFT else "plans/request.html"
    offer = asked.offers.order_by("-pk").first()
    readable = offer is not None and offer.drafts.exists()
    return render(request, page, {"asked": asked, "offer": offer, "readable": readable})


@cardholder_required
@require_POST
def submit(request: PortalRequest, number: str) -> HttpResponse:
    asked = get_object_or_404(queries.requests_of(request.user), number=number)
    try:
        actions.submit(asked, by=request.user, at=now())
    except (Stale, IllegalMove):
        pass  # sent already: the page says so
    except Refused as no:
        messages.error(request, said(no))
        return redirect("plans:request", asked.account.ref)
    return redirect("plans:request_page", number)


@cardholder_required
@require_POST
def withdraw(request: PortalRequest, number: str) -> HttpResponse:
    asked = get_object_or_404(queries.requests_of(request.user), number=number)
    try:
        actions.withdraw_request(asked, by=request.user, at=now())
    except (Stale, IllegalMove):
        messages.info(
            request, _("This request has moved on meanwhile. Here is where it stands now.")
        )
    return redirect("plans:request_page", number)


# == reading and signing


def _offer(request: PortalRequest, number: str) -> Offer:
    offer = get_object_or_404(queries.offers_of(request.user), number=number)
    if not offer.drafts.exists():  # still being written, or taken back before it was
        raise Http404
    return offer


def _draft(offer: Offer) -> OfferDraft:
    return offer.drafts.get(language=document_language())


@cardholder_required
@require_safe
def offer_page(request: PortalRequest, number: str) -> HttpResponse:
    """The whole agreement as text, and as a PDF in both languages, before anything is signed."""
    offer = _offer(request, number)
    terms = Terms.unsealed(offer.number, offer.sealed_terms)
    facts = {
        "offer": offer,
        "clauses": clauses(terms),
        "drafts": offer.drafts.order_by("-language"),
        "draft": _draft(offer),
        "decline": DeclineForm(),
        "live": actions.is_live(offer, at=now()),
    }
    return render(request, "plans/offer.html", facts)


@cardholder_required
@require_safe
@from_store
def draft_pdf(request: PortalRequest, number: str, language: str) -> FileResponse:
    draft = get_object_or_404(_offer(request, number).drafts, language=language)
    return download(documents.fetch(draft.sha256), f"{number}.{language}.pdf")


@cardholder_required
@require_POST
def send_code(request: PortalRequest, number: str) -> HttpResponse:
    """Mail a code that signs this very document and nothing else."""
    offer = _offer(request, number)
    about = _("signing agreement %(number)s") % {"number": number}
    try:
        stepup.send_code(
            request.user, purpose=f"sign:{_draft(offer).sha256}", about=about, at=now()
        )
    except Refused as no:
        messages.error(request, said(no))
    return redirect("plans:sign", number)


@cardholder_required
@require_http_methods(["GET", "POST"])
@from_store
def sign(request: PortalRequest, number: str) -> HttpResponse:
    offer = _offer(request, number)
    if offer.status == Offer.Status.ACCEPTED:
        return redirect("plans:agreement", number)
    if not actions.is_live(offer, at=now()):
        return render(request, "plans/offer_changed.html", {"offer": offer}, status=409)
    draft, name = _draft(offer), offer.account.cardholder.person.full_name
    data = request.POST if request.method == "POST" else None
    form = SignForm(data, full_name=name, initial={"sha256": draft.sha256})
    posted = request.method == "POST" and form.is_valid()
    if posted and (done := _signed(request, offer, draft, form)):
        return done
    facts = {"offer": offer, "draft": draft, "form": form, "name": name}
    facts["methods"] = stepup.methods(request.user)
    return render(request, "plans/sign.html", facts, status=422 if form.errors else 200)


def _signed(
    request: PortalRequest, offer: Offer, draft: OfferDraft, form: SignForm
) -> HttpResponse | None:
    """Check the code and sign; None leaves the form with its error."""
    if form.cleaned_data["sha256"] != draft.sha256:
        return render(request, "plans/offer_changed.html", {"offer": offer}, status=409)
    user, code, at = request.user, form.cleaned_data["code"], now()
    try:
        method = stepup.check(user, purpose=f"sign:{draft.sha256}", code=code, at=at)
        signature = signing.signature_from(request, form, method)
        signing.accept(offer, draft, signature=signature, by=user, at=at)
    except Refused as no:
        accepted = _offer(request, offer.number).status == Offer.Status.ACCEPTED
        if accepted:  # this is the second of two clicks
            return redirect("plans:agreement", offer.number)
        form.add_error("code", said(no))
        return None
    except Stale:
        return _lost(request, offer.number)
    return redirect("plans:agreement", offer.number)


def _lost(request: PortalRequest, number: str) -> HttpResponse:
    """Another request was first: show the agreement it made, or say what changed."""
    offer = _offer(request, number)
    if offer.status == Offer.Status.ACCEPTED:
        return redirect("plans:agreement", number)
    return render(request, "plans/offer_changed.html", {"offer": offer}, status=409)


@cardholder_required
@require_POST
def decline(request: PortalRequest, number: str) -> HttpResponse:
    offer, form = _offer(request, number), DeclineForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        actions.decline(offer, reason=reason, by=request.user, at=now())
    except (Stale, IllegalMove):
        messages.info(request, _("This offer has moved on meanwhile. Here is where it stands now."))
    return redirect("plans:offer", number)


# == afterwards


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
