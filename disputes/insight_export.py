"""The cases of a period as a table: a row each, without names, accounts or anybody's words.

Read case by case when it is asked for, so it may have what the last count of the report has not.
"""

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import localdate

from accounts.evidence.machine import as_cell
from disputes.models import Deadline, Decision, Dispute
from portal.kit import money
from portal.records.retention import start_of

PLAIN = {  # column: where it is read
    "number": "number", "status": "status", "matter": "matter", "topic": "topic",
    "reason": "reason", "channel": "channel", "product": "account__product",
    "held_by": "account__held_by", "agency": "account__agency_name", "lines": "many",
    "received_on": "began", "filed_on": "submitted_at", "rule": "rule", "due_on": "due",
    "extensions": "longer", "outcome": "outcome", "cause": "cause", "decided_on": "made",
    "second_outcome": "second_outcome", "second_decided_on": "second_made",
    "ended_on": "ended_at", "currency": "account__currency", "credit": "credit",
}  # fmt: skip
COLUMNS = (*PLAIN, "days", "in_time")
AT_ONCE = 2000  # rows read from the database at a time


class _Line:
    """What csv writes to: each line comes back as text."""

    def write(self, text: str) -> str:
        return text


def filed(from_on: date, until_on: date) -> QuerySet[Dispute]:
    """Return the cases that were filed from one day until another, both included."""
    end = start_of(until_on + timedelta(days=1))
    return Dispute.objects.filter(submitted_at__gte=start_of(from_on), submitted_at__lt=end)


def lines(found: QuerySet[Dispute]) -> Iterator[bytes]:
    """Yield the table line by line; RFC 4180, UTF-8 with its mark. One query, never all at once."""
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield b"\xef\xbb\xbf" + _line(writer, COLUMNS)
    for row in cases(found).iterator(chunk_size=AT_ONCE):
        yield _line(writer, [as_cell(value) for value in _values(row)])


def _line(writer: Any, values: Any) -> bytes:
    return str(writer.writerow(values)).encode()


def cases(found: QuerySet[Dispute]) -> QuerySet[Dispute, dict[str, Any]]:
    """Return what is told of each case, with the answer that was made in each round."""
    deadline = Deadline.objects.filter(dispute=OuterRef("pk"), round=Deadline.FIRST)
    last = deadline.order_by("-step")
    rows = found.annotate(
        many=Count("lines", distinct=True),
        began=Subquery(last.values("counted_from")[:1]),
        rule=Subquery(last.values("rule")[:1]),
        due=Subquery(last.values("due_on")[:1]),
        longer=Max("deadlines__step", filter=Q(deadlines__round=Deadline.FIRST)),
        outcome=_made(Deadline.FIRST, "outcome"),
        cause=_made(Deadline.FIRST, "cause"),
        made=_made(Deadline.FIRST, "made_at"),
        credit=_made(Deadline.FIRST, "credit"),
        second_outcome=_made(Deadline.REVIEW, "outcome"),
        second_made=_made(Deadline.REVIEW, "made_at"),
    )
    told: QuerySet[Dispute, dict[str, Any]] = rows.order_by("submitted_at", "pk").values(
        *PLAIN.values()
    )
    return told


def _made(round: int, column: str) -> Subquery:
    made = Decision.objects.filter(dispute=OuterRef("pk"), round=round, status=Decision.Status.MADE)
    return Subquery(made.values(column)[:1])


def _values(row: dict[str, Any]) -> list[Any]:
    made = localdate(row["made"]) if row["made"] else None
    days = (made - row["began"]).days if made else None
    in_time = "" if made is None else "yes" if made <= row["due"] else "no"
    values = [_plain(row[name], row["account__currency"]) for name in PLAIN.values()]
    return [*values, _plain(days, ""), in_time]


def _plain(value: Any, currency: str) -> Any:
    if isinstance(value, datetime):
        return localdate(value).isoformat()
    if isinstance(value, Decimal):
        return str(value.quantize(money.unit(currency)))
    return value.isoformat() if isinstance(value, date) else "" if value is None else value
