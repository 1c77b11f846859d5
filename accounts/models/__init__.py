"""People, the ledger, and what is certified of it."""

from accounts.models.evidence import EvidenceRequest
from accounts.models.ledger import (
    CardAccount,
    ContactAttempt,
    FeedLoad,
    FeedRun,
    Hold,
    OverdueRecord,
    Posting,
    Statement,
)
from accounts.models.people import (
    ActivationCode,
    Attempts,
    Cardholder,
    ContactChoice,
    OneTimeCode,
    Person,
    User,
)

__all__ = [
    "ActivationCode",
    "Attempts",
    "CardAccount",
    "Cardholder",
    "ContactAttempt",
    "ContactChoice",
    "EvidenceRequest",
    "FeedLoad",
    "FeedRun",
    "Hold",
    "OneTimeCode",
    "OverdueRecord",
    "Person",
    "Posting",
    "Statement",
    "User",
]
