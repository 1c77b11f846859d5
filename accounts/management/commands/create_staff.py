"""create_staff EMAIL --role ROLE --name NAME [--own REF]…: a sign-in for a member of staff."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from accounts import activation
from accounts.management.commands.own_cases import cardholders
from accounts.models.people import Role
from portal.kit.forms import EmailAddressField


class Command(BaseCommand):
    help = (
        "Make a sign-in for a member of staff. At the first sign-in, by a mailed code, the person "
        "sets up a second factor; before that no staff page opens."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--role", required=True, choices=sorted({*Role.values} - {"cardholder"})
        )
        parser.add_argument("--name", required=True, help="shown in records")
        parser.add_argument(
            "--own", action="append", default=[], metavar="REF",
            help="the person's own cardholder reference; may be repeated, later: own_cases",
        )  # fmt: skip
        parser.add_argument(
            "--collector-code", default="", help="how the feed names them where they made contact"
        )
        parser.add_argument(
            "--language", default=settings.LANGUAGE_CODE, choices=[c for c, _ in settings.LANGUAGES]
        )

    def handle(self, *args: Any, email: str, role: str, name: str, **options: Any) -> None:
        try:
            address = EmailAddressField().clean(email)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if activation.taken(address):
            raise CommandError(f"{address} already has a sign-in")
        activation.add_staff(
            address, role=role, name=name, language=options["language"], by=None, at=now(),
            own=cardholders(options["own"]), collector_code=options["collector_code"],
        )  # fmt: skip
        self.stdout.write(f"{address} can sign in as {role}")
