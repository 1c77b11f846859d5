"""How one cell is read. Each function takes the text of a cell that is not empty.

It returns the text to be staged: the cell itself but for times, and for money with its places:
whether they are the currency's own is known later.
Errors: ValueError with what is wrong, as the end of a sentence that begins with the value.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from portal.kit.forms import BIDI, INVISIBLE
from portal.kit.money import PLACES, SCALE

Parse = Callable[[str], str]

UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff" + "".join(sorted(BIDI)) + "]")
SEEN = re.compile(f"[^\\s{''.join(sorted(INVISIBLE))}]")
UNKEYED = re.compile(f"^\\s|\\s$|[{''.join(sorted(INVISIBLE))}]")
AMOUNT = re.compile(r"(-?)(0|[1-9][0-9]{0,10})(?:\.([0-9]{1,3}))?")
RATE = re.compile(r"(?:0(?:\.[0-9]{1,8})?|1(?:\.0{1,8})?)")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)


def text(longest: int) -> Parse:
    """Text of one line that can be shown as it is; nothing is stripped or normalised."""

    def parse(cell: str) -> str:
        if len(cell) > longest:
            raise ValueError(f"is longer than {longest} characters")
        if UNSHOWN.search(cell):
            raise ValueError("holds a control or direction character")
        if not SEEN.search(cell):
            raise ValueError("holds nothing that can be seen")
        return cell

    return parse


def key(longest: int, *, in_address: bool = False) -> Parse:
    """A reference. One that stands in a page's address has no slash and is not only dots."""
    whole = text(longest)

    def parse(cell: str) -> str:
        whole(cell)
        if not cell.isprintable() or UNKEYED.search(cell):
            raise ValueError("holds a character a reference cannot have")
        if in_address and ("/" in cell or "\\" in cell or not cell.strip(".")):
            raise ValueError("cannot stand in an address")
        return cell

    return parse


def matching(pattern: str, what: str) -> Parse:
    compiled = re.compile(pattern)

    def parse(cell: str) -> str:
        if not compiled.fullmatch(cell):
            raise ValueError(f"is not {what}")
        return cell

    return parse


def one_of(*known: str) -> Parse:
    def parse(cell: str) -> str:
        if cell not in known:
            raise ValueError(f"is not one of {', '.join(known)}")
        return cell

    return parse


def currency(cell: str) -> str:
    if cell not in PLACES:
        raise ValueError("is not a currency we take")
    return cell


def email(cell: str) -> str:
    if len(cell) > 254 or not EMAIL.fullmatch(cell):
        raise ValueError("is not an e-mail address")
    return cell


def whole(least: int, most: int) -> Parse:
    def parse(cell: str) -> str:
        if not re.fullmatch(r"0|[1-9][0-9]{0,8}", cell) or not least <= int(cell) <= most:
            raise ValueError(f"is not a whole number from {least} to {most}")
        return cell

    return parse


def rate(cell: str) -> str:
    if not RATE.fullmatch(cell):
        raise ValueError("is not a rate from 0 to 1 with at most eight places")
    return cell


def money(cell: str, *, negative: bool) -> tuple[str, str]:
    """Return thousandths, as text, and how many places the cell had."""
    found = AMOUNT.fullmatch(cell)
    if not found:
        raise ValueError("is not a plain decimal amount")
    sign, units, part = found[1], found[2], found[3] or ""
    value = int(units + part.ljust(SCALE, "0"))
    if sign and not value:
        raise ValueError("is minus zero")
    if sign and not negative:
        raise ValueError("is below zero")
    return f"{sign}{value}", str(len(part))


def unknown_column(cell: str, number: int) -> str:
    """Name a header's cell, unless it may be a person's fact in a file without a header."""
    if re.fullmatch(r"[a-z_]{1,40}", cell):
        return f"the unknown column {cell!r}"
    return f"an unknown column (number {number})"


def amount(thousandths: int, places: int) -> str:
    """Return the text an amount was read from."""
    return f"{Decimal(thousandths) / 1000:.{places}f}"


def day(latest: date) -> Parse:
    """A day from 1900 to `latest`, kept as its own ISO text."""

    def parse(cell: str) -> str:
        if not DAY.fullmatch(cell):
            raise ValueError("is not a day as YYYY-MM-DD")
        try:
            found = date.fromisoformat(cell)
        except ValueError:
            raise ValueError("is not in the calendar") from None
        if found.year < 1900:
            raise ValueError("is before 1900")
        if found > latest:
            raise ValueError(f"is after {latest}")
        return cell

    return parse


def month(latest: date) -> Parse:
    def parse(cell: str) -> str:
        if not re.fullmatch(r"(19|2[01])[0-9]{2}-(0[1-9]|1[0-2])", cell):
            raise ValueError("is not a month as YYYY-MM")
        if cell > f"{latest:%Y-%m}":
            raise ValueError(f"is after {latest:%Y-%m}")
        return cell

    return parse


def moment(latest: date) -> Parse:
    """A time with its offset, as UTC text without one. `latest` is a day anywhere on earth."""

    def parse(cell: str) -> str:
        if not TIME.fullmatch(cell):
            raise ValueError("is not a time as YYYY-MM-DDThh:mm:ss+hh:mm")
        try:
            found = datetime.fromisoformat(cell).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError("is not in the calendar") from None
        if found.year < 1900:
            raise ValueError("is before 1900")
        if found.date() > latest + timedelta(days=1):
            raise ValueError(f"is after {latest}")
        return str(found.replace(tzinfo=None))

    return parse
