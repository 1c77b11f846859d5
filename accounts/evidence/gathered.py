"""What one document certifies, fixed: plain values that paper.py words and machine.py writes.

Every line has a reference of its own within the document (P-0001 …), so that a dispute can name
it. Amounts are in the account's currency; + raises the debt, − lowers it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from accounts.book import Components
from accounts.evidence.walk import DayEnd, Spell
from accounts.queries import DisputePast, PlanPast


class Basis(NamedTuple):
    """What must still be so when a document is filed: the books, their day, and the person."""

    version: int  # CardAccount.version
    as_of: date
    person_hash: str  # Cardholder.person_hash


@dataclass(frozen=True)
class Source:
    """The feed that the figures come from, and when it was taken over from the bank's system.

    The feed is empty where two of one day could be meant: then only the day is known.
    """

    institution: str
    feed_id: str
    as_of: date
    loaded_at: datetime | None


@dataclass(frozen=True)
class PostingLine:
    line: str
    ref: str
    transacted_on: date
    posted_on: date  # its value date, too: a payment counts from the day on which it is posted
    kind: str
    amount: Decimal
    balance: Decimal  # after it
    description: str
    merchant: str
    channel: str
    reverses: str
    reverses_line: str  # "" if what it reverses is not in this document
    change: Components  # what it did to each component
    days_late: int  # days past due when its day began
    order: str  # of a credit: named_first, charges_first, principal_first; "" for a charge
    is_repayment: bool  # a repayment, its return, or the reversal of that return

    @property
    def is_credit(self) -> bool:
        return self.amount < 0

    @property
    def corrects(self) -> bool:
        """Whether it takes back or forgives something."""
        return self.kind in ("waiver", "reversal", "adjustment") or bool(self.reverses)


@dataclass(frozen=True)
class StatementLine:
    """One statement, as known on the period's last day: what came back was never paid."""

    line: str
    made_on: date
    due_on: date
    opening: Decimal
    closing: Decimal  # the amount due
    minimum: Decimal
    paid_by_due: Decimal
    paid_later: Decimal
    came_back: Decimal  # of credits that were counted for it; within neither paid sum
    paid_on: tuple[date, ...]
    shortfall: Decimal | None  # None: not due yet on the period's last day


@dataclass(frozen=True)
class RecordLine:
    """One version of what was reported to the credit bureau for a month."""

    line: str
    period: str
    version: int
    latest: bool
    days_past_due: int
    reported_code: str
    overdue_amount: Decimal
    reported_on: date | None
    bureau: str
    notified_on: date | None
    disputed: bool


@dataclass(frozen=True)
class ContactLine:
    line: str
    ref: str
    at: datetime  # in the portal's own zone
    channel: str
    by: str
    purpose: str
    outcome: str


@dataclass(frozen=True)
class Allocation:
    """The rule by which payments were divided (CN-ACC-01 or the pack's own)."""

    id: str
    principal_first_from: int  # days past due
    source: str


@dataclass(frozen=True)
class Movements:
    """A period of the ledger, reconciled: opening + raised + lowered = closing, each component."""

    opening: Components
    raised: Components
    lowered: Components
    closing: Components
    postings: Sequence[PostingLine]
    statements: Sequence[StatementLine]
    spells: Sequence[Spell]
    month_ends: Sequence[DayEnd]
    allocation: Allocation
    undivided: Decimal  # the first statement's opening balance, which came without components

    @property
    def repaid(self) -> Decimal:
        """Repayments posted in the period, less what came back in it; periods add up."""
        return -sum((line.amount for line in self.postings if line.is_repayment), Decimal(0))


@dataclass(frozen=True)
class Settlement:
    """`settled_on`: when the balance last came to zero; None if nothing was ever owed."""

    settled_on: date | None
    owed: Components
    in_favour: Decimal
    repaid: Decimal
    waived: Decimal


@dataclass(frozen=True)
class Copy:
    """A signed agreement and its very bytes; empty if they were deleted after their time."""

    plan: PlanPast
    data: bytes


@dataclass(frozen=True)
class Gathered:
    """Everything one document says. The parts not asked for are None."""

    number: str
    kind: str
    purpose: str
    at: datetime
    from_on: date | None
    until_on: date | None
    account_ref: str
    basis: Basis
    product: str
    card_last4: str
    currency: str
    opened_on: date
    status: str
    held_by: str  # bank, or an agency's code
    agency_name: str
    full_name: str
    id_masked: str
    source: Source
    movements: Movements | None = None
    records: Sequence[RecordLine] | None = None
    contacts: Sequence[ContactLine] | None = None
    contacts_from: date | None = None  # of earlier days, contacts may have been deleted by now
    plans: Sequence[PlanPast] | None = None
    copies: Sequence[Copy] | None = None
    settlement: Settlement | None = None
    disputes: Sequence[DisputePast] | None = None  # that were open on a day of the period
