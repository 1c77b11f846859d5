"""A whole column of cells looked at as one text: good as it stands, or to be read cell by cell.

Nothing here says what is wrong with a cell; that is for values.py, which each column falls back
to. So these may be narrower than the contract (ASCII, no blank beside a comma), never wider.
"""

import re
from collections.abc import Callable, Sequence

from portal.kit.forms import INVISIBLE
from portal.kit.money import SCALE

Texts = Sequence[str]
Plain = Callable[[Texts], bool]

BLANK_TO_THE_EYE = re.compile(f"[{''.join(sorted(INVISIBLE))}]")
NOT_MONEY = re.compile(r",(?!-?(?:0|[1-9][0-9]{0,10})(?:\.[0-9]{1,3})?,|\Z)")
ZERO_BELOW = re.compile(r"-0(?:\.0+)?,")
NOT_PLACES = [re.compile(rf"\.(?![0-9]{{{places}}},)") for places in range(SCALE + 1)]


def key(longest: int, *, in_address: bool = False) -> Plain:
    """Say that every cell is a reference of printable ASCII (values.key)."""

    def plain(cells: Texts) -> bool:
        joined = f",{','.join(cells)},"
        return (
            joined.isascii()
            and joined.isprintable()
            and ", " not in joined
            and " ," not in joined
            and not (in_address and ("/" in joined or "\\" in joined or ",." in joined))
            and max(map(len, cells)) <= longest
        )

    return plain


def text(longest: int) -> Plain:
    """Say that every cell, if not empty, begins with something that can be seen (values.text)."""

    def plain(cells: Texts) -> bool:
        joined = f",{','.join(cells)}"
        return (
            joined.isprintable()
            and ", " not in joined
            and (joined.isascii() or not BLANK_TO_THE_EYE.search(joined))
            and max(map(len, cells)) <= longest
        )

    return plain


def money(cells: Texts, *, negative: bool) -> tuple[list[str], list[str]] | None:
    """Return the thousandths as text and the places of every cell, or None (values.money)."""
    joined = f"{','.join(cells)},"
    if joined.count(",") != len(cells) or NOT_MONEY.search(f",{joined}"):
        return None
    if "-" in joined and (not negative or ZERO_BELOW.search(joined)):
        return None
    points = joined.count(".")
    places = len(cells[0]) - 1 - cells[0].find(".") if points else 0
    if points in (0, len(cells)) and not NOT_PLACES[places].search(joined):
        zeros = "0" * (SCALE - places)
        whole = joined.replace(".", "").replace(",", f"{zeros},").split(",")
        whole.pop()
        return whole, [str(places)] * len(cells)
    each = [len(cell) - 1 - cell.find(".") if "." in cell else 0 for cell in cells]
    whole = [c.replace(".", "") + "0" * (SCALE - n) for c, n in zip(cells, each, strict=True)]
    return whole, list(map(str, each))
