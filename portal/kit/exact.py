"""Amounts before they are rounded, and rates, as people read them in a worked example."""

from decimal import ROUND_DOWN, Decimal

from django.utils.formats import number_format

from portal.kit.money import PLACES, SIGNS

MOST = 10  # places: two of the amount and the eight that a daily rate may have


def exact(amount: Decimal, currency: str, *, most: int = MOST) -> str:
    """Return an amount with all its places: ¥21.8435. More than `most` are cut and said with …"""
    cut = amount.quantize(Decimal(1).scaleb(-most), ROUND_DOWN)
    places = max(PLACES[currency], _places(cut))
    text = number_format(abs(cut), places, use_l10n=True, force_grouping=True)
    sign = "−" if amount < 0 else ""
    return f"{sign}{SIGNS.get(currency, currency + ' ')}{text}{'…' if cut != amount else ''}"


def percent(fraction: Decimal) -> str:
    """Return a rate with all its places: 0.0005 is 0.05%."""
    value = fraction * 100
    return f"{number_format(value, _places(value), use_l10n=True, force_grouping=True)}%"


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
