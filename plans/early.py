"""What paying early means for a plan: pure. Interest only for the time used (CN-PLAN-14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from plans.periods import MONTH, days_between, interest_for
from plans.rules import ZERO, Due

Credit = tuple[date, Decimal]  # a repayment: its day and its amount


@dataclass(frozen=True)
class Early:
    """What settles a plan on a day. Amounts in its currency."""

    sum_left: Decimal  # of the plan's sum
    interest: Decimal  # for the time used since the last due day, not yet paid
    interest_saved: Decimal  # against the schedule

    @property
    def payable(self) -> Decimal:
        return self.sum_left + self.interest


@dataclass(frozen=True)
class Shortened:
    """What an extra payment does: the next instalment is met first, then the plan's end."""

    dues: list[Due]  # what is still to be paid afterwards
    months_saved: int  # how many months sooner the plan ends
    interest_saved: Decimal


@dataclass(frozen=True)
class _Placed:
    """A repayment: what of it met instalments in order, and what shortened the plan."""

    on: date
    in_order: Decimal
    beyond: Decimal


@dataclass(frozen=True)
class _Ran(Due):
    """An instalment as it ran; `accrued`: the interest of all periods up to its day.

    Of a long first period, later instalments meet some of it (PLAN-LONG).
    """

    accrued: Decimal = ZERO


def settled_on(
    total: Decimal,
    dues: Sequence[Due],
    paid: Decimal | Sequence[Credit],
    *,
    rate: Decimal,
    agreed_on: date,
    on: date,
    unit: Decimal,
) -> Early:
    """Return what settles a plan of `total` on a day, when `paid` has been paid so far.

    A sum without days counts as paid in time, and what of it was paid ahead, from the last due day
    on: in the person's favour. Being late costs no interest. Source: CN-PLAN-14; how it is counted:
    PLAN-EARLY in docs/rules.md.
    """
    credits = _credits(dues, paid, agreed_on=agreed_on, on=on)
    placed = _place(dues, credits)
    runs = _run(total, dues, placed, rate=rate, agreed_on=agreed_on, unit=unit)
    ended = [due for due in runs if due.on <= on]
    charged = _accrued(ended)
    used = _used(total, ended, placed, rate=rate, agreed_on=agreed_on, on=on, unit=unit)
    sum_paid = sum((amount for _, amount in credits), ZERO)
    payable = max(total + charged + used - sum_paid, ZERO)
    met = _interest_met(ended, sum((each.in_order for each in placed), ZERO))
    interest = min(charged - met + used, payable)
    agreed = sum((due.interest for due in dues), ZERO)
    return Early(payable - interest, interest, agreed - charged - used)


def after_extra(
    total: Decimal,
    dues: Sequence[Due],
    paid: Decimal | Sequence[Credit],
    extra: Decimal,
    *,
    rate: Decimal,
    agreed_on: date,
    on: date,
    unit: Decimal,
) -> Shortened:
    """Return the plan after `extra` is paid on a day, on top of `paid` so far (as in settled_on).

    It meets what is due and the next instalment; the rest shortens the plan from its end, and the
    instalments between stay as they are. What is saved is against the plan without it.
    """
    credits = _credits(dues, paid, agreed_on=agreed_on, on=on)
    before = _run(total, dues, _place(dues, credits), rate=rate, agreed_on=agreed_on, unit=unit)
    settles = settled_on(total, dues, credits, rate=rate, agreed_on=agreed_on, on=on, unit=unit)
    if extra >= settles.payable:
        agreed = sum((due.interest for due in dues), ZERO)
        kept = agreed - _accrued(before)
        sooner = sum(due.on > on for due in before)
        return Shortened([], sooner, settles.interest_saved - kept)
    placed = _place(dues, [*credits, (on, extra)])
    after = _run(total, dues, placed, rate=rate, agreed_on=agreed_on, unit=unit)
    unmet = _unmet(after, sum((each.in_order for each in placed), ZERO))
    return Shortened(unmet, len(before) - len(after), _accrued(before) - _accrued(after))


def _credits(
    dues: Sequence[Due], paid: Decimal | Sequence[Credit], *, agreed_on: date, on: date
) -> list[Credit]:
    if isinstance(paid, Decimal):
        since = max((due.on for due in dues if due.on <= on), default=agreed_on)
        return [(since, paid)]
    return sorted(credit for credit in paid if credit[0] <= on)


def _place(dues: Sequence[Due], credits: Sequence[Credit]) -> list[_Placed]:
    """Each repayment meets what is due by its day and the next instalment; the rest is beyond."""
    placed, met = [], ZERO
    for day, amount in credits:
        reached = sum(due.on <= day for due in dues) + 1
        room = sum((due.amount for due in dues[:reached]), ZERO) - met
        in_order = min(amount, room)
        met += in_order
        placed.append(_Placed(day, in_order, amount - in_order))
    return placed


def _run(
    total: Decimal,
    dues: Sequence[Due],
    placed: Sequence[_Placed],
    *,
    rate: Decimal,
    agreed_on: date,
    unit: Decimal,
) -> list[_Ran]:
    """The schedule as it runs: what was paid beyond bears no interest from its day on.

    That repays the sum before interest that was carried, because the sum is what bears interest.
    """
    left, unpaid, accrued, runs = total, ZERO, ZERO, []
    start, days = agreed_on, days_between(agreed_on, dues[0].on)
    for i, due in enumerate(dues):
        beyond = [p for p in placed if p.on <= due.on and (p.on > start or not i)]
        spared = _days_spared([(p.on, p.beyond) for p in beyond], start, due.on)
        interest = interest_for(max(left * days - spared, ZERO), rate, days=1, unit=unit)
        unpaid, accrued = unpaid + interest, accrued + interest
        left -= sum((p.beyond for p in beyond), ZERO)
        left, unpaid = max(left, ZERO), unpaid + min(left, ZERO)
        amount = min(due.amount, left + unpaid)
        if amount <= 0:
            break
        met = min(unpaid, amount)
        left, unpaid, start, days = left - (amount - met), unpaid - met, due.on, MONTH
        runs.append(_Ran(due.on, amount, met, accrued))
        if left + unpaid <= 0:
            break
    return runs


def _accrued(runs: Sequence[_Ran]) -> Decimal:
    return runs[-1].accrued if runs else ZERO


def _days_spared(credits: Sequence[Credit], start: date, end: date) -> Decimal:
    """What repayments take out of a period's interest until its end: amounts times days."""
    return sum((amount * days_between(max(day, start), end) for day, amount in credits), ZERO)


def _used(
    total: Decimal,
    ended: Sequence[Due],
    placed: Sequence[_Placed],
    *,
    rate: Decimal,
    agreed_on: date,
    on: date,
    unit: Decimal,
) -> Decimal:
    """The interest of the period that runs, up to a day: what was paid ahead is not in use."""
    start = ended[-1].on if ended else agreed_on
    left = total - sum((due.amount - due.interest for due in ended), ZERO)
    owed, ahead = sum((due.amount for due in ended), ZERO), []
    for each in placed:
        early = max(each.in_order - max(owed, ZERO), ZERO)
        owed -= each.in_order
        ahead.append((each.on, early + each.beyond))
    in_use = left * days_between(start, on) - _days_spared(ahead, start, on)
    return interest_for(max(in_use, ZERO), rate, days=1, unit=unit)


def _interest_met(dues: Sequence[Due], paid: Decimal) -> Decimal:
    """The interest that payments met: instalment by instalment, in each its interest first."""
    met = ZERO
    for due in dues:
        met += min(max(paid, ZERO), due.interest)
        paid -= due.amount
    return met


def _unmet(dues: Sequence[Due], paid: Decimal) -> list[Due]:
    """What of the instalments is still to be paid, in order."""
    unmet = []
    for due in dues:
        short = min(max(due.amount - paid, ZERO), due.amount)
        paid -= due.amount
        if short:
            unmet.append(Due(due.on, short, min(due.interest, short)))
    return unmet
