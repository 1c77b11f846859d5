"""What the ledger's pages and documents say of plans: put into accounts.queries by plans.apps."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.timezone import localdate

from accounts.models import CardAccount
from accounts.queries import PlanFacts, PlanPast
from plans.models import Agreement, Instalment, Offer, PlanRequest
from plans.queries import next_due


def plan_facts(accounts: Sequence[CardAccount], *, on: date) -> dict[int, PlanFacts]:
    """Return the live plan of each account that has one, by the account's id. One query."""
    plans: dict[int, list[Instalment]] = defaultdict(list)
    live = Instalment.objects.filter(
        agreement__status=Agreement.Status.ACTIVE, agreement__account__in=accounts
    )
    for due in live.select_related("agreement__offer").order_by("position"):
        plans[due.agreement.account_id].append(due)
    return {
        account.pk: _facts(plans[account.pk], as_of=account.as_of, on=on)
        for account in accounts
        if account.pk in plans
    }


def _facts(dues: list[Instalment], *, as_of: date, on: date) -> PlanFacts:
    agreement, coming = dues[0].agreement, next_due(dues, on=on)
    return PlanFacts(
        number=agreement.number,
        state=agreement.get_status_display(),
        total=agreement.total,
        offered_on=localdate(agreement.offer.made_at),
        next_on=coming.due_on if coming else None,
        next_amount=coming.amount if coming else None,
        left=sum(due.due_on >= on for due in dues),
        to_come=sum((due.amount for due in dues if due.due_on >= as_of), Decimal(0)),
    )


def plan_history(account: CardAccount) -> list[PlanPast]:
    """Return every plan ever signed for an account, oldest first. Two queries."""
    signed = Agreement.objects.filter(account=account).select_related("document")
    return [
        PlanPast(
            number=agreement.number,
            agreed_on=localdate(agreement.accepted_at),
            total=agreement.total,
            state=agreement.status,
            state_label=Agreement.Status(agreement.status).label,
            document_number=agreement.document.number,
            document_sha256=agreement.document.sha256,
            title=agreement.document.title,
            language=agreement.document.language,
            purged=agreement.document.purged_at is not None,
            dues=tuple((due.due_on, due.amount) for due in agreement.instalments.all()),
        )
        for agreement in signed.prefetch_related("instalments").order_by("accepted_at", "pk")
    ]


def acted_on(account: CardAccount) -> set[int]:
    """Return who took, decided or offered anything about plans on an account."""
    asked = PlanRequest.objects.filter(account=account).values_list("taken_by", "decided_by")
    made = Offer.objects.filter(account=account).values_list("made_by", flat=True)
    return {user for pair in asked for user in pair if user is not None} | set(made)
