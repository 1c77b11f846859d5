"""Money: read, rounded, printed, kept."""

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from portal.kit import money


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [("1234567.5", "CNY", "¥1,234,567.50"), ("-1234567.5", "CNY", "\u2212¥1,234,567.50"),
     ("0", "CNY", "¥0.00"), ("-0.00", "CNY", "¥0.00"), ("1234", "JPY", "JP¥1,234"),
     ("1.5", "KWD", "KWD 1.500"), ("999.99", "USD", "US$999.99"), ("1000", "GBP", "£1,000.00")],
)  # fmt: skip
def test_an_amount_is_printed_alike_in_both_languages(language, amount, currency, text):
    with translation.override(language):
        assert money.formatted(Decimal(amount), currency) == text


@pytest.mark.parametrize(
    ("amount", "currency", "result"),
    [("0.005", "CNY", "0.01"), ("0.0049999", "CNY", "0.00"), ("-0.005", "CNY", "-0.01"),
     ("2.675", "CNY", "2.68"), ("0.5", "JPY", "1"), ("1.0005", "KWD", "1.001")],
)  # fmt: skip
def test_rounding_is_half_up_to_the_minor_unit(amount, currency, result):
    assert str(money.rounded(Decimal(amount), currency)) == result


@given(st.integers(-(10**15), 10**15))
def test_thousandths_come_back_exactly(value):
    amount = money.from_thousandths(value)
    assert money.thousandths(amount) == value
    assert -amount.as_tuple().exponent == (2 if value % 10 == 0 else 3)


@pytest.mark.parametrize("amount", ["0.0001", "1.00005", "-0.0009"])
def test_an_amount_finer_than_a_thousandth_is_no_amount(amount):
    with pytest.raises(ValueError, match="finer"):
        money.thousandths(Decimal(amount))


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_not_kept(amount):
    with pytest.raises((ValueError, ArithmeticError)):
        money.thousandths(Decimal(amount))


def test_a_currency_we_do_not_take_is_an_error():
    with pytest.raises(KeyError):
        money.unit("XXX")


def test_every_sign_belongs_to_a_currency_we_take():
    assert set(money.SIGNS) <= set(money.PLACES)
    assert max(money.PLACES.values()) == money.SCALE
