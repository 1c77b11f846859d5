"""own_cases EMAIL [--own REF]… [--not-own REF]…: which cardholders a member of staff is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from accounts.models import Cardholder, User
from accounts.models.people import Role
from accounts.own import change_own


def cardholders(refs: list[str]) -> list[Cardholder]:
    """Return the cardholders of some references. Errors: CommandError names those unknown."""
    found = list(Cardholder.objects.filter(ref__in=refs))
    if unknown := sorted({*refs} - {holder.ref for holder in found}):
        raise CommandError(f"not in the books: {', '.join(unknown)}")
    return found


class Command(BaseCommand):
    help = (
        "Say which cardholders a member of staff is, or is no longer taken for, and list them. "
        "Nobody decides on their own case."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="with which the member of staff signs in")
        parser.add_argument("--own", action="append", default=[], metavar="REF")
        parser.add_argument("--not-own", action="append", default=[], metavar="REF")

    def handle(
        self, *args: Any, email: str, own: list[str], not_own: list[str], **options: Any
    ) -> None:
        staff = User.objects.exclude(role=Role.CARDHOLDER).filter(email=email.strip().lower())
        user = staff.first()
        if user is None:
            raise CommandError(f"{email} is no sign-in of staff")
        add, drop = cardholders(own), cardholders(not_own)
        if add or drop:
            change_own(user, add=add, drop=drop, by=None, at=now())
        refs = user.own_cardholders.order_by("ref").values_list("ref", flat=True)
        self.stdout.write(f"{user.email}: {', '.join(refs) or 'none'}")
