"""Mail about plans: no amounts, and no word about owing."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import CardAccount
from portal.kit.errors import gettext_noop
from portal.records.notices import notify

NOTICES = {
    "plan.received": (gettext_noop("We have your request %(number)s"), gettext_noop("We have your request %(number)s. A person will look at it and answer you here:")),
    "plan.offered": (gettext_noop("There is an answer to your request"), gettext_noop("There is an answer to your request: offer %(number)s. You can read it here in your own time:")),
    "plan.refused": (gettext_noop("There is an answer to your request"), gettext_noop("There is an answer to your request %(number)s, with the reasons and what you can do next:")),
    "plan.offer_withdrawn": (gettext_noop("Something has changed"), gettext_noop("Number %(number)s has changed. You can see what and why here:")),
    "plan.offer_expired": (gettext_noop("Something has changed"), gettext_noop("Number %(number)s has ended because its time was over. You can ask again here:")),
    "plan.signed": (gettext_noop("Your copy of agreement %(number)s"), gettext_noop("You have signed %(number)s. Your copy is kept here for you:")),
}  # fmt: skip


def tell(account: CardAccount, kind: str, *, number: str, at: datetime) -> None:
    """Mail the cardholder that something is there to read; nothing if they have not activated."""
    holder = account.cardholder
    if holder.user is None:
        return
    subject, body = NOTICES[kind]
    with override(holder.user.language):
        notify(
            kind, recipient=holder.user.email, language=holder.user.language,
            subject=_(subject) % {"number": number},
            body=f"{_(body) % {'number': number}}\n\n{settings.SITE_URL}/plans/\n", at=at,
        )  # fmt: skip
