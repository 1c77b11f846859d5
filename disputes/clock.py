"""Until when an answer is due. Pure: dates, rules and the calendar of working days come in.

Source: rules.md §11; Civil Code 201 (the day of receipt is not counted). A day on which the bank
must have acted never moves to a later one; a day until which a person may act does (203).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.kit.errors import Refused, gettext_noop
from portal.packs import Pack, Rule

CALENDAR, WORKING, CYCLES = "calendar days", "working days", "billing cycles"
DAY = timedelta(days=1)
IsWorking = Callable[[date], bool]


@dataclass(frozen=True)
class Due:
    """When an answer is due by a rule, counted from receipt. `value` is in `unit`."""

    rule: str
    value: int
    unit: str
    due_on: date  # the last lawful day
    plan_on: date  # the last working day by then: what is promised


def last_day(counted_from: date, value: int, unit: str, *, is_working: IsWorking) -> date:
    """Return the last day of a time that begins the day after `counted_from`.

    Working days: day 1 is the first working day after receipt.
    Errors: ValueError for a unit that is not counted in days.
    """
    if unit == CALENDAR:
        return counted_from + value * DAY
    if unit != WORKING:
        raise ValueError(unit)
    day = counted_from
    for _ in range(value):
        day = next_working(day + DAY, is_working=is_working)
    return day


def next_working(day: date, *, is_working: IsWorking) -> date:
    """Return the day itself, or the first working day after it."""
    while not is_working(day):
        day += DAY
    return day


def working_day_by(day: date, *, not_before: date, is_working: IsWorking) -> date:
    """Return the last working day up to `day`; `day` itself if there is none."""
    on = day
    while on > not_before:
        if is_working(on):
            return on
        on -= DAY
    return day


def end_of_cycles(counted_from: date, cycles: int, *, statement_day: int) -> date:
    """Return the end of so many complete billing cycles after receipt.

    The cycle that runs on the day of receipt is not complete and does not count; received on a
    day of closing, it is the one that closes. A month that lacks the statement's day closes on
    its last one. Source: 12 CFR 1026.13(c)(2).
    """
    closings: list[date] = []
    month = counted_from.replace(day=1)
    while len(closings) <= cycles:
        after = (month + 31 * DAY).replace(day=1)
        closing = min(month + (statement_day - 1) * DAY, after - DAY)
        if closing >= counted_from:
            closings.append(closing)
        month = after
    return closings[cycles]


def due(
    rule: Rule,
    *,
    counted_from: date,
    is_working: IsWorking,
    stood: int = 0,
    cycles: Rule | None = None,
    statement_day: int = 1,
) -> Due:
    """Return when an answer is due by a rule. An extension is counted from receipt as well.

    `stood`: for how long the clock stood, in the rule's unit. `cycles`: a rule that ends the time
    after so many complete billing cycles, if that is sooner (in the US, 1026.13(c)(2)).
    """
    value = rule.value + stood
    end, unit, id = (
        last_day(counted_from, value, rule.unit, is_working=is_working), rule.unit, rule.id,
    )  # fmt: skip
    if cycles:
        sooner = end_of_cycles(counted_from, cycles.value, statement_day=statement_day)
        if sooner < end:
            end, value, unit, id = sooner, cycles.value, cycles.unit, cycles.id
    planned = working_day_by(end, not_before=counted_from, is_working=is_working)
    return Due(id, value, unit, end, planned)


def right_until(counted_from: date, rule: Rule, *, is_working: IsWorking) -> date:
    """Return the last day on which a person may still act; it moves on from a day off (203)."""
    end = last_day(counted_from, rule.value, rule.unit, is_working=is_working)
    return next_working(end, is_working=is_working)


def days_between(start: date, end: date, unit: str, *, is_working: IsWorking) -> int:
    """Count the days from `start` up to, not including, `end`, in the unit of a rule."""
    days = [start + n * DAY for n in range((end - start).days)]
    return len(days) if unit != WORKING else sum(map(is_working, days))


def share_used(*, counted_from: date, plan_on: date, on: date) -> int:
    """Return how much of the promised time is over, in whole per cent; 100 from that day on."""
    whole, gone = (plan_on - counted_from).days, (on - counted_from).days
    if gone >= whole:
        return 100
    return max(0, gone * 100 // whole)


def mark_reached(share: int, marks: Sequence[int]) -> int:
    """Return the highest mark that a share of the time has reached; 0 for none."""
    return max((mark for mark in marks if mark <= share), default=0)


# == extensions


def chain(pack: Pack, matter: str, *, round: int) -> list[Rule]:
    """Return the rules of an answer: the first, then each that an extension leads to."""
    names = pack["clock.review" if round > 1 else f"clock.{matter}"].value
    return [pack[name] for name in names]


def extension_after(rule: str, rules: Sequence[Rule]) -> Rule | None:
    """Return the next longer rule after the one with this id; None if the time cannot grow."""
    ids = [each.id for each in rules]
    at = ids.index(rule) + 1 if rule in ids else len(ids)
    return rules[at] if at < len(rules) else None


def check_extension(
    rule: str, rules: Sequence[Rule], *, due_on: date, on: date, news: bool, needs_news: bool
) -> Rule:
    """Return the rule that an extension leads to. `news`: the person sent something new.

    Errors: Refused with the id of the rule that holds now if no law lengthens it; CLOCK-LATE on
    the due day and after; the next rule's id if that needs news and there is none.
    """
    longer = extension_after(rule, rules)
    if longer is None:
        raise Refused(rule, gettext_noop("The rules allow no more time for this answer."))
    if on >= due_on:
        raise Refused(
            "CLOCK-LATE", gettext_noop("More time can only be asked for before the due day.")
        )
    if needs_news and not news:
        raise Refused(
            longer.id,
            gettext_noop(
                "The rules allow more time only if the cardholder has sent new information."
            ),
        )
    return longer


# == the clock stands


def check_stop(may_stop: Rule, *, reason: str) -> None:
    """Errors: Refused with the rule's id if the law lets no clock stand; CLOCK-REASON."""
    if not may_stop.value:
        raise Refused(may_stop.id, gettext_noop("The rules do not let this clock stand."))
    check_reason(reason)


def check_reason(reason: str) -> None:
    """A deadline moves with a reason or not at all. Errors: Refused CLOCK-REASON."""
    if not reason.strip():
        raise Refused(
            "CLOCK-REASON", gettext_noop("Say why: the cardholder reads it in our letter.")
        )


def check_restart(restart_on: date, *, stopped_on: date, counted_from: date, on: date) -> None:
    """Errors: Refused CLOCK-RESTART for a day to come, before the stop, or before receipt."""
    if restart_on > on or restart_on < max(stopped_on, counted_from):
        raise Refused(
            "CLOCK-RESTART",
            gettext_noop(
                "The clock goes on from a day between the one on which it was stopped and today."
            ),
        )
