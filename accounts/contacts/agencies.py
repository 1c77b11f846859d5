"""What agencies are called. A contact carries a code; names stand on the accounts they look after.

So an agency that looks after nothing any more may have no name left in the bank's books.
"""

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db.models import Max

from accounts.contacts.rules import BANK
from accounts.models import CardAccount, ContactAttempt, FeedLoad
from portal.kit.kept import Kept

NAMES = Kept(most=1_000_000, seconds=settings.SESSION_COOKIE_AGE)  # no index finds them


def names(contacts: Iterable[ContactAttempt], own: Iterable[CardAccount]) -> dict[str, str]:
    """Return the names of those who made contacts, by code; "" where no account tells it.

    No query if the person's `own` accounts tell them all; else one, and one for each code that
    was not asked for since the newest feed.
    """
    told = {each.held_by: each.agency_name for each in own if each.agency_name}
    unknown = {each.by for each in contacts} - told.keys() - {BANK}
    feed = FeedLoad.objects.aggregate(newest=Max("pk"))["newest"] if unknown else None
    return told | {code: NAMES.get((feed, code), partial(_name, code)) for code in sorted(unknown)}


def _name(code: str) -> str:
    named = CardAccount.objects.filter(held_by=code).exclude(agency_name="")
    return next(iter(named.values_list("agency_name", flat=True)[:1]), "")
