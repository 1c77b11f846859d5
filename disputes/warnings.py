"""Mail to the staff about a case: its number and dates, nothing about the person."""

from datetime import date, datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.models.people import Role
from disputes.models import Dispute
from portal.records.notices import notify


def supervisors() -> QuerySet[User]:
    return User.objects.filter(role=Role.SUPERVISOR, is_active=True).order_by("pk")


def tell_staff(
    person: User, kind: str, dispute: Dispute, *, subject: str, body: str, at: datetime,
    **facts: object,
) -> None:  # fmt: skip
    """Queue a mail in the person's language. Texts are English sources; dates come as dates."""
    with override(person.language):
        said = {
            name: date_format(fact) if isinstance(fact, date) else fact
            for name, fact in facts.items()
        } | {"number": dispute.number}
        notify(
            kind, recipient=person.email, language=person.language, subject=_(subject) % said,
            body=f"{_(body) % said}\n\n{settings.SITE_URL}/staff/disputes/{dispute.number}/\n",
            at=at,
        )  # fmt: skip
