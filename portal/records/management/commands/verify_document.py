import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.records.verification import LARGEST, Outcome, Verdict, check


class Command(BaseCommand):
    help = (
        "Check PDF files against the seal and the register. "
        "Exit 0: all valid; 1: some are not; 2: some could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--json", action="store_true", help="one JSON line for each file")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        outcomes = set()
        for path in files:
            verdict = check(_bytes(path))
            outcomes.add(verdict.outcome)
            self.stdout.write(_json(path, verdict) if options["json"] else _line(path, verdict))
        if Outcome.UNREADABLE in outcomes:
            sys.exit(2)
        if outcomes != {Outcome.VALID}:
            sys.exit(1)


def _bytes(path: Path) -> bytes:
    """Read no more than one byte over the limit: enough to say that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", returncode=2) from error


def _json(path: Path, verdict: Verdict) -> str:
    return json.dumps({"file": str(path), **asdict(verdict)}, ensure_ascii=False, default=str)


def _line(path: Path, verdict: Verdict) -> str:
    parts = [f"{path}: {verdict.outcome}"]
    if verdict.is_test:
        parts.append("TEST SEAL")
    if verdict.registered:
        parts.append(f"{verdict.kind} {verdict.number}")
    if verdict.signed_at:
        parts.append(
            f"sealed {verdict.signed_at.isoformat()} by {verdict.signer} ({verdict.time_source})"
        )
    if verdict.changes:
        parts.append("changed after the seal: " + ", ".join(verdict.changes))
    if verdict.replaced_by:
        parts.append(f"replaced by {verdict.replaced_by}")
    return "; ".join(parts)
