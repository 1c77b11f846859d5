"""A plan that has run for some weeks, a signature, and a budget that was told."""

import json
import re
from contextlib import ExitStack
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.utils.timezone import get_current_timezone, localdate, now

from accounts import queries as ledger
from accounts import stepup
from accounts.feed.make import Sheet
from accounts.feed.manifest import FORMAT
from accounts.feed.rows import specs
from accounts.models import CardAccount, User
from plans import actions, document, rules, signing
from plans.keeping.actions import watch
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
    signing.note_shown(offer, draft, by=owner, at=at)
    return signing.accept(offer, draft, signature=signature, by=owner, at=at)


# == a plan that runs: one payment made, one late in part, the others to come

AGO, WAIT, MONTHS = 50, 5, 6  # days since the signature; from it to the first payment


def running(account: CardAccount, owner: User, agent: User, *, folder: Path) -> Agreement:
    """Go from the request to the signature as of that day; then a feed brings a repayment.

    The books are put back to that day meanwhile, as the offer takes its sum from them.
    """
    on, books = localdate() - timedelta(days=AGO), CardAccount.objects.filter(pk=account.pk)
    at = datetime.combine(on, time(17, 30), tzinfo=get_current_timezone())
    books.update(as_of=on)
    then = books.get()
    each = rules.each_for(ledger.plannable(then).overdue, MONTHS, unit=money.unit(account.currency))
    choice = rules.Choice(each, MONTHS, on + timedelta(days=WAIT))
    request = actions.draft(then, choice, reason="工资要到月底才发。", by=owner, at=at)
    actions.submit(request, by=owner, at=at)
    actions.take(request, by=agent, at=at)
    offer = actions.make_offer(
        request, choice, findings=["exceeds_ability", "still_willing"], explanation="",
        basis_version=then.version, by=agent, at=at,
    )  # fmt: skip
    document.render_drafts(offer, at=at)
    agreement = sign(Offer.objects.get(pk=offer.pk), owner, at=at)
    books.update(as_of=account.as_of)
    write_repayment(folder, account, money.rounded(each * Decimal("1.4"), account.currency))
    call_command("import_feed", folder, verbosity=0)
    watch(agreement, at=now())
    return agreement


def write_repayment(out: Path, account: CardAccount, amount: Decimal) -> None:
    """Write a delta with one repayment of three days ago, and the statement made since, if any."""
    out.mkdir(parents=True, exist_ok=True)
    today = localdate()
    day, kinds = today - timedelta(days=3), specs(today)
    with ExitStack() as files:
        sheets = {
            name: files.enter_context(
                Sheet(out, name, [c.name for c in kinds[name].columns], kinds[name].control)
            )
            for name in ("statements", "postings")
        }
        for made in account.statements.filter(statement_on__gte=day).order_by("statement_on"):
            sheets["statements"].add(
                account_ref=account.ref, statement_on=made.statement_on, due_on=made.due_on,
                opening_balance=made.opening_balance, minimum_due=made.minimum_due,
                closing_balance=made.closing_balance - amount,
            )  # fmt: skip
        sheets["postings"].add(
            posting_ref=f"{account.ref}-90001", account_ref=account.ref, posted_on=day,
            transacted_on=day, kind="repayment", amount=-amount, description="转账还款",
            merchant="", channel="", reverses="",
        )  # fmt: skip
        entries = [sheet.entry() for sheet in sheets.values()]
    manifest = {
        "format": FORMAT, "feed_id": f"made-repayment-{today}", "kind": "delta",
        "as_of": str(today), "institution": "DEMO", "encoding": "utf-8", "files": entries,
    }  # fmt: skip
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


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
