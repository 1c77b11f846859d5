import json
import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import localtime, now

from portal.records.seal_state import State, state


class Command(BaseCommand):
    help = (
        "Show the seal's key and how the proof of time stands. "
        "Exit 0: all is well; 1: something needs attention; 2: nothing can be sealed."
    )
    requires_system_checks = []  # a half-made setting is what it shall explain

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = state(at=now())
        self.stdout.write(_json(found) if options["json"] else _text(found))
        if not found.usable:
            sys.exit(2)
        if found.attention:
            sys.exit(1)


def _json(found: State) -> str:
    said = {"usable": found.usable, **found.facts, "attention": found.attention}
    return json.dumps(said, ensure_ascii=False, indent=2, default=_time)


def _time(value: datetime) -> str:
    return value.isoformat()


def _text(found: State) -> str:
    facts = dict(found.facts)
    time = facts.pop("proof_of_time")
    lines = [_line(name, value) for name, value in facts.items()]
    lines.append("proof of time:" + ("" if time["authority"] else " none (TSA_URL is empty)"))
    if time["authority"]:
        lines += ["  " + _line(name, value) for name, value in time.items()]
    lines += [f"ATTENTION: {sentence}" for sentence in found.attention]
    return "\n".join(lines)


def _line(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        value = localtime(value).strftime("%Y-%m-%d %H:%M %z")
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, list):
        value = "; ".join(value)
    return f"{name.replace('_', ' ')}: {'none' if value in (None, '') else value}"
