"""One cardholder two statements behind, an agent, and the thread from request to signature."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.timezone import localdate, now

from accounts.models import CardAccount, Statement, User
from plans import actions, document, rules, signing
from plans.models import Agreement, Offer, PlanRequest
from tests.accounts.books import bare, post
from tests.people import cardholder, staff

CENT = Decimal("0.01")
FINDINGS = ["exceeds_ability", "still_willing"]


def account_of(user: User, *, ref: str = "AC0001", **changes: Any) -> CardAccount:
    """A CNY account whose last minimum, 1,000.00, was not received: overdue 1,000.00."""
    today = localdate()
    account = bare(user, ref, **{"interest_basis": "full", "as_of": today} | changes)
    made = today - timedelta(days=60)
    Statement.objects.create(
        account=account, statement_on=made, due_on=made + timedelta(days=20),
        opening_balance=Decimal(0), closing_balance=Decimal(8000), minimum_due=Decimal(1000),
    )  # fmt: skip
    on = (made - timedelta(days=3)).isoformat()
    for i, (kind, amount) in enumerate([("purchase", 7900), ("interest", 60), ("late_fee", 40)]):
        post(account, str(i), on, kind, amount, description=kind)
    return account


@dataclass
class Scene:
    holder: User
    agent: User
    account: CardAccount

    @property
    def first_on(self) -> date:
        return localdate() + timedelta(days=20)

    def draft(self, months: int = 3) -> PlanRequest:
        each = rules.each_for(Decimal(1000), months, unit=CENT)
        return actions.draft(
            self.account,
            rules.Choice(each, months, self.first_on),
            reason="",
            by=self.holder,
            at=now(),
        )

    def submitted(self, months: int = 3) -> PlanRequest:
        request = self.draft(months)
        actions.submit(request, by=self.holder, at=now())
        return request

    def taken(self, months: int = 3) -> PlanRequest:
        request = self.submitted(months)
        actions.take(request, by=self.agent, at=now())
        return request

    def preparing(self, request: PlanRequest | None = None) -> Offer:
        request = request or self.taken()
        return actions.make_offer(
            request,
            request.choice,
            findings=FINDINGS,
            explanation="",
            basis_version=self.account.version,
            by=self.agent,
            at=now(),
        )

    def offered(self, request: PlanRequest | None = None) -> Offer:
        offer = self.preparing(request)
        offer.refresh_from_db()
        if offer.status == Offer.Status.PREPARING:
            document.render_drafts(offer, at=now())
        return Offer.objects.get(pk=offer.pk)

    def reading(self, offer: Offer) -> Offer:
        """The cardholder has opened the page with the whole text, in both languages."""
        for draft in offer.drafts.all():
            signing.note_shown(offer, draft, by=self.holder, at=now())
        return offer

    def sign(self, offer: Offer, *, language: str = "en", at: datetime | None = None) -> Agreement:
        signature = signing.Signature("Test Person", "email-code", ["agree"], "s", "a")
        draft = self.reading(offer).drafts.get(language=language)
        return signing.accept(offer, draft, signature=signature, by=self.holder, at=at or now())


def behind(**facts: Any) -> Scene:
    holder = cardholder(**facts)
    return Scene(holder, staff("agent"), account_of(holder))
