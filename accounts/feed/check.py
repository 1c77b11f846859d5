# ruff: noqa: S608 (only our own table and column names are put into SQL; values are parameters)
"""What only the whole feed and the ledger together can tell, asked of the staged tables in SQL.

Twins, references, places of the currency, append-only keys, and opening + postings = closing.
Each question streams inside the database; memory here is bounded by the cap on rejects.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from accounts.feed import values
from accounts.feed.manifest import NAMES
from accounts.feed.reconcile import reconcile
from accounts.feed.rejects import MOST, Rejects
from accounts.feed.stage import KEYS, TABLES, one, quoted, rows_of, run
from portal.kit.money import PLACES

AMOUNTS = {  # an amount of the row to show, and how many places its amounts have
    "statements": ("s.closing_balance", "s.places"),
    "postings": ("s.amount", "s.places"),
    "overdue_records": ("s.overdue_amount", "s.places"),
}
OWNED = ("statements", "postings", "overdue_records", "contacts")
LEDGER = {
    "cardholders": "accounts_cardholder",
    "card_accounts": "accounts_cardaccount",
    "statements": "accounts_statement",
    "postings": "accounts_posting",
    "overdue_records": "accounts_overduerecord",
    "contacts": "accounts_contactattempt",
}


@dataclass(frozen=True)
class Checks:
    """The questions of one feed; `full` says that only rows of the feed itself may be named.

    `partly` are the files not wholly read: what needs all of one is not asked of it. The keys of
    those `in_order` only rose, so none stands twice.
    """

    full: bool
    rejects: Rejects
    partly: frozenset[str] = frozenset()
    in_order: frozenset[str] = frozenset()

    def all(self) -> None:
        """Ask everything in order, then leave the new and changed rows in feed_<name>_new."""
        self._hold()
        for name in NAMES:
            if name not in self.in_order:
                self._twins(name)
        if "cardholders" not in self.partly:
            self._cardholders_known()
        for name in OWNED if "card_accounts" not in self.partly else ():
            self._accounts_known(name)
        if "postings" not in self.partly:
            self._reversed_known()
        self._same_owner()
        for name in NAMES:
            classify(name)
        for name in ("postings", "contacts"):
            self._unchanged(name)
        self._later_version()
        if not self.partly & {"statements", "postings", "card_accounts"}:
            self._hold_refs("account", reconcile(self.rejects, free("e.account_ref")))

    def _hold(self) -> None:
        """Bring the owners of rows that could not be read, and the accounts of such people."""
        for kind, refs in self.rejects.held.items():
            self._hold_refs(kind, refs)
        if self.rejects.held["cardholder"]:
            self._hold_accounts_of_held()

    def _hold_accounts_of_held(self) -> None:
        held = "SELECT ref FROM feed_held WHERE kind = 'cardholder'"
        run(
            "INSERT INTO feed_held (kind, ref) SELECT 'account', account_ref "
            f"FROM feed_card_accounts WHERE cardholder_ref IN ({held}) "
            "UNION SELECT 'account', a.ref "
            "FROM accounts_cardaccount a JOIN accounts_cardholder c ON c.id = a.cardholder_id "
            f"WHERE c.ref IN ({held})"
        )

    def _reject(
        self, name: str, column: str, reason: str, sql: str, show: Callable[[Any], str] = str
    ) -> None:
        """Reject each row of a query of (line, value, owner)."""
        found = rows_of(f"{sql} LIMIT {MOST}")
        self.rejects.add(f"{name}.csv", ((r[0], column, show(r[1]), reason) for r in found))
        kind = "cardholder" if name == "cardholders" else "account"
        self._hold_refs(kind, {row[2] for row in found})
        if found and kind == "cardholder":
            self._hold_accounts_of_held()

    def _hold_refs(self, kind: str, refs: Iterable[str]) -> None:
        with connection.cursor() as cursor:
            for ref in refs:
                cursor.execute("INSERT INTO feed_held (kind, ref) VALUES (%s, %s)", (kind, ref))

    def _twins(self, name: str) -> None:
        key = quoted(KEYS[name])
        same = " AND ".join(f's."{k}" = d."{k}"' for k in KEYS[name])
        owner = "cardholder_ref" if name == "cardholders" else "account_ref"
        self._reject(
            name, KEYS[name][-1], "the key stands in the file before",
            f'SELECT s.line, s."{KEYS[name][-1]}", s."{owner}" FROM feed_{name} s JOIN '
            f"(SELECT {key}, min(line) AS first FROM feed_{name} GROUP BY {key} "
            f"HAVING count(*) > 1) d ON {same} AND s.line > d.first ORDER BY s.line",
        )  # fmt: skip

    def _cardholders_known(self) -> None:
        ledger = "" if self.full else (
            "AND NOT EXISTS (SELECT 1 FROM accounts_cardholder k WHERE k.ref = s.cardholder_ref)"
        )  # fmt: skip
        self._reject(
            "card_accounts", "cardholder_ref", "no such cardholder",
            "SELECT s.line, s.cardholder_ref, s.account_ref FROM feed_card_accounts s "
            f"WHERE NOT EXISTS (SELECT 1 FROM feed_cardholders c "
            f"WHERE c.cardholder_ref = s.cardholder_ref) {ledger} "
            f"AND {free('s.cardholder_ref', 'cardholder')} ORDER BY s.line",
        )  # fmt: skip

    def _accounts_known(self, name: str) -> None:
        """Each row's account is known, and its amounts have the places of its currency.

        Another fault of such an account hides none of these, unless it is in the account's own row.
        """
        ledger = "" if self.full else "LEFT JOIN accounts_cardaccount k ON k.ref = s.account_ref"
        code = "a.currency" if self.full else "coalesce(a.currency, k.currency)"
        column, places = AMOUNTS.get(name, ("0", "0"))
        right = "a.places"  # rows.py has compared them with the currency
        if not self.full:
            cases = " ".join(f"WHEN '{c}' THEN {n}" for c, n in PLACES.items())
            right = f"coalesce(a.places, CASE k.currency {cases} END)"
        other = f"OR {places} <> {right}" if name in AMOUNTS else ""
        found = rows_of(
            f"SELECT s.line, s.account_ref, {code}, {column}, {places} FROM feed_{name} s "
            f"LEFT JOIN feed_card_accounts a ON a.account_ref = s.account_ref {ledger} "
            f"WHERE ({code} IS NULL AND {free('s.account_ref', 'unread')}) {other} "
            f"ORDER BY s.line LIMIT {MOST}"
        )
        for line, owner, currency, amount, given in found:
            what = ("account_ref", owner, "no such account")
            if currency:
                reason = f"does not have the {PLACES[currency]} places of {currency}"
                what = (column.removeprefix("s."), values.amount(amount, given), reason)
            self.rejects.add(f"{name}.csv", [(line, *what)])
        self._hold_refs("account", {row[1] for row in found})

    def _reversed_known(self) -> None:
        self._reject(
            "postings", "reverses", "no such posting of the same account",
            "SELECT s.line, s.reverses, s.account_ref FROM feed_postings s "
            "WHERE s.reverses <> '' AND NOT EXISTS (SELECT 1 FROM feed_postings o "
            "WHERE o.posting_ref = s.reverses AND o.account_ref = s.account_ref) "
            "AND NOT EXISTS (SELECT 1 FROM accounts_posting p JOIN accounts_cardaccount a "
            "ON a.id = p.account_id WHERE p.ref = s.reverses AND a.ref = s.account_ref) "
            f"AND {free('s.account_ref')} ORDER BY s.line",
        )  # fmt: skip

    def _same_owner(self) -> None:
        """A known account never changes hands or currency: its history would follow."""
        known = (
            "FROM feed_card_accounts s JOIN accounts_cardaccount k ON k.ref = s.account_ref "
            "JOIN accounts_cardholder c ON c.id = k.cardholder_id "
        )
        self._reject(
            "card_accounts", "cardholder_ref", "the account belongs to another cardholder",
            f"SELECT s.line, s.cardholder_ref, s.account_ref {known}"
            "WHERE c.ref <> s.cardholder_ref ORDER BY s.line",
        )  # fmt: skip
        self._reject(
            "card_accounts", "currency", "the account has another currency",
            f"SELECT s.line, s.currency, s.account_ref {known}"
            "WHERE k.currency <> s.currency ORDER BY s.line",
        )  # fmt: skip

    def _unchanged(self, name: str) -> None:
        """A known key with other content is a conflict: postings and contacts are append-only."""
        self._reject(
            name, KEYS[name][0], "is known with other content",
            f'SELECT line, "{KEYS[name][0]}", account_ref FROM feed_{name}_new '
            "WHERE known IS NOT NULL ORDER BY line",
        )  # fmt: skip

    def _later_version(self) -> None:
        self._reject(
            "overdue_records", "reported_on", "is known with other content and not reported later",
            "SELECT s.line, coalesce(CAST(s.reported_on AS text), ''), s.account_ref "
            "FROM feed_overdue_records_new s JOIN accounts_overduerecord k ON k.id = s.known "
            "WHERE s.reported_on IS NULL OR s.reported_on <= k.reported_on ORDER BY s.line",
        )  # fmt: skip


def free(column: str, kind: str = "account") -> str:
    """Return the condition that a reference is not held already: one fault, one reject.

    A `kind` is one of Rejects.held.
    """
    return f"{column} NOT IN (SELECT ref FROM feed_held WHERE kind = '{kind}')"


def differs(name: str, columns: Iterable[str]) -> str:
    """Return the condition that a staged row s differs from the ledger's k, nulls included."""
    other = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    return " OR ".join(f's."{column}" {other} k."{column}"' for column in columns)


def classify(name: str) -> None:
    """Leave what the ledger lacks, or has otherwise, in feed_<name>_new; `known` is its id."""
    if empty(name):  # then all of it is new, and need not be written once more
        run(
            f"CREATE TEMPORARY VIEW feed_{name}_new AS "
            f"SELECT s.*, CAST(NULL AS bigint) AS known FROM feed_{name} s"
        )
        return
    keys = {"account_ref", "cardholder_ref", "posting_ref", "contact_ref", "places",
            "sealed_person", *KEYS[name]}  # fmt: skip
    content = [column for column in TABLES[name] if column not in keys]
    changed = differs(name, content)
    if name in ("cardholders", "card_accounts"):
        join = f's."{KEYS[name][0]}" = k.ref'
        changed += {
            "cardholders": " OR k.sealed_person = ''", "card_accounts": " OR k.closed_by_feed"
        }[name]  # fmt: skip
    elif name in ("postings", "contacts"):
        join = f's."{KEYS[name][0]}" = k.ref'
        changed += " OR a.id IS NULL OR k.account_id <> a.id"
    else:
        join = f'k.account_id = a.id AND s."{KEYS[name][1]}" = k."{KEYS[name][1]}"'
    ledger = LEDGER[name]
    if name == "overdue_records":  # `> 1`: only what has versions at all is looked up
        ledger = (
            "(SELECT r.* FROM accounts_overduerecord r WHERE NOT EXISTS (SELECT 1 "
            "FROM accounts_overduerecord o WHERE o.account_id = r.account_id "
            "AND o.period = r.period AND o.version > r.version AND o.version > 1))"
        )
    owner = "LEFT JOIN accounts_cardaccount a ON a.ref = s.account_ref" * (name in OWNED)
    run(
        f"CREATE TEMPORARY TABLE feed_{name}_diff AS SELECT s.*, k.id AS known "
        f"FROM feed_{name} s {owner} LEFT JOIN {ledger} k ON {join} "
        f"WHERE k.id IS NULL OR {changed}"
    )
    run(f"CREATE TEMPORARY VIEW feed_{name}_new AS SELECT * FROM feed_{name}_diff")
    if connection.vendor == "postgresql":
        run(f"ANALYZE feed_{name}_diff ({quoted(KEYS[name])})")


def empty(name: str) -> bool:
    """Say that the ledger has nothing of this kind yet."""
    return not one(f"SELECT EXISTS (SELECT 1 FROM {LEDGER[name]})")


def leave_out_held() -> None:
    """With a tolerance: an account with a reject keeps its last good state as a whole."""
    if not one("SELECT count(*) FROM feed_held"):
        return
    for name in NAMES:
        kind = "cardholder" if name == "cardholders" else "account"
        run(
            f"DELETE FROM feed_{name}{'' if empty(name) else '_diff'} WHERE {kind}_ref IN "
            f"(SELECT ref FROM feed_held WHERE kind = '{kind}')"
        )
