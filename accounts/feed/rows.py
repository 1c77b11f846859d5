"""What each file holds, column by column, and how a chunk of cells becomes rows to stage.

Pure: no database, no clock. References, known keys and sums are check.py's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from accounts.feed import values as v
from accounts.feed.manifest import CONTROLLED, NAMES
from accounts.models import CardAccount, ContactAttempt, Posting
from portal.kit.errors import Refused
from portal.kit.money import PLACES

Cells = dict[str, list[Any]]  # a chunk by column; None where a cell is empty
Fault = tuple[int, str, str]  # position in the chunk, column, what is wrong
PERSONAL = {"full_name", "id_number", "date_of_birth", "mobile", "email", "postal_address"}


@dataclass(frozen=True)
class Column:
    name: str
    parse: v.Parse
    required: bool = True
    empty: Any = ""  # what an empty cell becomes
    is_money: bool = False


@dataclass(frozen=True)
class Spec:
    """One of the six files. `owner` is the column that says whose row it is."""

    name: str
    columns: tuple[Column, ...]
    owner: str
    faults: Callable[[Cells], Iterator[Fault]]
    control: str = ""

    @property
    def money(self) -> list[str]:
        return [column.name for column in self.columns if column.is_money]


@dataclass
class Judged:
    """A chunk after parsing: typed cells by column, and what is wrong by position."""

    cells: Cells
    faults: list[Fault]
    places: list[int]

    def good(self) -> list[int]:
        bad = {position for position, _, _ in self.faults}
        return [i for i in range(len(self.places)) if i not in bad]


def header_positions(spec: Spec, header: Sequence[str], file: str) -> dict[str, int]:
    """Return where each column stands. Errors: Refused FEED-2 for unknown, twice, missing."""
    known = {column.name for column in spec.columns}
    positions = {name: i for i, name in enumerate(header)}
    problem = ""
    if unknown := [name for name in header if name not in known]:
        problem = f"has the unknown column {unknown[0][:60]!r}"
    elif len(positions) != len(header):
        problem = "names a column twice"
    elif missing := [c.name for c in spec.columns if c.required and c.name not in positions]:
        problem = f"lacks the column {missing[0]}"
    if problem:
        raise Refused("FEED-2", f"The header of {file} {problem}.")
    return positions


def judge(spec: Spec, positions: dict[str, int], rows: list[list[str]]) -> Judged:
    """Parse a chunk by column; a value that comes often is parsed once."""
    by_place = list(zip(*rows, strict=True)) if rows else []
    cells: Cells = {}
    faults: list[Fault] = []
    for column in spec.columns:
        place = positions.get(column.name)
        if place is None or not rows:
            cells[column.name] = [column.empty] * len(rows)
            continue
        cells[column.name] = _column(column, by_place[place], faults)
    places = cells["places"] = _places(spec, cells, faults, len(rows))
    broken = {position for position, _, _ in faults}
    faults.extend(fault for fault in spec.faults(cells) if fault[0] not in broken)
    return Judged(cells, faults, places)


def _column(column: Column, texts: Sequence[str], faults: list[Fault]) -> list[Any]:
    good: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for cell in set(texts):
        if not cell:
            good[cell] = None if column.required else column.empty
            if column.required:
                wrong[cell] = "is empty"
            continue
        try:
            good[cell] = column.parse(cell)
        except ValueError as problem:
            wrong[cell] = str(problem)
    if wrong:
        faults.extend((i, column.name, wrong[c]) for i, c in enumerate(texts) if c in wrong)
    return list(map(good.get, texts))


def _places(spec: Spec, cells: Cells, faults: list[Fault], count: int) -> list[int]:
    """Take (thousandths, places) apart; the amounts of one row must have the same places."""
    places: list[int] = [0] * count
    for number, name in enumerate(spec.money):
        pairs = [pair or (0, -1) for pair in cells[name]]
        cells[name] = [pair[0] for pair in pairs]
        mine = [pair[1] for pair in pairs]
        if number and mine != places:
            faults.extend(
                (i, name, "has other places than the row's other amounts")
                for i, (a, b) in enumerate(zip(mine, places, strict=True))
                if a != b and -1 not in (a, b)
            )
        else:
            places = mine
    return places


def shown(spec: Spec, positions: dict[str, int], row: list[str], column: str) -> str:
    """Return the cell for rejects.csv; a person's facts stay in the bank's own file."""
    cell = row[positions[column]] if column in positions else ""
    return f"(withheld, {len(cell)} characters)" if column in PERSONAL and cell else cell


def _none(cells: Cells) -> Iterator[Fault]:
    yield from ()


def _account_faults(cells: Cells) -> Iterator[Fault]:
    for i, (code, places) in enumerate(zip(cells["currency"], cells["places"], strict=True)):
        if code and places != PLACES[code]:
            yield i, "credit_limit", f"does not have the {PLACES[code]} places of {code}"


def _statement_faults(cells: Cells) -> Iterator[Fault]:
    for i, (made, due) in enumerate(zip(cells["statement_on"], cells["due_on"], strict=True)):
        if made and due and due < made:
            yield i, "due_on", "is before the statement"


def _posting_faults(cells: Cells) -> Iterator[Fault]:
    for i, (ref, reverses) in enumerate(zip(cells["posting_ref"], cells["reverses"], strict=True)):
        if reverses and ref == reverses:
            yield i, "reverses", "is the posting itself"


def _optional(name: str, parse: v.Parse, empty: Any = "") -> Column:
    return Column(name, parse, required=False, empty=empty)


def _amount(name: str, *, negative: bool) -> Column:
    return Column(name, v.money(negative=negative), is_money=True)


def specs(as_of: date) -> dict[str, Spec]:
    """Return the six files as they are on a day; nothing in a feed is later than its `as_of`."""
    account = Column("account_ref", v.key(40, in_address=True))
    day = v.day(as_of)
    columns: dict[str, tuple[tuple[Column, ...], str, Callable[[Cells], Iterator[Fault]]]] = {
        "cardholders": (_cardholder(day), "cardholder_ref", _none),
        "card_accounts": (_card_account(account, day), "account_ref", _account_faults),
        "statements": (_statement(account, as_of), "account_ref", _statement_faults),
        "postings": (_posting(account, day), "account_ref", _posting_faults),
        "overdue_records": (_record(account, as_of), "account_ref", _none),
        "contacts": (_contact(account, as_of), "account_ref", _none),
    }
    control = {"card_accounts": "credit_limit", "statements": "closing_balance",
               "postings": "amount", "overdue_records": "overdue_amount"}  # fmt: skip
    assert control.keys() == CONTROLLED  # noqa: S101
    return {name: Spec(name, *columns[name], control.get(name, "")) for name in NAMES}


def _cardholder(day: v.Parse) -> tuple[Column, ...]:
    return (
        Column("cardholder_ref", v.key(40)),
        Column("full_name", v.text(120)),
        Column("id_type", v.one_of("cn_ric", "passport", "hk_macau_permit", "tw_permit", "other")),
        Column("id_number", v.key(40)),
        Column("date_of_birth", day),
        _optional("mobile", v.matching(r"\+[1-9][0-9]{6,14}", "a number as +8613800000000")),
        _optional("email", v.email),
        _optional("postal_address", v.text(300)),
        _optional("language", v.one_of("zh-hans", "en"), "zh-hans"),
    )


def _card_account(account: Column, day: v.Parse) -> tuple[Column, ...]:
    holder = v.matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "bank or an agency's code")
    return (
        account,
        Column("cardholder_ref", v.key(40)),
        Column("product", v.text(60)),
        Column("card_last4", v.matching("[0-9]{4}", "four figures")),
        Column("currency", v.currency),
        _amount("credit_limit", negative=False),
        Column("opened_on", day),
        Column("statement_day", v.whole(1, 31)),
        Column("daily_rate", v.rate),
        Column("late_fee_rate", v.rate),
        Column("minimum_rate", v.rate),
        Column("interest_basis", v.one_of(*CardAccount.Basis.values)),
        Column("status", v.one_of(*CardAccount.Status.values)),
        Column("held_by", holder),
        _optional("agency_name", v.text(120)),
    )


def _statement(account: Column, as_of: date) -> tuple[Column, ...]:
    return (
        account,
        Column("statement_on", v.day(as_of)),
        Column("due_on", v.day(as_of + timedelta(days=366))),
        _amount("opening_balance", negative=True),
        _amount("closing_balance", negative=True),
        _amount("minimum_due", negative=False),
    )


def _posting(account: Column, day: v.Parse) -> tuple[Column, ...]:
    return (
        Column("posting_ref", v.key(60)),
        account,
        Column("posted_on", day),
        Column("transacted_on", day),
        Column("kind", v.one_of(*Posting.Kind.values)),
        _amount("amount", negative=True),
        _optional("description", v.text(200)),
        _optional("merchant", v.text(120)),
        _optional("channel", v.text(40)),
        _optional("reverses", v.key(60)),
    )


def _record(account: Column, as_of: date) -> tuple[Column, ...]:
    return (
        account,
        Column("period", v.month(as_of)),
        Column("days_past_due", v.whole(0, 99_999)),
        Column("reported_code", v.matching(r"[A-Z0-9*#/-]{1,4}", "a bureau's code")),
        _amount("overdue_amount", negative=False),
        _optional("reported_on", v.day(as_of), None),
        _optional("bureau", v.text(60)),
        _optional("notified_on", v.day(as_of), None),
    )


def _contact(account: Column, as_of: date) -> tuple[Column, ...]:
    return (
        Column("contact_ref", v.key(60)),
        account,
        Column("at", v.moment(as_of)),
        Column("channel", v.one_of(*ContactAttempt.Channel.values)),
        Column("by", v.matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "bank or an agency's code")),
        Column("purpose", v.text(200)),
        Column("outcome", v.text(200)),
    )
