"""How repayments meet instalments, and what follows: pure, to be read aloud."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

ZERO = Decimal(0)
DAY = timedelta(days=1)
POSTED_WITHIN = 3 * DAY  # banks post what is paid on a Friday evening on the Monday
FRESH = 7 * DAY  # in books that are older, what was paid since cannot be seen


@dataclass(frozen=True)
class Paid:
    """A repayment that reached the account: its day and its amount, above zero."""

    on: date
    amount: Decimal


@dataclass(frozen=True)
class Awaited:
    """An instalment as it stands: `day` is its due day, a move by the cardholder included."""

    position: int
    day: date
    amount: Decimal


@dataclass(frozen=True)
class Met:
    """How far an instalment is met."""

    awaited: Awaited
    paid: Decimal
    paid_on: date | None  # when it was met in full

    @property
    def short(self) -> Decimal:
        return self.awaited.amount - self.paid


def match(awaited: Sequence[Awaited], repayments: Sequence[Paid]) -> tuple[list[Met], Decimal]:
    """Return how far each instalment is met, in order, and what was paid beyond them all.

    Whatever is paid, and in however many goes, meets the instalments in their order: what is due,
    and then those that come next. Nobody is late who has paid all that is due by then.
    """
    met = [Met(each, ZERO, None) for each in awaited]
    beyond = ZERO
    for on, left in paid_by_day(repayments):
        for place, one in enumerate(met):
            if took := min(left, one.short):
                full = on if took == one.short else None
                met[place] = Met(one.awaited, one.paid + took, full)
                left -= took
        beyond += left
    return met, beyond


def lacking(met: Sequence[Met], spare: Decimal) -> list[Met]:
    """Return the instalments that lack something, less one that was paid but for `spare` at most.

    Such a rest is too small for anything to follow from it; only the last one begun can have one.
    """
    return [one for one in met if one.short and not (one.paid and one.short <= spare)]


def paid_by_day(repayments: Sequence[Paid]) -> list[tuple[date, Decimal]]:
    """Return what was paid on each day, in order."""
    days: dict[date, Decimal] = defaultdict(Decimal)
    for each in repayments:
        days[each.on] += each.amount
    return sorted(days.items())


@dataclass(frozen=True)
class Promise:
    """What an agreement says of payments that do not come. Days are calendar days."""

    lateness_allowed: int  # days after a due day before a payment counts as missed
    missed_allowed: int  # missed payments at a time before the notice of breach
    remedy_days: int  # from the notice to the last day on which it can be put right


class Stop(NamedTuple):
    """Days that do not count: from the day a hold was placed to the day before it was lifted."""

    from_on: date
    until_on: date | None = None  # the day it was lifted; None: it was not


def days_stopped(stops: Sequence[Stop], *, after: date, up_to: date) -> int:
    """Return how many days behind `after`, up to and with `up_to`, any hold stood; each once."""
    stopped, counted = 0, after + DAY
    for stop in sorted(stops, key=lambda stop: stop.from_on):
        first = max(stop.from_on, counted)
        end = min(stop.until_on or date.max, up_to + DAY)
        if first < end:
            stopped += (end - first).days
            counted = end
    return stopped


def is_stopped(stops: Sequence[Stop], *, on: date) -> bool:
    """Tell whether the clock stands on a day."""
    return days_stopped(stops, after=on - DAY, up_to=on) > 0


def days_late(day: date, *, on: date, stops: Sequence[Stop]) -> int:
    """Return the days from a due day to the end of `on`, less those on which the clock stood."""
    return max(0, (on - day).days - days_stopped(stops, after=day, up_to=on))


def late(met: Sequence[Met], *, on: date, stops: Sequence[Stop]) -> list[Met]:
    """Return the instalments that should have been met before `on` and were not."""
    return [m for m in met if m.short and days_late(m.awaited.day, on=on, stops=stops)]


def missed(met: Sequence[Met], promise: Promise, *, on: date, stops: Sequence[Stop]) -> list[Met]:
    """Return the instalments that are late for longer than the agreement allows."""
    most = promise.lateness_allowed
    return [m for m in met if m.short and days_late(m.awaited.day, on=on, stops=stops) > most]


def remedy_until(noticed_on: date, promise: Promise, *, on: date, stops: Sequence[Stop]) -> date:
    """Return the last day to put a breach right; days on which the clock stood, up to `on`, add."""
    ended = [Stop(stop.from_on, stop.until_on or on + DAY) for stop in stops]
    first = last = noticed_on + timedelta(days=promise.remedy_days)
    while (longer := first + DAY * days_stopped(ended, after=noticed_on, up_to=last)) != last:
        last = longer
    return last


class Step(Enum):
    """What follows from how a plan is kept."""

    GO_ON = "go_on"
    NOTICE = "notice"
    CURED = "cured"
    BROKEN = "broken"
    COMPLETED = "completed"


def follows(
    met: Sequence[Met],
    promise: Promise,
    *,
    on: date,
    stops: Sequence[Stop],
    noticed_on: date | None = None,
    asked: Sequence[Stop] = (),
    spare: Decimal = ZERO,
) -> Step:
    """Return what follows at the end of `on`, the day up to which the bank knows.

    A breach: more than `missed_allowed` payments missed at a time, or all that is left to be paid.
    It is cured when those that were missed by the notice no longer make one; what was missed later
    needs a notice of its own. Days on which a change was `asked` for add to the remedy; behind its
    last day POSTED_WITHIN passes before the end: what was paid by then has shown.
    While the clock stands there is no notice and no end. A rest of `spare` breaks nothing.
    """
    if all(not one.short for one in met):
        return Step.COMPLETED
    met = lacking(met, spare)
    then = missed(met, promise, on=min(noticed_on or on, on), stops=stops)
    breach = is_breach(then, met, promise)
    if noticed_on and not breach:
        return Step.CURED
    if not breach or is_stopped(stops, on=on):
        return Step.GO_ON
    if noticed_on is None:
        return Step.NOTICE
    until = remedy_until(noticed_on, promise, on=on, stops=[*stops, *asked])
    return Step.BROKEN if on > until + POSTED_WITHIN else Step.GO_ON


def is_breach(missed: Sequence[Met], met: Sequence[Met], promise: Promise) -> bool:
    """Tell whether what was missed is too much: more than allowed, or nothing else is to come."""
    left = sum(bool(one.short) for one in met)
    return len(missed) > promise.missed_allowed or 0 < left == len(missed)


def asks_too_much(
    met: Sequence[Met], total: Decimal, *, on: date, overdue: Decimal, credited: Decimal
) -> bool:
    """Tell whether a plan of `total` asks for more than is owed of its sum.

    It asks for what is due by `on`, or else for its next payment. `credited`: what the bank
    credited since, repayments apart; none of it may have been the plan's, so what the account has
    `overdue` counts where that is more.
    """
    left = max(ZERO, total - sum((one.paid for one in met), ZERO))
    due = [one.short for one in met if one.short and one.awaited.day <= on]
    to_come = [one.short for one in met if one.short and one.awaited.day > on]
    return min(sum(due or to_come[:1], ZERO), left) > max(overdue, left - credited)


def notice_if_nothing_comes(
    met: Sequence[Met], promise: Promise, *, on: date, stops: Sequence[Stop]
) -> date | None:
    """Return the day from which a notice would follow if no more was paid; None if none would."""
    short = sorted(one.awaited.day for one in met if one.short)
    if not short:
        return None
    day = short[min(promise.missed_allowed, len(short) - 1)]
    ended = [Stop(stop.from_on, stop.until_on or on + DAY) for stop in stops]
    first = last = day + timedelta(days=promise.lateness_allowed + 1)
    while (longer := first + DAY * days_stopped(ended, after=day, up_to=last)) != last:
        last = longer
    return last


Credits = list[tuple[date, Decimal]]  # what was paid on each day, in order


class Settled(NamedTuple):
    """A plan with interest was settled early: its last day, what of it was needed, and the rest."""

    on: date
    needed: Decimal
    beyond: Decimal  # that day, and all that came later


def settled_on(
    repayments: Sequence[Paid], payable: Callable[[Credits, date], Decimal]
) -> Settled | None:
    """Return how a plan with interest was settled early; None if it was not.

    `payable(before, on)` says what settles it on a day, after what was paid before that day.
    """
    credits = paid_by_day(repayments)
    for place, (on, amount) in enumerate(credits):
        if amount >= (needed := payable(credits[:place], on)):
            later = sum((more for _, more in credits[place + 1 :]), ZERO)
            return Settled(on, needed, amount - needed + later)
    return None


@dataclass(frozen=True)
class Reckoning:
    """What is due when a plan ends early: what it covered, as if nothing had been waived.

    Never more than the whole account owed then.
    """

    overdue: Decimal  # undisputed, when the plan was offered
    interest: Decimal  # of the plan, in the instalments that were due by the end
    paid: Decimal
    owed: Decimal  # the account's balance

    @property
    def left(self) -> Decimal:
        return max(ZERO, self.overdue + self.interest - self.paid)

    @property
    def due(self) -> Decimal:
        return max(ZERO, min(self.left, self.owed))

    @property
    def beyond(self) -> Decimal:
        """What of it the account did not owe any more: it is not asked for."""
        return self.left - self.due
