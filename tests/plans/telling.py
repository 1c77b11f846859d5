"""What a person told, for tests: a budget that leaves 1,000.00 a month, and its parts."""

from typing import Any

from django.utils.timezone import now

from accounts.models import CardAccount
from plans.models import Situation
from plans.situation import actions
from plans.situation.rules import Told, saved


def row(amount: str | None, every: str = "month", *, unsure: bool = False) -> dict[str, Any]:
    return {"amount": amount, "every": every, "unsure": unsure}


BUDGET: dict[str, dict[str, Any]] = {
    "household": {"adults": 2, "children": 1, "housing": "rent"},
    "income": {"wages": row("6000.00")},
    "bills": {"housing": row("2500.00")},
    "living": {"food": row("300.00", "week"), "other": row("200.00")},  # 1,300.00 + 200.00
    "debts": {"loans": row("12000.00", "year")},  # 1,000.00
}


def told(currency: str = "CNY", **changes: Any) -> Told:
    """A complete budget; a part given as None is left out."""
    found = Told(currency=currency)
    for section, answers in {**BUDGET, **changes}.items():
        if answers is not None:
            found = saved(found, section, answers, finished=True, version=1)
    return found


def tell(account: CardAccount, **changes: Any) -> Situation:
    """Begin and save a complete budget as the account's cardholder would."""
    holder = account.cardholder
    assert actions.begin(account, by=holder.user, at=now()) == []
    for section, answers in {**BUDGET, **changes}.items():
        if answers is not None:
            actions.save(
                holder, section, answers, finished=True, seen=10**6, by=holder.user, at=now(),
                consents=section == "needs",
            )  # fmt: skip
    return Situation.objects.get(cardholder=holder)
