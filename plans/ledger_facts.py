"""What the ledger's pages and documents say of plans: put into accounts.queries by plans.apps."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.timezone import localdate

from accounts.models import CardAccount
from accounts.queries import PlanFacts, PlanPast
from plans.keeping.looking import look
from plans.models import Agreement, Instalment, Offer, PlanQuestion, PlanRequest
from portal.records.retention import start_of


def plan_facts(accounts: Sequence[CardAccount], *, on: date) -> dict[int, PlanFacts]:
    """Return the live plan of each account that has one, by the account's id.

    One query; and look()'s for a plan that the last watch left to a person.
    """
    plans: dict[int, list[Instalment]] = defaultdict(list)
    live = Instalment.objects.filter(
        agreement__status=Agreement.Status.ACTIVE, agreement__account__in=accounts
    )
    for due in live.select_related("agreement__offer").order_by("position"):
        plans[due.agreement.account_id].append(due)
    return {
        account.pk: _facts(plans[account.pk], account, on=on)
        for account in accounts
        if account.pk in plans
    }


def _facts(dues: list[Instalment], account: CardAccount, *, on: date) -> PlanFacts:
    """What the last watch saw. A plan that asks for more than is owed names no next payment."""
    agreement, unpaid = dues[0].agreement, [due for due in dues if not due.paid_on]
    corrected = False
    if agreement.by_hand_since:  # why, only the books say
        agreement.account = account
        corrected = look(agreement, at=start_of(on)).why_by_hand == "corrected"
    coming = None if corrected else next((due for due in unpaid if due.day >= on), None)
    return PlanFacts(
        number=agreement.number,
        state=agreement.get_status_display(),
        total=agreement.total,
        offered_on=localdate(agreement.offer.made_at),
        next_on=coming.day if coming else None,
        next_amount=coming.amount - coming.paid if coming else None,
        left=len(unpaid),
        to_come=_to_come(agreement, [due for due in unpaid if due.day >= account.as_of]),
        corrected=corrected,
    )


def _to_come(agreement: Agreement, dues: list[Instalment]) -> Decimal:
    """What of the overdue sum nobody is asked for on that day: payments that are not due yet, less
    their own interest, and what the plan leaves out while it is kept."""
    left = sum((min(due.amount - due.paid, due.amount - due.interest) for due in dues), Decimal(0))
    beside: Decimal = agreement.offer.overdue - agreement.total
    return left + beside


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
            dues=tuple((due.day, due.amount) for due in agreement.instalments.all()),
        )
        for agreement in signed.prefetch_related("instalments").order_by("accepted_at", "pk")
    ]


def acted_on(account: CardAccount) -> set[int]:
    """Return who took, asked about, decided, offered or agreed to anything about plans on an
    account."""
    asked = PlanRequest.objects.filter(account=account).values_list("taken_by", "decided_by")
    made = Offer.objects.filter(account=account).values_list("made_by", "approved_by")
    questions = PlanQuestion.objects.filter(request__account=account)
    pairs = [*asked, *made, *questions.values_list("asked_by", "asked_by")]
    return {user for pair in pairs for user in pair if user is not None}
