"""The bank's own limits for plans. One version for now; an offer names the one it was made under.

These are choices of the bank, not law: what the law sets is in portal/packs.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Policy:
    """Days are calendar days; amounts are in the account's currency."""

    version: str
    first_after: int  # days from today to the first payment, at least: time to read and sign
    first_within: int  # … and at most
    offer_valid: int  # days an offer stays open
    least_instalments: dict[str, Decimal]  # regular instalment; a smaller debt may be one payment
    lateness_allowed: int  # days after a due date before the plan may end

    def least_instalment(self, currency: str) -> Decimal:
        """Return the smallest regular instalment in a currency; none is set for the rarer ones."""
        return self.least_instalments.get(currency, Decimal(0))


CURRENT = Policy(
    version="2026-1",
    first_after=3,
    first_within=45,  # not of the law: the bank's own
    offer_valid=14,
    least_instalments={
        "CNY": Decimal(50),
        "HKD": Decimal(50),
        "TWD": Decimal(200),
        "JPY": Decimal(1000),
        "USD": Decimal(10),
        "EUR": Decimal(10),
        "GBP": Decimal(10),
    },
    lateness_allowed=7,
)
