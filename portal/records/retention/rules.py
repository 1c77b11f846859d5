"""How long something is kept: the longest of the periods that fit it. docs/retention.md.

Pure: the rules of the pack, the bank's own days and every date come in as arguments.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from portal.packs import Pack, Rule

OWN = "POLICY"  # the id of a period that the bank has set itself


def fitting(names: Sequence[str], pack: Pack, own: Mapping[str, int]) -> list[Rule]:
    """Return every period that fits: those of the pack, and the bank's own in days, by name.

    What the bank sets replaces a rule of grade C, which is only our reading; beside any other
    rule it can lengthen but never shorten. Errors: LookupError if nothing says how long.
    """
    rules = list(_fitting(names, pack, own))
    if not rules:
        raise LookupError(f"neither the pack {pack.law} nor RETENTION_DAYS has any of {names}")
    return rules


def _fitting(names: Sequence[str], pack: Pack, own: Mapping[str, int]) -> Iterator[Rule]:
    for name in names:
        rule = pack.rules.get(name)
        if rule and not (rule.grade == "C" and name in own):
            yield rule
        if name in own:
            yield Rule(OWN, name, own[name], "days", "RETENTION_DAYS", "C", date.min)


def free_from(ended_on: date, rules: Sequence[Rule]) -> date:
    """Return the first day on which something that ended on a day may be deleted.

    The day it ended on is not counted and the last day is kept whole (民法典 arts 201 to 203); a
    year ends on the same date, or on 28 February where there is no 29th.
    """
    return max(_last_day(ended_on, rule) for rule in rules) + timedelta(days=1)


def before(on: date, rules: Sequence[Rule]) -> date:
    """Return the day before which something must have ended to be deleted on a day."""
    return min(_before(on, rule) for rule in rules)


def longest(on: date, rules: Sequence[Rule]) -> Rule:
    """Return the rule that decides on a day: the one that reaches back furthest."""
    return min(rules, key=lambda rule: _before(on, rule))


def _last_day(ended_on: date, rule: Rule) -> date:
    if not in_years(rule):
        return ended_on + timedelta(days=rule.value)
    year = ended_on.year + rule.value
    try:
        return ended_on.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def _before(on: date, rule: Rule) -> date:
    if not in_years(rule):
        return on - timedelta(days=rule.value)
    try:
        return on.replace(year=on.year - rule.value)
    except ValueError:
        return date(on.year - rule.value, 3, 1)


def in_years(rule: Rule) -> bool:
    """Errors: ValueError for a unit that is neither years nor days."""
    unit = rule.unit.split()[0].rstrip(",")
    if unit not in ("years", "days"):
        raise ValueError(f"{rule.id}: {rule.unit!r} is no period of retention")
    return unit == "years"
