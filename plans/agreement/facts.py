"""One clause, and the facts that its sentences are filled with."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.formats import date_format

from plans.agreement.terms import Terms
from portal.kit.context import bank
from portal.kit.money import formatted, named


@dataclass(frozen=True)
class Clause:
    """One numbered part of the text. `key` clauses are highlighted and logged as shown.

    A table has its columns, rows and a last row of sums; all but the first column are amounts.
    """

    heading: str
    paragraphs: dict[str, str]  # checklist item → sentence(s)
    key: bool = False
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    sums: tuple[str, ...] = ()


def facts_of(terms: Terms) -> dict[str, Any]:
    """Return what the sentences are filled with, written for the current language."""

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
        "replaces": terms.replaces,
        "made_on": date_format(terms.made_at),
        "as_of": date_format(terms.as_of),
        "currency": named(terms.currency),
        "balance": money(terms.balance),
        "total": money(terms.overdue),  # what the agreement is about
        "sum": money(terms.total),  # what of it the payments repay
        "waived": money(terms.waived),
        "waits": money(terms.waits),
        "disputed": money(terms.disputed),
        "overdue": money(terms.overdue + terms.disputed),
        "zero": money(Decimal(0)),
        "months": len(terms.dues),
        "first": date_format(terms.dues[0].on),
        "last": date_format(terms.dues[-1].on),
        "low": money(terms.dues[0].amount),
        "low_months": terms.low_months,
        "each": money(terms.dues[terms.low_months].amount),
        "last_amount": money(terms.dues[-1].amount),
        "interest": money(terms.plan_interest),
        "payable": money(terms.payable),
        "rate": f"{terms.annual_rate * 100:.2f}",
        "nominal": f"{terms.rate * 100:.2f}",
        "review": date_format(terms.review_on) if terms.review_on else "",
        "late": terms.lateness_allowed,
        "missed": terms.missed_allowed,
        "remedy": terms.remedy_days,
        "cooling": terms.cooling_off,
        "moves": terms.moves_allowed,
        "within": terms.move_within,
        "record_years": terms.record_years,
        "limitation_years": terms.limitation_years,
    }
