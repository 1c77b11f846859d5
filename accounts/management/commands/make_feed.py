"""Write a feed of fictitious people: for the demo, trials and benchmarks."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localdate

from accounts.feed.make import WORTH, write_feed


class Command(BaseCommand):
    help = "Write a full feed of fictitious people; the same seed gives the same bytes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=int, required=True)
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument("--out", type=Path, required=True, help="a folder without a manifest")
        parser.add_argument("--as-of", type=date.fromisoformat, default=None, metavar="DATE")
        parser.add_argument("--months", type=int, default=12)
        parser.add_argument("--currency", choices=sorted(WORTH), default="CNY")

    def handle(self, *args: Any, out: Path, **options: Any) -> None:
        if options["accounts"] < 1 or not 1 <= options["months"] <= 120:
            raise CommandError("At least one account, and from 1 to 120 months.")
        try:
            feed_id = write_feed(
                out,
                accounts=options["accounts"],
                seed=options["seed"],
                as_of=options["as_of"] or localdate(),
                months=options["months"],
                currency=options["currency"],
            )
        except OSError as problem:
            raise CommandError(f"{out}: {problem}") from problem
        self.stdout.write(f"{feed_id}: {options['accounts']} accounts in {out}")
