"""What the rooms below show of cases and hand to the bank: put there by disputes.apps."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.timezone import localdate

from accounts.models import CardAccount
from accounts.queries import DisputedLine, DisputePast, OwnWords
from disputes import queries
from disputes.models import Decision, Dispute, Line, PersonalStatement
from portal.kit.prepared import Prepared


def disputed(account: CardAccount) -> list[DisputedLine]:
    """Return the lines of an account that an open case contests. One query."""
    rows = Line.objects.filter(open=True, dispute__account=account).order_by("pk")
    return [
        DisputedLine(kind, key, number, Dispute.Status(status).label)
        for kind, key, number, status in rows.values_list(
            "kind", "key", "dispute__number", "dispute__status"
        )
    ]


_standing = Prepared(  # most accounts have none, and each account page asks
    lambda account: PersonalStatement.objects.filter(
        account=account, withdrawn_at=None
    ).values_list("pk"),
    int,
)


def own_words(account: CardAccount) -> dict[str, OwnWords]:
    """Return a person's own words beside records, by month. One query; four if there are any."""
    if not _standing(account.pk):
        return {}
    standing = list(PersonalStatement.objects.filter(account=account, withdrawn_at=None))
    waiting = queries.to_hand_over(account, "record.statement")
    refs = {data.get("ref") for data in waiting}
    return {
        each.period: OwnWords(each.text, each.made_at, str(each.ref) not in refs)
        for each in standing
    }


def history(account: CardAccount) -> list[DisputePast]:
    """Return the cases about records, movements or bills that were sent, oldest first. One query.

    Complaints about contacts or service are nobody else's business and are left out.
    """
    made = Decision.objects.filter(dispute=OuterRef("dispute"), status=Decision.Status.MADE)
    rows = (
        Line.objects.filter(dispute__account=account, dispute__submitted_at__isnull=False)
        .exclude(kind=Line.Kind.CONTACT)
        .annotate(outcome=Subquery(made.order_by("-round").values("outcome")[:1]))
        .select_related("dispute")
        .order_by("dispute__submitted_at", "dispute_id", "pk")
    )
    found: dict[int, list[tuple[str, str]]] = {}
    cases: dict[int, tuple[Dispute, str]] = {}
    for row in rows:
        found.setdefault(row.dispute_id, []).append(
            (row.kind, row.key.removeprefix(f"{account.ref}:"))
        )
        cases[row.dispute_id] = row.dispute, row.outcome or ""
    return [_past(*cases[pk], tuple(lines)) for pk, lines in found.items()]


def _past(case: Dispute, outcome: str, lines: tuple[tuple[str, str], ...]) -> DisputePast:
    """A second review that was withdrawn leaves the first answer as it was."""
    assert case.submitted_at  # noqa: S101
    filed_on = localdate(case.submitted_at)
    if case.status in Dispute.LIVE:
        again = case.status == Dispute.Status.SECOND_REVIEW
        return DisputePast(case.number, filed_on, lines, "second_review" if again else "open", None)
    settled = case.decided_at or case.ended_at
    return DisputePast(
        case.number,
        filed_on,
        lines,
        outcome or "withdrawn",
        localdate(settled) if settled else None,
    )


def with_words(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a `record.statement` with its `text` as it is handed over to the bank.

    Empty if the words were taken back, replaced or deleted by then: the event holds none itself,
    as it is kept for good.
    """
    standing = PersonalStatement.objects.filter(ref=data["ref"], withdrawn_at=None).first()
    return data | {"text": standing.text if standing else ""}
