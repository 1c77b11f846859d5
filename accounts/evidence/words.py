"""How a document writes amounts, days and names, in the language of the moment."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.evidence.gathered import Allocation
from accounts.models import ContactAttempt, EvidenceRequest, Posting
from portal.kit.money import formatted

MOST_DAYS = 99_999  # days past due that a feed can hold: a rule from later on never applies
PARTS: dict[str, Any] = {  # in the order in which they are printed
    "principal": gettext_lazy("Principal"),
    "interest": gettext_lazy("Interest"),
    "default_sum": gettext_lazy("Late payment charges"),
    "fees": gettext_lazy("Other fees"),
}
KINDS: dict[str, Any] = dict(Posting.Kind.choices)
CHANNELS: dict[str, Any] = dict(ContactAttempt.Channel.choices)
PURPOSES: dict[str, Any] = dict(EvidenceRequest.Purpose.choices)
TITLES: dict[str, Any] = dict(EvidenceRequest.Kind.choices)

DISPUTES: dict[str, Any] = {  # where a case stands, for others to read: the states of DisputePast
    "open": gettext_lazy("being examined"),
    "second_review": gettext_lazy("answered, and being examined again"),
    "withdrawn": gettext_lazy("withdrawn by the cardholder"),
    "upheld": gettext_lazy("the cardholder was right"),
    "partly_upheld": gettext_lazy("the cardholder was right in part"),
    "rejected": gettext_lazy("no error was found"),
    "unconfirmed": gettext_lazy("could not be confirmed either way"),
}


class Money:
    """Writes amounts of one currency; zero and the like come often and are written once.

    Make one per document: it keeps to the language in which it was first used.
    """

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.written: dict[Decimal, str] = {}

    def __call__(self, amount: Decimal) -> str:
        if amount not in self.written:
            self.written[amount] = formatted(amount, self.currency)
        return self.written[amount]


def day(on: date) -> str:
    return _day(on, get_language())


@lru_cache(maxsize=4096)  # a long statement names each of its days several times
def _day(on: date, language: str | None) -> str:
    return date_format(on, "SHORT_DATE_FORMAT")


def long_day(on: date) -> str:
    return date_format(on, "DATE_FORMAT")


def month(period: str) -> str:
    """Write 2026-09 as September 2026."""
    year, number = period.split("-")
    return date_format(date(int(year), int(number), 1), "YEAR_MONTH_FORMAT")


def moment(at: datetime) -> str:
    """Write a time with its zone: 22 November 2026, 10:00 (UTC+08:00)."""
    here = localtime(at)
    offset = here.strftime("%z")
    return f"{date_format(here, 'DATETIME_FORMAT')} (UTC{offset[:3]}:{offset[3:5]})"


def short_moment(at: datetime) -> str:
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")


def by_whom(code: str, agency: str) -> str:
    """Say who called or wrote: the bank, or an agency by name and code."""
    if code == "bank":
        return _("the bank")
    return f"{agency} ({code})" if agency else code


def order(code: str) -> str:
    """Say in which order a credit was used (accounts.book.Book.order_of)."""
    return {
        "named_first": _("what it corrects first"),
        "principal_first": _("principal first"),
        "charges_first": _("charges first"),
    }[code]


def rule(allocation: Allocation) -> str:
    """Say by which rule payments were divided, with its id and source."""
    first = allocation.principal_first_from
    given = {"id": allocation.id, "source": allocation.source, "first": first, "last": first - 1}
    if first > MOST_DAYS:
        return (
            _(
                "A payment pays interest and charges first, then principal (rule %(id)s: "
                "%(source)s). A waiver forgives charges before principal. What corrects a charge "
                "pays that charge's component first."
            )
            % given
        )
    return (
        _(
            "While an account is up to %(last)d days past due, a payment pays interest and charges "
            "first, then principal; from day %(first)d, principal first (rule %(id)s: %(source)s). "
            "The days are those counted when the day of the posting began, by what was known "
            "then. A waiver forgives charges before principal, however late the account is. What "
            "corrects a charge pays that charge's component first."
        )
        % given
    )
