"""The lines of a certified document, read from the file itself: what a dispute can point at."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.evidence import words
from accounts.evidence.machine import JSON_NAME, SCHEMA_ID
from portal.records import documents
from portal.records.models import Document


@dataclass(frozen=True)
class Line:
    """One line as certified. `what`: posting, statement, record or contact; `amount` + is debt.

    `text` is the bank's own: a posting without one has its kind (a code of Posting.Kind), a
    statement its due date (ISO). With the document's number and SHA-256 an outsider finds the
    very same line. `key` finds it in the books of the account: a posting or a contact by its
    own reference, a statement by its day, a record by its month.
    """

    ref: str
    what: str
    on: date
    text: str
    amount: Decimal | None
    currency: str
    key: str


def line(document: Document, ref: str) -> Line | None:
    """Return one line of a document by its reference, as typed: case and spaces do not matter."""
    wanted = "".join(ref.split()).upper()
    return next((each for each in lines(document) if each.ref == wanted), None)


def lines(document: Document) -> list[Line]:
    """Return all lines in the document's order; none if it has no such file, or is gone.

    Errors: documents.Damaged if the stored bytes are not the ones that were filed.
    """
    if document.purged_at is not None:
        return []
    facts = _attached(documents.fetch(document.sha256))
    if facts is None or facts.get("schema") != SCHEMA_ID:
        return []
    return list(_lines(facts))


def _attached(pdf: bytes) -> dict[str, Any] | None:
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        if JSON_NAME not in opened.attachments:
            return None
        found: dict[str, Any] = json.loads(opened.attachments[JSON_NAME].get_file().read_bytes())
    return found


def _lines(facts: dict[str, Any]) -> Iterator[Line]:
    currency = facts["account"]["currency"]
    for row in facts.get("postings", ()):
        text = row["description"] or row["merchant"] or str(words.KINDS[row["kind"]])
        yield Line(row["line"], "posting", _day(row["posted_on"]), text,
                   Decimal(row["amount"]), currency, row["ref"])  # fmt: skip
    for row in facts.get("statements", ()):
        yield Line(row["line"], "statement", _day(row["made_on"]), row["due_on"],
                   Decimal(row["closing"]), currency, row["made_on"])  # fmt: skip
    for row in facts.get("records", ()):
        text = f"{row['period']} · {row['reported_code']} · {row['bureau']}".removesuffix(" · ")
        yield Line(row["line"], "record", _day(f"{row['period']}-01"), text,
                   Decimal(row["overdue_amount"]), currency, row["period"])  # fmt: skip
    for row in facts.get("contacts", ()):
        text = f"{row['purpose']} · {row['outcome']}"
        yield Line(row["line"], "contact", _day(row["at"]), text, None, currency, row["ref"])


def _day(text: str) -> date:
    """Read a date, or the date of a time as it stood on the clock where the document was made."""
    return datetime.fromisoformat(text).date()
