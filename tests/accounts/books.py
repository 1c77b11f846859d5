"""A cardholder with a small ledger, for the tests of the arrears pages."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import CardAccount, OverdueRecord, Posting, Statement, User

AS_OF = date(2026, 11, 20)


def bare(user: User, ref: str, **changes: Any) -> CardAccount:
    """An open CNY account with nothing in its ledger."""
    facts = {
        "product": "CLASSIC",
        "card_last4": "4417",
        "currency": "CNY",
        "credit_limit": Decimal(20000),
        "opened_on": date(2020, 1, 1),
        "statement_day": 5,
        "daily_rate": Decimal("0.0005"),
        "late_fee_rate": Decimal("0.05"),
        "minimum_rate": Decimal("0.1"),
        "interest_basis": "unpaid",
        "status": "open",
        "as_of": AS_OF,
    } | changes
    return CardAccount.objects.create(ref=ref, cardholder=user.cardholder, **facts)


def account(user: User, ref: str = "AC0001", *, statements: int = 3, **changes: Any) -> CardAccount:
    """Overdue 1,600.00 since 25 September 2026 of a balance of 8,100.00, 100.00 of it interest."""
    held = bare(user, ref, **changes)
    balances = [Decimal(0), Decimal(8100), Decimal(8100), Decimal(8100)]
    for i in range(statements):
        made = date(2026, 9 + i, 5)
        Statement.objects.create(
            account=held, statement_on=made, due_on=made + timedelta(days=20),
            opening_balance=balances[i], closing_balance=balances[i + 1],
            minimum_due=Decimal(800 * (i + 1)),
        )  # fmt: skip
    post(held, "1", "2026-09-01", "purchase", 8000, merchant="Example Grocery")
    post(held, "2", "2026-09-04", "interest", 100)
    return held


def post(held: CardAccount, ref: str, on: str, kind: str, amount: Any, **facts: Any) -> Posting:
    return Posting.objects.create(
        ref=f"{held.ref}-{ref}", account=held, posted_on=date.fromisoformat(on), kind=kind,
        transacted_on=date.fromisoformat(on), amount=Decimal(amount), **facts,
    )  # fmt: skip


def report(held: CardAccount, period: str, **facts: Any) -> OverdueRecord:
    given = {"days_past_due": 15, "reported_code": "1", "overdue_amount": Decimal(800),
             "reported_on": date(2026, 10, 31)} | facts  # fmt: skip
    return OverdueRecord.objects.create(account=held, period=period, **given)
