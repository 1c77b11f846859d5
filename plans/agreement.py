"""What an agreement says: the facts (Terms), and its clauses in the current language.

The page on which one reads and the PDF that is signed are made from the same clauses.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.masking import masked
from accounts.models import CardAccount, Person
from accounts.rules import Position
from plans import rules
from plans.policy import Policy
from portal.kit import crypto
from portal.kit.context import bank
from portal.kit.errors import Refused
from portal.kit.money import formatted, named
from portal.packs import Pack

ZERO = Decimal(0)
AMOUNTS = {
    "balance", "principal", "interest", "default_sum", "fees", "total", "annual_rate", "disputed",
    "overdue", "rate", "waived_principal", "waived_interest", "waived_default_sum", "waived_fees",
}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """The facts of one offer, fixed when it is made. Amounts in `currency`, rates as fractions."""

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
        total=rules.plan_sum(position.overdue, choice),
        dues=dues,
        annual_rate=rules.annual_rate(
            rules.plan_sum(position.overdue, choice), [due.amount for due in dues]
        ),
        lateness_allowed=policy.lateness_allowed,
        record_years=pack["record.shown_for"].value,
        limitation_years=pack["limitation.years"].value,
        disputed=position.disputed,
        overdue=position.overdue,
        kind=choice.kind,
        rate=choice.rate,
        waived_principal=choice.waived.principal,
        waived_interest=choice.waived.interest,
        waived_default_sum=choice.waived.default_sum,
        waived_fees=choice.waived.fees,
        review_on=choice.review_on,
        missed_allowed=policy.missed_allowed,
        remedy_days=policy.remedy_days,
        cooling_off=policy.cooling_off,
        moves_allowed=policy.moves_allowed,
        move_within=policy.move_within,
        replaces=replaces,
    )


@dataclass(frozen=True)
class Clause:
    """One numbered part of the text. `key` clauses are highlighted and logged as shown."""

    heading: str
    paragraphs: dict[str, str]  # checklist item → sentence(s)
    key: bool = False
    rows: list[tuple[str, str]] = field(default_factory=list)
    columns: tuple[str, str] = ("", "")


def clauses(terms: Terms) -> list[Clause]:
    """Return the whole agreement in the current language.

    Errors: Refused CN-PLAN-03 if an item that the law wants would be empty.
    """
    facts = _facts(terms)
    text = [*_what(terms, facts), *_how(terms, facts), *_duties(facts), *_rest(facts)]
    said = {item: sentence for clause in text for item, sentence in clause.paragraphs.items()}
    if missing := rules.missing_items(said):
        raise Refused("CN-PLAN-03", _("The agreement lacks: %(items)s."), items="; ".join(missing))
    return text


def _facts(terms: Terms) -> dict[str, Any]:
    def money(amount: Decimal) -> str:
        return formatted(amount, terms.currency)

    return {
        "bank": bank()["name"],
        "phone": settings.BANK["phone"],
        "payee": settings.BANK["payee"],
        "payee_account": settings.BANK["payee_account"],
        "payee_bank": settings.BANK["payee_bank"],
        "name": terms.full_name,
        "id": terms.id_masked,
        "last4": terms.card_last4,
        "ref": terms.account_ref,
        "agency": terms.agency,
        "number": terms.number,
        "made_on": date_format(terms.made_at),
        "as_of": date_format(terms.as_of),
        "currency": named(terms.currency),
        "balance": money(terms.balance),
        "total": money(terms.total),
        "disputed": money(terms.disputed),
        "overdue": money(terms.total + terms.disputed),
        "zero": money(Decimal(0)),
        "months": len(terms.dues),
        "first": date_format(terms.dues[0].on),
        "last": date_format(terms.dues[-1].on),
        "interest": money(sum((due.amount for due in terms.dues), Decimal(0)) - terms.total),
        "payable": money(sum((due.amount for due in terms.dues), Decimal(0))),
        "rate": f"{terms.annual_rate * 100:.2f}",
        "late": terms.lateness_allowed,
        "record_years": terms.record_years,
        "limitation_years": terms.limitation_years,
    }


def _what(terms: Terms, facts: dict[str, Any]) -> list[Clause]:
    def money(amount: Decimal) -> str:
        return formatted(amount, terms.currency)

    about = _(
        "On %(as_of)s the whole balance of the account was %(balance)s. Of this, %(total)s was overdue. This agreement is about the overdue sum; the rest of the balance stays under the card contract."
    )
    parts, whole = _("On %(as_of)s the overdue sum was made up of:"), _("Overdue sum")
    if terms.disputed:
        about = _(
            "On %(as_of)s the whole balance of the account was %(balance)s. Of this, %(overdue)s was overdue. Of the overdue sum, %(disputed)s is in dispute and is not part of this agreement. This agreement is about the remaining %(total)s; the rest of the balance stays under the card contract."
        )
        parts, whole = (
            _("On %(as_of)s the sum of this agreement was made up of:"),
            _("Sum of this agreement"),
        )
    return [
        Clause(
            _("Who agrees, and about which card"),
            {
                "parties": _("%(bank)s (the bank) and %(name)s (the cardholder, called you here, identity document %(id)s).") % facts,
                "card": _("The card ending in %(last4)s, account reference %(ref)s.") % facts,
                "number": _("Agreement %(number)s, version 1.") % facts,
                "made_on": _("The bank made this offer on %(made_on)s.") % facts,
            },
        ),
        Clause(
            _("What is owed"),
            {
                "balance": about % facts,
                "currency": _("All amounts are in %(currency)s.") % facts,
                "structure": parts % facts,
            },
            key=True,
            columns=(_("Part"), _("Amount")),
            rows=[
                (_("Principal"), money(terms.principal)),
                (_("Interest"), money(terms.interest)),
                (_("Late payment charges"), money(terms.default_sum)),
                (_("Other fees"), money(terms.fees)),
                (whole, money(terms.total)),
            ],
        ),
    ]  # fmt: skip


def _how(terms: Terms, facts: dict[str, Any]) -> list[Clause]:
    return [
        Clause(
            _("What it costs"),
            {
                "annual_rate": _("The annual rate of this plan is %(rate)s%%. It is the simple annual rate, worked out from the dates and amounts below.") % facts,
                "total_payable": _("In all you repay %(payable)s.") % facts,
                "total_interest": _("Of this, interest is %(interest)s.") % facts,
                "charges": _("While this plan is kept, the bank charges on the sum in it: interest %(zero)s, annual fee %(zero)s, other fees %(zero)s.") % facts,
            },
            key=True,
        ),
        Clause(
            _("How it is repaid"),
            {
                "cycle": _("Once a month, in %(months)s payments, the first on %(first)s and the last on %(last)s.") % facts,
                "method": _("By transfer to %(payee)s, account %(payee_account)s at %(payee_bank)s, with the reference %(ref)s.") % facts,
                "minimum": _("There is no minimum payment within this plan: less than the amount due leaves a shortfall."),
                "dues": _("Each payment and the day it is due:"),
            },
            key=True,
            columns=(_("Due on"), _("Amount")),
            rows=[(date_format(due.on), formatted(due.amount, terms.currency)) for due in terms.dues],
        ),
    ]  # fmt: skip


def _duties(facts: dict[str, Any]) -> list[Clause]:
    stops = _(
        "From your signature on, the bank and everyone who collects for it stop all collection on this account. Reminders of a coming due date and receipts still reach you."
    )
    agency = {}
    if facts["agency"]:
        agency["agency"] = (
            _("Those who stop include %(agency)s, which looks after the account for the bank.")
            % facts
        )
    return [
        Clause(
            _("What the bank undertakes"),
            {
                "collection_stops": stops,
                **agency,
                "duties": _("The bank enters each payment in your account, shows the state of the plan at any time, and confirms in writing when it is settled."),
            },
            key=True,
        ),
        Clause(
            _("What you undertake"),
            {
                "duty_to_pay": _("You pay each amount by its due date and tell the bank if your phone, e-mail or address changes."),
                "no_new_card": _("Until every sum in this agreement is settled, you do not apply for a credit card at any bank."),
            },
            key=True,
        ),
        Clause(
            _("If a payment is missed"),
            {
                "breach": _("A payment that has not arrived in full %(late)s days after its due date counts as missed. The bank writes to you first, and you can put it right or ask for a change. If it stays missing, the bank may end the plan: what is left of the sum is then due, the card contract's interest and charges apply again from that day, and collection may resume.") % facts,
            },
            key=True,
        ),
    ]  # fmt: skip


def _rest(facts: dict[str, Any]) -> list[Clause]:
    return [
        Clause(
            _("Paying early, and changes"),
            {
                "other": _("You can pay early, in part or in full, at any time and at no charge; what you pay early shortens the plan from its end. A payment is used for interest and charges in the plan first, then for principal, unless the law or the regulator's rules say otherwise. A change needs a new agreement that both sides sign; this one stays as it is."),
                "limitation": _("By signing you acknowledge the sum in this agreement. The period of %(limitation_years)s years in which the bank may claim it in court starts again, and with instalments it runs from the day the last one is due.") % facts,
            },
        ),
        Clause(
            _("Your credit report"),
            {
                "credit_report": _("The bank goes on reporting the account truthfully during the plan. An overdue entry is shown for %(record_years)s years from the day on which the overdue sum is settled, and is then deleted. Nobody can have a true entry removed for money.") % facts,
            },
            key=True,
        ),
        Clause(
            _("What kind of agreement this is"),
            {
                "disclosure": _("This is an individual instalment agreement for card debt that exceeds what you can repay at once. You asked for it, the bank examined it and made this offer, and it takes effect when you sign. Its risk is that a missed payment can end it, as said above. By signing you confirm that you have read and understood this."),
            },
        ),
        Clause(
            _("If something is wrong"),
            {
                "complaints": _("Call %(phone)s. You can object to any figure, ask for a review, turn to the financial regulator or a mediation body, or go to court.") % facts,
                "privacy": _("The bank uses your name, identity number, contact details and account data to carry out this agreement and keeps them for as long as the law requires. It gives them only to those who work for it on this account and to the credit bureau. You can ask to see and correct them."),
            },
        ),
        Clause(
            _("Signing electronically"),
            {
                "e_signature": _("You and the bank agree to sign this agreement electronically. You sign by typing your full name and entering a code that only you can see; the time, the method and the fingerprint of this document are recorded and attached to it. The bank signs with its electronic seal, which shows any later change. Both sides accept this as a signature in writing."),
            },
            key=True,
        ),
    ]  # fmt: skip


def document_language() -> str:
    """Return the language the reader is in, as one in which drafts exist."""
    return "en" if get_language() == "en" else "zh-hans"
