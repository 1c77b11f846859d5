"""Mail about a case: no amounts, no word about owing."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from disputes.models import Dispute
from portal.kit.errors import gettext_noop
from portal.records.notices import notify

NOTICES = {
    "dispute.received": (gettext_noop("We have your case %(number)s"), gettext_noop("We have received your case %(number)s. Here you can see by when we answer and what happens meanwhile:")),
    "dispute.question": (gettext_noop("A question about your case %(number)s"), gettext_noop("To go on with your case %(number)s we need an answer from you. You can read the question and answer it here:")),
    "dispute.message": (gettext_noop("A message about your case %(number)s"), gettext_noop("There is a new message in your case %(number)s. You can read it here:")),
    "dispute.extended": (gettext_noop("Your case %(number)s takes longer"), gettext_noop("We need more time for your case %(number)s. Here you can read why, and by when we answer now:")),
    "dispute.decided": (gettext_noop("There is an answer to your case %(number)s"), gettext_noop("We have decided about your case %(number)s. Here you can read the answer, the reasons and what you can do next:")),
    "dispute.withdrawn": (gettext_noop("Your case %(number)s is withdrawn"), gettext_noop("Your case %(number)s ends today, as you asked. What that means you can read here:")),
    "dispute.review_received": (gettext_noop("Your case %(number)s is reviewed again"), gettext_noop("We have received your request for a second review of %(number)s. Another person looks at it. Here you can see by when we answer:")),
    "dispute.review_decided": (gettext_noop("The second review of %(number)s is done"), gettext_noop("The second review of your case %(number)s is done. Here you can read the answer, the reasons and who else can help you:")),
    "dispute.files_held": (gettext_noop("A file for your case %(number)s"), gettext_noop("We could not use one of the files for your case %(number)s. Here you can see which one, why, and what you can do:")),
    "dispute.late": (gettext_noop("We are late with your case %(number)s"), gettext_noop("We promised you an answer to your case %(number)s, and it is not ready yet. We are sorry. We go on with it, and you need not do anything. Here you can see where it stands:")),
    "dispute.corrected": (gettext_noop("Put right: your case %(number)s"), gettext_noop("What we promised to put right in your case %(number)s is done. You can see it here:")),
}  # fmt: skip


def tell(dispute: Dispute, kind: str, *, at: datetime) -> None:
    """Mail the cardholder that something is there to read; nothing if they have not activated.

    Errors: KeyError for a kind that has no words.
    """
    subject, body = NOTICES[kind]
    user = dispute.account.cardholder.user
    if user is None:
        return
    address = settings.SITE_URL + reverse("disputes:case", args=[dispute.number])
    names = {"number": dispute.number}
    with override(user.language):
        notify(
            kind, recipient=user.email, language=user.language, subject=_(subject) % names,
            body=f"{_(body) % names}\n\n{address}\n", at=at,
        )  # fmt: skip
