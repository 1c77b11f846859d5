"""The figures a decision rests on: as the page had them, beside those of now."""

import re
from dataclasses import dataclass, fields
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from accounts.rules import Position
from plans.agreement import Terms
from portal.kit.money import formatted

LABELS = {
    "overdue": _("Overdue"),
    "principal": _("Of this, principal"),
    "interest": _("Of this, interest"),
    "default_sum": _("Of this, late payment charges"),
    "fees": _("Of this, other fees"),
    "balance": _("Whole balance"),
    "days": _("Days past due"),
    "disputed": _("In dispute"),
    "held": _("Held"),
}
FIGURE = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,3})?")  # 1E+30 is none: whoever writes it out waits


@dataclass(frozen=True)
class Seen:
    """Amounts in the account's currency; None: not known."""

    overdue: Decimal | None
    principal: Decimal | None
    interest: Decimal | None
    default_sum: Decimal | None
    fees: Decimal | None
    balance: Decimal | None
    days: Decimal | None
    disputed: Decimal | None
    held: Decimal | None

    @property
    def text(self) -> str:
        """As a hidden field carries it; read() takes it back."""
        values = (getattr(self, field.name) for field in fields(self))
        return "|".join("" if value is None else f"{value:f}" for value in values)


@dataclass(frozen=True)
class Row:
    label: object
    was: str
    now: str

    @property
    def differs(self) -> bool:
        return self.was != self.now


def seen(position: Position) -> Seen:
    """Return the figures of a position as a page shows them."""
    parts = position.overdue_by_component
    return Seen(
        position.overdue, parts.principal, parts.interest, parts.default_sum, parts.fees,
        position.balance, Decimal(position.days_past_due), position.disputed, position.held,
    )  # fmt: skip


def of_terms(terms: Terms) -> Seen:
    """Return the figures that an offer was made over: those without what is in dispute."""
    return Seen(
        terms.overdue, terms.principal, terms.interest, terms.default_sum, terms.fees,
        terms.balance, None, terms.disputed, None,
    )  # fmt: skip


def read(text: str) -> Seen | None:
    """Return what a page carried; None if that is no such text. It comes from outside."""
    parts = text.split("|")
    if len(parts) != len(fields(Seen)) or not all(FIGURE.fullmatch(p) for p in parts if p):
        return None
    return Seen(*(Decimal(part) if part else None for part in parts))


def beside(was: Seen | None, now: Seen, currency: str) -> list[Row]:
    """Return each figure as it was and as it is; "–" where it was not known."""

    def said(name: str, value: Decimal | None) -> str:
        if value is None:
            return "–"
        return str(int(value)) if name == "days" else formatted(value, currency)

    return [
        Row(label, said(name, getattr(was, name, None)), said(name, getattr(now, name)))
        for name, label in LABELS.items()
    ]
