"""The budget as rules: pure. Amounts a month in one currency."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from portal.kit.money import ZERO, rounded

A_YEAR = {"week": 52, "fortnight": 26, "month": 12, "year": 1}  # how often an amount comes

# The parts of what is told, in the order of the task list. Those of SUMS hold rows of money.
BUDGET = ("household", "income", "bills", "living", "debts")
SECTIONS = ("why", *BUDGET, "needs")
SUMS = BUDGET[1:]
ROWS: dict[str, tuple[str, ...]] = {
    "income": ("wages", "business", "pension", "family", "other"),
    "bills": ("housing", "utilities", "phone", "insurance", "school", "other"),
    "living": ("food", "transport", "household", "children", "other"),
    "debts": ("cards", "loans", "family", "support", "other"),
}
# Whose answer bears on what: only this is to be checked again, and nothing is deleted.
BEARS_ON: dict[str, dict[str, tuple[str, ...]]] = {
    "household": {"adults": ("living",), "children": ("living",), "housing": ("bills",)}
}

NOT_STARTED, IN_PROGRESS, CHECK_AGAIN, COMPLETED = (
    "not_started", "in_progress", "check_again", "completed",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One amount as it was told: how much and how often; `unsure` if it is not known."""

    amount: Decimal | None = None
    every: str = "month"
    unsure: bool = False

    def monthly(self, currency: str) -> Decimal:
        """Return the amount a month, rounded half up once; nothing told counts as 0."""
        return monthly(self.amount, self.every, currency) if self.amount is not None else ZERO


@dataclass(frozen=True)
class Told:
    """What a person told: answers by section, as the forms keep them; nothing is invented.

    A section of money holds {row: {"amount": "1200.00", "every": "week", "unsure": False}}.
    `needs` is there only while its separate consent stands.
    """

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    currency: str = ""  # of every amount; "" until something was begun
    finished: frozenset[str] = frozenset()  # sections the person called complete
    again: frozenset[str] = frozenset()  # sections to check again: what they rest on changed
    versions: Mapping[str, int] = field(default_factory=dict)  # the save that wrote each section


@dataclass(frozen=True)
class Sums:
    """A budget so far. Amounts a month in `currency`."""

    currency: str
    income: Decimal
    outgoings: Decimal
    unsure: bool  # a row is not known: a first estimate
    unknown: bool  # an outgoing has not even a guess, and counts as 0: more may seem left

    @property
    def left(self) -> Decimal:
        return self.income - self.outgoings

    @property
    def short(self) -> Decimal:
        """What goes out beyond what comes in."""
        return -self.left


def monthly(amount: Decimal, every: str, currency: str) -> Decimal:
    """Return an amount a week, fortnight, month or year as one a month.

    A week is 52/12, a fortnight 26/12, a year 1/12 of a month; rounded half up once to the
    currency's smallest amount. Errors: KeyError for another frequency or an unknown currency.
    """
    return rounded(amount * A_YEAR[every] / 12, currency)


def rows(told: Told, section: str) -> dict[str, Row]:
    """Return the rows of a section that were told, in their order."""
    kept = told.answers.get(section, {})
    return {name: _row(kept[name]) for name in ROWS[section] if name in kept}


def _row(kept: dict[str, Any]) -> Row:
    amount = kept.get("amount")
    return Row(
        None if amount is None else Decimal(amount),
        kept.get("every", "month"),
        bool(kept.get("unsure")),
    )


def total(told: Told, section: str) -> Decimal:
    """Return what a section comes to a month."""
    return sum((row.monthly(told.currency) for row in rows(told, section).values()), ZERO)


def sums(told: Told) -> Sums:
    """Return the budget so far, whatever is still missing of it."""
    going_out = [section for section in SUMS if section != "income"]
    outgoings = sum((total(told, section) for section in going_out), ZERO)
    not_sure = [
        (section, row) for section in SUMS for row in rows(told, section).values() if row.unsure
    ]
    unknown = any(row.amount is None for section, row in not_sure if section in going_out)
    return Sums(told.currency, total(told, "income"), outgoings, bool(not_sure), unknown)


def left_each_month(told: Told, *, currency: str = "") -> Decimal | None:
    """Return income less outgoings a month; None while a needed section is missing.

    Needed are income, bills, living costs and debts, each completed and not to be checked again.
    None also if the budget is in another currency than `currency`; pass the account's.
    """
    if currency and currency != told.currency:
        return None
    if any(state(told, section) != COMPLETED for section in SUMS):
        return None
    return sums(told).left


def state(told: Told, section: str) -> str:
    """Return how far a section is."""
    if section not in told.answers:
        return NOT_STARTED
    if section in told.again:
        return CHECK_AGAIN
    return COMPLETED if section in told.finished else IN_PROGRESS


def saved(
    told: Told, section: str, answers: dict[str, Any], *, finished: bool, version: int
) -> Told:
    """Return what is told with one section saved anew.

    Sections that rest on a changed answer are to be checked again; the saved one is not.
    """
    again = (told.again | _touched(told, section, answers)) - {section}
    return replace(
        told,
        answers={**told.answers, section: answers},
        finished=told.finished | {section} if finished else told.finished - {section},
        again=again,
        versions={**told.versions, section: version},
    )


def _touched(told: Told, section: str, answers: dict[str, Any]) -> set[str]:
    was = told.answers.get(section)
    if was is None:
        return set()
    changed = [f for f in BEARS_ON.get(section, {}) if was.get(f) != answers.get(f)]
    return {on for f in changed for on in BEARS_ON[section][f] if on in told.answers}


def without(told: Told, section: str) -> Told:
    """Return what is told with a section deleted."""
    return replace(
        told,
        answers={name: kept for name, kept in told.answers.items() if name != section},
        finished=told.finished - {section},
        again=told.again - {section},
        versions={name: kept for name, kept in told.versions.items() if name != section},
    )
