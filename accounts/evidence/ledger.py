"""One account's books as read, and a period of them as a document certifies it. No query here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from accounts.book import ZERO, Bill, Components, Movement, fold
from accounts.evidence import rules
from accounts.evidence.gathered import Allocation, Movements, PostingLine, StatementLine
from accounts.evidence.walk import Step, Walked, walk
from portal.packs import Rule

CORRECTIONS = frozenset({"reversal", "adjustment"})  # kinds that may take back or reinstate


class Entry(NamedTuple):
    """One posting as read."""

    movement: Movement
    transacted_on: date
    description: str
    merchant: str
    channel: str


@dataclass(frozen=True)
class Ledger:
    """The books of one account as of `as_of`. `rule`: from which day principal is paid first."""

    bills: Sequence[Bill]
    entries: Sequence[Entry]
    as_of: date
    opened_on: date
    rule: Rule

    @cached_property
    def movements(self) -> list[Movement]:
        return [entry.movement for entry in self.entries]

    @cached_property
    def repaid(self) -> frozenset[str]:
        """Return the repayments, the returns of them, the reversals of these returns, and so on.

        A correction belongs to what stands at the root of the chain of what it reverses.
        """
        known = {movement.ref: movement for movement in self.movements}
        return frozenset(m.ref for m in self.movements if _root(m, known).kind == "repayment")

    @property
    def earliest(self) -> date:
        return rules.earliest(self.bills, self.movements, opened_on=self.opened_on)

    @property
    def bounds(self) -> tuple[date, date]:
        """The first and last day the books hold: what a form may offer."""
        return self.earliest, self.as_of

    def walk(self, until: date) -> Walked:
        return walk(self.bills, self.movements, until=until, rule=self.rule)

    def parts(self, *, before: date) -> Components:
        """Return what was owed when a day began, folded as the account page folds it."""
        past = [movement for movement in self.movements if movement.on < before]
        return Components(**fold(self.bills, past, principal_first_from=self.rule).parts)


def _root(movement: Movement, known: Mapping[str, Movement]) -> Movement:
    """Follow what corrections reverse to its root, or as far as the books know it."""
    passed = set()
    while movement.kind in CORRECTIONS and movement.reverses in known:
        if movement.ref in passed:
            break
        passed.add(movement.ref)
        movement = known[movement.reverses]
    return movement


def movements_of(ledger: Ledger, from_on: date, until_on: date) -> Movements:
    """Return a period, both days included, with every sum checked. Errors: Refused EV-1."""
    walked = ledger.walk(until_on)
    opening = ledger.parts(before=from_on)
    closing = ledger.parts(before=until_on + rules.DAY)
    steps = [step for step in walked.steps if step.movement.on >= from_on]
    rules.check_reconciled(
        rules.reconcile(
            opening,
            [step.change for step in steps],
            closing,
            amounts=[step.movement.amount for step in steps],
            statements=rules.statement_differences(ledger.bills, ledger.movements, until=until_on),
        )
    )
    raised, lowered = rules.divided(step.change for step in steps)
    return Movements(
        opening=opening,
        raised=raised,
        lowered=lowered,
        closing=closing,
        postings=_postings(ledger, steps),
        statements=_statements(ledger, walked, from_on, until_on),
        spells=[s for s in walked.spells if s.cured_on is None or s.cured_on >= from_on],
        month_ends=[end for end in walked.month_ends if end.on >= from_on],
        allocation=Allocation(ledger.rule.id, ledger.rule.value, ledger.rule.source),
        undivided=ledger.bills[0].opening if ledger.bills else ZERO,
    )


def _postings(ledger: Ledger, steps: Sequence[Step]) -> list[PostingLine]:
    entries = {entry.movement.ref: entry for entry in ledger.entries}
    lines = {step.movement.ref: f"P-{number:04}" for number, step in enumerate(steps, 1)}
    return [
        PostingLine(
            line=lines[step.movement.ref],
            ref=step.movement.ref,
            transacted_on=entry.transacted_on,
            posted_on=step.movement.on,
            kind=step.movement.kind,
            amount=step.movement.amount,
            balance=step.balance,
            description=entry.description,
            merchant=entry.merchant,
            channel=entry.channel,
            reverses=step.movement.reverses,
            reverses_line=lines.get(step.movement.reverses, ""),
            change=step.change,
            days_late=step.days_late,
            order=step.order,
            is_repayment=step.movement.ref in ledger.repaid,
        )
        for step in steps
        if (entry := entries[step.movement.ref])
    ]


def _statements(
    ledger: Ledger, walked: Walked, from_on: date, until_on: date
) -> list[StatementLine]:
    """Return the statements that were made, or fell due, in the period."""
    asked = [
        index
        for index, bill in enumerate(ledger.bills)
        if bill.made_on <= until_on and bill.due_on >= from_on
    ]
    counted: dict[int, list[Step]] = {index: [] for index in asked}
    for step in walked.steps:
        if step.bill in counted:
            counted[step.bill].append(step)
    return [
        _statement(f"S-{number:04}", ledger.bills[index], counted[index], walked, index)
        for number, index in enumerate(asked, 1)
    ]


def _statement(
    line: str, bill: Bill, counted: Sequence[Step], walked: Walked, index: int
) -> StatementLine:
    """Word one statement as known at the end: what came back was never paid (EV-E)."""
    back = [walked.came_back.get(step.movement.ref, ZERO) for step in counted]
    kept = [(s.movement.on, -s.movement.amount - b) for s, b in zip(counted, back, strict=True)]
    in_time = sum((amount for on, amount in kept if on <= bill.due_on), ZERO)
    return StatementLine(
        line=line,
        made_on=bill.made_on,
        due_on=bill.due_on,
        opening=bill.opening,
        closing=bill.closing,
        minimum=bill.minimum,
        paid_by_due=in_time,
        paid_later=sum((amount for _, amount in kept), ZERO) - in_time,
        came_back=sum(back, ZERO),
        paid_on=tuple(sorted({on for on, amount in kept if amount})),
        shortfall=walked.missing.get(index),
    )
