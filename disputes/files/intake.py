"""From bytes that came in to a verdict: the row is the queue."""

from datetime import datetime


def check_next(*, at: datetime) -> bool:
    """Look at one file that is due; True if more wait."""
    return False


def wake() -> None:
    """Call a worker; if there is none now, the sweep finds the row."""
