"""What can be contested on an account: its lines, as they read now and as they are certified."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import CardAccount


@dataclass(frozen=True)
class Contested:
    """One line as it reads now. `kind` and `key` as in disputes.models.Line; `amount` + is debt."""

    kind: str
    key: str
    on: date  # posted, billed, reported for (first of the month), or contacted
    text: str  # the bank's own words: description, merchant, period and code, purpose and outcome
    amount: Decimal | None
    currency: str
    extra: dict[str, Any]  # by kind: code, days, bureau, reported_on, due_on, minimum, channel, by

    def facts(self) -> dict[str, Any]:
        """Return it as JSON for Line.facts; money and dates as text."""
        kept = asdict(self) | {"on": self.on.isoformat()}
        return kept | {"amount": None if self.amount is None else str(self.amount)}


def find(account: CardAccount, kind: str, key: str) -> Contested | None:
    """Return one line of this account as it reads now; None if it is not one of its lines."""
    raise NotImplementedError
