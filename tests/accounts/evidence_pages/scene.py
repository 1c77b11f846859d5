"""One cardholder with one account, what they ask for, and the worker."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.timezone import now

from accounts.evidence import actions, prepare
from accounts.evidence.actions import Wish
from accounts.models import CardAccount, EvidenceRequest, User
from portal.records.models import Document
from tests.accounts.books import account
from tests.people import cardholder, staff

SECOND = timedelta(seconds=1)


def wish(**changes: Any) -> Wish:
    facts = {
        "kind": "repayments",
        "purpose": "own",
        "languages": ["zh-hans", "en"],
        "from_on": date(2026, 9, 1),
        "until_on": date(2026, 11, 20),
    } | changes
    return Wish(**facts)


@dataclass
class Scene:
    holder: User
    agent: User
    account: CardAccount

    @classmethod
    def made(cls, **facts: Any) -> "Scene":
        holder = cardholder(**facts)
        return cls(holder, staff("agent"), account(holder))

    def asked(self, *, at: datetime | None = None, **changes: Any) -> EvidenceRequest:
        return actions.ask(self.account, wish(**changes), by=self.holder, at=at or now())

    def ready(self, **changes: Any) -> EvidenceRequest:
        asked = self.asked(**changes)
        assert prepare.prepare(asked.pk, at=now())
        asked.refresh_from_db()
        assert asked.status == "ready", asked.problem
        return asked

    def failed(self, problem: str = "EV-1: total: 0.01") -> EvidenceRequest:
        asked = actions.claim(self.asked().pk, at=now())
        assert asked
        actions.hold_back(asked, problem=problem, rule=problem.partition(":")[0], at=now())
        return asked

    def declined(self, rule: str = "EV-2", **changes: Any) -> EvidenceRequest:
        asked = actions.claim(self.asked(**changes).pk, at=now())
        assert asked
        actions.decline(asked, rule=rule, by=None, at=now())
        return asked


def documents_of(asked: EvidenceRequest) -> list[Document]:
    subject = f"accounts.evidencerequest:{asked.pk}"
    return list(Document.objects.filter(subject=subject).order_by("language"))
