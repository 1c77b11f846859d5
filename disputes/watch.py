"""Deadlines that come near, and cases that nobody can contest any more."""

from datetime import datetime


def warn(*, at: datetime) -> int:
    """Warn once at each mark of the policy (per cent of the time); return how many."""
    return 0


def close(*, at: datetime) -> int:
    """Close decided cases whose time for a second review is over; return how many."""
    return 0
