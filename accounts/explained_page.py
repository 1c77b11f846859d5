"""One movement explained: what it is, how it was worked out, and where it went."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import explain, queries
from accounts.book import Bill, Components, Movement
from accounts.explain import Books, Split, Terms
from accounts.explained_charges import LABELS, named, worked
from accounts.models import CardAccount, Posting
from accounts.worked import Line, Sum, Writer, rules_of

Kind = Posting.Kind
CHARGED = (Kind.INTEREST, Kind.LATE_FEE, Kind.ANNUAL_FEE, Kind.OTHER_FEE)
MOST_DAYS = 99_999  # days past due that a feed can hold: a rule from later on never applies
PARTS: dict[str, Any] = {
    "interest": gettext_lazy("Interest"),
    "default_sum": gettext_lazy("Late payment charges"),
    "fees": gettext_lazy("Other fees"),
    "principal": gettext_lazy("Principal"),
}


class Said(NamedTuple):
    """What the bank's books say of a movement beyond its sum."""

    transacted_on: date
    text: str


@dataclass(frozen=True)
class Ledger:
    """An account and its books as read for one page."""

    account: CardAccount
    books: Books
    said: dict[str, Said]


def ledger(account: CardAccount) -> Ledger:
    """Read an account's bills and movements. Two queries."""
    rows = account.postings.order_by("posted_on", "ref").values_list(
        *queries.MOVEMENT, "transacted_on", "description", "merchant"
    )
    movements, said = [], {}
    for *movement, transacted_on, description, merchant in rows:
        movements.append(Movement(*movement))
        said[movement[0]] = Said(transacted_on, description or merchant)
    return Ledger(account, books(account, queries.bills(account), movements), said)


def terms(account: CardAccount) -> Terms:
    return Terms(
        account.currency, account.daily_rate, account.late_fee_rate, account.minimum_rate,
        account.interest_basis,
    )  # fmt: skip


def books(account: CardAccount, bills: Sequence[Bill], movements: Sequence[Movement]) -> Books:
    rule, as_of = queries.principal_first_from(account.as_of), account.as_of
    return Books(bills, movements, as_of, rule).until(as_of)


@dataclass(frozen=True)
class Explained:
    """A movement in words and sums, ready for templates/explained/_posting.html."""

    ref: str
    kind: str
    on: date
    transacted_on: date
    amount: str
    text: str  # the bank's own words
    said: list[str] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    links: list[Line] = field(default_factory=list)  # other movements that belong to it
    verdict: str = ""
    state: str = ""  # explained_charges.Worked.state
    right: str = ""  # what it should have been, as a plain number, where that is less
    other: str = ""  # the reference of another charge that is too high instead
    rule: str = ""  # ids in docs/rules.md

    @property
    def label(self) -> str:
        return str(LABELS[self.kind])


def explained(ledger: Ledger, ref: str) -> Explained | None:
    """Explain one movement of an account; None if it is not one of its own. No query."""
    movement = ledger.books.by_ref.get(ref)
    if movement is None:
        return None
    write, told = Writer(ledger.account.currency), ledger.said[ref]
    of_kind = _charge if movement.kind in CHARGED and movement.amount >= 0 else _moved
    return Explained(
        ref=ref, kind=movement.kind, on=movement.on, transacted_on=told.transacted_on,
        amount=write.money(movement.amount), text=told.text,
        links=_links(ledger.books, movement, write), **of_kind(ledger, movement, write),
    )  # fmt: skip


def _charge(ledger: Ledger, movement: Movement, write: Writer) -> dict[str, Any]:
    contract = terms(ledger.account)
    charge = explain.charge(movement, books=ledger.books, terms=contract)
    found = worked(charge, contract, write)
    return {
        "said": found.said, "sums": found.sums, "verdict": found.verdict, "state": found.state,
        "right": found.right, "other": found.other, "rule": rules_of(charge.rule, "CN-ACC-07"),
    }  # fmt: skip


def _links(books: Books, movement: Movement, write: Writer) -> list[Line]:
    """Name what it takes back, the charge that is about in the end, and what took it back."""
    found = []
    if before := books.by_ref.get(movement.reverses):
        found.append(_link(_("It belongs to: %(what)s"), before, write))
        if (charge := books.charge_of(movement)) and charge != before:
            found.append(_link(_("In the end it is about: %(what)s"), charge, write))
    for other in books.movements:
        if other.reverses == movement.ref:
            found.append(_link(_("Later about it: %(what)s"), other, write))
    return found


def _link(text: str, movement: Movement, write: Writer) -> Line:
    what = {"what": named(movement, write)}
    return Line(text % what, write.money(movement.amount), "", movement.ref)


def _moved(ledger: Ledger, movement: Movement, write: Writer) -> dict[str, Any]:
    """Explain what is no charge: a credit by its split, anything else by what it raised."""
    split = explain.split(movement, books=ledger.books)
    if split:
        return {
            "said": _order(split, ledger, write), "sums": [_split(split, write)],
            "verdict": _went(split, write), "rule": _rule(split, ledger),
        }  # fmt: skip
    returned = ledger.books.by_ref.get(movement.reverses)
    if returned and returned.amount < 0 < movement.amount:
        return {"said": [_owed_again(returned)], "rule": "ACC-3"}
    return {"said": [*_raised(movement), *_billed(ledger.books, movement, write)]}


def _owed_again(returned: Movement) -> str:
    if returned.kind == Kind.REPAYMENT:
        return _(
            "A payment came to nothing: it was returned, or booked by mistake. From this day on it "
            "counts as never paid, and what it had paid is owed again."
        )
    return _(
        "The bank had taken something off what is owed. It put that back: from this day on it is "
        "owed again."
    )


def _raised(movement: Movement) -> list[str]:
    if movement.kind == Kind.CASH_ADVANCE:
        return [_("Cash that was drawn with the card. It raised what is owed by this amount.")]
    if movement.kind == Kind.PURCHASE:
        return [_("A purchase with the card. It raised what is owed by this amount.")]
    return [_("The bank corrected the account. It raised what is owed by this amount.")]


def _billed(books: Books, movement: Movement, write: Writer) -> list[str]:
    bill = next((bill for bill in books.bills if bill.made_on >= movement.on), None)
    if bill is None:
        return [_("It is not on a bill yet: it will be on the next one.")]
    dates = {"made": write.long_day(bill.made_on), "due": write.long_day(bill.due_on)}
    return [_("It is on the bill of %(made)s (due by %(due)s).") % dates]


# == credits


def _order(split: Split, ledger: Ledger, write: Writer) -> list[str]:
    """Say how late the account was that day, and in which order the money was used for that."""
    late, rule = split.days_late, ledger.books.rule
    days = ngettext(
        "When that day began, the account was %(days)s day past due.",
        "When that day began, the account was %(days)s days past due.",
        late,
    ) % {"days": late}
    said = [days if late else _("When that day began, nothing was overdue on the account.")]
    limits = {"first": rule.value, "last": rule.value - 1}
    if split.order == "named_first":
        said.append(_("It corrects a charge, so it goes to that charge first."))
    elif split.credit.kind == Kind.WAIVER:
        said.append(_("What the bank waives goes to interest and charges first."))
    elif split.order == "principal_first":
        text = _("From day %(first)s on, a payment pays principal first, then the charges.")
        said.append(text % limits)
    elif rule.value > MOST_DAYS:
        said.append(_("A payment pays interest and charges first, then principal."))
    else:
        text = _("Up to day %(last)s, a payment pays interest and charges first, then principal.")
        said.append(text % limits)
    return said


def _rule(split: Split, ledger: Ledger) -> str:
    rule = ledger.books.rule
    return "ACC-5" if split.credit.kind == Kind.WAIVER else rules_of(rule.id, rule.source)


def _split(split: Split, write: Writer) -> Sum:
    """What a credit paid, in the order in which it did."""
    names = list(PARTS)
    if split.order == "principal_first":
        names = ["principal", *(name for name in PARTS if name != "principal")]
    if split.named:
        names = [split.named, *(name for name in names if name != split.named)]
    lines = part_lines(split.parts, names, write)
    total = Line(_("The whole of it"), write.money(-split.credit.amount))
    return Sum(_("What it paid"), lines, total, (_("Part of what is owed"), _("Amount")))


def part_lines(parts: Components, names: Sequence[str], write: Writer) -> list[Line]:
    """Return each part that is not nothing, in this order."""
    return [
        Line(str(PARTS[name]), write.money(amount))
        for name in names
        if (amount := getattr(parts, name))
    ]


def _went(split: Split, write: Writer) -> str:
    """Say towards which minimum it counts, and whether it stayed."""
    if split.came_back:
        came = {"sum": write.money(split.came_back)}
        if split.credit.kind != Kind.REPAYMENT:
            return _("%(sum)s of it was put back later and is owed again.") % came
        return _("%(sum)s of it came back later and counts as never paid.") % came
    if split.bill is None:
        return _("It counts towards no minimum payment: no bill asked for it yet.")
    dates = {"made": write.long_day(split.bill.made_on), "due": write.long_day(split.bill.due_on)}
    return _("It counts towards the minimum of the bill of %(made)s, due by %(due)s.") % dates
