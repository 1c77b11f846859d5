"""Mail about documents: no amounts, and no word about owing."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import EvidenceRequest
from portal.kit.errors import gettext_noop
from portal.records.notices import notify


def tell_ready(asked: EvidenceRequest, *, at: datetime) -> None:
    """Mail whoever asked that the document is there."""
    subject = gettext_noop("Your document %(number)s is ready")
    body = gettext_noop(
        "The document %(number)s that you asked for is ready. You can read it and keep it here:"
    )
    _tell(asked, "evidence.ready", subject, body, at=at)


def tell_answer(asked: EvidenceRequest, *, at: datetime) -> None:
    """Mail whoever asked that the answer is there: the reason is for the page only."""
    subject = gettext_noop("An answer about your document %(number)s")
    body = gettext_noop(
        "We cannot issue the document %(number)s as you asked for it. "
        "Here you read why, and what you can do instead:"
    )
    _tell(asked, "evidence.declined", subject, body, at=at)


def _tell(asked: EvidenceRequest, kind: str, subject: str, body: str, *, at: datetime) -> None:
    """Mail in the language of whoever asked; nothing if they have lost their sign-in."""
    user = asked.account.cardholder.user
    if user is None:
        return
    address = settings.SITE_URL + reverse("accounts:evidence_request", args=[asked.number])
    names = {"number": asked.number}
    with override(user.language):
        notify(
            kind, recipient=user.email, language=user.language, subject=_(subject) % names,
            body=_(body) % names + f"\n\n{address}\n", at=at,
        )  # fmt: skip
