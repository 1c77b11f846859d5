"""What can be contested on an account: its lines, as they read now and as they are certified."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models.fields.tuple_lookups import TupleLessThan
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.evidence.lines import Line as Certified
from accounts.evidence.words import CHANNELS, KINDS
from accounts.models import CardAccount, ContactAttempt, OverdueRecord, Posting, Statement
from disputes.models import Line
from portal.kit.money import formatted

PAGE = 25  # lines of the main kind shown at once
Kind = Line.Kind
Name = tuple[str, str]  # kind and key


@dataclass(frozen=True)
class Contested:
    """One line as it reads now. `kind` and `key` as in disputes.models.Line; `amount` + is debt.

    `extra` by kind, dates as ISO text, money as text: a record has code, days, bureau,
    reported_on, notified_on; a posting code (Posting.Kind), transacted_on; a statement due_on,
    minimum; a contact channel, by, at. If a certified copy is cited that reads otherwise,
    `certified` holds its on, text and amount.
    """

    kind: str
    key: str
    on: date  # posted, billed, reported for (first of the month), or contacted
    text: str  # the bank's own words: description, merchant, period and code, purpose and outcome
    amount: Decimal | None
    currency: str
    extra: dict[str, Any] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """Return it as JSON for Line.facts; money and dates as text."""
        kept = asdict(self) | {"on": self.on.isoformat()}
        return kept | {"amount": None if self.amount is None else str(self.amount)}

    @classmethod
    def read(cls, facts: dict[str, Any]) -> "Contested":
        """Return what facts() wrote."""
        amount = facts["amount"]
        return cls(
            kind=facts["kind"], key=facts["key"], on=date.fromisoformat(facts["on"]),
            text=facts["text"], amount=None if amount is None else Decimal(amount),
            currency=facts["currency"], extra=facts.get("extra") or {},
        )  # fmt: skip

    @property
    def name(self) -> str:
        """Kind and key as one text: for links and ticks; parted() takes it apart."""
        return f"{self.kind}:{self.key}"

    @property
    def title(self) -> str:
        """What it is, in the reader's language: the first thing to say of it."""
        if self.kind == Kind.RECORD:
            month = date_format(self.on, "YEAR_MONTH_FORMAT")
            return _("Overdue record for %(month)s") % {"month": month}
        if self.kind == Kind.STATEMENT:
            return _("Bill of %(on)s") % {"on": date_format(self.on)}
        if self.kind == Kind.CONTACT:
            return str(CHANNELS.get(self.extra.get("channel", ""), _("Contact")))
        return self.text or str(KINDS.get(self.extra.get("code", ""), _("Movement")))

    @property
    def named(self) -> str:
        """The title with the day where it does not say it: tells lines of one text apart."""
        if self.kind in (Kind.POSTING, Kind.CONTACT):
            return f"{self.title} ({date_format(self.on)})"
        return self.title

    @property
    def detail(self) -> str:
        """What else is known of it, in the reader's language; the amount stands apart."""
        known = self.extra
        if self.kind == Kind.RECORD:
            count = int(known.get("days") or 0)
            days = ngettext(
                "reported as %(code)s, %(days)s day", "reported as %(code)s, %(days)s days", count
            ) % {"code": known.get("code", ""), "days": count}
            return " · ".join(part for part in (days, known.get("bureau", "")) if part)
        if self.kind == Kind.STATEMENT:
            due = parse_date(known.get("due_on", ""))
            return _("Due on %(on)s") % {"on": date_format(due)} if due else ""
        if self.kind == Kind.CONTACT:
            at = parse_datetime(known.get("at", ""))
            when = date_format(localtime(at), "DATETIME_FORMAT") if at else date_format(self.on)
            return " · ".join(part for part in (when, self.text) if part)
        kind = str(KINDS.get(known.get("code", ""), ""))
        return f"{date_format(self.on)} · {kind}" if self.text and kind else date_format(self.on)

    @property
    def sum(self) -> str:
        """The amount as people read it; "" where there is none."""
        return "" if self.amount is None else formatted(self.amount, self.currency)

    @property
    def certified(self) -> "Contested | None":
        """What the certified copy says, if it is cited and reads otherwise."""
        told = self.extra.get("certified")
        return Contested.read({**self.facts(), "extra": {}, **told}) if told else None

    def cited(self, copy: Certified) -> "Contested":
        """Keep what a certified copy says, if it reads otherwise."""
        said = self.text or str(KINDS.get(self.extra.get("code", ""), ""))
        said = self.extra["due_on"] if self.kind == Kind.STATEMENT else said
        if (self.on, said, self.amount) == (copy.on, copy.text, copy.amount):
            return self
        told = {
            "on": copy.on.isoformat(), "text": copy.text,
            "amount": None if copy.amount is None else str(copy.amount),
        }  # fmt: skip
        return replace(self, extra={**self.extra, "certified": told})


def parted(name: str) -> Name | None:
    """Take a Contested.name apart; None if it is none."""
    kind, colon, key = name.partition(":")
    return (kind, key) if kind in Kind.values and colon and key and "\0" not in key else None


def name_of(account: CardAccount, copy: Certified) -> Name:
    """Return the kind and key of a certified line in the books of its account."""
    own = copy.what in (Kind.POSTING, Kind.CONTACT)
    return copy.what, copy.key if own else f"{account.ref}:{copy.key}"


# == reading


def _record(account: CardAccount, row: OverdueRecord) -> Contested:
    year, month = row.period.split("-")
    text = f"{row.period} · {row.reported_code} · {row.bureau}".removesuffix(" · ")
    told = {
        "code": row.reported_code, "days": row.days_past_due, "bureau": row.bureau,
        "reported_on": row.reported_on.isoformat() if row.reported_on else "",
        "notified_on": row.notified_on.isoformat() if row.notified_on else "",
    }  # fmt: skip
    return Contested(Kind.RECORD, f"{account.ref}:{row.period}", date(int(year), int(month), 1),
                     text, row.overdue_amount, account.currency, told)  # fmt: skip


def _posting(account: CardAccount, row: Posting) -> Contested:
    told = {"code": row.kind, "transacted_on": row.transacted_on.isoformat()}
    return Contested(Kind.POSTING, row.ref, row.posted_on, row.description or row.merchant,
                     row.amount, account.currency, told)  # fmt: skip


def _statement(account: CardAccount, row: Statement) -> Contested:
    told = {"due_on": row.due_on.isoformat(), "minimum": str(row.minimum_due)}
    return Contested(Kind.STATEMENT, f"{account.ref}:{row.statement_on.isoformat()}",
                     row.statement_on, "", row.closing_balance, account.currency, told)  # fmt: skip


def _contact(account: CardAccount, row: ContactAttempt) -> Contested:
    told = {"channel": row.channel, "by": row.by, "at": row.at.isoformat()}
    return Contested(Kind.CONTACT, row.ref, localtime(row.at).date(),
                     f"{row.purpose} · {row.outcome}", None, account.currency, told)  # fmt: skip


def find(account: CardAccount, kind: str, key: str) -> Contested | None:
    """Return one line of this account as it reads now; None if it is not one of its lines."""
    return find_all(account, [(kind, key)]).get((kind, key))


def find_all(account: CardAccount, names: Iterable[Name]) -> dict[Name, Contested]:
    """Return those of the named lines that this account has. At most one query for each kind."""
    keys: dict[str, list[str]] = {}
    for kind, key in names:
        if "\0" not in key:  # no database takes it
            keys.setdefault(kind, []).append(key)
    own = f"{account.ref}:"
    part = [key.removeprefix(own) for key in keys.get(Kind.RECORD, ()) if key.startswith(own)]
    days = [key.removeprefix(own) for key in keys.get(Kind.STATEMENT, ()) if key.startswith(own)]
    found: list[Contested] = []
    if part:  # the newest version of each month comes last and stays
        rows = account.overdue_records.filter(period__in=part).order_by("period", "version")
        found += [_record(account, row) for row in rows]
    if dates := [day for day in map(_day, days) if day]:
        bills = account.statements.filter(statement_on__in=dates)
        found += [_statement(account, bill) for bill in bills]
    if refs := keys.get(Kind.POSTING):
        found += [_posting(account, row) for row in account.postings.filter(ref__in=refs)]
    if refs := keys.get(Kind.CONTACT):
        found += [_contact(account, row) for row in account.contact_attempts.filter(ref__in=refs)]
    return {(each.kind, each.key): each for each in found}


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


# == choosing


@dataclass(frozen=True)
class Choice:
    """A line to choose, or, if an open case has it, to be shown with that case."""

    line: Contested
    taken: Line | None


@dataclass(frozen=True)
class Group:
    kind: str
    choices: list[Choice]

    @property
    def label(self) -> str:
        return {
            Kind.RECORD: _("What was reported, month by month"),
            Kind.POSTING: _("Charges and payments"),
            Kind.STATEMENT: _("Bills"),
            Kind.CONTACT: _("Calls, messages, letters and visits"),
        }[Kind(self.kind)]


@dataclass(frozen=True)
class Offered:
    """A page of an account's lines, newest first; `older` starts the next ("" at the end)."""

    groups: list[Group]
    older: str
    newest: bool


def contestable(
    account: CardAccount, kinds: Sequence[str], *, after: str = "", chosen: Iterable[Name] = ()
) -> Offered:
    """Return a page of lines of these kinds behind the one keyed `after`, without the chosen.

    Bills are shown with the movements of their days. Four queries, however long the ledger is.
    """
    lines, older = _page(account, kinds[0], after)
    if Kind.STATEMENT in kinds:
        lines += _bills_beside(account, lines, older, after)
    names = set(chosen)
    lines = [line for line in lines if (line.kind, line.key) not in names]
    taken = open_lines((line.kind, line.key) for line in lines)
    groups = [
        Group(
            kind,
            [Choice(line, taken.get((kind, line.key))) for line in lines if line.kind == kind],
        )
        for kind in kinds
    ]
    return Offered([group for group in groups if group.choices], older, not after)


def open_lines(names: Iterable[Name]) -> dict[Name, Line]:
    """Return the open line of another case, with that case, for each name that has one."""
    wanted = list(names)
    kinds, keys = {kind for kind, _key in wanted}, [key for _kind, key in wanted]
    rows = Line.objects.filter(open=True, kind__in=kinds, key__in=keys)
    found = {(row.kind, row.key): row for row in rows.select_related("dispute")}
    return {name: found[name] for name in wanted if name in found}


def _page(account: CardAccount, kind: str, after: str) -> tuple[list[Contested], str]:
    """Return the lines of a page, newest first, and the key of its last if there are more."""
    rows: list[Any]
    if kind == Kind.RECORD:
        versions = account.overdue_records.order_by("-period", "version")
        if after:
            versions = versions.filter(period__lt=after.rpartition(":")[2])
        rows = list({row.period: row for row in versions}.values())[: PAGE + 1]
        lines = [_record(account, row) for row in rows]
    elif kind == Kind.CONTACT:
        contacts = account.contact_attempts.order_by("-at", "-ref")
        if last := account.contact_attempts.filter(ref=after).first():
            contacts = contacts.filter(TupleLessThan(("at", "ref"), (last.at, last.ref)))
        lines = [_contact(account, row) for row in contacts[: PAGE + 1]]
    else:
        postings = account.postings.order_by("-posted_on", "-ref")
        if start := account.postings.filter(ref=after).first():
            behind = TupleLessThan(("posted_on", "ref"), (start.posted_on, start.ref))
            postings = postings.filter(behind)
        lines = [_posting(account, row) for row in postings[: PAGE + 1]]
    return lines[:PAGE], lines[PAGE - 1].key if len(lines) > PAGE else ""


def _bills_beside(
    account: CardAccount, shown: Sequence[Contested], older: str, after: str
) -> list[Contested]:
    """Return the bills from the page's first day on (or all newer) to its last (or all older)."""
    bills = account.statements.order_by("-statement_on")
    if after and (start := account.postings.filter(ref=after).first()):
        bills = bills.filter(statement_on__lte=start.posted_on)
    if older:
        bills = bills.filter(statement_on__gt=shown[-1].on)
    return [_statement(account, bill) for bill in bills]
