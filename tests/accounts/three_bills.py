"""An account with three statements of 8,000.00 and nothing paid, for the tests of the rules."""

from datetime import date
from decimal import Decimal as D

from accounts import rules
from accounts.rules import Bill, Movement, Span
from portal.packs import load

AS_OF = date(2026, 11, 20)
RULE = load("cn", on=AS_OF)["allocation.principal_first_from"]
# Three statements, due on the 25th; each minimum is cumulative.
SEPT = Bill(date(2026, 9, 5), date(2026, 9, 25), D(0), D(8000), D(800))
OCT = Bill(date(2026, 10, 5), date(2026, 10, 25), D(8000), D(8000), D(1600))
NOV = Bill(date(2026, 11, 5), date(2026, 11, 25), D(8000), D(8000), D(2400))
BOUGHT = Movement("p", date(2026, 9, 1), "purchase", D(8000))


def paid(on, amount, ref="r", kind="repayment", reverses=""):
    return Movement(ref, date.fromisoformat(on), kind, D(amount), reverses)


def position(*movements, bills=(SEPT, OCT, NOV), as_of=AS_OF, holds=(), **changes):
    facts = {"currency": "CNY", "daily_rate": D("0.0005"), "interest_basis": "unpaid"} | changes
    return rules.position(
        as_of=as_of, bills=bills, movements=[BOUGHT, *movements], holds=holds,
        principal_first_from=RULE, **facts,
    )  # fmt: skip


def hold(amount, on="2026-09-01", until=None, disputed=False):
    """A hold, of everything if it names no amount."""
    ends = until and date.fromisoformat(until)
    return Span(amount and D(amount), date.fromisoformat(on), ends, disputed)
