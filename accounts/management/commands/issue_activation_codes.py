"""issue_activation_codes --out FILE (--refs R1,R2 | --all-new): codes for the letter printer."""

import csv
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.timezone import localtime, now

from accounts import activation, codes
from accounts.models import ActivationCode, Cardholder
from portal.records.audit import record

COLUMNS = ["reference", "name", "postal_address", "code", "valid_until"]
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


class Command(BaseCommand):
    help = (
        "Make one-time codes for letters and write them, once, to a file only its owner can read. "
        "The portal keeps hashes: a lost file means new codes. Delete the file after printing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True, help="a new CSV file")
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--refs", help="cardholder references, separated by commas")
        who.add_argument(
            "--all-new", action="store_true", help="all without a sign-in and without a good code"
        )

    def handle(self, *args: Any, out: Path, refs: str | None, **options: Any) -> None:
        at = now()
        cardholders = _named(refs.split(",")) if refs else _new(at)
        try:
            file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror}") from error
        try:
            with open(file, "w", encoding="utf-8", newline="") as target, transaction.atomic():
                count = _write(target, cardholders, at=at)
                target.flush()
                os.fsync(target.fileno())
        except Exception:
            out.unlink()  # the codes in it were rolled back
            raise
        self.stdout.write(f"{count} codes written to {out}")


def _write(target: Any, cardholders: Iterable[Cardholder], *, at: datetime) -> int:
    rows = csv.writer(target)
    rows.writerow(COLUMNS)
    until = localtime(at + activation.VALID_FOR).date().isoformat()
    count = 0
    for holder in cardholders:
        code = codes.spaced(activation.issue_code(holder, by=None, at=at))
        person = holder.person
        cells = [holder.ref, person.full_name, person.postal_address, code, until]
        rows.writerow(plain(cell) for cell in cells)
        count += 1
    record("accounts.letters_issued", subject="letters", by=None, at=at, data={"count": count})
    return count


def _named(refs: list[str]) -> Iterator[Cardholder]:
    for ref in filter(None, (ref.strip() for ref in refs)):
        holder = Cardholder.objects.filter(ref=ref).first()
        if holder is None:
            raise CommandError(f"{ref}: no such cardholder")
        if holder.user_id is not None:
            raise CommandError(f"{ref}: already has a sign-in")
        yield holder


def _new(at: datetime) -> Iterator[Cardholder]:
    good = ActivationCode.objects.filter(cardholder=OuterRef("pk"), used_at=None, expires_at__gt=at)
    waiting = Cardholder.objects.filter(~Exists(good), user=None)
    for pk in list(waiting.order_by("pk").values_list("pk", flat=True)):
        yield Cardholder.objects.get(pk=pk)
