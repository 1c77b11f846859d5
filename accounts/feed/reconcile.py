"""opening + postings = closing, for every statement of the ledger as it would be after a load."""

from django.db import connection

from accounts.feed.rejects import MOST, Rejects
from accounts.feed.stage import one, rows_of
from portal.kit.money import from_thousandths


def reconcile(rejects: Rejects, free: str) -> set[str]:
    """Reject each statement that does not add up, and return whose they are.

    Those of the ledger stand in no line of the feed: of each account the first is told, as line 0
    of the postings.
    `free` is the condition that the account of an event e is not held already.
    """
    fresh = not one("SELECT EXISTS (SELECT 1 FROM accounts_cardaccount)")
    owner = "account_ref" + ' COLLATE "C"' * (connection.vendor == "postgresql")
    sql = RECONCILE.format(known="" if fresh else KNOWN, owner=owner, free=free, most=MOST)
    owners = set()
    for line, account, on, opening, moved, closing, before in rows_of(sql):
        if before is not None and before != opening:
            column, value = "opening_balance", opening
            reason = f"is not the closing balance before, {from_thousandths(before)}"
        else:
            column, value = "closing_balance", closing
            reason = (
                f"of {on}: opening {from_thousandths(opening)} and postings "
                f"{from_thousandths(moved)} do not make it"
            )
        if line:
            found = (line, column, str(from_thousandths(value)), reason)
            rejects.add("statements.csv", [found])
        else:
            reason = f"{column} {from_thousandths(value)} {reason}"
            rejects.add("postings.csv", [(0, "account_ref", account, reason)])
        owners.add(account)
    return owners


# The ledger as it would be: what is known and not replaced, and what is new. Running sums over
# each account's days give each statement's movement in one sorted pass, whatever the size.
RECONCILE = """
WITH touched AS (
  SELECT account_ref FROM feed_statements_new UNION SELECT account_ref FROM feed_postings_new
), events AS (
  SELECT {owner} AS account_ref, posted_on AS on_day, 0 AS made, amount, 0 AS opening,
         0 AS closing, 0 AS line
  FROM feed_postings_new WHERE known IS NULL
  UNION ALL
  SELECT {owner}, statement_on, 1, 0, opening_balance, closing_balance, line
  FROM feed_statements_new
  {known}
), summed AS (
  SELECT e.*, sum(amount) OVER (
    PARTITION BY account_ref ORDER BY on_day, made ROWS UNBOUNDED PRECEDING) AS so_far
  FROM events e WHERE {free}
), moved AS (
  SELECT account_ref, on_day, line, opening, closing,
         so_far - coalesce(lag(so_far) OVER days, 0) AS moved, lag(closing) OVER days AS before
  FROM summed WHERE made = 1
  WINDOW days AS (PARTITION BY account_ref ORDER BY on_day)
), wrong AS (
  SELECT moved.*, row_number() OVER (PARTITION BY account_ref, line ORDER BY on_day) AS nth
  FROM moved WHERE opening + moved <> closing OR before <> opening
)
SELECT line, account_ref, on_day, opening, moved, closing, before FROM wrong WHERE nth = 1
ORDER BY line, account_ref, on_day LIMIT {most}
"""
KNOWN = """
  UNION ALL
  SELECT a.ref, p.posted_on, 0, p.amount, 0, 0, 0
  FROM touched t JOIN accounts_cardaccount a ON a.ref = t.account_ref
  JOIN accounts_posting p ON p.account_id = a.id
  UNION ALL
  SELECT a.ref, k.statement_on, 1, 0, k.opening_balance, k.closing_balance, 0
  FROM touched t JOIN accounts_cardaccount a ON a.ref = t.account_ref
  JOIN accounts_statement k ON k.account_id = a.id
  WHERE NOT EXISTS (SELECT 1 FROM feed_statements_new n WHERE n.known = k.id)
"""
