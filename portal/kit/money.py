"""Money: Decimal above, integers beneath, one way to round and one way to print."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.db.models.expressions import Combinable
from django.utils.formats import get_format, number_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

# ISO 4217 minor units of the currencies we accept in a feed.
PLACES = {
    "CNY": 2, "USD": 2, "GBP": 2, "EUR": 2, "HKD": 2, "TWD": 2, "SGD": 2, "AUD": 2, "CAD": 2,
    "CHF": 2, "NZD": 2, "MOP": 2, "THB": 2, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3,
}  # fmt: skip
SIGNS = {
    "CNY": "¥", "JPY": "JP¥", "USD": "US$", "GBP": "£", "EUR": "€", "HKD": "HK$", "TWD": "NT$",
    "KRW": "₩", "SGD": "S$", "AUD": "A$", "CAD": "C$",
}  # fmt: skip
NAMES = {"CNY": _("Chinese yuan"), "USD": _("US dollar"), "JPY": _("Japanese yen")}
SCALE = 3  # the finest minor unit above: every amount is whole thousandths in the database
ZERO = Decimal(0)


def unit(currency: str) -> Decimal:
    """Return the smallest amount, as Decimal('0.01'). KeyError for a currency we do not take."""
    return Decimal(1).scaleb(-PLACES[currency])


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round once, half up, to the currency's minor unit (rule ARITH-1 in docs/rules.md)."""
    return amount.quantize(unit(currency), ROUND_HALF_UP)


def named(currency: str) -> str:
    """Return a currency as agreements write it: Chinese yuan (CNY)."""
    if currency not in NAMES:
        return currency
    return gettext("%(name)s (%(code)s)") % {"name": NAMES[currency], "code": currency}


def formatted(amount: Decimal, currency: str) -> str:
    """Return the amount as people read it: ¥1,234.50, a true minus sign before the currency."""
    return writer(currency, get_language())(amount)


@cache
def writer(currency: str, language: str | None) -> Callable[[Decimal], str]:
    """Return what writes amounts of a currency: for a ledger, which has hundreds of them."""
    places, sign = PLACES[currency], SIGNS.get(currency, currency + " ")
    marks = ("DECIMAL_SEPARATOR", "THOUSAND_SEPARATOR", "NUMBER_GROUPING")
    plain = [get_format(mark, language, use_l10n=True) for mark in marks] == [".", ",", 3]
    finest = unit(currency)

    def written(amount: Decimal) -> str:
        amount = Decimal(amount)
        if plain and amount == amount.quantize(finest):  # as Python writes it: five times faster
            text = f"{abs(amount):,.{places}f}"
        else:
            text = number_format(abs(amount), places, use_l10n=True, force_grouping=True)
        return f"{'−' if amount < 0 else ''}{sign}{text}"

    return written


if TYPE_CHECKING:  # to the type checker it holds Decimals, to the database whole numbers
    _ST = TypeVar("_ST", contravariant=True)
    _GT = TypeVar("_GT", covariant=True)

    class _BigInteger(models.Field[_ST, _GT]):
        _pyi_private_set_type: Decimal | int | Combinable
        _pyi_private_get_type: Decimal
        _pyi_lookup_exact_type: Decimal | int
else:
    _BigInteger = models.BigIntegerField


class MoneyField(_BigInteger):  # type: ignore[type-arg]
    """A Decimal amount kept as whole thousandths, so that sums are exact on every database.

    One scale for all currencies lets SUM and comparisons work without knowing the currency;
    the row's own currency says how many places are real. Errors: ValueError for finer amounts.
    """

    description = "Amount of money (thousandths)"

    def from_db_value(self, value: int | None, *_: Any) -> Decimal | None:
        return None if value is None else from_thousandths(value)

    def to_python(self, value: Any) -> Decimal | None:
        return value if value is None or isinstance(value, Decimal) else Decimal(str(value))

    def get_prep_value(self, value: Any) -> int | None:
        return None if value is None else thousandths(Decimal(value))


def thousandths(amount: Decimal) -> int:
    """Return whole thousandths; ValueError if the amount is finer than that."""
    scaled = amount.scaleb(SCALE)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} is finer than a thousandth")
    return int(scaled)


def from_thousandths(value: int) -> Decimal:
    """Return the Decimal, with two places unless a third is needed."""
    value = int(value)
    return Decimal(value // 10).scaleb(-2) if value % 10 == 0 else Decimal(value).scaleb(-SCALE)
