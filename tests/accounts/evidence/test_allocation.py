"""A second division of payments, written from docs/rules.md alone, comes to the same sums.

Plain and slow on purpose: every count is worked out anew from the list of what was posted. It
shares nothing with accounts.book but the tuples it reads.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from tests.accounts.evidence.made_up import books

NOTHING = Decimal(0)
COMPONENT = {"interest": "interest", "late_fee": "default_sum",  # ACC-4
             "annual_fee": "fees", "other_fee": "fees"}  # fmt: skip
LAW_EARLY = ["interest", "default_sum", "fees", "principal"]  # CN-ACC-01, up to 90 days
LAW_LATE = ["principal", "interest", "default_sum", "fees"]  # CN-ACC-01, from 91 days


class Plain:
    """What is owed by component, and every credit with what it paid and for which statement."""

    def __init__(self, bills):
        self.bills = bills
        self.owed = dict.fromkeys(LAW_LATE, NOTHING)
        self.owed["principal"] = bills[0].opening if bills else NOTHING
        self.charges = {}  # ref: (day, component)
        self.credits = {}  # ref: (day, amount, what it paid, whether a statement counts it)

    def credited(self, after, up_to=date.max):
        return sum(
            amount for on, amount, _, counts in self.credits.values()
            if counts and after < on <= up_to
        )  # fmt: skip

    def days_late(self, on):
        """ACC-1 and ACC-2, as at the beginning of a day."""
        due = [bill for bill in self.bills if bill.due_on < on]
        if not due:
            return 0
        missing = due[-1].minimum - self.credited(due[-1].made_on)
        if min(missing, sum(self.owed.values())) <= 0:
            return 0
        first = due[-1]
        for bill, following in reversed(list(pairwise(due))):
            if self.credited(bill.made_on, following.made_on) >= bill.minimum:
                break
            first = bill
        return (on - first.due_on).days

    def post(self, movement, late):
        before, self.said = dict(self.owed), ""
        if movement.amount > 0 and movement.reverses in self.credits:  # ACC-3
            for part, paid in self.credits.pop(movement.reverses)[2].items():
                self.owed[part] += paid
        elif movement.amount > 0:
            part = COMPONENT.get(movement.kind, "principal")
            self.owed[part] += movement.amount
            self.charges[movement.ref] = (movement.on, part)
        else:
            self.pay(movement, late)
        self.use_money_in_favour()
        return {part: self.owed[part] - before[part] for part in before}

    def pay(self, movement, late):
        by_law = late >= 91 and movement.kind != "waiver"  # ACC-5
        order = LAW_LATE if by_law else LAW_EARLY
        self.said = "principal_first" if by_law else "charges_first"
        charged_on, named = self.charges.get(movement.reverses, (None, None))
        if named:
            order, self.said = [named, *order], "named_first"
        paid, left = dict.fromkeys(self.owed, NOTHING), -movement.amount
        for part in order:
            now = max(NOTHING, min(left, self.owed[part] - paid[part]))
            paid[part] += now
            left -= now
        paid["principal"] += left
        for part, amount in paid.items():
            self.owed[part] -= amount
        made = [bill.made_on for bill in self.bills if bill.made_on < movement.on]
        counts = bool(made) and not (charged_on and charged_on > made[-1])  # ACC-1
        self.credits[movement.ref] = (movement.on, -movement.amount, paid, counts)

    def use_money_in_favour(self):
        for part in LAW_EARLY[:3]:  # ACC-4: held money pays a new charge at once
            while self.owed["principal"] < 0 < self.owed[part]:
                used = min(self.owed[part], -self.owed["principal"])
                self.owed[part] -= used
                self.owed["principal"] += used


@pytest.mark.parametrize("seed", range(60))
def test_a_second_reckoning_agrees_posting_by_posting(seed):
    ledger = books(seed)
    plain, today, late = Plain(ledger.bills), None, 0
    for step in ledger.walk(ledger.as_of).steps:
        if step.movement.on != today:
            today, late = step.movement.on, plain.days_late(step.movement.on)
        assert step.days_late == late
        assert vars(step.change) == plain.post(step.movement, late), step.movement
        assert step.order == plain.said
    assert vars(ledger.parts(before=date.max)) == plain.owed


def test_the_ledgers_reach_both_orders_and_every_kind_of_return():
    steps = [step for seed in range(60) for step in books(seed).walk(date(2026, 4, 6)).steps]
    assert {step.order for step in steps} == {"", "named_first", "charges_first", "principal_first"}
    assert any(step.undoes for step in steps)
    assert any(step.movement.kind == "reversal" and step.order == "charges_first" for step in steps)
