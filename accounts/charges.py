"""Each interest and fee posting recomputed from the account's own terms; explain.py offers it.

Pure, like rules.py. docs/rules.md has each rule id. Amounts are in the account's currency.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from accounts.book import ZERO, Bill, Book, Components, Movement, fold, in_order
from portal.kit.money import rounded
from portal.packs import Rule

DAY = timedelta(days=1)
BEARS_NONE = frozenset({"default_sum", "fees"})  # CN-ACC-07
RULES = {"interest": "ACC-13", "late_fee": "ACC-15", "annual_fee": "ACC-16", "other_fee": "ACC-16"}


class Terms(NamedTuple):
    """What the account's contract says. Rates are fractions: 0.0005 is 0.05 % a day."""

    currency: str
    daily_rate: Decimal
    late_fee_rate: Decimal
    minimum_rate: Decimal
    interest_basis: str  # full, unpaid


@dataclass(frozen=True)
class Books:
    """The ledger of one account as of a day. `rule` is CN-ACC-01's day count."""

    bills: Sequence[Bill]
    movements: Sequence[Movement]
    as_of: date
    rule: Rule

    @cached_property
    def folded(self) -> Book:
        return fold(self.bills, self.movements, principal_first_from=self.rule)

    @cached_property
    def by_ref(self) -> dict[str, Movement]:
        return {movement.ref: movement for movement in self.movements}

    @cached_property
    def corrections(self) -> dict[str, list[Movement]]:
        """Return by charge the credits that correct it, in order (ACC-3)."""
        found: dict[str, list[Movement]] = {}
        for movement in in_order(self.movements):
            if movement.amount < 0 and (corrected := self.charge_of(movement)):
                found.setdefault(corrected.ref, []).append(movement)
        return found

    def charge_of(self, movement: Movement) -> Movement | None:
        """Return the charge a movement corrects, however many corrections lie between (ACC-3).

        None where it corrects none; corrections that name each other in a ring correct none either.
        """
        seen: set[str] = set()
        while movement.ref not in seen and (named := self.by_ref.get(movement.reverses)):
            if named.kind in RULES and named.amount >= 0:
                return named
            seen.add(movement.ref)
            movement = named
        return None

    def until(self, on: date) -> "Books":
        """Return the books as they stood at the end of a day."""
        bills = [bill for bill in self.bills if bill.made_on <= on]
        return Books(bills, [m for m in self.movements if m.on <= on], on, self.rule)

    def counted(self, index: int) -> tuple["Counted", ...]:
        """Return in order what counts towards a bill (ACC-1), the returns of it included."""
        amounts = self.folded.counted_since(index)
        found = in_order(self.by_ref[ref] for ref in amounts)
        return tuple(Counted(movement, amounts[movement.ref]) for movement in found)


class Stretch(NamedTuple):
    """Days in a row on which the same sum bore interest; both ends count."""

    first: date
    last: date
    days: int
    base: Decimal
    exact: Decimal  # base × rate × days, not rounded
    because: tuple["Counted", ...] = ()  # what changed the base on `first`


class Counted(NamedTuple):
    """A movement that lowers or raises a sum that is explained."""

    movement: Movement
    amount: Decimal  # what of it counts, with the sign it has in the sum


@dataclass(frozen=True)
class Charge:
    """One interest or fee posting beside what our own rules make of it.

    `ours` is None where we have no rule or cannot say: `reason` then says why. A code of `reason`
    is also given where nothing is due: the page has the words (docs/rules.md has the codes).
    """

    posting: Movement
    rule: str  # the id in docs/rules.md
    ours: Decimal | None
    exact: Decimal | None = None  # before it was rounded once
    rate: Decimal | None = None
    bill: Bill | None = None  # the one it was charged on
    until: date | None = None  # interest: the last day of the period, that of the next bill
    left_out: Components | None = None  # parts of that bill which bear no interest (CN-ACC-07)
    stretches: tuple[Stretch, ...] = ()  # interest
    counted: tuple[Counted, ...] = ()  # default sum: what was paid in time of the minimum
    missing: Decimal | None = None  # default sum: of the minimum when the due date ended
    taken_back: tuple[Counted, ...] = ()  # what stands of corrections that name it, below zero
    together: tuple[Counted, ...] = ()  # other charges for the same, less what was taken back
    reason: str = ""

    @property
    def charged(self) -> Decimal:
        """What the bank charged in all: less what it took back, with others for the same."""
        others = (*self.taken_back, *self.together)
        return self.posting.amount + sum((counted.amount for counted in others), ZERO)

    @property
    def right(self) -> Decimal | None:
        """What this posting should have been, before what was taken back of it (ACC-13d).

        Of several charges for the same the last ones bear what is too much: no part of it is asked
        back twice. Its own amount where others bear it all, or nothing is too much.
        """
        if self.difference is None:
            return None
        after = [c.amount for c in self.together if _at(c.movement) > _at(self.posting)]
        left = self.posting.amount + sum((c.amount for c in self.taken_back), ZERO)
        return self.posting.amount - max(ZERO, min(left, self.difference - sum(after, ZERO)))

    @property
    def difference(self) -> Decimal | None:
        """What the bank charged above (+) or below (−) our figure; None without a figure."""
        return None if self.ours is None else self.charged - self.ours


def charge(posting: Movement, *, books: Books, terms: Terms) -> Charge:
    """Recompute an interest or fee posting (ACC-13, ACC-15, ACC-16).

    `books` up to the feed's day. Errors: KeyError for a posting of any other kind.
    """
    found = Charge(posting, RULES[posting.kind], None, taken_back=taken_back(posting, books))
    if posting.kind == "interest":
        return _interest(found, books, terms)
    if posting.kind == "late_fee":
        return _late_fee(found, books, terms)
    return replace(found, reason="fixed")


def _interest(found: Charge, books: Books, terms: Terms) -> Charge:
    """Charge the days from the last bill to the next one on what that bill left (ACC-13)."""
    at = _before(books.bills, found.posting.on)
    if at < 0:
        return replace(found, reason="no_bill")
    bill, rate = books.bills[at], terms.daily_rate
    if at + 1 == len(books.bills):
        return replace(found, reason="period_open", bill=bill, rate=rate)
    end = books.bills[at + 1].made_on
    parts = Components(**books.until(bill.made_on).folded.parts)
    left_out = Components(default_sum=parts.default_sum, fees=parts.fees)
    same = (m for m in books.movements if m.kind == "interest" and bill.made_on < m.on <= end)
    found = replace(
        found, bill=bill, until=end, rate=rate, left_out=left_out,
        together=_together(found.posting, same, books),
    )  # fmt: skip
    then = books.until(end)
    counted, base = then.counted(at), bill.closing - left_out.total
    if base <= 0:
        return replace(found, ours=ZERO, exact=ZERO, reason="nothing_owed")
    if _in_time(counted, bill.due_on) >= bill.closing:
        return replace(found, ours=ZERO, exact=ZERO, reason="paid_in_full")
    lowering = _lowering(counted, then) if terms.interest_basis == "unpaid" else ()
    stretches = _stretches(base, lowering, bill.made_on, end, rate)
    exact = sum((stretch.exact for stretch in stretches), ZERO)
    return replace(found, ours=rounded(exact, terms.currency), exact=exact, stretches=stretches)


def _lowering(counted: Iterable[Counted], books: Books) -> list[Counted]:
    """Return what changes the base: all that counts, but corrections of what bears none."""
    named_by = books.folded.named_by
    free = {
        c.movement.ref
        for c in counted
        if named_by(books.charge_of(c.movement) or c.movement) in BEARS_NONE
    }
    return [c for c in counted if not free & {c.movement.ref, c.movement.reverses}]


def _stretches(
    base: Decimal, lowering: Iterable[Counted], made_on: date, end: date, rate: Decimal
) -> tuple[Stretch, ...]:
    """Cut the days after a bill, up to the next, where the base changes; it is never below 0."""
    by_day: dict[date, list[Counted]] = {made_on + DAY: []}
    for counted in lowering:
        by_day.setdefault(counted.movement.on, []).append(counted)
    found = []
    for first, after in pairwise([*sorted(by_day), end + DAY]):
        base += sum((counted.amount for counted in by_day[first]), ZERO)
        days, bears = (after - first).days, max(ZERO, base)
        exact = bears * rate * days
        found.append(Stretch(first, after - DAY, days, bears, exact, tuple(by_day[first])))
    return tuple(found)


def _late_fee(found: Charge, books: Books, terms: Terms) -> Charge:
    """Charge the default sum on what was missing when the due date ended (ACC-15)."""
    posting, rate = found.posting, terms.late_fee_rate
    then = books.until(posting.on)
    at = then.folded.past_due(posting.on)
    if at < 0:
        known = books.bills and books.bills[0].opening == 0  # else an older bill may be meant
        return replace(
            found, ours=ZERO if known else None, reason="not_due" if known else "no_bill"
        )
    bill = books.bills[at]
    counted = _early(then.counted(at), bill.due_on)
    missing = max(ZERO, bill.minimum + sum((c.amount for c in counted), ZERO))
    same = [
        m for m in books.movements
        if m.kind == "late_fee" and books.folded.past_due(m.on) == at
    ]  # fmt: skip
    exact = missing * rate
    return replace(
        found, ours=rounded(exact, terms.currency), exact=exact, rate=rate, bill=bill,
        counted=counted, missing=missing, together=_together(posting, same, books),
        reason="" if missing else "nothing_missing",
    )  # fmt: skip


def _early(counted: Iterable[Counted], day: date) -> tuple[Counted, ...]:
    """Return what was credited up to a day, and what came back of it at any time (ACC-3)."""
    counted = tuple(counted)
    early = {c.movement.ref for c in counted if c.movement.on <= day}
    return tuple(c for c in counted if early & {c.movement.ref, c.movement.reverses})


def _in_time(counted: Iterable[Counted], day: date) -> Decimal:
    return -sum((c.amount for c in _early(counted, day)), ZERO)


def taken_back(posting: Movement, books: Books) -> tuple[Counted, ...]:
    """Return what the bank took back of a charge and did not charge again since (ACC-3)."""
    stands = books.folded.standing
    back = books.corrections.get(posting.ref, ())
    return tuple(Counted(m, -stands[m.ref]) for m in back if stands[m.ref])


def _together(posting: Movement, same: Iterable[Movement], books: Books) -> tuple[Counted, ...]:
    """Return other charges for the same, as far as they stand: two may make up one figure."""
    nets = [
        Counted(m, m.amount + sum((c.amount for c in taken_back(m, books)), ZERO))
        for m in in_order(same)
        if m.ref != posting.ref
    ]
    return tuple(net for net in nets if net.amount)


def _at(movement: Movement) -> tuple[date, str]:
    """Return where a charge stands among others of its kind, as in_order() has it."""
    return movement.on, movement.ref


def _before(bills: Sequence[Bill], on: date) -> int:
    return bisect_left(bills, on, key=lambda bill: bill.made_on) - 1
