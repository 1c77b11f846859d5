"""The bank's own limits for plans. One version for now; an offer names the one it was made under.

These are choices of the bank, not law: what the law sets is in portal/packs.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Policy:
    """Days are calendar days; amounts are in the account's currency."""

    version: str
    first_within: int  # days from today to the first payment, at most
    offer_valid: int  # days an offer stays open
    least_instalment: Decimal  # regular instalment; a smaller debt may be one payment
    lateness_allowed: int  # days after a due date before the plan may end


CURRENT = Policy(
    version="2026-1",
    first_within=45,
    offer_valid=14,
    least_instalment=Decimal(50),
    lateness_allowed=7,
)
