"""Which step may follow which. Nothing else is possible; docs/states.md draws it."""

from accounts.files.model import STEPS
from disputes.models import Dispute, Upload

D = Dispute.Status
DECISIONS: set[str] = {D.UPHELD, D.PARTLY, D.REJECTED, D.UNCONFIRMED}
AFTERWARDS: set[str] = {D.SECOND_REVIEW, D.CLOSED}

DISPUTE: dict[str, set[str]] = {
    D.DRAFT: {D.RECEIVED, D.WITHDRAWN},
    D.RECEIVED: {D.IN_REVIEW, D.WITHDRAWN},
    D.IN_REVIEW: {D.WAITING, D.WITHDRAWN, *DECISIONS},
    D.WAITING: {D.IN_REVIEW, D.WITHDRAWN},
    D.UPHELD: AFTERWARDS,
    D.PARTLY: AFTERWARDS,
    D.REJECTED: AFTERWARDS,
    D.UNCONFIRMED: AFTERWARDS,
    D.SECOND_REVIEW: {D.FINAL, D.WITHDRAWN},
    D.FINAL: set(),
    D.WITHDRAWN: set(),
    D.CLOSED: set(),
}
TABLES = {Dispute: DISPUTE, Upload: STEPS}
