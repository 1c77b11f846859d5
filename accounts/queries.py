"""What the pages and the other rooms read of the ledger. Few queries; no query per row."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from django.conf import settings
from django.db.models import QuerySet

from accounts import rules
from accounts.models import CardAccount, Hold, OverdueRecord, Posting, Statement, User
from portal.kit.money import ZERO
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
    next_on: date | None  # None: every payment has been due
    next_amount: Decimal | None
    left: int  # payments due today or later
    to_come: Decimal  # of the payments due on the account's `as_of` or later

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


HOLD = ("amount", "reason", "contact_only")


@dataclass(frozen=True)
class Holds:
    """What the live holds of an account come to. Those of contact alone net nothing."""

    amounts: list[Decimal | None]
    disputed: Decimal
    on_plan: bool

    @property
    def all_held(self) -> bool:
        return None in self.amounts


def netted(holds: Iterable[tuple[Decimal | None, str, bool]]) -> Holds:
    """Sum up holds given as HOLD. A line is in one open case, so disputed amounts add up."""
    real = [(amount, reason) for amount, reason, contact_only in holds if not contact_only]
    disputed = [amount for amount, reason in real if amount and reason == Hold.Reason.DISPUTE]
    return Holds(
        [amount for amount, _ in real],
        sum(disputed, ZERO),
        any(reason == Hold.Reason.PLAN for _, reason in real),
    )


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
    holds: dict[int, list[tuple[Decimal | None, str, bool]]] = defaultdict(list)
    statements = Statement.objects.filter(account__in=accounts).order_by("statement_on")
    for pk, *bill in statements.values_list("account_id", *BILL):
        bills[pk].append(rules.Bill(*bill))
    postings = Posting.objects.filter(account__in=accounts)
    for pk, *movement in postings.values_list("account_id", *MOVEMENT):
        movements[pk].append(rules.Movement(*movement))
    live = Hold.objects.filter(account__in=accounts, until_at=None)
    for pk, *hold in live.values_list("account_id", *HOLD):
        holds[pk].append((hold[0], hold[1], hold[2]))
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
) -> rules.Position:
    """Apply the rules to rows already read. No query."""
    return rules.position(
        currency=account.currency,
        as_of=account.as_of,
        bills=bills,
        movements=movements,
        holds=holds.amounts if holds else (),
        disputed=holds.disputed if holds else ZERO,
        daily_rate=account.daily_rate,
        interest_basis=account.interest_basis,
        principal_first_from=principal_first_from(account.as_of),
    )


def principal_first_from(on: date) -> Rule:
    return load(settings.JURISDICTION, on=on)["allocation.principal_first_from"]


def bills(account: CardAccount) -> list[rules.Bill]:
    rows = account.statements.order_by("statement_on").values_list(*BILL)
    return [rules.Bill(*row) for row in rows]


def movements(account: CardAccount) -> list[rules.Movement]:
    rows = account.postings.order_by("posted_on", "ref").values_list(*MOVEMENT)
    return [rules.Movement(*row) for row in rows]


def live_holds(account: CardAccount) -> list[Hold]:
    """Return what stops collection now. A hold ends by being lifted, so no clock is needed."""
    return list(account.holds.filter(until_at=None).order_by("from_at", "pk"))


def reported(account: CardAccount) -> list[OverdueRecord]:
    """Return what was reported for each month, newest first: the latest version of each."""
    latest: dict[str, OverdueRecord] = {}
    for record in account.overdue_records.order_by("-period", "-version"):
        latest.setdefault(record.period, record)
    return list(latest.values())
