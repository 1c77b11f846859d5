"""The ledger walked day by day: what each posting did to each component, and when it was late.

Pure. The sums are those of accounts.book, which the account page uses too; gather() checks that
both end at the same figures. It is walked twice: posting by posting, as things stood on the day;
then for lateness, as known at the end, when a payment that came back has never been (EV-E).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from accounts.book import ZERO, Bill, Book, Components, Movement, in_order
from accounts.rules import month_end
from portal.packs import Rule

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """One posting and what it did. `days_late` is the count when its day began (CN-ACC-01).

    `order`: named_first, charges_first or principal_first for a credit; "" for anything else.
    """

    movement: Movement
    days_late: int
    order: str
    change: Components
    balance: Decimal
    bill: int  # whose paid sum it raised; −1 for none
    undoes: Decimal  # how much of a credit came to nothing with it


@dataclass(frozen=True)
class Spell:
    """A time without a break in which a minimum was missing: from its due date to the cure."""

    since: date
    days: int  # up to the cure, or to the day up to which was walked
    cured_on: date | None  # None: not yet


@dataclass(frozen=True)
class DayEnd:
    """How late an account was when a month, or the whole walk, ended."""

    on: date
    days: int
    overdue: Decimal


@dataclass(frozen=True)
class Walked:
    """`missing`: by bill, what was missing of its minimum when its due date ended.

    `came_back`: by a credit's reference, how much of it had come to nothing at the end.
    """

    steps: list[Step]
    spells: list[Spell]
    month_ends: list[DayEnd]
    missing: dict[int, Decimal]
    came_back: Mapping[str, Decimal]
    parts: Components


def walk(
    bills: Sequence[Bill], movements: Sequence[Movement], *, until: date, rule: Rule
) -> Walked:
    """Walk a ledger to the end of `until`. Bills in order; `rule` is CN-ACC-01's day count."""
    book = Book.opened(bills)
    book.bills = bills = [bill for bill in bills if bill.made_on <= until]
    steps = _steps(book, [m for m in in_order(movements) if m.on <= until], rule)
    came_back: dict[str, Decimal] = defaultdict(Decimal)
    for step in steps:
        if step.undoes:
            came_back[step.movement.reverses] += step.undoes
    known = _Known(Book.opened(bills), came_back)
    known.walk(steps, until)
    return Walked(
        steps, known.spells, known.month_ends(), known.missing, came_back,
        Components(**book.parts),
    )  # fmt: skip


def _steps(book: Book, movements: Iterable[Movement], rule: Rule) -> list[Step]:
    steps, today, late = [], date.min, 0
    for movement in movements:
        if movement.on != today:
            today, late = movement.on, book.days_past_due(movement.on)
        steps.append(_step(book, movement, late, late >= rule.value))
    return steps


def _step(book: Book, movement: Movement, late: int, principal_first: bool) -> Step:
    before, standing = dict(book.parts), book.standing.get(movement.reverses, ZERO)
    order = book.order_of(movement, principal_first=principal_first)
    book.post(movement, principal_first=principal_first)
    change = Components(**{part: book.parts[part] - before[part] for part in before})
    bill = book.credits[movement.ref][0] if order else -1
    undoes = standing - book.standing.get(movement.reverses, ZERO)
    return Step(movement, late, order, change, book.balance, bill, undoes)


@dataclass
class _Known:
    """Lateness as known at the end. The book only carries the balance and what was paid."""

    book: Book
    came_back: Mapping[str, Decimal]
    spells: list[Spell] = field(default_factory=list)
    ends: list[tuple[date, Decimal]] = field(default_factory=list)
    missing: dict[int, Decimal] = field(default_factory=dict)

    def walk(self, steps: Iterable[Step], until: date) -> None:
        of_day, due = defaultdict(list), defaultdict(list)
        for step in steps:
            of_day[step.movement.on].append(step)
        for index, bill in enumerate(self.book.bills):
            due[bill.due_on].append(index)
        for on in _days(of_day, self.book.bills, until):
            for step in of_day.get(on, ()):
                self.take(step)
            self.note_spell(on)
            if on == month_end(on) or on == until:
                self.ends.append((on, self.book.overdue(on)))
            for index in due.get(on, ()):
                self.missing[index] = self.book.missing(index)

    def take(self, step: Step) -> None:
        """Take in what is left of a posting: a credit that came back is none, nor its return."""
        ref = step.movement.ref
        lowered = self.came_back.get(ref, ZERO) - step.undoes
        self.book.parts["principal"] += step.movement.amount + lowered
        if step.bill >= 0:
            self.book.paid[step.bill] -= step.movement.amount + lowered

    def note_spell(self, on: date) -> None:
        """Begin, go on with or end a spell; one that begins within others is one with them."""
        run = self.book.missed(on)
        if run:
            since = self.book.bills[run[0]].due_on
            while self.spells and since < (self.spells[-1].cured_on or date.max):
                since = min(since, self.spells.pop().since)
            self.spells.append(Spell(since, (on - since).days, None))
        elif self.spells and self.spells[-1].cured_on is None:
            since = self.spells[-1].since
            self.spells[-1] = Spell(since, (on - since).days, on)

    def month_ends(self) -> list[DayEnd]:
        """Return how late it was at each end, in the spells' own words."""
        return [DayEnd(on, self._days_late(on), overdue) for on, overdue in self.ends]

    def _days_late(self, on: date) -> int:
        within = (s for s in self.spells if s.since < on < (s.cured_on or date.max))
        return max(((on - spell.since).days for spell in within), default=0)


def _days(of_day: Iterable[date], bills: Sequence[Bill], until: date) -> list[date]:
    """Return the days on which something can change, the ends of months, and the last day."""
    days = {*of_day, *(b.due_on for b in bills), *(b.due_on + DAY for b in bills), until}
    end = month_end(min(days))
    while end <= until:
        days.add(end)
        end = month_end(end + DAY)
    return sorted(day for day in days if day <= until)
