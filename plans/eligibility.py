"""Whether a plan can be asked for: every reason against it, in declared order. Pure."""

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)

DEATH, INSOLVENCY, BREATHING = "PLAN-DEATH", "PLAN-INSOLVENCY", "PLAN-BREATHING"
GONE, ONE, DISPUTED, NOTHING = "PLAN-GONE", "PLAN-ONE", "PLAN-DISPUTE", "PLAN-NONE"

# The order in which reasons count: the page tells the first, the record keeps all of them.
# plans.situation.words says each, and what to do instead.
ORDER = (DEATH, INSOLVENCY, BREATHING, GONE, ONE, DISPUTED, NOTHING)
HOLDS = {"death": DEATH, "insolvency": INSOLVENCY, "breathing_space": BREATHING}


@dataclass(frozen=True)
class Facts:
    """What is known of an account when a plan is asked for. Amounts in its currency.

    Numbers are of what is open or live now; "" if there is none.
    """

    overdue: Decimal  # the undisputed part
    disputed: Decimal = ZERO  # of what is overdue
    closed_by_feed: bool = False  # the bank's newest full feed no longer lists it
    holds: frozenset[str] = frozenset()  # the reasons of its live holds
    request: str = ""
    offer: str = ""
    agreement: str = ""
    revises: str = ""  # the agreement that is to be changed: it does not stand against itself


@dataclass(frozen=True)
class Reason:
    """One reason against asking. PLAN-ONE: `what` runs already, and its number."""

    code: str
    what: str = ""  # "request", "offer" or "agreement"
    number: str = ""


def running(facts: Facts) -> list[Reason]:
    """Return what already runs and stands against another request."""
    agreement = facts.agreement if facts.agreement != facts.revises else ""
    found = (("request", facts.request), ("offer", facts.offer), ("agreement", agreement))
    return [Reason(ONE, what, number) for what, number in found if number]


def reasons(facts: Facts) -> list[Reason]:
    """Return every reason against asking for a plan, in declared order; none: it can be asked.

    An account that is written off or with an agency is no reason: what is owed is still owed.
    """
    found = [Reason(code) for name, code in HOLDS.items() if name in facts.holds]
    found += running(facts)
    if facts.closed_by_feed:
        found.append(Reason(GONE))
    if facts.overdue <= 0:
        found.append(Reason(DISPUTED if facts.disputed > 0 else NOTHING))
    return sorted(found, key=lambda reason: ORDER.index(reason.code))
