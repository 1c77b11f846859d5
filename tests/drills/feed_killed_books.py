"""For feed_killed.py: two feeds, the ledger as fingerprints, a database to be put back."""

import csv
import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

CONTROL = {"card_accounts": "credit_limit", "statements": "closing_balance",
           "postings": "amount", "overdue_records": "overdue_amount"}  # fmt: skip


# == the feeds


def write_feeds(folder: Path, *, accounts: int) -> tuple[Path, Path]:
    """Write A, of yesterday, and B, of today: the same books with something new in each file."""
    from django.utils.timezone import localdate

    from accounts.feed.make import write_feed

    a, b = folder / "a", folder / "b"
    today = localdate()
    write_feed(a, accounts=accounts, seed=5, as_of=today - timedelta(days=1))
    b.mkdir()
    manifest = json.loads((a / "manifest.json").read_text())
    gone = {f"A{n:07d}" for n in range(accounts - accounts // 20, accounts + 1)}
    files = [_file(a, b, entry["name"].removesuffix(".csv"), gone, str(today))
             for entry in manifest["files"]]  # fmt: skip
    manifest |= {"feed_id": "night-b", "as_of": str(today), "files": files}
    (b / "manifest.json").write_text(json.dumps(manifest))
    return a, b


def _file(a: Path, b: Path, name: str, gone: set[str], today: str) -> dict[str, Any]:
    with (a / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        old = [row for row in csv.DictReader(file) if row.get("account_ref") not in gone]
    rows = [CHANGE[name](row, today) for row in old]
    if name in NEW:
        firsts = {row["account_ref"]: row for row in rows}
        rows += [NEW[name](row, today) for row in firsts.values()]
    path = b / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    entry: dict[str, Any] = {"name": path.name, "rows": len(rows),
                             "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}  # fmt: skip
    if name in CONTROL:
        entry["control_total"] = str(sum(Decimal(row[CONTROL[name]]) for row in rows))
    return entry


def _every(n: int, ref: str) -> bool:
    return int(ref[1:8]) % n == 0


CHANGE: dict[str, Any] = {
    "cardholders": lambda r, _: r | {"language": "en"} if _every(3, r["cardholder_ref"]) else r,
    "card_accounts": lambda r, _: (
        r | {"daily_rate": "0.0004"} if _every(5, r["account_ref"]) else r
    ),
    "statements": lambda r, _: r,
    "postings": lambda r, _: r,
    "overdue_records": lambda r, today: (
        r | {"reported_on": today, "days_past_due": str(int(r["days_past_due"]) + 1)}
        if _every(7, r["account_ref"]) else r
    ),
    "contacts": lambda r, _: r,
}  # fmt: skip
NEW: dict[str, Any] = {
    "postings": lambda r, today: r | {
        "posting_ref": f"{r['account_ref']}-B", "posted_on": today, "transacted_on": today,
        "kind": "repayment", "amount": "-" + r["amount"].lstrip("-"), "reverses": "",
    },
    "contacts": lambda r, today: r | {
        "contact_ref": f"{r['account_ref']}-KB", "at": f"{today}T00:00:01+08:00",
    },
}  # fmt: skip


# == the ledger


def tables() -> list[Any]:
    from accounts import models as m

    return [m.Cardholder, m.CardAccount, m.Statement, m.Posting, m.OverdueRecord,
            m.ContactAttempt, m.FeedLoad]  # fmt: skip


def whole() -> str:
    """Every column of every row of the ledger, keys and sealed facts among them."""
    sha = hashlib.sha256()
    for model in tables():
        for row in model.objects.order_by("pk").values_list().iterator(chunk_size=2000):
            sha.update(repr(row).encode())
    return sha.hexdigest()


def natural() -> str:
    """The ledger by its own references: the same for every load of the same feeds.

    Keys have gaps after kills, sealed facts a new nonce each time, and loads their moment.
    """
    sha = hashlib.sha256()
    for model in tables():
        fields = [
            f"{f.name}__ref" if f.name in ("account", "cardholder") else f.attname
            for f in model._meta.concrete_fields
            if f.attname not in ("id", "sealed_person", "loaded_at")
        ]
        for row in model.objects.order_by(*fields[:3]).values_list(*fields).iterator(2000):
            sha.update(repr(row).encode())
    return sha.hexdigest()


# == the database


class Snapshot:
    """The drill's database as it was once, to be put back: a copied file, or a template."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
        self.server, _, self.name = url.rpartition("/")
        self.kept = f"{self.name}_a"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        if self.file is None:
            self._close()
            self._sql(f"DROP DATABASE IF EXISTS {self.kept} WITH (FORCE)")

    def take(self) -> None:
        self._close()
        if self.file:  # closing the last connection has brought the journal home
            shutil.copy(self.file, f"{self.file}.kept")
        else:
            self.settle()
            self._sql(f"CREATE DATABASE {self.kept} TEMPLATE {self.name}")

    def restore(self) -> None:
        self._close()
        if self.file:
            for end in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    os.remove(f"{self.file}{end}")
            shutil.copy(f"{self.file}.kept", self.file)
        else:
            self._sql(f"DROP DATABASE {self.name} WITH (FORCE)")
            self._sql(f"CREATE DATABASE {self.name} TEMPLATE {self.kept}")

    def settle(self) -> None:
        """Wait until PostgreSQL has seen that a killed client is gone."""
        while self.file is None and self._sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> ALL(%s)",
            self.name, self._own(),
        ):  # fmt: skip
            time.sleep(0.01)

    def _own(self) -> list[int]:
        from django.db import connection

        if connection.connection is None:
            return []
        return [connection.connection.info.backend_pid]

    def _sql(self, text: str, *values: Any) -> Any:
        import psycopg

        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as link:
            cursor = link.execute(text, values or None)
            return cursor.fetchone()[0] if cursor.description else None

    def _close(self) -> None:
        from django.db import connections

        connections.close_all()
