"""What a case changes outside this room at once, and what its end lifts or makes final."""

from datetime import datetime

from accounts.models import User
from disputes.models import Decision, Dispute


def begin(dispute: Dispute, *, by: User | None, at: datetime) -> None:
    """Open its lines, mark records as disputed, place the hold. Inside the act's transaction.

    Errors: Refused DISPUTE-LINE if a line is in another open case.
    """
    raise NotImplementedError


def lift(dispute: Dispute, *, by: User | None, at: datetime) -> None:
    """End marks and hold without a correction: withdrawn. Inside the act's transaction."""
    raise NotImplementedError


def settle(decision: Decision, *, by: User | None, at: datetime) -> None:
    """Make a decision's effects final: corrections out, marks and holds off. Inside its act."""
    raise NotImplementedError
