"""A cardholder with a small ledger who files a case, page by page or by the actions."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import CardAccount, ContactAttempt, User
from disputes import filing_queries, lines, rules
from disputes.actions import drafting, filing
from disputes.actions.drafting import Right
from disputes.actions.filing import Filed
from disputes.models import Dispute
from tests.accounts.books import account, report
from tests.people import cardholder, sign_in, staff

NAMES = {
    "record": "record:AC0001:2026-10",
    "posting": "posting:AC0001-1",
    "statement": "statement:AC0001:2026-10-05",
    "contact": "contact:AC0001-C1",
}


def contact(held: CardAccount, ref: str = "C1", **facts: Any) -> ContactAttempt:
    at = datetime(2026, 11, 15, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
    given = {"channel": "call", "by": "bank", "purpose": "Reminder", "outcome": "no answer"}
    given |= {"at": at} | facts
    return ContactAttempt.objects.create(ref=f"{held.ref}-{ref}", account=held, **given)


@dataclass
class Filing:
    """`holder` has two records, two postings, three bills and a contact on `account`."""

    holder: User
    account: CardAccount

    @classmethod
    def made(cls) -> "Filing":
        holder = cardholder()
        held = account(holder)
        report(held, "2026-09", reported_code="1")
        report(held, "2026-10", reported_code="2", overdue_amount=Decimal(1600), days_past_due=35)
        contact(held)
        return cls(holder, held)

    def client(self) -> Client:
        return sign_in(Client(), self.holder)

    def draft(self, *names: str, reason: str = "already_paid", words: str = "") -> Dispute:
        """A draft with these lines, ready to be sent."""
        draft = drafting.begin(self.account, language="en", by=self.holder, at=now())
        picks = [filing_queries.picked(self.account, name) for name in names]
        for pick in picks:
            assert pick
            drafting.add_line(draft, pick, by=self.holder, at=now())
        draft.refresh_from_db()
        draft.reason, draft.step = reason, "check"
        draft.words = words
        if not names:
            draft.matter, draft.topic, draft.reason = "service", "conduct", ""
            draft.words = words or "A colleague was rude."
        draft.save()
        return draft

    def send(self, draft: Dispute, **changes: Any) -> Dispute:
        told = {"basis": filing_queries.basis(draft), "language": "en", "by": self.holder}
        return filing.send(draft, **{**told, "at": now(), **changes})

    def sent(self, *names: str, **changes: Any) -> Dispute:
        return self.send(self.draft(*names, **changes))

    def taken_down(self, *names: str, by: User | None = None, **changes: Any) -> Dispute:
        """A case that came by phone."""
        parts = [lines.parted(name) for name in names]
        matter = "service" if not parts else rules.MATTER_OF[parts[0][0]]
        facts = {"matter": matter, "language": "en", "reason": "already_paid", "words": "Paid.",
                 "lines": {part: Right() for part in parts}} | changes  # fmt: skip
        received_at = facts.pop("received_at", now())
        return filing.record_received(
            self.account, Filed(**facts), channel="phone", received_at=received_at,
            by=by or staff("complaint_handler"), at=now(),
        )  # fmt: skip


def step_url(draft: Dispute, step: str) -> str:
    return reverse("disputes:step", args=[draft.number, step])


AS_OF = date(2026, 11, 20)
