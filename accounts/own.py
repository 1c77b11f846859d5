"""Which cases are a member of staff's own: nobody decides on those, in no room.

An employee who holds a card activates it with a private address, so their two sign-ins are two
rows. The bank says which cardholders are its staff (`User.own_cardholders`, by `own_cases`).
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import Cardholder, User
from portal.records.audit import record


def is_own(user: User, cardholder: Cardholder) -> bool:
    """Tell whether a case of this cardholder is the user's own. One query at most."""
    return cardholder.pk in own_among(user, [cardholder])


def own_among(user: User, cardholders: Iterable[Cardholder]) -> set[int]:
    """Return the ids of those who are the user: by their sign-in, by what the bank told of its
    staff, or by one e-mail address at work and in the bank's books. One query at most.
    """
    found = {holder.pk: holder for holder in cardholders}
    listed: set[int] = set()
    if user.is_staff:
        rows = user.own_cardholders.filter(pk__in=found)
        listed = set(rows.values_list("pk", flat=True))
    return listed | {pk for pk, holder in found.items() if _same(user, holder)}


def _same(user: User, cardholder: Cardholder) -> bool:
    if cardholder.user_id == user.pk:
        return True
    address = cardholder.person.email.strip().lower() if user.is_staff else ""
    return bool(address) and address == user.email.lower()


@transaction.atomic
def change_own(
    user: User,
    *,
    add: Collection[Cardholder] = (),
    drop: Collection[Cardholder] = (),
    by: User | None,
    at: datetime,
) -> None:
    """Change which cardholders a member of staff is; what they did before stays as it was."""
    user.own_cardholders.add(*add)
    user.own_cardholders.remove(*drop)
    data = {"added": sorted(one.ref for one in add), "dropped": sorted(one.ref for one in drop)}
    record("accounts.staff_own_changed", subject=user, by=by, at=at, data=data)
