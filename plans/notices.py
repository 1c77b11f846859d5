"""Mail about plans: no amounts, and no word about owing."""

from datetime import date, datetime
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import CardAccount
from portal.kit.errors import gettext_noop
from portal.records.notices import notify


class Words(NamedTuple):
    """Subject and body, with %(number)s and %(day)s; and the page that the mail leads to."""

    subject: str
    body: str
    page: str = ""  # an address that takes the number; "" for the list of plans


AGREEMENT, REQUEST = "plans:agreement", "plans:request_page"
NOTICES = {
    "plan.received": Words(gettext_noop("We have your request %(number)s"), gettext_noop("We have your request %(number)s. A person will look at it and answer you here:")),
    "plan.files_held": Words(gettext_noop("A file for your request %(number)s"), gettext_noop("We could not use one of the files for your request %(number)s. Here you can see which one, why, and what you can do:"), REQUEST),
    "plan.question": Words(gettext_noop("A question about your request %(number)s"), gettext_noop("To go on with your request %(number)s we need an answer from you. You can read the question and answer it here:"), REQUEST),
    "plan.offered": Words(gettext_noop("There is an answer to your request"), gettext_noop("There is an answer to your request: offer %(number)s. You can read it here in your own time:")),
    "plan.refused": Words(gettext_noop("There is an answer to your request"), gettext_noop("There is an answer to your request %(number)s, with the reasons and what you can do next:")),
    "plan.offer_withdrawn": Words(gettext_noop("Something has changed"), gettext_noop("Number %(number)s has changed. You can see what and why here:")),
    "plan.offer_expired": Words(gettext_noop("Something has changed"), gettext_noop("Number %(number)s has ended because its time was over. You can ask again here:")),
    "plan.signed": Words(gettext_noop("Your copy of agreement %(number)s"), gettext_noop("You have signed %(number)s. Your copy is kept here for you:")),
    "plan.reminder": Words(gettext_noop("A date in agreement %(number)s"), gettext_noop("The next date in agreement %(number)s is %(day)s. If you have seen to it already, you need not do anything. Everything about it is here:"), AGREEMENT),
    "plan.paid": Words(gettext_noop("Agreement %(number)s: it has arrived"), gettext_noop("What you sent for agreement %(number)s has arrived. Thank you. You can see here how far you are:"), AGREEMENT),
    "plan.came_back": Words(gettext_noop("Agreement %(number)s: a payment came back"), gettext_noop("A payment that had arrived for agreement %(number)s has come back to the bank or account that it was sent from, so it does not count any more. That can happen, and it can be put right. You can see here what is open again and what you can do; you can also talk to us:"), AGREEMENT),
    "plan.late": Words(gettext_noop("A date in agreement %(number)s has passed"), gettext_noop("A date in agreement %(number)s has passed, and we do not see a payment yet. If it is on its way, you need not do anything: it can take a day or two to show. If the date does not suit you, you can change it or talk to us. You can see what is possible here:"), AGREEMENT),
    "plan.breach": Words(gettext_noop("Please look at agreement %(number)s by %(day)s"), gettext_noop("Agreement %(number)s may end, because payments agreed in it are missing. You can put this right: pay what is missing by %(day)s, or ask for a change by then, and the agreement goes on as before. If you cannot do either, please talk to us. What is missing, and everything that you can do, is here:"), AGREEMENT),
    "plan.cured": Words(gettext_noop("Agreement %(number)s goes on"), gettext_noop("What was missing has arrived. Agreement %(number)s goes on as before. You can see how far you are here:"), AGREEMENT),
    "plan.broken": Words(gettext_noop("Agreement %(number)s has ended"), gettext_noop("Agreement %(number)s has ended, because what was missing did not arrive in time. Here you can read what this means, how each figure comes about, and what you can do now. You can also talk to us at any time:"), AGREEMENT),
    "plan.completed": Words(gettext_noop("Agreement %(number)s is completed"), gettext_noop("Everything that was agreed in %(number)s has arrived. Thank you. We are writing a certificate for you and tell you when it is ready. You can see everything here:"), AGREEMENT),
    "plan.certificate": Words(gettext_noop("A document for you: %(number)s"), gettext_noop("The certificate for agreement %(number)s is ready. You can fetch it here:"), AGREEMENT),
    "plan.revised": Words(gettext_noop("A new agreement replaces %(number)s"), gettext_noop("Agreement %(number)s is replaced by the one that you have just signed. Both are kept here for you, with links to each other:"), AGREEMENT),
    "plan.taken_back": Words(gettext_noop("You have taken back agreement %(number)s"), gettext_noop("Agreement %(number)s has ended today, as you asked. Here you can read what that means and what you can do now:"), AGREEMENT),
    "plan.ended": Words(gettext_noop("Agreement %(number)s has ended"), gettext_noop("The bank has ended agreement %(number)s. Nothing more is asked for in it. Here you can read why, what that means and what you can do now:"), AGREEMENT),
    "plan.day_moved": Words(gettext_noop("A date in agreement %(number)s has moved"), gettext_noop("You have moved a date in agreement %(number)s. It is now %(day)s. All dates are here:"), AGREEMENT),
}  # fmt: skip


def tell(
    account: CardAccount, kind: str, *, number: str, at: datetime, day: date | None = None
) -> None:
    """Mail the cardholder that something is there to read; nothing if they have not activated.

    Errors: KeyError for a kind that has no words, or for one whose words name a day without it.
    """
    holder, words = account.cardholder, NOTICES[kind]
    if holder.user is None:
        return
    page = reverse(words.page, args=[number]) if words.page else reverse("plans:index")
    with override(holder.user.language):
        names = {"number": number} | ({"day": date_format(day)} if day else {})
        notify(
            kind, recipient=holder.user.email, language=holder.user.language,
            subject=_(words.subject) % names,
            body=f"{_(words.body) % names}\n\n{settings.SITE_URL}{page}\n", at=at,
        )  # fmt: skip
