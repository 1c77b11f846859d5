"""A letter as it is printed, block by block: who, about what, and how to check it."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from accounts.evidence import sections
from accounts.evidence import words as written
from disputes import paper_decision, paper_receipt
from disputes.models import Letter
from portal.kit.context import bank
from portal.records import sealing
from portal.records.typeset import Block, Facts, Heading, Paper, Paragraph
from portal.records.typeset.fonts import printable

K = Letter.Kind
Told = dict[str, Any]  # disputes.letter_facts.gather
BODIES: dict[str, Callable[[Told], list[Block]]] = {
    K.RECEIPT: paper_receipt.receipt,
    K.EXTENSION: paper_receipt.extension,
    K.DECISION: paper_decision.decision,
    K.REVIEW_RECEIPT: paper_receipt.review_receipt,
    K.REVIEW_DECISION: paper_decision.review_decision,
    K.WITHDRAWAL: paper_decision.withdrawal,
    K.DELAY: paper_receipt.delay,
}


def paper_of(letter: Letter, *, code: str) -> Paper:
    """Return a letter ready to be drawn, in its own language. The same letter: the same paper."""
    told: Told = json.loads(letter.facts)
    verify_url = f"{settings.SITE_URL}/verify/{code}/"
    with override(letter.language):
        return Paper(
            number=letter.number,
            code=code,
            verify_url=verify_url,
            language=letter.language,
            bank=bank()["name"],
            title=title(letter.kind),
            made_at=letter.made_at,
            is_test=sealing.seal_facts().is_test,
            blocks=[
                *_head(told, letter, code=code),
                *BODIES[letter.kind](told),
                *_foot(told, verify_url=verify_url),
            ],
        )


def title(kind: str) -> str:
    """Name a letter, in the language of the moment."""
    return {
        K.RECEIPT: _("We have received your case"),
        K.EXTENSION: _("We need more time for your case"),
        K.DECISION: _("Our decision on your case"),
        K.REVIEW_RECEIPT: _("Your case is reviewed again"),
        K.REVIEW_DECISION: _("Our decision after the second review"),
        K.WITHDRAWAL: _("Your case is withdrawn"),
        K.DELAY: _("Our answer to your case is late"),
    }[K(kind)]


def _head(told: Told, letter: Letter, *, code: str) -> list[Block]:
    """Return who writes to whom about what. The card stays masked."""
    card = _("%(product)s, ending in %(last4)s")
    rows = [
        (_("Case"), told["number"]),
        (_("Letter"), letter.number),
        (_("Verification code"), code),
        (pgettext("of a letter", "From"), bank()["name"]),
        (pgettext("of a letter", "To"), told["name"]),
        (_("Date"), written.moment(letter.made_at)),
        (_("Card"), card % {"product": printable(told["product"]), "last4": told["last4"]}),
        (_("Account"), told["account"]),
    ]
    if told["received_at"]:
        received = written.moment(datetime.fromisoformat(told["received_at"]))
        rows.append((pgettext("of a letter", "Received"), received))
    return [Facts(rows)]


def _foot(told: Told, *, verify_url: str) -> list[Block]:
    page = f"{settings.SITE_URL}/disputes/{told['number']}/"
    said = _(
        "Everything about your case is at %(url)s. You can also call us on %(phone)s; please name "
        "%(number)s."
    )
    named = {"url": page, "phone": settings.BANK["phone"], "number": told["number"]}
    return [
        Heading(_("If you have a question")),
        Paragraph(said % named),
        *sections.checking(verify_url),
    ]
