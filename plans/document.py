"""The agreement as a PDF: the same clauses as on the page, in the frame of all our documents."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils.translation import override

from plans.actions import move
from plans.agreement import Terms, clauses, in_short, mark
from plans.models import Offer, OfferDraft
from plans.notices import tell
from portal.kit.context import bank
from portal.kit.errors import IllegalMove, Stale
from portal.records import documents, pdf, sealing


def render(terms: Terms, *, code: str, language: str) -> bytes:
    """Return the agreement's PDF in one language: deterministic, with an empty seal field.

    Errors: Refused CN-PLAN-03 for an item left empty; MissingGlyph for a name we cannot print.
    """
    with override(language):
        html = render_to_string(
            "plans/agreement_document.html",
            {
                "terms": terms,
                "clauses": clauses(terms),
                "in_short": in_short(terms),
                "bank": bank(),
                "language": language,
                "document_number": terms.number,
                "code": code,
                "verify_url": f"{settings.SITE_URL}/verify/{code}/",
                "is_test": sealing.seal_facts().is_test,
            },
        )
    return pdf.render(html, made_at=terms.made_at)


def render_drafts(offer: Offer, *, at: datetime) -> bool:
    """Render the agreement in each language, open the offer; False if another worker was first.

    All is rendered before anything is stored, and the bytes are the same each time. Errors: Refused
    or MissingGlyph leave the offer PREPARING; note_problem tells the staff.
    """
    if at > offer.expires_at:
        return False
    terms = Terms.unsealed(offer.number, offer.sealed_terms)
    rendered = {
        language: render(terms, code=documents.code_of(offer.number, language), language=language)
        for language, _name in settings.LANGUAGES
    }
    drafts = [
        OfferDraft(
            offer=offer,
            language=language,
            sha256=documents.store(pdf),
            size=len(pdf),
            code=documents.code_of(offer.number, language),
        )
        for language, pdf in rendered.items()
    ]
    try:
        with transaction.atomic():
            hashes = {draft.language: draft.sha256 for draft in drafts}
            sealed = replace(terms, said=_said(terms)).sealed()
            move(
                offer, Offer.Status.OPEN, by=None, at=at, data={"drafts": hashes},
                sealed_terms=sealed,
            )  # fmt: skip
            OfferDraft.objects.bulk_create(drafts)
            tell(offer.account, "plan.offered", number=offer.number, at=at)
    except (Stale, IllegalMove):
        return False
    return True


def _said(terms: Terms) -> dict[str, str]:
    """Return the mark of the wording in each language, as the drafts have it."""
    marks = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            marks[language] = mark(clauses(terms))
    return marks


def note_problem(offer: Offer, problem: str) -> None:
    """Keep why a rendering failed: the staff page shows it, and others go first the next time."""
    waiting = Offer.objects.filter(pk=offer.pk, status=Offer.Status.PREPARING)
    waiting.update(tries=F("tries") + 1, problem=problem[:200])
