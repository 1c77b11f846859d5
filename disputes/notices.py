"""Mail about a case: no amounts, no word about owing."""

from datetime import datetime

from disputes.models import Dispute


def tell(dispute: Dispute, kind: str, *, at: datetime) -> None:
    """Mail the cardholder that something is there to read; nothing if they have not activated."""
    raise NotImplementedError
