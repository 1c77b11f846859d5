"""What paying a plan early comes to on a day: read for the page that works it out."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.timezone import localdate

from plans import early
from plans.keeping.looking import Seen
from plans.models import Instalment
from plans.rules import Due
from portal.kit import money


@dataclass(frozen=True)
class Settling:
    """A payment on a day, on top of what the bank knows. Amounts in the account's currency."""

    on: date
    amount: Decimal
    full: early.Early  # what settles the plan on that day
    after: early.Shortened
    more: Decimal | None  # what was typed, where that is more than is needed
    dues: list[Due]  # what is still to be paid afterwards, in order

    @property
    def next(self) -> Due | None:
        """The payment that has to come after it."""
        return next(iter(self.dues), None)

    @property
    def settles(self) -> bool:
        return not self.after.dues

    @property
    def left(self) -> Decimal:
        return sum((due.amount for due in self.after.dues), Decimal(0))


def settling(seen: Seen, *, on: date, extra: Decimal | None) -> Settling:
    """Work out a payment of `extra`, or of everything where that is None or more than is left."""
    agreement, offer = seen.agreement, seen.agreement.offer
    dues = [Due(due.due_on, due.amount, due.interest) for due in seen.dues]
    paid = [(each.on, each.amount) for each in seen.repayments]
    unit, agreed_on = money.unit(agreement.account.currency), localdate(offer.made_at)
    full = early.settled_on(
        agreement.total, dues, paid, rate=offer.rate, agreed_on=agreed_on, on=on, unit=unit
    )
    more = extra if extra is not None and extra > full.payable else None
    amount = full.payable if extra is None or more else extra
    after = early.after_extra(
        agreement.total, dues, paid, amount, rate=offer.rate, agreed_on=agreed_on, on=on, unit=unit
    )
    so_far = sum((sum_paid for _, sum_paid in paid), Decimal(0))
    left = sum((due.amount for due in after.dues), Decimal(0))
    return Settling(on, amount, full, after, more, in_order(seen.dues, so_far + amount, left))


def in_order(dues: list[Instalment], paid: Decimal, left: Decimal) -> list[Due]:
    """Return what is to come when `paid` met the payments in order: `left` in all (PLAN-PAID).

    What the agreed payments come to beyond that is interest saved: it comes off the end.
    """
    to_come = []
    for due in dues:
        met = min(due.amount, paid)
        short = min(due.amount - met, left)
        paid, left = paid - met, left - short
        if short:
            to_come.append(Due(due.day, short))
    return to_come
