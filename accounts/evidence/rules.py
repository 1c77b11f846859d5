"""What may be certified: which period, that the figures add up, that an account is settled.

Pure: dates, amounts and legal numbers come in as arguments. Ids are in docs/rules.md, "EV-".
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal

from accounts.book import ZERO, Bill, Components, Movement
from portal.kit.errors import Refused, gettext_noop

MONTHS = {"3m": 3, "6m": 6, "12m": 12, "24m": 24}
OWN = "own"
PRESETS = (*MONTHS, "this_year", "last_year", "all", OWN)  # the form has the words
PARTS = tuple(field.name for field in fields(Components))
DAY = timedelta(days=1)


def earliest(bills: Sequence[Bill], movements: Iterable[Movement], *, opened_on: date) -> date:
    """Return the first day of which the books say anything.

    That is the first posting or statement that the bank's system gave us. The day of opening
    counts only where neither exists: for the time between we could not say "no movements".
    """
    known = [bill.made_on for bill in bills[:1]] + [movement.on for movement in movements]
    return min(known, default=opened_on)


def period(preset: str, *, as_of: date, earliest: date) -> tuple[date, date]:
    """Return the first and last day of a preset, both included, cut to what the books hold.

    Errors: Refused EV-4 if nothing is left of it; KeyError for OWN or an unknown preset.
    """
    from_on, until_on = {
        "all": (earliest, as_of),
        "this_year": (date(as_of.year, 1, 1), as_of),
        "last_year": (date(as_of.year - 1, 1, 1), date(as_of.year - 1, 12, 31)),
        **{name: (_months_back(as_of, months) + DAY, as_of) for name, months in MONTHS.items()},
    }[preset]
    if earliest <= until_on:
        from_on = max(from_on, earliest)
    return check_period(from_on, until_on, as_of=as_of, earliest=earliest)


def check_period(
    from_on: date, until_on: date, *, as_of: date, earliest: date
) -> tuple[date, date]:
    """Return the period if the books hold every day of it.

    The end is the day of the feed at the latest, not today: of the days since, nobody could
    certify that nothing moved. Errors: Refused EV-4.
    """
    if from_on > until_on:
        raise Refused("EV-4", gettext_noop("The first day must not be after the last day."))
    if until_on > as_of:
        raise Refused(
            "EV-4",
            gettext_noop(
                "The books we hold end on %(as_of)s. Please choose that day or an earlier one."
            ),
            as_of=as_of,
        )
    if from_on < earliest:
        raise Refused(
            "EV-4",
            gettext_noop(
                "The books we hold begin on %(earliest)s. Please choose that day or a later one."
            ),
            earliest=earliest,
        )
    return from_on, until_on


def _months_back(on: date, months: int) -> date:
    """Return the same day so many months before, or that month's last day."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Difference:
    """One sum that does not come out: which (total, a component, a statement's day), by what."""

    what: str
    amount: Decimal


def reconcile(
    opening: Components,
    changes: Iterable[Components],
    closing: Components,
    *,
    amounts: Iterable[Decimal],
    statements: Iterable[tuple[date, Decimal]],
) -> list[Difference]:
    """Return every sum that does not come out to the last minor unit; nothing if all do.

    Opening + changes = closing for each component; opening + amounts = closing for the total;
    `statements`: each one's day and opening + postings − closing.
    """
    found = [Difference("total", opening.total + sum(amounts, ZERO) - closing.total)]
    moved = total_of(changes)
    for part in PARTS:
        left = getattr(opening, part) + getattr(moved, part) - getattr(closing, part)
        found.append(Difference(part, left))
    found += [Difference(on.isoformat(), left) for on, left in statements]
    return [difference for difference in found if difference.amount]


def total_of(changes: Iterable[Components]) -> Components:
    """Return the sum of changes, component by component."""
    sums = dict.fromkeys(PARTS, ZERO)
    for change in changes:
        for part in PARTS:
            sums[part] += getattr(change, part)
    return Components(**sums)


def divided(changes: Iterable[Components]) -> tuple[Components, Components]:
    """Return what raised and what lowered each component, the latter below zero."""
    raised, lowered = dict.fromkeys(PARTS, ZERO), dict.fromkeys(PARTS, ZERO)
    for change in changes:
        for part in PARTS:
            amount = getattr(change, part)
            (raised if amount > 0 else lowered)[part] += amount
    return Components(**raised), Components(**lowered)


def settled_on(opening: Decimal, balances: Iterable[tuple[date, Decimal]]) -> date | None:
    """Return the day on which the balance last came down to zero or below; None if never owed."""
    was, last = opening, None
    for on, balance in balances:
        if balance <= 0 < was:
            last = on
        was = balance
    return last


def statement_differences(
    bills: Sequence[Bill], movements: Sequence[Movement], *, until: date
) -> list[tuple[date, Decimal]]:
    """Return opening + postings − closing of each statement made up to a day.

    A statement that does not open where the one before closed differs by that, too. A statement's
    postings are those after the one before, up to its own day; the first takes all (feed.md).
    """
    found, last = [], bills[0].opening if bills else ZERO
    ordered, at = sorted(movements, key=lambda movement: movement.on), 0
    for bill in bills:
        posted = ZERO
        while at < len(ordered) and ordered[at].on <= bill.made_on:
            posted += ordered[at].amount
            at += 1
        if bill.made_on <= until:
            found.append((bill.made_on, bill.opening + posted - bill.closing))
            if bill.opening != last:
                found.append((bill.made_on, bill.opening - last))
        last = bill.closing
    return found


def check_reconciled(differences: Sequence[Difference]) -> None:
    """Errors: Refused EV-1, with the figures in `params["differences"]` for the staff."""
    if differences:
        figures = ", ".join(f"{each.what}: {each.amount}" for each in differences)
        raise Refused(
            "EV-1",
            gettext_noop(
                "The figures of this account do not add up to the last cent, so we have not "
                "certified them. This is our mistake, not yours: a colleague is looking into it."
            ),
            differences=figures,
        )


def for_staff(refused: Refused, *, longest: int = 400) -> str:
    """Return why a document was refused as staff need it: the rule, and the differing figures."""
    text = f"{refused.rule}: {refused.params.get('differences') or refused}"
    return text if len(text) <= longest else f"{text[: longest - 2]} …"


def check_settled(owed: Components, *, said: str) -> None:
    """Errors: Refused EV-2 if anything is owed; `said` is the balance as people read it.

    Settled means that nothing is owed, component by component. Money that the bank owes the
    person (principal below zero), an open dispute or a plan's hold do not stand against it.
    """
    if any(getattr(owed, part) > 0 for part in PARTS):
        raise Refused(
            "EV-2",
            gettext_noop(
                "This account is not settled yet: %(balance)s is still open. As soon as our books "
                "show that nothing is owed, you can have this certificate."
            ),
            balance=said,
        )
