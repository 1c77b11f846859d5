"""How much of the debt a case contests: what collection must leave alone while it is open. Pure.

Rule ACC-11 in docs/rules.md. Amounts in the account's currency, + is debt.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.kit.money import ZERO

# Reasons that leave the debt as it is: only what was reported, or when, is wrong.
NO_MONEY = {"wrong_dates", "bank_fault"}


@dataclass(frozen=True)
class Claim:
    """One line of a case. `on`: posted, billed, or the first of the month reported for."""

    kind: str
    on: date
    amount: Decimal | None
    asked: Decimal | None  # what it should be, with the sign of `amount`

    def contested(self) -> Decimal:
        """Return the difference to what it should be, or all of a debit; never below zero."""
        if self.amount is None or (self.asked is None and self.amount < 0):
            return ZERO
        return max(ZERO, self.amount - (self.asked or ZERO))


def contested(
    claims: Iterable[Claim],
    reason: str,
    *,
    balance: Decimal,
    overdue: Decimal,
    since: date | None,
) -> Decimal:
    """Return the sum in dispute, never above what is owed; zero if no money is contested.

    Bills and records are cumulative: the largest counts, with the movements made after the bill.
    A record counts as far as that debt is still overdue (`since`, the due date missed first).
    """
    if reason in NO_MONEY:
        return ZERO
    claims = list(claims)
    charges = min(_charges(claims), max(balance, ZERO))
    return max(charges, min(_records(claims, since), overdue))


def _charges(claims: list[Claim]) -> Decimal:
    bills = [claim for claim in claims if claim.kind == "statement"]
    movements = [claim for claim in claims if claim.kind == "posting"]
    last = max((bill.on for bill in bills), default=date.min)
    billed = max((bill.contested() for bill in bills), default=ZERO)
    within = sum((each.contested() for each in movements if each.on <= last), ZERO)
    after = sum((each.contested() for each in movements if each.on > last), ZERO)
    return max(billed, within) + after


def _records(claims: list[Claim], since: date | None) -> Decimal:
    """A month that was over before the debt of today began tells of a debt that was paid."""
    if since is None:
        return ZERO
    month = since.replace(day=1)
    records = (claim for claim in claims if claim.kind == "record" and claim.on >= month)
    return max((claim.contested() for claim in records), default=ZERO)
