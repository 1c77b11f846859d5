# ruff: noqa: S608 (only our own table and column names are put into SQL; values are parameters)
"""Make a checked feed live: set statements from the staged tables, in one transaction.

Nothing is parsed or compared here, so that the ledger is locked for as short as may be.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import Error, connection, transaction

from accounts.feed.check import LEDGER, OWNED, empty, leave_out_held
from accounts.feed.manifest import NAMES, Manifest
from accounts.feed.rebuild import bare
from accounts.feed.stage import TABLES, one, quoted, rows_of, run
from accounts.models import FeedLoad
from portal.kit.errors import Refused
from portal.records import audit

SHARE, FEW = 5, 10  # a full feed that lacks more than a fifth, at least ten, is refused
log = logging.getLogger(__name__)


@dataclass
class Counts:
    """What became of one file's rows; `held` are good rows of accounts with a reject."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    held: int = 0
    total_proven: bool = True


@dataclass
class Report:
    """What a run found: per file, the accounts a full feed leaves out, whether it is live."""

    feed_id: str
    outcome: str  # loaded, checked, already loaded
    files: dict[str, Counts] = field(default_factory=dict)
    closed: int = 0


def count(report: Report) -> None:
    """Leave out what is held, and fill in what becomes of the other rows."""
    if one("SELECT EXISTS (SELECT 1 FROM feed_held)"):
        for name, counts in report.files.items():
            counts.held = _held(name, counts)
        leave_out_held()
    for name, counts in report.files.items():
        counts.added, counts.changed = rows_of(
            f"SELECT count(*) - count(known), count(known) FROM feed_{name}_new"
        )[0]
        settled = counts.added + counts.changed + counts.rejected
        counts.unchanged = max(0, counts.rows - settled - counts.held)


def _held(name: str, counts: Counts) -> int:
    """Count good rows of owners with a reject.

    Rejects found by check.py are staged and held, those of rows.py are neither.
    """
    kind = "cardholder" if name == "cardholders" else "account"
    held = one(
        f"SELECT count(*) FROM feed_{name} WHERE {kind}_ref IN "
        f"(SELECT ref FROM feed_held WHERE kind = '{kind}')"
    )
    staged = one(f"SELECT count(*) FROM feed_{name}")
    return max(0, int(held) - (counts.rejected - (counts.rows - int(staged))))


def mention(manifest: Manifest) -> None:
    """List every account of the feed; `raised` is 1 where its ledger or terms change.

    A full feed names all its accounts in their own file; those of a delta's rows may be known.
    """
    others = () if manifest.kind == "full" else OWNED
    parts = [
        "SELECT account_ref, 0 AS raised FROM feed_card_accounts",
        "SELECT account_ref, 1 FROM feed_card_accounts_new",
        "SELECT account_ref, 1 FROM feed_statements_new",
        "SELECT account_ref, 1 FROM feed_postings_new",
        *(f"SELECT account_ref, 0 FROM feed_{name}" for name in others),
    ]
    if empty("card_accounts"):
        parts = ["SELECT account_ref, 0 AS raised FROM feed_card_accounts"]
    run(
        "CREATE TEMPORARY TABLE feed_mention AS SELECT account_ref AS ref, max(raised) AS raised "
        f"FROM ({' UNION ALL '.join(parts)}) mentioned GROUP BY account_ref"
    )
    if connection.vendor == "postgresql":
        run("ANALYZE feed_mention")
    else:
        run("CREATE INDEX feed_mention_key ON feed_mention (ref)")


LEFT_OUT = (
    "NOT closed_by_feed AND NOT EXISTS (SELECT 1 FROM feed_mention m "
    "WHERE m.ref = accounts_cardaccount.ref) "
    "AND ref NOT IN (SELECT h.ref FROM feed_held h WHERE h.kind = 'account')"
)


def left_out(manifest: Manifest) -> int:
    """Count the live accounts a full feed does not name. Errors: Refused FEED-5 for too many."""
    if manifest.kind == "delta":
        return 0
    missing = int(one(f"SELECT count(*) FROM accounts_cardaccount WHERE {LEFT_OUT}"))
    live = int(one("SELECT count(*) FROM accounts_cardaccount WHERE NOT closed_by_feed"))
    if missing >= FEW and missing * SHARE > live:
        raise Refused(
            "FEED-5",
            f"{missing} of {live} accounts are absent from this full feed. Ask the sender; "
            "if it is right, have it sent in parts.",
        )
    return missing


def apply(
    manifest: Manifest, report: Report, *, last: int | None, by: Any, at: datetime
) -> FeedLoad:
    """Write the feed, its FeedLoad and one audit event. `last` is the FeedLoad checked against.

    Errors: Refused FEED-3 if another feed went live since the check; then nothing is written.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            run("LOCK TABLE accounts_feedload IN SHARE ROW EXCLUSIVE MODE")
        if newest() != last:
            raise Refused("FEED-3", "Another feed was loaded meanwhile. Run the command again.")
        first = empty("card_accounts")  # or readers of a live ledger would wait: rebuild.py
        added = {name: counts.added for name, counts in report.files.items() if first}
        _people()
        _accounts(manifest, added)
        _statements(added)
        _append(added)
        return _record(manifest, report, by=by, at=at)


def tell_planner(report: Report) -> None:
    """After a first load PostgreSQL believes the ledger empty, and the next feed's joins crawl.

    What a night adds it learns by itself, from autovacuum, as it does the finer statistics. The
    feed is live by now: a fault here is only logged.
    """
    if connection.vendor != "postgresql":
        return
    try:
        for name, counts in report.files.items():
            if counts.added * SHARE > counts.rows:
                run(f"ANALYZE {LEDGER[name]}")
    except (Error, OSError):
        log.warning("The feed is live; PostgreSQL's statistics are not renewed.", exc_info=True)


def newest() -> int | None:
    """Return the key of the feed loaded last."""
    return FeedLoad.objects.order_by("-pk").values_list("pk", flat=True).first()


def _people() -> None:
    """Change and add people. A change of language alone comes without the sealed person."""
    run(
        "UPDATE accounts_cardholder SET language = s.language, person_hash = s.person_hash, "
        "sealed_person = CASE s.sealed_person WHEN '' THEN accounts_cardholder.sealed_person "
        "ELSE s.sealed_person END FROM feed_cardholders_new s "
        "WHERE s.known = accounts_cardholder.id"
    )
    run(
        "INSERT INTO accounts_cardholder (ref, language, sealed_person, person_hash) "
        "SELECT cardholder_ref, language, sealed_person, person_hash "
        "FROM feed_cardholders_new WHERE known IS NULL ORDER BY cardholder_ref"
    )


TERMS = [c for c in TABLES["card_accounts"] if c not in ("account_ref", "cardholder_ref", "places")]


def _accounts(manifest: Manifest, added: dict[str, int]) -> None:
    """Change terms, then date and raise what is known, then add what is new at version 1."""
    settings = ", ".join(f"{column} = s.{column}" for column in TERMS)
    run(
        f"UPDATE accounts_cardaccount SET {settings}, closed_by_feed = %s "
        "FROM feed_card_accounts_new s WHERE s.known = accounts_cardaccount.id",
        (False,),
    )
    run(
        "UPDATE accounts_cardaccount SET as_of = %s, version = version + m.raised "
        "FROM feed_mention m WHERE m.ref = accounts_cardaccount.ref "
        "AND (m.raised = 1 OR as_of <> %s) "
        "AND m.ref NOT IN (SELECT h.ref FROM feed_held h WHERE h.kind = 'account')",
        (manifest.as_of.isoformat(), manifest.as_of.isoformat()),
    )
    if manifest.kind == "full":
        run(
            "UPDATE accounts_cardaccount SET closed_by_feed = %s, version = version + 1 "
            f"WHERE {LEFT_OUT}",
            (True,),
        )
    with bare("accounts_cardaccount", added.get("card_accounts", 0)):
        run(
            f"INSERT INTO accounts_cardaccount (ref, cardholder_id, {quoted(TERMS)}, "
            f"closed_by_feed, as_of, version) SELECT s.account_ref, c.id, {quoted(TERMS, 's.')}, "
            "%s, %s, 1 FROM feed_card_accounts_new s "
            "JOIN accounts_cardholder c ON c.ref = s.cardholder_ref "
            "WHERE s.known IS NULL ORDER BY s.account_ref",
            (False, _day(manifest)),
        )


def _day(manifest: Manifest) -> Any:
    """Return as_of as a parameter that needs no cast in a SELECT list."""
    return manifest.as_of if connection.vendor == "postgresql" else manifest.as_of.isoformat()


def _statements(added: dict[str, int]) -> None:
    columns = [c for c in TABLES["statements"] if c not in ("account_ref", "places")]
    settings = ", ".join(f"{column} = s.{column}" for column in columns)
    run(
        f"UPDATE accounts_statement SET {settings} FROM feed_statements_new s "
        "WHERE s.known = accounts_statement.id"
    )
    with bare("accounts_statement", added.get("statements", 0)):
        every = {c: f's."{c}"' for c in columns}
        _insert("statements", "accounts_statement", every, "statement_on")


def _append(added: dict[str, int]) -> None:
    """Add postings, contacts, and overdue records: new versions where one is known."""
    for name, table, order in (
        ("postings", "accounts_posting", "posted_on"),
        ("contacts", "accounts_contactattempt", "at"),
    ):
        columns = {c: f's."{c}"' for c in TABLES[name] if c not in ("account_ref", "places")}
        columns = {"ref" if c.endswith("_ref") else c: text for c, text in columns.items()}
        with bare(table, added.get(name, 0)):
            _insert(name, table, columns, order)
    columns = {c: f"s.{c}" for c in TABLES["overdue_records"] if c not in ("account_ref", "places")}
    columns["version"] = "coalesce(k.version, 0) + 1"
    columns["disputed"] = "coalesce(k.disputed, FALSE)"  # while it is disputed, its correction is
    with bare("accounts_overduerecord", added.get("overdue_records", 0)):
        _insert("overdue_records", "accounts_overduerecord", columns, "period")


def _insert(name: str, table: str, columns: dict[str, str], order: str) -> None:
    """Add rows in the order their account reads them, so that an index grows at one end each."""
    known = f"LEFT JOIN {table} k ON k.id = s.known " * (name == "overdue_records")
    only_new = "" if known else "WHERE s.known IS NULL "
    run(
        f"INSERT INTO {table} (account_id, {quoted(columns)}) "
        f"SELECT a.id, {', '.join(columns.values())} FROM feed_{name}_new s "
        f"JOIN accounts_cardaccount a ON a.ref = s.account_ref {known}{only_new}"
        f'ORDER BY a.id, s."{order}"'
    )


def _record(manifest: Manifest, report: Report, *, by: Any, at: datetime) -> FeedLoad:
    counts = {name: vars(report.files[name]) for name in NAMES if name in report.files}
    load = FeedLoad.objects.create(
        feed_id=manifest.feed_id, kind=manifest.kind, institution=manifest.institution,
        as_of=manifest.as_of, manifest_sha256=manifest.sha256, loaded_at=at, counts=counts,
    )  # fmt: skip
    data = {"kind": manifest.kind, "as_of": manifest.as_of, "manifest_sha256": manifest.sha256,
            "counts": counts, "closed": report.closed}  # fmt: skip
    audit.record(
        "feed.loaded", subject=f"accounts.feedload:{manifest.feed_id}", by=by, at=at, data=data
    )
    return load
