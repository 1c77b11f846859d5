"""The same facts for machines: statement.json with its schema, and tables as CSV.

The same facts give the same bytes, in every language: codes instead of words, money as text in
the currency's own places, dates and times in ISO 8601.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.book import ZERO, Components
from accounts.evidence.gathered import Gathered, Movements, PostingLine, RecordLine
from accounts.evidence.rules import PARTS, Difference, check_reconciled
from accounts.queries import DisputePast, PlanPast
from portal.kit.money import unit
from portal.records.typeset import Attachment

SCHEMA_ID = "arrears-portal/statement/1"
JSON_NAME = "statement.json"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # a spreadsheet runs these
MOVEMENT = (
    "line", "ref", "transacted_on", "posted_on", "kind", "description", "merchant", "channel",
    "reverses", "reverses_line", "amount", "currency", "balance", "change_principal",
    "change_interest", "change_default_sum", "change_fees", "days_late", "order",
    "is_repayment",
)  # fmt: skip
NUMBERS = {"amount", "balance", "overdue_amount", *(f"change_{part}" for part in PARTS)}


def attachments(facts: Gathered) -> list[Attachment]:
    """Return the files that go into the PDF: JSON, its schema, tables, copies of agreements."""
    rows = movement_rows(facts.movements, facts.currency) if facts.movements else []
    data = as_json(facts, rows)
    found = [
        Attachment(JSON_NAME, "application/json", data, _("Every fact, for machines")),
        Attachment(
            "statement.schema.json", "application/json", schema(), _("What the JSON file holds")
        ),
    ]
    if facts.movements:
        data = as_csv(MOVEMENT, rows)
        found.append(Attachment("movements.csv", "text/csv", data, _("The movements as a table")))
    if facts.records is not None:
        names = [field.name for field in fields(RecordLine)]
        data = as_csv(names, _rows(facts.records, facts.currency))
        found.append(Attachment("records.csv", "text/csv", data, _("The records as a table")))
    for copy in facts.copies or ():
        if copy.data:
            name, title = f"{copy.plan.document_number}.pdf", copy.plan.title
            found.append(Attachment(name, "application/pdf", copy.data, title))
    return found


@lru_cache
def schema() -> bytes:
    """Return the JSON Schema (draft 2020-12) of statement.json."""
    return (files("accounts.evidence") / "statement.schema.json").read_bytes()


def as_json(facts: Gathered, postings: Sequence[dict[str, Any]]) -> bytes:
    """Return statement.json: keys in order, UTF-8. `postings` are its movement_rows()."""
    return dumped(
        {
            "schema": SCHEMA_ID,
            "document": {
                "number": facts.number,
                "kind": facts.kind,
                "purpose": facts.purpose,
                "issued_at": _plain(facts.at),
                "bank": settings.BANK["name"],
            },
            "period": None
            if facts.from_on is None
            else {"from": _plain(facts.from_on), "until": _plain(facts.until_on)},
            "account": {
                "ref": facts.account_ref,
                "card_last4": facts.card_last4,
                "product": facts.product,
                "currency": facts.currency,
                "opened_on": _plain(facts.opened_on),
                "status": facts.status,
                "held_by": facts.held_by,
                "agency_name": facts.agency_name,
            },
            "cardholder": {"full_name": facts.full_name, "id_masked": facts.id_masked},
            "source": {name: _plain(value) for name, value in asdict(facts.source).items()},
            **_parts(facts, postings),
        }
    )


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _parts(facts: Gathered, postings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what only some documents have."""
    currency = facts.currency
    parts: dict[str, Any] = {}
    if facts.movements:
        parts |= _movements(facts.movements, currency) | {"postings": postings}
    if facts.records is not None:
        parts["records"] = _rows(facts.records, currency)
    if facts.contacts is not None:
        parts["contacts"] = _rows(facts.contacts, currency)
        parts["contacts_kept_from"] = _plain(facts.contacts_from)
    if facts.plans is not None:
        parts["plans"] = [_plan(plan, currency) for plan in facts.plans]
    if facts.disputes is not None:
        parts["disputes"] = [_dispute(past) for past in facts.disputes]
    if facts.settlement:
        done = asdict(facts.settlement) | {"owed": facts.settlement.owed}
        parts["settlement"] = {name: _value(value, currency) for name, value in done.items()}
    return parts


def _movements(movements: Movements, currency: str) -> dict[str, Any]:
    sums = {name: getattr(movements, name) for name in ("opening", "raised", "lowered", "closing")}
    return {
        "reconciliation": {
            **{name: _value(value, currency) for name, value in sums.items()},
            "difference": _value(difference(movements), currency),
        },
        "allocation": asdict(movements.allocation),
        "undivided": _value(movements.undivided, currency),
        "statements": _rows(movements.statements, currency),
        "overdue_spells": _rows(movements.spells, currency),
        "month_ends": _rows(movements.month_ends, currency),
    }


def difference(movements: Movements) -> Components:
    """Return opening + raised + lowered − closing: what must be zero, worked out once more."""
    return Components(
        **{
            part: getattr(movements.opening, part)
            + getattr(movements.raised, part)
            + getattr(movements.lowered, part)
            - getattr(movements.closing, part)
            for part in PARTS
        }
    )


def movement_rows(movements: Movements, currency: str) -> list[dict[str, Any]]:
    return [_posting(line, currency) for line in movements.postings]


def _posting(line: PostingLine, currency: str) -> dict[str, Any]:
    """Return one movement. Written out, since there may be thousands."""
    change = line.change
    return {
        "line": line.line,
        "ref": line.ref,
        "transacted_on": line.transacted_on.isoformat(),
        "posted_on": line.posted_on.isoformat(),
        "kind": line.kind,
        "description": line.description,
        "merchant": line.merchant,
        "channel": line.channel,
        "reverses": line.reverses,
        "reverses_line": line.reverses_line,
        "amount": money(line.amount, currency),
        "currency": currency,
        "balance": money(line.balance, currency),
        "change_principal": money(change.principal, currency),
        "change_interest": money(change.interest, currency),
        "change_default_sum": money(change.default_sum, currency),
        "change_fees": money(change.fees, currency),
        "days_late": line.days_late,
        "order": line.order,
        "is_repayment": line.is_repayment,
    }


def _plan(plan: PlanPast, currency: str) -> dict[str, Any]:
    return {
        "number": plan.number,
        "agreed_on": _plain(plan.agreed_on),
        "total": money(plan.total, currency),
        "state": plan.state,
        "document": {
            "number": plan.document_number,
            "sha256": plan.document_sha256,
            "language": plan.language,
            "purged": plan.purged,
        },
        "dues": [{"on": _plain(on), "amount": money(amount, currency)} for on, amount in plan.dues],
    }


def _dispute(past: DisputePast) -> dict[str, Any]:
    return {
        "number": past.number,
        "filed_on": _plain(past.filed_on),
        "lines": [{"kind": kind, "key": key} for kind, key in past.lines],
        "state": past.state,
        "settled_on": _plain(past.settled_on),
    }


def _rows(rows: Iterable[Any], currency: str) -> list[dict[str, Any]]:
    return [
        {name: _value(getattr(row, name), currency) for name in row.__dataclass_fields__}
        for row in rows
    ]


def _value(value: Any, currency: str) -> Any:
    if isinstance(value, Decimal):
        return money(value, currency)
    if isinstance(value, Components):
        named = {part: money(getattr(value, part), currency) for part in PARTS}
        return named | {"total": money(value.total, currency)}
    return [_plain(each) for each in value] if isinstance(value, tuple) else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def money(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency's places, without a sign of the currency: -1234.50.

    Errors: Refused EV-1 for an amount finer than the currency's minor unit; nothing is rounded.
    """
    exact = (amount or ZERO).quantize(unit(currency))
    if exact != amount:
        check_reconciled([Difference(f"finer than {currency}", amount - exact)])
    return str(exact)


def as_csv(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> bytes:
    """Return a table that no spreadsheet takes for formulas; RFC 4180, UTF-8 with its mark.

    A text that begins like a formula gets an apostrophe; the columns in NUMBERS stay numbers.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(name, row[name]) for name in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(name: str, value: Any) -> Any:
    return value if name in NUMBERS else as_cell(value)


def as_cell(value: Any) -> Any:
    """Return a value for a table: a text that begins like a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
