"""A second, small feed: the bank corrects one overdue record, so that it has two versions."""

import json
from datetime import date
from pathlib import Path

from accounts.feed.make import Sheet
from accounts.feed.manifest import FORMAT
from accounts.feed.rows import specs
from accounts.models import CardAccount, OverdueRecord

ACCOUNT = "A0000001"  # of holder@example.com


def write_correction(out: Path, *, as_of: date) -> bool:
    """Write a delta with one record reported again; False if none was reported before today."""
    account = CardAccount.objects.get(ref=ACCOUNT)
    wrong = account.overdue_records.filter(reported_on__lt=as_of, days_past_due__gt=1)
    # a code stands for 30 days: with a day fewer than 31, 61 … it would be another
    record = next((r for r in wrong.order_by("period") if r.days_past_due % 30 != 1), None)
    if record is None:
        return False
    out.mkdir(parents=True, exist_ok=True)
    spec = specs(as_of)["overdue_records"]
    with Sheet(out, spec.name, [c.name for c in spec.columns], spec.control) as sheet:
        sheet.add(**corrected(record), reported_on=as_of)
    manifest = {
        "format": FORMAT, "feed_id": f"made-correction-{as_of}", "kind": "delta",
        "as_of": str(as_of), "institution": "DEMO", "encoding": "utf-8",
        "files": [sheet.entry()],
    }  # fmt: skip
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return True


def corrected(record: OverdueRecord) -> dict[str, object]:
    """The same month, a day fewer past due: a payment was booked a day late."""
    return {
        "account_ref": record.account.ref, "period": record.period,
        "days_past_due": record.days_past_due - 1, "reported_code": record.reported_code,
        "overdue_amount": record.overdue_amount, "bureau": record.bureau,
        "notified_on": record.notified_on or "",
    }  # fmt: skip
