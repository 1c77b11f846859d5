"""Whether a plan lies within the policy, point by point: pure, to be read aloud."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from plans.policy import Policy
from plans.rules import Choice, Due, Waived

Verdict = Literal["ok", "second", "no"]  # within; a second person must agree; outside for all


@dataclass(frozen=True)
class Facts:
    """What a plan is checked against. Amounts in `currency`."""

    currency: str
    overdue: Waived  # the overdue, undisputed sum by component
    bucket: int  # 0 for M0, 3 for M3
    left: Decimal | None  # left each month; None: not told
    role: str  # of who proposes: "agent" or "supervisor"
    on: date
    longest: int  # months the law allows


@dataclass(frozen=True)
class Check:
    """One point: its code (plans.words says it), the verdict, and its figures."""

    code: str
    verdict: Verdict
    value: object = None
    limit: object = None


def checks(choice: Choice, dues: Sequence[Due], facts: Facts, policy: Policy) -> list[Check]:
    """Return every point of the policy for a plan, in the order in which it is read."""
    raise NotImplementedError


def verdict(found: Sequence[Check]) -> Verdict:
    """Return the strictest of several points."""
    order: list[Verdict] = ["ok", "second", "no"]
    return max((check.verdict for check in found), key=order.index, default="ok")


def may_offer_at_once(choice: Choice, dues: Sequence[Due], facts: Facts, policy: Policy) -> bool:
    """Tell whether the policy may make this offer without an agent (CN-PI-07 then applies)."""
    raise NotImplementedError
