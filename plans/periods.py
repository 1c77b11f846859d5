"""Time and rates of a plan: pure. A month is a twelfth of a year, a day a thirtieth of a month."""

from calendar import monthrange
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

MONTH, YEAR = 30, 360  # days, as interest counts them


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def days_between(earlier: date, later: date) -> int:
    """Return the days that interest counts: 30 for each whole month, and the days that remain.

    Whole months are measured back from the later day. Source: 12 CFR 1026 Appendix J (b)(5).
    """
    months = max((later.year - earlier.year) * 12 + later.month - earlier.month, 0)
    if months and add_months(later, -months) < earlier:
        months -= 1
    return MONTH * months + (add_months(later, -months) - earlier).days


def interest_for(left: Decimal, rate: Decimal, *, days: int = MONTH, unit: Decimal) -> Decimal:
    """Return the interest of a period on what is left, at `rate` a year; rounded once (ARITH-1)."""
    return (left * rate * days / YEAR).quantize(unit, ROUND_HALF_UP)


def annual_rate(
    amount: Decimal,
    payments: list[Decimal],
    *,
    whole: int = 1,
    fraction: Decimal = Decimal(0),
    periods_a_year: int = 12,
) -> Decimal:
    """Return the simple annual rate of a schedule as a fraction: 0.1268 is 12.68 %.

    The actuarial method: `amount` = Σ payment_k / ((1 + fraction·i)(1 + i)^(whole + k)), and the
    rate is i times `periods_a_year`. `whole` and `fraction`: unit periods before the first payment.
    Sources: CN-ACC-11 (from the actual, rounded schedule); 12 CFR 1026 Appendix J (method).
    """

    if sum(payments) <= amount:
        return Decimal(0)  # nothing but the sum itself is repaid
    rate = Decimal(0)  # the value falls and is convex in the rate, so Newton climbs to it from 0
    for _ in range(100):
        value = slope = Decimal(0)
        for payment in reversed(payments):
            value = (value + payment) / (1 + rate)
            slope = (slope - value) / (1 + rate)
        before = (1 + fraction * rate) * (1 + rate) ** (whole - 1)
        slope = slope / value + (1 - whole) / (1 + rate) - fraction / (1 + fraction * rate)
        step = (amount / (value / before) - 1) / slope
        rate += step
        if abs(step) < Decimal("1e-15"):
            break
    return rate * periods_a_year
