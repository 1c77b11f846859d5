"""A plan of three payments of 333.33, 333.33 and 333.34 that runs, without drawing its document."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils.timezone import get_current_timezone, localdate, now

from accounts.actions import place_hold
from accounts.models import CardAccount, Posting
from plans.agreement import Terms
from plans.keeping.actions import watch
from plans.keeping.rules import Step
from plans.models import Agreement, Instalment, Offer
from portal.records import documents
from portal.records.models import Notice, OutboxEvent
from tests.plans.scene import Scene, behind

_numbers = count(1)


@dataclass
class Kept:
    scene: Scene
    agreement: Agreement

    @property
    def account(self) -> CardAccount:
        return self.scene.account

    @property
    def dues(self) -> list[Instalment]:
        return list(self.agreement.instalments.order_by("position"))

    def day(self, position: int, after: int = 0) -> date:
        """A day by the plan: so many after a payment's due day."""
        return self.dues[position - 1].day + timedelta(days=after)

    def pay(self, on: date, amount: Any) -> Posting:
        return self._post(on, "repayment", -Decimal(amount))

    def take_back(self, paid: Posting, on: date, amount: Any = None) -> Posting:
        sum_back = -paid.amount if amount is None else Decimal(amount)
        return self._post(on, "reversal", sum_back, reverses=paid.ref)

    def _post(self, on: date, kind: str, amount: Decimal, **facts: Any) -> Posting:
        return Posting.objects.create(
            ref=f"P{next(_numbers)}", account=self.account, posted_on=on, transacted_on=on,
            kind=kind, amount=amount, **facts,
        )  # fmt: skip

    def hold(self, reason: str, on: date, **facts: Any) -> str:
        source = f"test:{next(_numbers)}"
        place_hold(
            self.account, reason=reason, source=source, amount=facts.pop("amount", None), by=None,
            at=noon(on), **facts,
        )  # fmt: skip
        return source

    def feed(self, as_of: date) -> None:
        CardAccount.objects.filter(pk=self.account.pk).update(as_of=as_of)

    def watch(self, on: date) -> Step | None:
        """Look at the plan at noon, with the feed of that day."""
        self.feed(on)
        step = watch(self.agreement, at=noon(on))
        self.agreement = Agreement.objects.get(pk=self.agreement.pk)
        return step

    @property
    def paid(self) -> list[Decimal]:
        return [due.paid for due in self.dues]


def noon(on: date) -> datetime:
    return datetime.combine(on, time(12), tzinfo=get_current_timezone())


def kept(scene: Scene | None = None, *, terms: dict[str, Any] | None = None, **facts: Any) -> Kept:
    """A plan signed today. `terms` and `facts` change its terms and its offer's columns."""
    scene = scene or behind()
    offer = scene.preparing()
    made = Terms.unsealed(offer.number, offer.sealed_terms)
    if terms:
        made = Terms(**(vars(made) | terms))
    changes = {"status": "accepted", "sealed_terms": made.sealed()} | facts
    Offer.objects.filter(pk=offer.pk).update(**changes)
    offer.refresh_from_db()
    agreement = Agreement.objects.create(
        number=offer.number, offer=offer, account=scene.account, total=made.total,
        document=document(offer.number), accepted_sha256="0" * 64, evidence_sha256="0" * 64,
        method="email-code", accepted_at=now(), accepted_by=scene.holder,
    )  # fmt: skip
    Instalment.objects.bulk_create(
        Instalment(
            agreement=agreement, position=i, due_on=due.on, amount=due.amount,
            interest=due.interest,
        )
        for i, due in enumerate(made.dues, 1)
    )  # fmt: skip
    place_hold(
        scene.account, reason="plan", source=f"plans.agreement:{agreement.pk}", amount=None,
        by=scene.holder, at=now(),
    )  # fmt: skip
    return Kept(scene, agreement)


def document(number: str) -> Any:
    data = number.encode()
    return documents.file_document(
        "plans.agreement", data, subject=f"test:{number}", number=number,
        code=documents.code_of(number, "en"), title=number, language="en", sealed=True, at=now(),
    )  # fmt: skip


def mails(kind: str = "") -> list[str]:
    """The kinds of mail that a watched plan caused, oldest first."""
    told = Notice.objects.filter(kind__startswith=kind or "plan.").order_by("pk")
    return [each.kind for each in told if each.made_at.date() > localdate()]


def events(type: str) -> list[Any]:
    return [event.data for event in OutboxEvent.objects.filter(type=type).order_by("seq")]
