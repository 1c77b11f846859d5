"""A second, small feed: the bank puts an overdue record right, so that it has two versions."""

import json
from datetime import date
from pathlib import Path

from accounts.evidence import facts
from accounts.feed.make import Sheet
from accounts.feed.manifest import FORMAT
from accounts.feed.rows import specs
from accounts.models import CardAccount, OverdueRecord
from accounts.months.count import Count
from accounts.months.reported import first_day

ACCOUNT = "A0000001"  # of holder@example.com
STEP = 30  # days: the reported code stands for so many, and the last of them leaves no room


def write_correction(out: Path, *, as_of: date) -> bool:
    """Write a delta that puts one record right; False if no report can have been a day off.

    The feed that was made is right throughout. So the report in the ledger is first made a day too
    many, within the days of its code, and what the delta brings is our own count.
    """
    account = CardAccount.objects.get(ref=ACCOUNT)
    right = next((r for r in _agreeing(account, as_of) if r.days_past_due % STEP), None)
    if right is None:
        return False
    _write(out, right, as_of)
    OverdueRecord.objects.filter(pk=right.pk).update(days_past_due=right.days_past_due + 1)
    return True


def _agreeing(account: CardAccount, as_of: date) -> list[OverdueRecord]:
    """Return the reports of before today that say what our own count does, oldest first."""
    ledger = facts.read(account)
    count = Count.of(ledger.walk(account.as_of), ledger.bills, account.as_of)
    found = account.overdue_records.filter(reported_on__lt=as_of, days_past_due__gt=0)
    return [
        record
        for record in found.order_by("period")
        if (own := count.at(first_day(record.period))).with_days
        and not any(own.differs(record.days_past_due, record.overdue_amount))
    ]


def _write(out: Path, record: OverdueRecord, as_of: date) -> None:
    out.mkdir(parents=True, exist_ok=True)
    spec = specs(as_of)["overdue_records"]
    with Sheet(out, spec.name, [c.name for c in spec.columns], spec.control) as sheet:
        sheet.add(
            account_ref=record.account.ref, period=record.period,
            days_past_due=record.days_past_due, reported_code=record.reported_code,
            overdue_amount=record.overdue_amount, bureau=record.bureau,
            notified_on=record.notified_on or "", reported_on=as_of,
        )  # fmt: skip
    manifest = {
        "format": FORMAT, "feed_id": f"made-correction-{as_of}", "kind": "delta",
        "as_of": str(as_of), "institution": "DEMO", "encoding": "utf-8",
        "files": [sheet.entry()],
    }  # fmt: skip
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
