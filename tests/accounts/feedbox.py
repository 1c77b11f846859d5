"""A small good feed, and ways to spoil it. Used by test_feed_*.py."""

import csv
import gzip
import hashlib
import io
import json
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal

from accounts.feed.load import import_feed

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
CONTROL = {"card_accounts": "credit_limit", "statements": "closing_balance",
           "postings": "amount", "overdue_records": "overdue_amount"}  # fmt: skip


def holder(n, **more):
    return {"cardholder_ref": f"C{n}", "full_name": f"示例{n}", "id_type": "other",
            "id_number": f"000000-{n}", "date_of_birth": "1990-01-02", "mobile": "",
            "email": "", "postal_address": "", "language": "", **more}  # fmt: skip


def account(n, **more):
    return {"account_ref": f"A{n}", "cardholder_ref": f"C{n}", "product": "CLASSIC",
            "card_last4": "0042", "currency": "CNY", "credit_limit": "20000.00",
            "opened_on": "2020-01-01", "statement_day": "20", "daily_rate": "0.0005",
            "late_fee_rate": "0.05", "minimum_rate": "0.10", "interest_basis": "full",
            "status": "open", "held_by": "bank", "agency_name": "", **more}  # fmt: skip


def statement(n, on, opening, closing, **more):
    return {"account_ref": f"A{n}", "statement_on": on, "due_on": on[:8] + "28",
            "opening_balance": opening, "closing_balance": closing, "minimum_due": "0.00",
            **more}  # fmt: skip


def posting(ref, n, on, amount, **more):
    return {"posting_ref": ref, "account_ref": f"A{n}", "posted_on": on, "transacted_on": on,
            "kind": "purchase", "amount": amount, "description": "", "merchant": "",
            "channel": "", "reverses": "", **more}  # fmt: skip


def record(n, period, amount, **more):
    return {"account_ref": f"A{n}", "period": period, "days_past_due": "10",
            "reported_code": "1", "overdue_amount": amount, "reported_on": f"{period}-28",
            "bureau": "", "notified_on": "", **more}  # fmt: skip


def contact(ref, n, **more):
    return {"contact_ref": ref, "account_ref": f"A{n}", "at": "2026-10-05T09:30:00+08:00",
            "channel": "call", "by": "bank", "purpose": "Reminder", "outcome": "answered",
            **more}  # fmt: skip


GOOD = {
    "cardholders": [holder(1), holder(2)],
    "card_accounts": [account(1), account(2, currency="JPY", credit_limit="300000")],
    "statements": [
        statement(1, "2026-09-20", "5.00", "105.00"),
        statement(1, "2026-10-20", "105.00", "75.50"),
        statement(2, "2026-10-20", "0", "900", minimum_due="90"),
    ],
    "postings": [
        posting("P1", 1, "2026-09-20", "100.00"),
        posting("P2", 1, "2026-10-20", "-29.50", kind="repayment"),
        posting("P3", 1, "2026-10-21", "1.00"),
        posting("P4", 2, "2026-10-01", "900"),
    ],
    "overdue_records": [record(1, "2026-09", "10.00"), record(2, "2026-09", "0")],
    "contacts": [contact("K1", 1)],
}


class Box:
    """A feed to be written: `rows` may be changed, `raw` replaces a file's bytes as they lie."""

    def __init__(self, **claims):
        self.rows = deepcopy(GOOD)
        self.raw = {}
        self.claims = {"format": "card-arrears-feed/1", "feed_id": "F1", "kind": "full",
                       "as_of": "2026-11-21", "institution": "DEMO", "encoding": "utf-8",
                       **claims}  # fmt: skip
        self.entries = {}  # name → changes to its manifest entry
        self.packed = False

    def text(self, name):
        out = io.StringIO()
        columns = list(GOOD[name][0])
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows[name])
        return out.getvalue()

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name, rows in self.rows.items():
            data = self.raw.get(name)
            if data is None:
                data = self.text(name).encode(self.claims["encoding"])
                data = gzip.compress(data) if self.packed else data
            file = f"{name}.csv" + ".gz" * (self.packed or data[:2] == b"\x1f\x8b")
            (folder / file).write_bytes(data)
            entry = {"name": file, "rows": len(rows), "sha256": hashlib.sha256(data).hexdigest()}
            if name in CONTROL:
                entry["control_total"] = str(total(row[CONTROL[name]] for row in rows))
            files.append(entry | self.entries.get(name, {}))
        (folder / "manifest.json").write_text(json.dumps(self.claims | {"files": files}))
        return folder

    def load(self, tmp_path, **options):
        return import_feed(self.write(tmp_path / self.claims["feed_id"]),
                           by=None, at=NOON, **options)  # fmt: skip


def total(cells):
    result = Decimal(0)
    for cell in cells:
        try:
            result += Decimal(cell)
        except ArithmeticError:
            pass  # a cell that is wrong on purpose
    return result


def delta(feed_id="F2", **claims):
    """A delta without rows."""
    box = Box(feed_id=feed_id, kind="delta", **claims)
    box.rows = {name: [] for name in box.rows}
    return box


def ledger():
    """Everything a load may change, as plain values."""
    from accounts import models as m

    tables = (m.Cardholder, m.CardAccount, m.Statement, m.Posting, m.OverdueRecord,
              m.ContactAttempt, m.FeedLoad)  # fmt: skip
    return [list(table.objects.order_by("pk").values_list()) for table in tables]
