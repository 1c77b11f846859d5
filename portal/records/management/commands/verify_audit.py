from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.records.audit import breaks


class Command(BaseCommand):
    help = (
        "Walk the chains of the audit trail; stop at the first place that does not hold (exit 1)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--subject", help="only this chain, such as plans.offer:12")

    def handle(self, *args: Any, subject: str | None, **options: Any) -> None:
        for found in breaks(subject):
            raise CommandError(f"{found.subject}, event {found.seq}: {found.problem}")
        self.stdout.write("The audit trail holds.")
