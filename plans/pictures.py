"""How far a plan is: what has been due, and what is still to come. Not what was paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from plans.models import Instalment
from portal.kit.money import ZERO
from portal.kit.pictures import WIDTH, Part, row


@dataclass(frozen=True)
class Progress:
    """A plan's payments in order. Amounts in the account's currency."""

    parts: list[Part]
    due: int  # payments whose day has passed
    due_sum: Decimal
    left: int  # due today or later
    left_sum: Decimal
    width: int = WIDTH


def progress(instalments: Sequence[Instalment], *, on: date) -> Progress:
    """Divide a plan by its due dates as of a day. `instalments` in order."""
    due = sum(each.due_on < on for each in instalments)
    amounts = [each.amount for each in instalments]
    return Progress(
        parts=row(amounts, past=due),
        due=due,
        due_sum=sum(amounts[:due], ZERO),
        left=len(amounts) - due,
        left_sum=sum(amounts[due:], ZERO),
    )
