"""The law as data: one TOML file per jurisdiction, one loader. Every legal number lives here.

A rule has a value, a unit, the days between which it holds, a source and a grade: A and B are
defaults, C is the bank's own reading and may be set otherwise by policy. See docs/rules.md.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

GRADES = {"A", "A(t)", "B", "B-", "C"}


@dataclass(frozen=True)
class Rule:
    """One number or choice of law. `value` is in `unit`; `source` names the provision."""

    id: str
    name: str
    value: Any
    unit: str
    source: str
    grade: str
    start: date
    end: date | None = None

    def holds(self, on: date) -> bool:
        return self.start <= on and (self.end is None or on < self.end)


@dataclass(frozen=True)
class Pack:
    """The rules of one jurisdiction that hold on one day, by name: pack["plan.longest"]."""

    law: str
    on: date
    rules: Mapping[str, Rule]

    def __getitem__(self, name: str) -> Rule:
        return self.rules[name]


@lru_cache
def _all(law: str) -> tuple[Rule, ...]:
    source = files("portal.packs") / f"{law}.toml"
    rules = tuple(
        Rule(
            id=row["id"], name=row["name"], value=row["value"], unit=row["unit"],
            source=row["source"], grade=row["grade"], start=row["from"], end=row.get("to"),
        )
        for row in tomllib.loads(source.read_text("utf-8"))["rule"]
    )  # fmt: skip
    for rule in rules:
        if rule.grade not in GRADES:
            raise ValueError(f"{law}.toml: {rule.id} has no known grade")
    return rules


def first_day(law: str, name: str) -> date:
    """Return the first day on which a rule of this name holds. Errors: ValueError if none does."""
    return min(rule.start for rule in _all(law) if rule.name == name)


@lru_cache(maxsize=64)
def load(law: str, *, on: date) -> Pack:
    """Return the rules of a jurisdiction (cn, us, uk) that hold on a day.

    Errors: FileNotFoundError for an unknown jurisdiction; ValueError if rules of one name overlap.
    """
    rules: dict[str, Rule] = {}
    for rule in _all(law):
        if rule.holds(on):
            if rule.name in rules:
                raise ValueError(f"{law}.toml: {rule.name} holds twice on {on}")
            rules[rule.name] = rule
    return Pack(law=law, on=on, rules=rules)
