"""A plan that has run for some weeks, a signature, and a budget that was told."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import Any

from django.utils.timezone import get_current_timezone, localdate, now

from accounts import queries as ledger
from accounts import stepup
from accounts.models import CardAccount, User
from plans import actions, document, policies, rules, signing
from plans.keeping.actions import watch
from plans.keeping.rules import Awaited, Paid, match
from plans.models import Agreement, Offer
from plans.situation import actions as situation
from portal.kit import money
from portal.records.models import Notice


def mailed_code(email: str) -> str:
    """Return the code that was mailed last to an address."""
    body = Notice.objects.filter(recipient=email, secret=True).latest("pk").body
    found = re.search(r"(?<![A-Z])[A-Z]{4}-[A-Z]{4}(?![A-Z])", body)
    if found is None:
        raise RuntimeError(f"no code was mailed to {email}")
    return found[0]


def sign(offer: Offer, owner: User, *, at: datetime) -> Agreement:
    """A real signature: the code that was mailed, the sealed PDF, instalments and hold."""
    draft = offer.drafts.get(language="zh-hans")
    stepup.send_code(owner, purpose=f"sign:{draft.sha256}", about=offer.number, at=at)
    code = mailed_code(owner.email)
    method = stepup.check(owner, purpose=f"sign:{draft.sha256}", code=code, at=at)
    signature = signing.Signature(
        typed_name=offer.account.cardholder.person.full_name, method=method,
        consents=["agree", "no_new_card", "electronic"], session="demo", address="demo",
    )  # fmt: skip
    return signing.accept(offer, draft, signature=signature, by=owner, at=at)


# == a plan that runs: a payment made, one late, one or more to come


@dataclass(frozen=True)
class Beginning:
    account: CardAccount
    choice: rules.Choice
    on: date  # the books of that day, and the signature


def beginning(accounts: Sequence[CardAccount]) -> Beginning | None:
    """Return how a plan could have begun that is so by now; None on the rare day without one."""
    today = localdate()
    days = [today - timedelta(days=back) for back in range(40, 68, 3)]
    tried = (_of(account, on) for account, on in product(accounts, days))
    return next((found for found in tried if found), None)


def _of(account: CardAccount, on: date) -> Beginning | None:
    then = CardAccount.objects.get(pk=account.pk)
    then.as_of = on
    total, unit = ledger.plannable(then).overdue, money.unit(account.currency)
    rows = account.postings.filter(kind="repayment", posted_on__gt=on)
    paid = [Paid(day, -amount) for day, amount in rows.values_list("posted_on", "amount")]
    least = policies.in_force(on).least_instalment(account.currency)
    for months, wait in product(range(3, 13), (5, 12, 19)):
        each = rules.each_for(total, months, unit=unit) if total > 0 else total
        if each < max(least, unit):
            return None
        choice = rules.Choice(each, months, on + timedelta(days=wait))
        if _shows(rules.divided(total, choice, agreed_on=on, unit=unit), paid):
            return Beginning(account, choice, on)
    return None


def _shows(dues: list[rules.Due], paid: list[Paid]) -> bool:
    """Tell whether the first payment is made, the next one late, and another still to come."""
    met, _ = match([Awaited(i, due.on, due.amount) for i, due in enumerate(dues)], paid)
    late = [one for one in met if one.short and one.awaited.day < localdate()]
    coming = [one for one in met if one.short and one.awaited.day > localdate()]
    return not met[0].short and len(late) == 1 and bool(coming)


def running(begun: Beginning, owner: User, agent: User) -> Agreement:
    """Go from the request to the signature as of that day, then look at what was paid since."""
    account, choice = begun.account, begun.choice
    at = datetime.combine(begun.on, time(17, 30), tzinfo=get_current_timezone())
    books = CardAccount.objects.filter(pk=account.pk)
    books.update(as_of=begun.on)
    request = actions.draft(account, choice, reason="工资要到月底才发。", by=owner, at=at)
    actions.submit(request, by=owner, at=at)
    actions.take(request, by=agent, at=at)
    offer = actions.make_offer(
        request, choice, findings=["exceeds_ability", "still_willing"], explanation="",
        basis_version=account.version, by=agent, at=at,
    )  # fmt: skip
    document.render_drafts(offer, at=at)
    agreement = sign(Offer.objects.get(pk=offer.pk), owner, at=at)
    books.update(as_of=account.as_of)
    watch(agreement, at=now())
    return agreement


# == a budget


BUDGET: dict[str, dict[str, Any]] = {
    "why": {"reasons": ["income"]},
    "household": {"adults": 2, "children": 1, "housing": "rent"},
    "income": {"wages": {"amount": "7200.00", "every": "month", "unsure": False}},
    "bills": {"housing": {"amount": "2600.00", "every": "month", "unsure": False}},
    "living": {"food": {"amount": "450.00", "every": "week", "unsure": False}},
    "debts": {"loans": {"amount": "1100.00", "every": "month", "unsure": True}},
}


def tell_budget(account: CardAccount, owner: User) -> None:
    """Save every part, as a person does who goes through the list."""
    situation.begin(account, by=owner, at=now())
    for section, answers in BUDGET.items():
        situation.save(
            account.cardholder, section, answers, finished=True, seen=10**6, by=owner, at=now()
        )
