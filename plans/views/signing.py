"""Reading an offer, signing it, or saying no."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import passkey_signing, stepup
from accounts.access import PortalRequest, cardholder_required
from accounts.stored import from_store
from plans import actions, queries, signing
from plans.agreement import Terms, clauses, document_language, in_short, mark
from plans.forms.signing import DeclineForm, SignForm
from plans.models import Offer, OfferDraft
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.kit.http import download
from portal.records import documents


def _offer(request: PortalRequest, number: str) -> Offer:
    offer = get_object_or_404(queries.offers_of(request.user), number=number)
    if not offer.drafts.exists():  # still being written, or taken back before it was
        raise Http404
    return offer


def _draft(offer: Offer) -> OfferDraft:
    return offer.drafts.get(language=document_language())


def _purpose(draft: OfferDraft) -> str:
    """What a mailed code for signing is bound to: this very document."""
    return f"sign:{draft.sha256}"


@cardholder_required
@require_safe
def offer_page(request: PortalRequest, number: str) -> HttpResponse:
    """The whole agreement as text, and as a PDF in both languages, before anything is signed."""
    return _page(request, _offer(request, number), DeclineForm())


def _page(
    request: PortalRequest, offer: Offer, decline_form: DeclineForm, *, status: int = 200
) -> HttpResponse:
    draft, terms = _draft(offer), Terms.unsealed(offer.number, offer.sealed_terms)
    text, live = clauses(terms), actions.is_live(offer, at=now())
    held = offer.status == Offer.Status.OPEN and queries.is_held(offer)
    if live:
        signing.note_shown(offer, draft, by=request.user, at=now())
    facts = {
        "offer": offer,
        "clauses": text,
        "as_read": terms.said.get(draft.language, mark(text)) == mark(text),
        "in_short": in_short(terms),
        "terms": terms,
        "drafts": offer.drafts.order_by("-language"),
        "draft": draft,
        "decline": decline_form,
        "live": live,
        "held": held,
        "changed": live and not held and _has_changed(offer),
        "by_passkey": live and bool(passkey_signing.keys(request.user, at=now())),
    }
    return render(request, "plans/offer.html", facts, status=status)


def _has_changed(offer: Offer) -> bool:
    """Tell whether the account has changed so that the offer can no longer be signed."""
    try:
        signing.check_acceptable(offer, at=now())
    except Stale:
        return True
    return False


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
        stepup.send_code(request.user, purpose=_purpose(_draft(offer)), about=about, at=now())
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
    if not signing.was_shown(offer, draft):
        messages.info(request, _("Please read the agreement first. You sign it from this page."))
        return redirect("plans:offer", number)
    data = request.POST if request.method == "POST" else None
    form = SignForm(data, full_name=name, initial={"sha256": draft.sha256})
    posted = request.method == "POST" and form.is_valid()
    if posted and (done := _signed(request, offer, draft, form)):
        return done
    facts = {"offer": offer, "draft": draft, "form": form, "name": name}
    facts |= _in_short(offer, Terms.unsealed(offer.number, offer.sealed_terms))
    facts |= _ways(request, draft, at=now())
    return render(request, "plans/sign.html", facts, status=422 if form.errors else 200)


def _in_short(offer: Offer, terms: Terms) -> dict[str, Any]:
    """What is signed, in one line: the same figures as in the text."""
    payable = sum((due.amount for due in terms.dues), Decimal(0))
    return {
        "terms": terms,
        "payable": payable,
        "interest": payable - offer.total,
        "rate": f"{terms.annual_rate * 100:.2f}%",
    }


def _ways(request: PortalRequest, draft: OfferDraft, *, at: datetime) -> dict[str, Any]:
    """Return by what this person may sign now; a passkey that may is asked for this document."""
    user = request.user
    mine = passkey_signing.standing(user, at=at)
    return {
        "methods": stepup.methods(user),
        "code_sent": stepup.code_waits(user, purpose=_purpose(draft), at=at),
        "passkey": passkey_signing.begin(request, user, draft_sha256=draft.sha256, at=at)
        if mine.ready
        else None,
        "passkey_from": None if mine.ready else mine.signs_from,
        "passkey_in_time": (mine.signs_from or at + stepup.COOL_OFF) <= draft.offer.expires_at,
        "passkey_never": _(mine.never) if mine.never else "",
    }


def _signed(
    request: PortalRequest, offer: Offer, draft: OfferDraft, form: SignForm
) -> HttpResponse | None:
    """Check the passkey or the code, and sign; None leaves the form with its error."""
    if form.cleaned_data["sha256"] != draft.sha256:
        return render(request, "plans/offer_changed.html", {"offer": offer}, status=409)
    at = now()
    try:
        signature = _signature(request, draft, form, at=at)
        signing.accept(offer, draft, signature=signature, by=request.user, at=at)
    except Refused as no:
        accepted = _offer(request, offer.number).status == Offer.Status.ACCEPTED
        if accepted:  # this is the second of two clicks
            return redirect("plans:agreement", offer.number)
        form.add_error(None if form.by_passkey else "code", said(no))
        return None
    except Stale:
        return _lost(request, offer.number)
    return redirect("plans:agreement", offer.number)


def _signature(
    request: PortalRequest, draft: OfferDraft, form: SignForm, *, at: datetime
) -> signing.Signature:
    """Errors: Refused STEP-UP for the code, SIGN-KEY for the passkey."""
    user = request.user
    if form.by_passkey:
        answer = form.cleaned_data["assertion"]
        proof = passkey_signing.finish(
            request, user, draft_sha256=draft.sha256, answer=answer, at=at
        )
        return signing.signature_from(request, form, "passkey", passkey=proof)
    code = form.cleaned_data["code"]
    method = stepup.check(user, purpose=_purpose(draft), code=code, at=at)
    return signing.signature_from(request, form, method)


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
    if not form.is_valid() and actions.is_live(offer, at=now()):
        return _page(request, offer, form, status=422)
    reason = form.cleaned_data.get("reason", "")
    try:
        actions.decline(offer, reason=reason, by=request.user, at=now())
        messages.success(request, _("You have declined this offer. Nothing was signed."))
    except (Stale, IllegalMove):
        messages.info(request, _("This offer has moved on meanwhile. Here is where it stands now."))
    return redirect("plans:offer", number)
