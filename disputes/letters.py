"""Letters of a case: asked for in the transaction of the act, drawn and sealed by a worker."""

from datetime import datetime

from disputes.models import Deadline, Decision, Dispute, Letter


def write(
    dispute: Dispute,
    kind: str,
    *,
    at: datetime,
    decision: Decision | None = None,
    deadline: Deadline | None = None,
) -> Letter:
    """Queue a letter with everything it says, as of now. Call it inside the act's transaction."""
    raise NotImplementedError


def draw_next(*, at: datetime) -> bool:
    """Draw one letter that is due; True if more wait."""
    return False


def wake() -> None:
    """Call a worker; if there is none now, the sweep finds the row."""
