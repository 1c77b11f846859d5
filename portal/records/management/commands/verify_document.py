import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from portal.records.apart import Busy
from portal.records.verification import Outcome, Verdict, check

STDIN = Path("-")


class Command(BaseCommand):
    help = (
        "Check PDF files against the seal and the register. A folder stands for the PDF files in "
        "it, - for standard input. Exit 0: all valid; 1: some are not; 2: some could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--json", action="store_true", help="one JSON line for each file")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        verdicts = []
        for path in _each(files):
            try:
                verdict = check(_bytes(path))
            except Busy as error:
                raise CommandError(
                    f"{path}: this machine is busy, try again", returncode=2
                ) from error
            verdicts.append(verdict)
            self.stdout.write(_json(path, verdict) if options["json"] else _line(path, verdict))
        if any(verdict.outcome == Outcome.UNREADABLE for verdict in verdicts):
            sys.exit(2)
        if not all(verdict.holds for verdict in verdicts):
            sys.exit(1)


def _each(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
        elif inside := sorted(each for each in path.iterdir() if each.suffix.lower() == ".pdf"):
            yield from inside
        else:
            raise CommandError(f"{path}: no PDF files in it", returncode=2)


def _bytes(path: Path) -> bytes:
    """Read no more than one byte over the limit: enough to say that it is too large."""
    try:
        if path == STDIN:
            return sys.stdin.buffer.read()
        with path.open("rb") as file:
            return file.read()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", returncode=2) from error


def _json(path: Path, verdict: Verdict) -> str:
    facts = {"file": str(path), **asdict(verdict)}
    return json.dumps(facts, ensure_ascii=False, cls=DjangoJSONEncoder)


def _line(path: Path, verdict: Verdict) -> str:
    parts = [f"{path}: {verdict.outcome}"]
    if verdict.is_test:
        parts.append("TEST SEAL")
    if verdict.number:
        begins = "" if verdict.registered else "begins with "
        parts.append(f"{begins}{verdict.kind} {verdict.number}")
    if verdict.signed_at:
        parts.append(f"sealed {verdict.signed_at.isoformat()} by {verdict.signer} (own clock)")
    if verdict.proved_at:
        parts.append(f"timestamped {verdict.proved_at.isoformat()} by {verdict.authority}")
    if verdict.accepted_with or verdict.accepted_fault:
        parts.append(_accepted(verdict))
    if verdict.changes:
        parts.append("changed after the seal: " + ", ".join(verdict.changes))
    if verdict.replaced_by:
        parts.append(f"replaced by {verdict.replaced_by}")
    if verdict.purged_at:
        parts.append(f"our copy deleted {verdict.purged_at.isoformat()}")
    return "; ".join(parts)


def _accepted(verdict: Verdict) -> str:
    if verdict.accepted_fault:
        return f"the record of the cardholder's acceptance DOES NOT FIT ({verdict.accepted_fault})"
    if verdict.accepted_with == "passkey":
        return "signed by the cardholder with a passkey, which fits this document"
    return f"accepted by the cardholder with a code ({verdict.accepted_with})"
