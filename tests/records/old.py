"""Things over their time, and two people who may agree to delete them."""

from datetime import UTC, date, datetime, timedelta

from accounts.models import ContactAttempt
from portal.records import retention
from portal.records.models import Purge
from portal.records.retention import purges
from tests import people
from tests.accounts.books import bare

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Shanghai
TODAY = date(2026, 11, 22)
CONTACTS = "accounts.contacts"


def old_contacts():
    """Seven old contacts on one account; on another an old one, and one last month."""
    one, other = (bare(people.cardholder(), f"AC{i:04}") for i in (1, 2))
    for i in range(7):
        contact(one, i, datetime(2020, 1, 1 + i, tzinfo=UTC))
    contact(other, 7, datetime(2020, 1, 9, tzinfo=UTC))
    contact(other, 8, AT - timedelta(days=30))
    return one


def contact(account, i, at):
    return ContactAttempt.objects.create(
        ref=f"C{i}", account=account, at=at, channel="call", by="bank", purpose="-", outcome="-"
    )


def free(code=CONTACTS):
    category = retention.CATEGORIES[code]
    return list(category.free(category.before(TODAY)))


def stand(code=CONTACTS):
    return retention.standing(retention.CATEGORIES[code], on=TODAY)


def two_people():
    return people.staff("supervisor"), people.staff("supervisor")


def proposed(two, code=CONTACTS):
    return purges.propose(retention.CATEGORIES[code], by=two[0], at=AT)


def confirmed(two, code=CONTACTS):
    purge = proposed(two, code)
    purges.confirm(purge, by=two[1], at=AT)
    return Purge.objects.get(pk=purge.pk)
