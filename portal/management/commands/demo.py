"""demo [--sign-ins]: fictitious people and a feed made on the spot; who they are."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from accounts.models import Cardholder, User


class Command(BaseCommand):
    help = "Fill an empty database with fictitious people in every state; tell their sign-ins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sign-ins", action="store_true", help="only tell them")

    def handle(self, *args: Any, sign_ins: bool, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is not on: this command is for the demonstration only.")
        from disputes import insight_count
        from portal.demo import people
        from portal.records.retention import counts

        if not sign_ins and not Cardholder.objects.exists():
            people.make()
            counts.count(at=now())
            insight_count.count(at=now())
        if options["verbosity"] == 0:
            return
        self.stdout.write("Sign in with an address; the code is mailed, and /demo/ shows it:")
        for user in User.objects.order_by("pk"):
            self.stdout.write(f"  {user.email:24} {user.role}")
        for letter in people.letters():
            self.stdout.write(
                f"  to activate: {letter['reference']}, code {letter['code']}, "
                f"born {letter['date_of_birth']}"
            )
