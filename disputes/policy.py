"""The bank's own choices for cases, where no law sets a number: grade C (docs/rules.md)."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Policy:
    credit_alone: Decimal  # a handler alone may credit up to this sum, in any currency
    approved_reasons: frozenset[str]  # an upheld case for these reasons needs a second person
    correction_within: int  # calendar days until a correction that no feed brought alarms
    most_messages_an_hour: int  # of one cardholder
    most_statements_a_day: int  # beside records, of one cardholder; taken back ones counted
    most_drafts_an_hour: int  # begun by one cardholder
    most_live: int  # cases of one cardholder at once
    most_lines: int  # of one case
    taken_down_within: int  # days after receipt in which staff may still take a case down
    credits_within: int  # days of credits on one account that count together for credit_alone
    warn_at: tuple[int, ...]  # per cent of the time


CURRENT = Policy(
    credit_alone=Decimal(500),
    approved_reasons=frozenset({"fraud", "not_mine"}),
    correction_within=10,
    most_messages_an_hour=30,  # not of the law
    most_statements_a_day=10,  # not of the law
    most_drafts_an_hour=20,  # not of the law
    most_live=20,  # not of the law: the bank's own
    most_lines=50,
    taken_down_within=1096,  # not of the law: three years
    credits_within=365,
    warn_at=(50, 80, 100),
)
