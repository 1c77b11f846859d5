"""The account page's ledger: every line ready as text and as markup, so that templates place it.

A line is put together here and not by the template engine, which takes ten times as long; what the
bank wrote is escaped where its text is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts import rules
from accounts.book import Book
from accounts.models import CardAccount, Posting
from portal.kit.money import ZERO, writer

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
    links: str  # markup


# A line, its links, and the words for who cannot see what they stand beside. Of escaped texts.
# The roles keep it a table for screen readers where a phone lays the cells out as a grid.
ROW = (
    '<tr role="row"><td role="cell">%s<span class="hint d-block">%s%s</span>%s</td>'
    '<td role="cell" class="num text-end">%s</td>'
    '<td role="cell" class="num text-end">%s</td></tr>\n'
)
LINK = '<a class="how" href="%s">%s<span class="visually-hidden"> %s</span></a>'
HOW = (
    '<a class="how" href="%s" hx-get="%s" hx-trigger="click once">%s'
    '<span class="visually-hidden"> %s</span></a>'
)
CASE = '<a class="how" href="%s">%s</a>'


class Links:
    """Where the lines of one account's ledger lead, as markup. Staff start no case from here.

    An `item` is the name of a line, escaped.
    """

    def __init__(self, ref: str, cases: Mapping[tuple[str, str], str], *, staff: bool) -> None:
        self.ref, self.cases, self.staff = ref, cases, staff
        self.language = get_language()
        page = "accounts:staff_posting" if staff else "accounts:posting"
        self.how_page = escape(reverse(page, args=[ref, "0"]).removesuffix("0/"))
        self.begin = escape(reverse("disputes:begin", args=[ref]))
        self.query_this, self.how = escape(_("Query this")), escape(_("How is this worked out?"))

    def posting(self, ref: str, kind: str, item: str) -> str:
        made = self.line("posting", ref, item)
        if kind in EXPLAINED:
            address = f"{self.how_page}{quote(ref)}/"
            made += HOW % (address, address, self.how, item)
        return made

    def line(self, kind: str, key: str, item: str) -> str:
        """Link a line to the open case that contests it, or to a new one."""
        if self.staff:
            return ""
        if case := self.cases.get((kind, key)):
            said = _("In dispute: case %(case)s") % {"case": case}
            return CASE % (escape(reverse("disputes:case", args=[case])), escape(said))
        address = f"{self.begin}?line={kind}:{quote(key, safe=':')}"
        return LINK % (address, self.query_this, item)


@dataclass(frozen=True)
class Group:
    """The lines of one statement, or those after the last one, newest first."""

    title: str
    facts: str
    rows: list[Row]
    links: str = ""  # markup

    @property
    def lines(self) -> SafeString:
        """The rows as markup: every text in them was escaped when its Row was made."""
        rows = (
            ROW % (row.item, row.date, row.split and f"<br>{row.split}", row.links,
                   row.amount, row.balance)
            for row in self.rows
        )  # fmt: skip
        return mark_safe("".join(rows))  # noqa: S308


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


class Ledger:
    """Walks the postings once, oldest first, and hands out the groups newest first."""

    def __init__(
        self,
        account: CardAccount,
        book: Book,
        entries: Sequence[Entry],
        links: Links,
    ) -> None:
        self.as_of, self.money = account.as_of, writer(account.currency, links.language)
        self.book, self.bills, self.entries, self.links = book, book.bills, entries, links
        self.labels = {kind: escape(label) for kind, label in LABELS.items()}
        self.parts = [
            (escape(_("interest")), "interest"),
            (escape(_("late payment charges")), "default_sum"),
            (escape(_("other fees")), "fees"),
            (escape(_("principal")), "principal"),
        ]

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
            return Group(title, "", rows)
        bill = self.bills[index]
        title = _("Statement of %(on)s") % {"on": self.day(bill.made_on)}
        said = _("Opening %(opening)s · closing %(closing)s · minimum %(minimum)s, due %(due)s")
        facts = said % {
            "opening": self.money(bill.opening), "closing": self.money(bill.closing),
            "minimum": self.money(bill.minimum), "due": self.day(bill.due_on),
        }  # fmt: skip
        key = f"{self.links.ref}:{bill.made_on.isoformat()}"
        links = self.links.line("statement", key, escape(title))
        return Group(title, facts, rows, mark_safe(links))  # noqa: S308

    def row(self, entry: Entry, balance: Decimal) -> Row:
        label, day = self.labels[entry.kind], self.day(entry.on)
        said = entry.description or entry.merchant
        item = escape(said) if said else label
        return Row(
            item=item,
            date=f"{day} · {label}" if item != label else day,
            split=self.split(entry),
            amount=self.money(entry.amount),
            balance=self.money(balance),
            links=self.links.posting(entry.ref, entry.kind, item),
        )

    def split(self, entry: Entry) -> str:
        """Say what a repayment paid, where that was not principal alone (CN-ACC-01)."""
        spread = self.book.spread_of(entry.ref) if entry.kind == Kind.REPAYMENT else None
        if spread is None or spread.total == spread.principal:
            return ""
        paid = [(name, getattr(spread, part)) for name, part in self.parts]
        said = " · ".join(f"{name} {self.money(amount)}" for name, amount in paid if amount)
        return escape(_("It paid: %(parts)s")) % {"parts": said}

    def day(self, on: date) -> str:
        return short_day(on, self.links.language)


@lru_cache(maxsize=8192)
def short_day(on: date, language: str | None) -> str:
    """Return a day as tables show it. Formatting takes longer than the rest of a line."""
    return date_format(on, "SHORT_DATE_FORMAT")


LABELS: dict[str, Any] = dict(Kind.choices)
EXPLAINED = frozenset(Kind.values) - {Kind.PURCHASE, Kind.CASH_ADVANCE, Kind.ADJUSTMENT}
