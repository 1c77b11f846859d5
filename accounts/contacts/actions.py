"""What someone changes about being contacted: kept, audited, mailed, and told to the bank."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from accounts.contacts import queries, rules
from accounts.contacts.rules import Permitted
from accounts.mails import mail
from accounts.models import Cardholder, ContactChoice, User
from portal.records import audit, outbox


@transaction.atomic
def choose(
    cardholder: Cardholder, wish: Permitted, *, agreed: bool, by: User, at: datetime
) -> ContactChoice | None:
    """Keep when and how someone may be contacted from now on; None if that is so already.

    Letters always may be sent: the law wants some things in writing. Two tabs at once wait for
    each other, and the second finds the first one's choice.
    Errors: Refused as rules.check() says.
    """
    wish = wish._replace(channels=wish.channels | {rules.LETTER})
    today = localtime(at).date()
    rules.check(wish, queries.limits(today), agreed=agreed)
    Cardholder.objects.select_for_update(no_key=True).get(pk=cardholder.pk)
    last = cardholder.contact_choices.order_by("-made_at", "-pk").first()
    at = max(at, last.made_at) if last else at  # who waited is the newer one, whatever its clock
    if wish.same(queries.permitted(last) if last else queries.usual(today)):
        return None
    choice = ContactChoice.objects.create(
        cardholder=cardholder, made_at=at, earliest=wish.earliest, latest=wish.latest,
        channels=sorted(wish.channels),
    )  # fmt: skip
    keys = {"old": last.pk if last else None, "new": choice.pk}
    _tell_bank(cardholder, {"what": "permitted", **keys}, at=at)
    audit.record("accounts.contact_choice", subject=cardholder, by=by, at=at, data=keys)
    if cardholder.user:
        mail(
            "account/email/contact_choice", to=cardholder.user.email,
            language=cardholder.user.language, at=at,
        )  # fmt: skip
    return choice


def email_changed(user: User, *, old: str, new: str, at: datetime) -> None:
    """Tell the bank of the new address of a sign-in. Called in the transaction of the change.

    Staff are not in the bank's books: nothing is told of them.
    """
    cardholder = Cardholder.objects.filter(user=user).first()
    if cardholder is None or old == new:
        return
    sealed = queries.sealed(old, new, cardholder=cardholder.ref)
    data = {"what": "email", "cardholder": cardholder.ref, "sealed": sealed}
    _tell_bank(cardholder, data, at=at)


def _tell_bank(cardholder: Cardholder, data: dict[str, Any], *, at: datetime) -> None:
    """One event for each account that the bank still lists, always in the same order."""
    listed = cardholder.accounts.filter(closed_by_feed=False).order_by("pk")
    for ref in listed.values_list("ref", flat=True):
        outbox.publish("contact.changed", account_ref=ref, at=at, data=data)
