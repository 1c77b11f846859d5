"""Evidence requests and small ledgers, for the tests of what documents certify."""

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from accounts.evidence import facts
from accounts.evidence.gathered import Gathered
from accounts.models import CardAccount, EvidenceRequest, FeedLoad
from tests.accounts.books import AS_OF

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
_numbers = itertools.count(1)


def asked(account: CardAccount, kind: str = "repayments", **changes: Any) -> EvidenceRequest:
    """A request as the form leaves it; the whole history unless a period is given."""
    for name in ("from_on", "until_on"):
        if isinstance(changes.get(name), str):
            changes[name] = date.fromisoformat(changes[name])
    return EvidenceRequest(
        **{
            "number": f"EV-TEST{next(_numbers):04}",
            "account": account,
            "kind": kind,
            "purpose": "court",
            "languages": ["en"],
            "requested_at": AT,
            **changes,
        }
    )


def gathered(account: CardAccount, kind: str = "repayments", **changes: Any) -> Gathered:
    return facts.gather(asked(account, kind, **changes), at=AT)


def feed(as_of: date = AS_OF) -> FeedLoad:
    return FeedLoad.objects.create(
        feed_id=as_of.isoformat(), kind="full", institution="DEMO", as_of=as_of,
        manifest_sha256="0" * 64, loaded_at=datetime(2026, 11, 20, 18, 30, tzinfo=UTC), counts={},
    )  # fmt: skip


def D(text: Any) -> Decimal:
    return Decimal(str(text))
