"""What the pages and the other rooms read of the ledger. Few queries; no query per row."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from django.conf import settings
from django.db.models import QuerySet
from django.utils.timezone import localdate

from accounts import rules
from accounts.book import Book
from accounts.models import CardAccount, Hold, Posting, Statement, User
from portal.kit.prepared import Prepared
from portal.packs import Rule, load

BILL = ("statement_on", "due_on", "opening_balance", "closing_balance", "minimum_due")
MOVEMENT = ("ref", "posted_on", "kind", "amount", "reverses")


def held_by(user: User) -> QuerySet[CardAccount]:
    """The cardholder's own accounts, oldest first; to anyone else's the answer is a 404."""
    return CardAccount.objects.filter(cardholder__user=user).order_by("opened_on", "ref")


@dataclass(frozen=True)
class PlanFacts:
    """What the ledger's pages say of a live plan. Amounts in the account's currency."""

    number: str
    state: str  # in words
    total: Decimal
    offered_on: date  # the plan's sum is what was overdue then
    next_on: date | None  # of what is not paid; None: every such payment has been due
    next_amount: Decimal | None
    left: int  # payments not made in full yet
    to_come: Decimal  # of what is overdue: what the plan does not ask for yet on `as_of`
    corrected: bool = False  # it asks for more than is owed now: a person looks at it

    @property
    def step(self) -> rules.Step | None:
        return rules.Step("plan", self.next_on, self.next_amount) if self.next_on else None


class PlanSource(Protocol):
    def __call__(self, accounts: Sequence[CardAccount], *, on: date) -> dict[int, PlanFacts]: ...


def no_plans(accounts: Sequence[CardAccount], *, on: date) -> dict[int, PlanFacts]:
    return {}


plan_facts: PlanSource = no_plans  # plans lies above this room and puts its own here (plans.apps)


@dataclass(frozen=True)
class PlanPast:
    """A plan that was signed, whatever became of it. Amounts in the account's currency."""

    number: str
    agreed_on: date
    total: Decimal
    state: str  # the code; `state_label` says it in the language of the moment
    state_label: object
    document_number: str
    document_sha256: str
    title: str
    language: str
    purged: bool  # its bytes were deleted after their time
    dues: tuple[tuple[date, Decimal], ...]

    @property
    def months(self) -> int:
        return len(self.dues)


class PlanHistorySource(Protocol):
    def __call__(self, account: CardAccount) -> list[PlanPast]: ...


def no_plan_history(account: CardAccount) -> list[PlanPast]:
    return []


plan_history: PlanHistorySource = no_plan_history  # set like plan_facts


@dataclass(frozen=True)
class DisputePast:
    """A case about lines of the books, as documents tell it to others: no word of what was said."""

    number: str
    filed_on: date
    lines: tuple[tuple[str, str], ...]  # (kind, key) as in disputes.models.Line, less the account
    state: str  # open, second_review, withdrawn; or the outcome that stands
    settled_on: date | None  # answered or withdrawn


def no_dispute_history(account: CardAccount) -> list[DisputePast]:
    return []


# Every case of an account that was sent, oldest first; one query. Set like plan_facts.
dispute_history: Callable[[CardAccount], list[DisputePast]] = no_dispute_history


class DisputedLine(NamedTuple):
    """A line that an open case contests: `kind` and `key` as in disputes.models.Line."""

    kind: str  # record, posting, statement, contact
    key: str
    number: str  # of the case
    state: object  # in words


def no_disputes(account: CardAccount) -> list[DisputedLine]:
    return []


# Which lines of an account are in dispute now; one query. disputes.apps puts its own here.
disputed: Callable[[CardAccount], list[DisputedLine]] = no_disputes


class OwnWords(NamedTuple):
    """What the cardholder put beside what was reported for a month."""

    text: str
    made_at: datetime
    sent: bool  # handed to the bank for the bureau


def no_words(account: CardAccount) -> dict[str, OwnWords]:
    return {}


# The words that stand beside an account's records, by YYYY-MM; at most three queries. As above.
own_words: Callable[[CardAccount], dict[str, OwnWords]] = no_words


def collectors(account: CardAccount) -> set[int]:
    """Return who of our staff made a contact to collect on this account, by the feed's codes."""
    codes = account.contact_attempts.values("by")
    staff = User.objects.exclude(collector_code="").filter(collector_code__in=codes)
    return set(staff.values_list("pk", flat=True))


# Who collected, approved or decided on an account, as ids of users: the rooms above add theirs.
ACTED: list[Callable[[CardAccount], set[int]]] = [collectors]


def acted_on(account: CardAccount) -> set[int]:
    """Return who must not handle a case of this account (CN-CMP-05)."""
    return set().union(*(source(account) for source in ACTED))


class Standing(NamedTuple):
    account: CardAccount
    position: rules.Position
    on_plan: bool
    all_held: bool  # a hold without an amount stops collection on the whole account


HOLD = ("amount", "reason", "contact_only", "from_at", "until_at")
HoldRow = tuple[Decimal | None, str, bool, datetime, datetime | None]


@dataclass(frozen=True)
class Holds:
    """The holds an account ever had, by the day. Those of contact alone net nothing."""

    spans: list[rules.Span]
    on_plan: bool  # now

    @property
    def all_held(self) -> bool:
        """A hold without an amount is live now."""
        return any(span.amount is None for span in rules.live(self.spans, rules.NOT_LIFTED))


def netted(holds: Iterable[HoldRow]) -> Holds:
    """Date holds given as HOLD. A line is in one open case, so disputed amounts add up."""
    real = [hold for hold in holds if not hold[2]]
    return Holds(
        [
            rules.Span(
                amount, localdate(from_at), until_at and localdate(until_at),
                reason == Hold.Reason.DISPUTE,
            )
            for amount, reason, _, from_at, until_at in real
        ],
        any(reason == Hold.Reason.PLAN and not until for _, reason, _, _, until in real),
    )  # fmt: skip


def plannable(account: CardAccount) -> rules.Position:
    """Return where an account stands without the disputed part: what a plan may divide."""
    return rules.undisputed(position(account))


def position(account: CardAccount) -> rules.Position:
    """Return where an account stands as of its last feed. Three queries."""
    return standings([account])[0].position


def standings(accounts: Sequence[CardAccount]) -> list[Standing]:
    """Return where each account stands, in their order. Three queries for all of them."""
    bills: dict[int, list[rules.Bill]] = defaultdict(list)
    movements: dict[int, list[rules.Movement]] = defaultdict(list)
    holds: dict[int, list[HoldRow]] = defaultdict(list)
    statements = Statement.objects.filter(account__in=accounts).order_by("statement_on")
    for pk, *bill in statements.values_list("account_id", *BILL):
        bills[pk].append(rules.Bill(*bill))
    postings = Posting.objects.filter(account__in=accounts)
    for pk, *movement in postings.values_list("account_id", *MOVEMENT):
        movements[pk].append(rules.Movement(*movement))
    for pk, *hold in Hold.objects.filter(account__in=accounts).values_list("account_id", *HOLD):
        holds[pk].append((hold[0], hold[1], hold[2], hold[3], hold[4]))
    found = []
    for account in accounts:
        held = netted(holds[account.pk])
        stand = stands(account, bills[account.pk], movements[account.pk], held)
        found.append(Standing(account, stand, held.on_plan, held.all_held))
    return found


def stands(
    account: CardAccount,
    bills: Sequence[rules.Bill],
    movements: Sequence[rules.Movement],
    holds: Holds | None = None,
    book: Book | None = None,
) -> rules.Position:
    """Apply the rules to rows already read; those holds net that are live now. No query."""
    return rules.position(
        currency=account.currency,
        as_of=account.as_of,
        bills=bills,
        movements=movements,
        holds=holds.spans if holds else (),
        held_on=rules.NOT_LIFTED,
        daily_rate=account.daily_rate,
        interest_basis=account.interest_basis,
        principal_first_from=principal_first_from(account.as_of),
        book=book,
    )


def principal_first_from(on: date) -> Rule:
    return load(settings.JURISDICTION, on=on)["allocation.principal_first_from"]


def in_order(*fields: str) -> Prepared:
    """Return the read of an account's postings, oldest first, given its id."""
    return Prepared(
        lambda account: (
            Posting.objects.filter(account=account)
            .order_by("posted_on", "ref")
            .values_list(*fields)
        ),
        int,
    )


_movements = in_order(*MOVEMENT)
_bills = Prepared(
    lambda account: (
        Statement.objects.filter(account=account).order_by("statement_on").values_list(*BILL)
    ),
    int,
)


def bills(account: CardAccount) -> list[rules.Bill]:
    return [rules.Bill(*row) for row in _bills(account.pk)]


def movements(account: CardAccount) -> list[rules.Movement]:
    return [rules.Movement(*row) for row in _movements(account.pk)]


def all_holds(account: CardAccount) -> list[Hold]:
    """Return what stops collection, or stopped it once: ageing needs both (ACC-14).

    A hold ends by being lifted (`until_at`), so no clock is needed.
    """
    return list(account.holds.order_by("from_at", "pk"))
