"""When a contact was allowed: hours, counts and what the person permits. Pure.

Times are wall-clock times of the place (settings.TIME_ZONE), which every caller converts to: the
portal takes it to be where the person is. Rules come from the pack of the contact's own day, so
what happened before a rule began is not measured by it.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from portal.kit.errors import Refused, gettext_noop
from portal.packs import Pack, Rule

BANK, CALL, LETTER = "bank", "call", "letter"
MIDNIGHT = time.max  # the end of a day, written 24:00: a time of day cannot say it otherwise

# What a contact is marked for. The first three are rules of law, the others the person's own wish.
QUIET, COUNT, PAUSE, HOURS, CHANNEL = "quiet", "count", "pause", "hours", "channel"


class Attempt(NamedTuple):
    """A contact as the rules see it; `at` is on the clock of the place."""

    id: int
    at: datetime
    channel: str
    by: str  # `bank`, or an agency's code
    account: int
    outcome: str = ""  # in the words of the feed


class Permitted(NamedTuple):
    """What someone permits: from `earliest` until before `latest`, by these channels."""

    earliest: time
    latest: time
    channels: frozenset[str]
    made_at: datetime | None = None  # on the clock of the place; None: never chosen

    def hours(self, at: time) -> bool:
        return self.earliest <= at < self.latest

    def same(self, other: "Permitted") -> bool:
        return self[:3] == other[:3]


@dataclass(frozen=True)
class Limits:
    """What the rules say on one day. `quiet` is None where no rule sets hours; `most` likewise."""

    quiet: Rule | None
    agreement: bool  # whether someone may agree to contact in the quiet hours
    timed: frozenset[str]  # channels to which hours apply
    most: Rule | None
    days: int
    each_debt: bool  # calls are counted by collector and debt, not for the person as a whole
    binds: frozenset[str]  # bank, agency
    pause: Rule | None = None  # the days after a conversation without a call
    conversations: frozenset[str] = frozenset()  # outcomes that tell of one, in small letters

    @classmethod
    def of(cls, pack: Pack) -> "Limits":
        def value(name: str, otherwise: Any) -> Any:
            rule = pack.rules.get(name)
            return rule.value if rule else otherwise

        return cls(
            quiet=pack.rules.get("contact.quiet_hours"),
            agreement=value("contact.quiet_unless_agreed", False),
            timed=frozenset(value("contact.timed_channels", ())),
            most=pack.rules.get("contact.calls_most"),
            days=value("contact.calls_days", 1),
            each_debt=value("contact.calls_counted", "debtor") != "debtor",
            binds=frozenset(value("contact.binds", ())),
            pause=pack.rules.get("contact.calls_pause"),
            conversations=frozenset(value("contact.conversations", ())),
        )

    @property
    def open(self) -> tuple[time, time]:
        """From when until before when anyone may be contacted. Quiet hours cross midnight."""
        if self.quiet is None:
            return time.min, MIDNIGHT
        begin, end = (time.fromisoformat(text) for text in self.quiet.value)
        return end, begin

    def is_quiet(self, at: time) -> bool:
        earliest, latest = self.open
        return self.quiet is not None and not earliest <= at < latest

    def bind(self, by: str) -> bool:
        return (BANK if by == BANK else "agency") in self.binds

    @property
    def reach(self) -> int:
        """How many days back a call may matter for one of this day, the day itself included."""
        return max(self.days, self.pause.value if self.pause else 0)

    def talked(self, call: Attempt) -> bool:
        """Tell whether a call became a conversation, as far as its outcome says so."""
        return call.outcome.strip().casefold() in self.conversations

    def group(self, call: Attempt) -> object:
        """Return what a call counts for together with others."""
        return (call.by, call.account) if self.each_debt else None


LimitsOn = Callable[[date], Limits]


@dataclass(frozen=True)
class Mark:
    """Why a contact is marked. `rule` is None where only the person's own wish was not kept."""

    kind: str
    rule: Rule | None = None
    limits: Limits | None = None
    number: int = 0  # which call it was, of those that are counted together
    choice: Permitted | None = None
    talked_on: date | None = None  # the day of the conversation before it


def usual(limits: Limits, channels: Iterable[str]) -> Permitted:
    """Return what holds for someone who has chosen nothing: the lawful hours, every channel."""
    return Permitted(*limits.open, frozenset(channels))


def choice_at(choices: Sequence[Permitted], at: datetime) -> Permitted | None:
    """Return what had been chosen last when something happened; `choices` oldest first."""
    made = [choice.made_at for choice in choices if choice.made_at]
    return choices[i - 1] if (i := bisect_right(made, at)) else None


def numbered(calls: Iterable[Attempt], limits_on: LimitsOn) -> dict[int, int]:
    """Return which call each one was among those counted together up to it (CN-COL-07, US-02).

    `calls` are all of one person from the first day that counts, in any order; what is no call, or
    whom no rule binds, has no number. Calls at the same minute count in the order of their ids.
    """
    groups: dict[object, deque[date]] = {}
    found: dict[int, int] = {}
    for call in sorted(calls, key=lambda each: (each.at, each.id)):
        on = call.at.date()
        limits = limits_on(on)
        if call.channel != CALL or limits.most is None or not limits.bind(call.by):
            continue
        group = groups.setdefault(limits.group(call), deque())
        while group and group[0] <= on - timedelta(days=limits.days):
            group.popleft()
        group.append(on)
        found[call.id] = len(group)
    return found


def too_soon(calls: Iterable[Attempt], limits_on: LimitsOn) -> dict[int, date]:
    """Return the calls made in the days after a conversation, with its day (US-02c).

    The conversation's own day is the first of them: a second call on it is one too. `calls` as for
    numbered(); those that count together there have their conversations together too.
    """
    talks: dict[object, date] = {}
    found: dict[int, date] = {}
    for call in sorted(calls, key=lambda each: (each.at, each.id)):
        on = call.at.date()
        limits = limits_on(on)
        if call.channel != CALL or limits.pause is None or not limits.bind(call.by):
            continue
        talked_on = talks.get(group := limits.group(call))
        if talked_on and on < talked_on + timedelta(days=limits.pause.value):
            found[call.id] = talked_on
        if limits.talked(call):
            talks[group] = on
    return found


def marks(
    attempt: Attempt,
    *,
    number: int,
    choices: Sequence[Permitted],
    limits_on: LimitsOn,
    talked_on: date | None = None,
) -> tuple[Mark, ...]:
    """Return why a contact is marked, rules of law first.

    `number` as numbered() has it, or 0; `talked_on` as too_soon() has it.
    A contact in the quiet hours to which the person had agreed is not marked for its hour.
    """
    limits, choice = limits_on(attempt.at.date()), choice_at(choices, attempt.at)
    found: list[Mark] = []
    if attempt.channel in limits.timed:
        at = attempt.at.time()
        if limits.bind(attempt.by) and limits.is_quiet(at) and not _agreed(choice, at, limits_on):
            found.append(Mark(QUIET, limits.quiet, limits))
        elif choice and not choice.hours(at):
            found.append(Mark(HOURS, limits=limits, choice=choice))
    if limits.most and number > limits.most.value:
        found.append(Mark(COUNT, limits.most, limits, number))
    if talked_on:
        found.append(Mark(PAUSE, limits.pause, limits, talked_on=talked_on))
    if choice and attempt.channel not in choice.channels:
        found.append(Mark(CHANNEL, limits=limits, choice=choice))
    return tuple(found)


def _agreed(choice: Permitted | None, at: time, limits_on: LimitsOn) -> bool:
    """Tell whether someone agreed to a quiet hour: it was one when chosen, and could be agreed to.

    A choice of what was then the lawful day agrees to nothing, should the law get stricter later.
    """
    if choice is None or choice.made_at is None or not choice.hours(at):
        return False
    then = limits_on(choice.made_at.date())
    return then.agreement and then.is_quiet(at)


def agrees(wish: Permitted, limits: Limits) -> bool:
    """Tell whether a wish reaches into the quiet hours, so that it needs an express agreement."""
    earliest, latest = limits.open
    return wish.earliest < earliest or wish.latest > latest


def check(wish: Permitted, limits: Limits, *, agreed: bool) -> None:
    """Errors: Refused for hours in disorder, or in the quiet hours beyond what law lets one permit.

    CONTACT-1: until is not after from. The quiet hours' own id: no agreement is possible, or it
    was not given.
    """
    if wish.earliest >= wish.latest:
        raise Refused(
            "CONTACT-1", gettext_noop("The first time must lie before the second. Choose again.")
        )
    if not agrees(wish, limits) or limits.quiet is None:
        return
    earliest, latest = (clock(each) for each in limits.open)
    if not limits.agreement:
        text = gettext_noop("Choose times between %(earliest)s and %(latest)s.")
        raise Refused(limits.quiet.id, text, earliest=earliest, latest=latest)
    if not agreed:
        text = gettext_noop(
            "These times reach beyond %(earliest)s to %(latest)s. If you want that, say so below; "
            "otherwise choose times between them."
        )
        raise Refused(limits.quiet.id, text, earliest=earliest, latest=latest)


def clock(at: time) -> str:
    """Write a time of day as 08:00; the end of the day is 24:00."""
    return "24:00" if at == MIDNIGHT else f"{at:%H:%M}"


def told(choice: Permitted) -> Mapping[str, Any]:
    """Return a choice as the bank's systems read it (feed.md §2, contact.changed)."""
    return {
        "from": clock(choice.earliest),
        "until": clock(choice.latest),
        "channels": sorted(choice.channels),
    }
