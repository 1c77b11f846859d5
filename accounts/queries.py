"""What the pages and the other rooms read of the ledger. Few queries; no query per row."""

from django.conf import settings
from django.db.models import QuerySet

from accounts import rules
from accounts.models import CardAccount, User
from portal.packs import load


def held_by(user: User) -> QuerySet[CardAccount]:
    """The cardholder's own accounts, oldest first; to anyone else's the answer is a 404."""
    return CardAccount.objects.filter(cardholder__user=user).order_by("opened_on", "ref")


def position(account: CardAccount) -> rules.Position:
    """Return where an account stands as of its last feed. Three queries."""
    return rules.position(
        currency=account.currency,
        as_of=account.as_of,
        bills=bills(account),
        movements=movements(account),
        holds=list(account.holds.filter(until_at=None).values_list("amount", flat=True)),
        daily_rate=account.daily_rate,
        interest_basis=account.interest_basis,
        principal_first_from=load(settings.JURISDICTION, on=account.as_of)[
            "allocation.principal_first_from"
        ],
    )


def bills(account: CardAccount) -> list[rules.Bill]:
    rows = account.statements.order_by("statement_on").values_list(
        "statement_on", "due_on", "opening_balance", "closing_balance", "minimum_due"
    )
    return [rules.Bill(*row) for row in rows]


def movements(account: CardAccount) -> list[rules.Movement]:
    rows = account.postings.order_by("posted_on", "ref").values_list(
        "ref", "posted_on", "kind", "amount", "reverses"
    )
    return [rules.Movement(*row) for row in rows]
