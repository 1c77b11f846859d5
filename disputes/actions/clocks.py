"""Deadlines of a case: started, extended, stopped and started again, only where the pack allows."""

from datetime import datetime

from accounts.models import User
from disputes.models import Deadline, Dispute


def start(dispute: Dispute, *, round: int, by: User | None, at: datetime) -> Deadline:
    """Write the first deadline of a round and make it the case's. Inside the act's transaction."""
    raise NotImplementedError
