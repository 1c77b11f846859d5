"""The facts of one offer, fixed when it is made."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils.timezone import localdate

from accounts.masking import masked
from accounts.models import CardAccount, Person, Posting
from accounts.rules import Position
from plans import rules
from plans.policy import COMPONENTS, Policy
from portal.kit import crypto
from portal.packs import Pack

ZERO = Decimal(0)
AMOUNTS = {
    "balance", "principal", "interest", "default_sum", "fees", "total", "annual_rate", "disputed",
    "overdue", "rate", "waived_principal", "waived_interest", "waived_default_sum", "waived_fees",
}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """The facts of one offer. Amounts in `currency`, rates as fractions, periods in days."""

    number: str
    made_at: datetime
    full_name: str
    id_masked: str
    card_last4: str
    account_ref: str
    agency: str
    currency: str
    as_of: date
    balance: Decimal
    principal: Decimal
    interest: Decimal
    default_sum: Decimal
    fees: Decimal
    total: Decimal
    dues: list[rules.Due]
    annual_rate: Decimal
    lateness_allowed: int
    record_years: int
    limitation_years: int
    disputed: Decimal = ZERO  # of what was overdue: in dispute, and not in this agreement
    overdue: Decimal = ZERO  # undisputed, when it was made: `total` is what of it is repaid
    kind: str = rules.EQUAL
    rate: Decimal = ZERO  # nominal interest a year while the plan is kept, as a fraction
    waived_principal: Decimal = ZERO
    waived_interest: Decimal = ZERO
    waived_default_sum: Decimal = ZERO
    waived_fees: Decimal = ZERO
    review_on: date | None = None  # token plans
    missed_allowed: int = 0  # missed payments at a time before the notice of breach
    remedy_days: int = 14
    cooling_off: int = 0
    moves_allowed: int = 0
    move_within: int = 0
    replaces: str = ""  # the number of the agreement that this one revises
    law: str = "cn"  # the rule pack it was made under
    known_to: int | None = None  # the last posting, by its row, that the sum knew; older: unknown
    said: dict[str, str] = field(default_factory=dict)  # language → mark of the text in its PDF

    @property
    def waived(self) -> Decimal:
        return sum((getattr(self, f"waived_{name}") for name in COMPONENTS), ZERO)

    @property
    def payable(self) -> Decimal:
        """All that is paid while the plan is kept, interest included."""
        return sum((due.amount for due in self.dues), ZERO)

    @property
    def plan_interest(self) -> Decimal:
        return self.payable - self.total

    @property
    def waits(self) -> Decimal:
        """What a token plan leaves to its review."""
        return max(self.overdue - self.waived - self.total, ZERO)

    @property
    def low_months(self) -> int:
        """How many smaller payments a stepped plan begins with."""
        if self.kind != rules.STEPPED:
            return 0
        low = self.dues[0].amount
        return next((i for i, due in enumerate(self.dues) if due.amount != low), 0)

    def sealed(self) -> str:
        """Return the terms as encrypted JSON, bound to the offer's number."""
        return crypto.encrypt(
            json.dumps(asdict(self), default=str), bound_to=f"terms:{self.number}"
        )

    @classmethod
    def unsealed(cls, number: str, text: str) -> "Terms":
        """Read terms back. Errors: InvalidTag if they were altered or belong to another offer."""
        facts: dict[str, Any] = json.loads(crypto.decrypt(text, bound_to=f"terms:{number}"))
        facts.setdefault("overdue", facts["total"])  # older terms cover all of it
        for name in AMOUNTS & facts.keys():
            facts[name] = Decimal(facts[name])
        facts["dues"] = [
            rules.Due(
                date.fromisoformat(due["on"]),
                Decimal(due["amount"]),
                Decimal(due.get("interest", "0")),
            )
            for due in facts["dues"]
        ]
        if facts.get("review_on"):
            facts["review_on"] = date.fromisoformat(facts["review_on"])
        facts["made_at"] = datetime.fromisoformat(facts["made_at"])
        facts["as_of"] = date.fromisoformat(facts["as_of"])
        return cls(**facts)


def terms_for(number: str, account: CardAccount, person: Person, position: Position,
              choice: rules.Choice, dues: list[rules.Due], *, policy: Policy, pack: Pack,
              at: datetime, replaces: str = "") -> Terms:  # fmt: skip
    """Gather the facts of an offer from the ledger, the policy and the rule pack."""
    parts = position.overdue_by_component
    total = rules.plan_sum(position.overdue, choice)
    return Terms(
        number=number,
        made_at=at,
        full_name=person.full_name,
        id_masked=masked(person.id_number, start=2, end=2),
        card_last4=account.card_last4,
        account_ref=account.ref,
        agency="" if account.held_by == "bank" else account.agency_name or account.held_by,
        currency=account.currency,
        as_of=position.as_of,
        balance=position.balance,
        principal=parts.principal,
        interest=parts.interest,
        default_sum=parts.default_sum,
        fees=parts.fees,
        total=total,
        dues=dues,
        annual_rate=rules.annual_rate_of(total, dues, agreed_on=localdate(at)),
        lateness_allowed=policy.lateness_allowed,
        record_years=pack["record.shown_for"].value,
        limitation_years=pack["limitation.years"].value,
        disputed=position.disputed,
        overdue=position.overdue,
        kind=choice.kind,
        rate=choice.rate,
        **{f"waived_{name}": getattr(choice.waived, name) for name in COMPONENTS},
        review_on=choice.review_on,
        missed_allowed=policy.missed_allowed,
        remedy_days=policy.remedy_days,
        cooling_off=policy.cooling_off,
        moves_allowed=policy.moves_allowed,
        move_within=policy.move_within,
        replaces=replaces,
        law=pack.law,
        known_to=_last_row(account),
    )


def _last_row(account: CardAccount) -> int:
    """Return the newest row of an account's postings: what comes later was not known."""
    return Posting.objects.filter(account=account).aggregate(row=Max("pk"))["row"] or 0
