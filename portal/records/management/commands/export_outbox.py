"""export_outbox DIR [--after SEQ]: what the bank must act on, as NDJSON with a manifest."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from portal.records import outbox_files


class Command(BaseCommand):
    help = (
        "Write the events that were not handed over yet into a folder. Run again after a crash: "
        "nothing is left out, nothing comes under another id. --after writes what was handed "
        "over after that seq once more, beside what is new."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--after", metavar="SEQ", type=int, help="also again what came after")

    def handle(self, *args: Any, folder: Path, after: int | None, **options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder}: no such folder")
        try:
            repeated = None if after is None else outbox_files.again(folder, after=after)
            made = outbox_files.export(folder, at=now())
        except ValueError as no:
            raise CommandError(str(no)) from None
        except OSError as error:
            raise CommandError(f"{folder}: {error}. Run this again.") from None
        for manifest in [repeated, *made] if repeated else made:
            self.stdout.write(
                f"{manifest.file}: {manifest.rows} events, {manifest.first_seq} to "
                f"{manifest.last_seq}, sha256 {manifest.sha256}"
            )
        if not repeated and not made:
            self.stdout.write("Nothing new.")
