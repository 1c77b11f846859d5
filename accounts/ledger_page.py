"""The account page's ledger: rows whose texts are ready, so that the template only places them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import queries, rules
from accounts.book import Book, fold
from accounts.models import CardAccount, Hold, OverdueRecord, Posting
from portal.kit.money import ZERO, formatted

Kind = Posting.Kind
GROUPS: dict[str, tuple[Any, frozenset[str]]] = {
    "all": (gettext_lazy("Everything"), frozenset(Kind.values)),
    "repayments": (gettext_lazy("Repayments"), frozenset({Kind.REPAYMENT})),
    "charges": (
        gettext_lazy("Interest and charges"),
        frozenset({Kind.INTEREST, Kind.LATE_FEE, Kind.ANNUAL_FEE, Kind.OTHER_FEE, Kind.WAIVER}),
    ),
    "purchases": (
        gettext_lazy("Purchases and cash"),
        frozenset({Kind.PURCHASE, Kind.CASH_ADVANCE}),
    ),
}
PERIODS: dict[str, tuple[Any, int]] = {
    "3": (gettext_lazy("Last 3 months"), 3),
    "12": (gettext_lazy("Last 12 months"), 12),
    "all": (gettext_lazy("All"), 0),
}
USUAL_PERIOD = "3"


class Entry(NamedTuple):
    """One posting as read; the first five are a Movement."""

    ref: str
    on: date
    kind: str
    amount: Decimal
    reverses: str
    description: str
    merchant: str


class Row(NamedTuple):
    """One line of the ledger. Texts are formatted, and escaped once, here."""

    item: str
    date: str  # and the kind, where the item does not say it
    split: str
    amount: str
    balance: str
    ref: str  # for an address
    case: str = ""  # the number of the open case that contests it


@dataclass(frozen=True)
class Group:
    """The lines of one statement, or those after the last one, newest first."""

    title: str
    facts: str
    rows: list[Row]
    bill: str = ""  # the day of its statement (ISO)
    case: str = ""  # that contests its statement


class Option(NamedTuple):
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """What of the ledger is asked for. Anything unknown means the usual."""

    kinds: str = "all"
    period: str = USUAL_PERIOD

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> "Choice":
        kinds, period = asked.get("kinds"), asked.get("period")
        return cls(
            kinds if kinds in GROUPS else "all", period if period in PERIODS else USUAL_PERIOD
        )

    @property
    def kind_options(self) -> list[Option]:
        return [Option(k, str(label), k == self.kinds) for k, (label, __) in GROUPS.items()]

    @property
    def period_options(self) -> list[Option]:
        return [Option(k, str(label), k == self.period) for k, (label, __) in PERIODS.items()]


@dataclass(frozen=True)
class AccountPage:
    """Everything the account page says; account_page() reads it."""

    account: CardAccount
    position: rules.Position
    why: rules.Why | None
    steps: list[rules.Step]
    annual_percent: Decimal
    holds: list[Hold]
    reported: list["Reported"]
    choice: Choice
    groups: list[Group]
    plan: queries.PlanFacts | None
    apart: rules.Position  # what is due beside the plan; without one, the position

    @property
    def on_plan(self) -> bool:
        return any(hold.reason == Hold.Reason.PLAN for hold in self.holds)

    @property
    def all_held(self) -> bool:
        return any(hold.amount is None and not hold.contact_only for hold in self.holds)


def account_page(account: CardAccount, choice: Choice, *, on: date) -> AccountPage:
    """Read an account, its ledger and its plan as of `on`.

    Six queries; one more on a plan, two more with own words beside a record.
    """
    bills, holds = queries.bills(account), queries.live_holds(account)
    entries = [
        Entry(*row)
        for row in account.postings.order_by("posted_on", "ref").values_list(
            *queries.MOVEMENT, "description", "merchant"
        )
    ]
    movements = [rules.Movement(*entry[:5]) for entry in entries]
    held = queries.netted((hold.amount, hold.reason, hold.contact_only) for hold in holds)
    position = queries.stands(account, bills, movements, held)
    on_plan = [account] if held.on_plan else []
    plan = queries.plan_facts(on_plan, on=on).get(account.pk)
    apart = rules.beside(position, plan.to_come) if plan else position
    contested = any(hold.reason == Hold.Reason.DISPUTE for hold in holds)  # each case places one
    cases = {
        (line.kind, line.key): line.number
        for line in (queries.disputed(account) if contested else ())
    }
    words = queries.own_words(account)
    return AccountPage(
        account=account,
        position=position,
        plan=plan,
        apart=apart,
        why=rules.why(position),
        steps=rules.coming(apart, plan.step if plan else None),
        annual_percent=rules.annual_percent(account.daily_rate),
        holds=holds,
        reported=[
            shown(
                record,
                account.currency,
                words.get(record.period),
                cases.get(("record", f"{account.ref}:{record.period}"), ""),
            )
            for record in queries.reported(account)
        ],
        choice=choice,
        groups=_Ledger(account, bills, entries, movements, cases).groups(choice),
    )


class _Ledger:
    """Walks the postings once, oldest first, and hands out the groups newest first."""

    def __init__(
        self,
        account: CardAccount,
        bills: Sequence[rules.Bill],
        entries: Sequence[Entry],
        movements: Sequence[rules.Movement],
        cases: Mapping[tuple[str, str], str],
    ) -> None:
        rule = queries.principal_first_from(account.as_of)
        self.currency, self.as_of = account.currency, account.as_of
        self.bills, self.entries, self.cases, self.of = bills, entries, cases, account.ref
        self.book: Book = fold(bills, movements, principal_first_from=rule)
        self.days: dict[date, str] = {}

    def groups(self, choice: Choice) -> list[Group]:
        kinds, months = GROUPS[choice.kinds][1], PERIODS[choice.period][1]
        start = rules.months_before(self.as_of, months) if months else date.min
        rows: list[list[Row]] = [[] for _ in range(len(self.bills) + 1)]
        balance = self.bills[0].opening if self.bills else ZERO
        for entry in self.entries:
            balance += entry.amount
            if entry.kind in kinds and entry.on >= start:
                at = self.book.bill_before(entry.on) + 1
                rows[at].append(self.row(entry, balance))
        groups = [
            self.group(i, lines[::-1])
            for i, lines in enumerate(rows)
            if lines or (choice.kinds == "all" and self.made_since(i, start))
        ]
        return groups[::-1]

    def made_since(self, index: int, start: date) -> bool:
        return index < len(self.bills) and self.bills[index].made_on >= start

    def group(self, index: int, rows: list[Row]) -> Group:
        if index == len(self.bills):
            title = _("Since the last statement") if self.bills else _("Before the first statement")
            return Group(escape(title), "", rows)
        bill = self.bills[index]
        title = _("Statement of %(on)s") % {"on": self.day(bill.made_on)}
        said = _("Opening %(opening)s · closing %(closing)s · minimum %(minimum)s, due %(due)s")
        facts = said % {
            "opening": self.money(bill.opening), "closing": self.money(bill.closing),
            "minimum": self.money(bill.minimum), "due": self.day(bill.due_on),
        }  # fmt: skip
        day = bill.made_on.isoformat()
        case = self.cases.get(("statement", f"{self.of}:{day}"), "")
        return Group(escape(title), escape(facts), rows, day, case)

    def row(self, entry: Entry, balance: Decimal) -> Row:
        label = str(LABELS[entry.kind])
        said, day = entry.description or entry.merchant, self.day(entry.on)
        return Row(
            item=escape(said or label),
            date=escape(f"{day} · {label}" if said and said != label else day),
            split=self.split(entry),
            amount=self.money(entry.amount),
            balance=self.money(balance),
            ref=quote(entry.ref),
            case=self.cases.get(("posting", entry.ref), ""),
        )

    def split(self, entry: Entry) -> str:
        """Say what a repayment paid, where that was not principal alone (CN-ACC-01)."""
        spread = self.book.spread_of(entry.ref) if entry.kind == Kind.REPAYMENT else None
        if spread is None or spread.total == spread.principal:
            return ""
        parts = [
            (_("interest"), spread.interest),
            (_("late payment charges"), spread.default_sum),
            (_("other fees"), spread.fees),
            (_("principal"), spread.principal),
        ]
        said = " · ".join(f"{name} {self.money(amount)}" for name, amount in parts if amount)
        return escape(_("It paid: %(parts)s") % {"parts": said})

    def money(self, amount: Decimal) -> str:
        return escape(formatted(amount, self.currency))

    def day(self, on: date) -> str:
        if on not in self.days:
            self.days[on] = escape(date_format(on, "SHORT_DATE_FORMAT"))
        return self.days[on]


LABELS: dict[str, Any] = dict(Kind.choices)


class Reported(NamedTuple):
    """What the bank told the credit bureau for one month, as texts."""

    period: str  # YYYY-MM
    month: str
    code: str
    days: int
    amount: str
    told: str
    disputed: bool
    corrected: bool
    words: queries.OwnWords | None  # of the cardholder, beside it
    case: str  # the number of the open case that contests it


def shown(
    record: OverdueRecord, currency: str, words: queries.OwnWords | None, case: str
) -> Reported:
    year, month = record.period.split("-")
    facts = []
    if record.reported_on:
        on = date_format(record.reported_on, "SHORT_DATE_FORMAT")
        facts.append(_("Reported on %(on)s") % {"on": on})
    if record.notified_on:
        on = date_format(record.notified_on, "SHORT_DATE_FORMAT")
        facts.append(_("you were told on %(on)s") % {"on": on})
    return Reported(
        period=record.period,
        month=date_format(date(int(year), int(month), 1), "YEAR_MONTH_FORMAT"),
        code=record.reported_code,
        days=record.days_past_due,
        amount=formatted(record.overdue_amount, currency),
        told=" · ".join(facts),
        disputed=record.disputed,
        corrected=record.version > 1,
        words=words,
        case=case,
    )
