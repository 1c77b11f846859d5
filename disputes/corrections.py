"""Corrections on their way: asked, sent with the outbox, done when a feed brings them."""

from datetime import datetime


def confirm(*, at: datetime) -> int:
    """Mark those as done that a feed has brought; return how many."""
    return 0


def alarm(*, at: datetime) -> int:
    """Tell the supervisors once of each that is late; return how many."""
    return 0
