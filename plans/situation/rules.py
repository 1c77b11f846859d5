"""The budget as rules: pure. Amounts a month in one currency."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Told:
    """What a person told: answers by section, as the forms keep them; nothing is invented."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)


def left_each_month(told: Told) -> Decimal | None:
    """Return income less outgoings a month; None while a needed section is missing."""
    raise NotImplementedError
