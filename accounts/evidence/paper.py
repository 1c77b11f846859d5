"""A certified document in one language, block by block (docs/documents.md): words, no figures."""

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.evidence import machine, paper_others, sections, words
from accounts.evidence.gathered import Gathered
from accounts.evidence.paper_repayments import Repayments
from portal.kit.context import bank
from portal.records import sealing
from portal.records.typeset import Block, Paper, Paragraph

BODIES: dict[str, Callable[[Gathered], list[Block]]] = {
    "repayments": lambda facts: Repayments(facts).blocks(),
    "overdue": paper_others.overdue,
    "settlement": paper_others.settlement,
    "agreements": paper_others.agreements,
    "holder": paper_others.holder,
}


def paper_of(facts: Gathered, *, language: str, code: str) -> Paper:
    """Return a document ready to be drawn. The same facts, language and code: the same paper."""
    verify_url = f"{settings.SITE_URL}/verify/{code}/"
    with override(language):
        return Paper(
            number=facts.number,
            code=code,
            verify_url=verify_url,
            language=language,
            bank=bank()["name"],
            title=str(words.TITLES[facts.kind]),
            made_at=facts.at,
            is_test=sealing.seal_facts().is_test,
            blocks=[
                *sections.head(facts, code=code),
                *_certified(facts),
                *BODIES[facts.kind](facts),
                *sections.foot(facts, verify_url=verify_url),
            ],
            attachments=machine.attachments(facts),
        )


def _certified(facts: Gathered) -> list[Block]:
    """Say what the bank stands for, where the document's body does not begin with it."""
    said = {
        "repayments": _(
            "%(bank)s certifies that this is everything its books show for this account in this "
            "period, and that the figures add up to the last cent."
        ),
        "overdue": _(
            "%(bank)s certifies that this is everything it reported to a credit bureau about this "
            "account for the months of this period, as its books show it."
        ),
    }.get(facts.kind)
    return [Paragraph(said % {"bank": bank()["name"]})] if said else []
