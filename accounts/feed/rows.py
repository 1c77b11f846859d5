"""What each file holds, column by column, and how a chunk of cells becomes rows to stage.

Pure: no database, no clock. References, known keys and sums are check.py's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from accounts.feed import plain
from accounts.feed import values as v
from accounts.feed.manifest import CONTROLLED, NAMES, Fault
from accounts.models import CardAccount, ContactAttempt, Posting
from portal.kit.money import PLACES

Cells = dict[str, Sequence[Any]]  # text by column as it is staged; None where it is wrong
Wrong = tuple[int, str, str]  # position in the chunk, column, what is wrong
KNOWN = 50_000  # values of a column that are remembered


@dataclass(frozen=True)
class Column:
    """`looks` sees all cells at once; where it says no, each value not yet `known` is parsed."""

    name: str
    parse: v.Parse
    looks: plain.Plain | None = None
    required: bool = True
    empty: str = ""  # what an empty cell becomes
    as_is: bool = True  # staged as it stands, where nothing is wrong
    known: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Money:
    """A column of amounts; always required."""

    name: str
    negative: bool
    required: bool = True


Columns = tuple[Column | Money, ...]


@dataclass(frozen=True)
class Spec:
    """One of the six files. `owner` is the column that says whose row it is."""

    name: str
    columns: Columns
    owner: str
    faults: Callable[[Cells], Iterator[Wrong]]
    control: str = ""


@dataclass
class Judged:
    """A chunk after parsing: text to stage by column, and what is wrong by position."""

    cells: Cells
    faults: list[Wrong]
    count: int

    def good(self) -> list[int]:
        bad = {position for position, _, _ in self.faults}
        return [i for i in range(self.count) if i not in bad]


def header_positions(spec: Spec, header: Sequence[str], file: str) -> dict[str, int]:
    """Return where each column stands. Errors: Fault FEED-2 for unknown, twice, missing."""
    known = {column.name for column in spec.columns}
    positions = {name: i for i, name in enumerate(header)}
    problem = ""
    if unknown := [i for i, name in enumerate(header) if name not in known]:
        problem = f"has {v.unknown_column(header[unknown[0]], unknown[0] + 1)}"
    elif len(positions) != len(header):
        problem = "names a column twice"
    elif missing := [c.name for c in spec.columns if c.required and c.name not in positions]:
        problem = f"lacks the column {missing[0]}"
    if problem:
        raise Fault("FEED-2", f"The header of {file} {problem}.")
    return positions


def judge(spec: Spec, positions: dict[str, int], columns: Sequence[Sequence[str]]) -> Judged:
    """Look at a chunk by column and return what is to be staged of it."""
    count = len(columns[0])
    cells: Cells = {}
    faults: list[Wrong] = []
    places: list[str] = []
    for column in spec.columns if count else ():
        place = positions.get(column.name)
        if isinstance(column, Money):
            places = _money(column, columns[positions[column.name]], places, cells, faults)
        elif place is None:
            cells[column.name] = [column.empty] * count
        else:
            cells[column.name] = _column(column, columns[place], faults)
    if places:
        cells["places"] = places
    broken = {position for position, _, _ in faults}
    if count:
        faults.extend(fault for fault in spec.faults(cells) if fault[0] not in broken)
    return Judged(cells, faults, count)


def _column(column: Column, texts: Sequence[str], faults: list[Wrong]) -> Sequence[Any]:
    if column.looks and not (column.required and "" in texts) and column.looks(texts):
        return texts
    known = column.known
    if len(known) > KNOWN:
        known.clear()
    wrong: dict[str, str] = {}
    for cell in set(texts).difference(known):
        try:
            known[cell] = column.parse(cell) if cell else column.empty
        except ValueError as problem:
            wrong[cell] = str(problem)
    if column.required and known.pop("", None) is not None:
        wrong[""] = "is empty"
    if wrong:
        faults.extend((i, column.name, wrong[c]) for i, c in enumerate(texts) if c in wrong)
    return texts if column.as_is and not wrong else list(map(known.get, texts))


def _money(
    column: Money, texts: Sequence[str], before: list[str], cells: Cells, faults: list[Wrong]
) -> list[str]:
    """Stage thousandths; return the places, which are the same in all amounts of a row."""
    found = plain.money(texts, negative=column.negative)
    amounts, places = found or _amounts(column, texts, faults)
    cells[column.name] = amounts
    if not before or before == places:
        return places
    faults.extend(
        (i, column.name, "has other places than the row's other amounts")
        for i, (a, b) in enumerate(zip(places, before, strict=True))
        if a != b and "-1" not in (a, b)
    )
    return before


def _amounts(
    column: Money, texts: Sequence[str], faults: list[Wrong]
) -> tuple[list[str], list[str]]:
    """Read cell by cell: "0" with -1 places where a cell is wrong, so that the rest adds up."""
    good: dict[str, tuple[str, str]] = {}
    wrong = {"": "is empty"}
    for cell in set(texts) - {""}:
        try:
            good[cell] = v.money(cell, negative=column.negative)
        except ValueError as problem:
            wrong[cell] = str(problem)
    faults.extend((i, column.name, wrong[c]) for i, c in enumerate(texts) if c in wrong)
    pairs = [good.get(cell, ("0", "-1")) for cell in texts]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _none(cells: Cells) -> Iterator[Wrong]:
    return iter(())


def _account_faults(cells: Cells) -> Iterator[Wrong]:
    for i, (code, places) in enumerate(zip(cells["currency"], cells["places"], strict=True)):
        if code and places not in (str(PLACES[code]), "-1"):
            yield i, "credit_limit", f"does not have the {PLACES[code]} places of {code}"


def _statement_faults(cells: Cells) -> Iterator[Wrong]:
    for i, (made, due) in enumerate(zip(cells["statement_on"], cells["due_on"], strict=True)):
        if made and due and due < made:
            yield i, "due_on", "is before the statement"


def _posting_faults(cells: Cells) -> Iterator[Wrong]:
    if not any(cells["reverses"]):
        return
    for i, (ref, reverses) in enumerate(zip(cells["posting_ref"], cells["reverses"], strict=True)):
        if reverses and ref == reverses:
            yield i, "reverses", "is the posting itself"


def _key(name: str, longest: int, *, in_address: bool = False, required: bool = True) -> Column:
    looks = plain.key(longest, in_address=in_address)
    return Column(name, v.key(longest, in_address=in_address), looks, required)


def _text(name: str, longest: int, *, required: bool = True) -> Column:
    return Column(name, v.text(longest), plain.text(longest), required)


def _optional(name: str, parse: v.Parse) -> Column:
    return Column(name, parse, required=False)


def specs(as_of: date) -> dict[str, Spec]:
    """Return the six files as they are on a day; nothing in a feed is later than its `as_of`."""
    account = _key("account_ref", 40, in_address=True)
    day = v.day(as_of)
    columns: dict[str, tuple[Columns, str, Callable[[Cells], Iterator[Wrong]]]] = {
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


def _cardholder(day: v.Parse) -> Columns:
    return (
        _key("cardholder_ref", 40),
        _text("full_name", 120),
        Column("id_type", v.one_of("cn_ric", "passport", "hk_macau_permit", "tw_permit", "other")),
        _key("id_number", 40),
        Column("date_of_birth", day),
        _optional("mobile", v.matching(r"\+[1-9][0-9]{6,14}", "a number as +8613800000000")),
        _optional("email", v.email),
        _text("postal_address", 300, required=False),
        Column("language", v.one_of("zh-hans", "en"), None, False, "zh-hans", as_is=False),
    )


def _card_account(account: Column, day: v.Parse) -> Columns:
    holder = v.matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "bank or an agency's code")
    return (
        account,
        _key("cardholder_ref", 40),
        _text("product", 60),
        Column("card_last4", v.matching("[0-9]{4}", "four figures")),
        Column("currency", v.currency),
        Money("credit_limit", negative=False),
        Column("opened_on", day),
        Column("statement_day", v.whole(1, 31)),
        Column("daily_rate", v.rate),
        Column("late_fee_rate", v.rate),
        Column("minimum_rate", v.rate),
        Column("interest_basis", v.one_of(*CardAccount.Basis.values)),
        Column("status", v.one_of(*CardAccount.Status.values)),
        Column("held_by", holder),
        _text("agency_name", 120, required=False),
    )


def _statement(account: Column, as_of: date) -> Columns:
    return (
        account,
        Column("statement_on", v.day(as_of)),
        Column("due_on", v.day(as_of + timedelta(days=366))),
        Money("opening_balance", negative=True),
        Money("closing_balance", negative=True),
        Money("minimum_due", negative=False),
    )


def _posting(account: Column, day: v.Parse) -> Columns:
    return (
        _key("posting_ref", 60),
        account,
        Column("posted_on", day),
        Column("transacted_on", day),
        Column("kind", v.one_of(*Posting.Kind.values)),
        Money("amount", negative=True),
        _text("description", 200, required=False),
        _text("merchant", 120, required=False),
        _text("channel", 40, required=False),
        _key("reverses", 60, required=False),
    )


def _record(account: Column, as_of: date) -> Columns:
    return (
        account,
        Column("period", v.month(as_of)),
        Column("days_past_due", v.whole(0, 99_999)),
        Column("reported_code", v.matching(r"[A-Z0-9*#/-]{1,4}", "a bureau's code")),
        Money("overdue_amount", negative=False),
        _optional("reported_on", v.day(as_of)),
        _text("bureau", 60, required=False),
        _optional("notified_on", v.day(as_of)),
    )


def _contact(account: Column, as_of: date) -> Columns:
    return (
        _key("contact_ref", 60),
        account,
        Column("at", v.moment(as_of), as_is=False),
        Column("channel", v.one_of(*ContactAttempt.Channel.values)),
        Column("by", v.matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "bank or an agency's code")),
        _text("purpose", 200),
        _text("outcome", 200),
    )
