"""Rows of cells over as many pages as they take: the tables and the facts of a document.

This is the part that runs thousands of times: a text is wrapped and encoded once for its column,
and a row is a few formatted strings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.records.typeset.flow import Flow
from portal.records.typeset.look import BOTTOM, LEFT, RIGHT, TOP, Style
from portal.records.typeset.tags import Element

Line = tuple[str, str]  # the beginning of a text matrix (scale and x), and the codes
Fitted = Sequence[Sequence[Line]]  # by cell
TIGHT = 0.01  # points
SPLIT_LINES = 6  # of a row that must be split, at least on its first page


class Cells(dict[str, tuple[Line, ...]]):
    """One column in one style: from a text to its lines, each text worked out once.

    `left` and `right` are where letters may stand. `flush`: at the right. `whole`: never wrapped;
    what is wider than its column is drawn narrower.
    """

    def __init__(
        self,
        flow: Flow,
        style: Style,
        left: float,
        right: float,
        *,
        flush: bool = False,
        whole: bool = False,
    ) -> None:
        super().__init__()
        self._letters, self._size = flow.letters(style), style.size
        self._left, self._right, self._flush, self._whole = left, right, flush, whole
        self._start = f"1 0 0 1 {left:.2f}"

    def __missing__(self, text: str) -> tuple[Line, ...]:
        room = self._right - self._left
        if not text:
            lines = []
        elif self._whole:
            lines = text.split("\n")
        else:
            lines = self._letters.lines(text, self._size, room)
        code = self._letters.code
        if self._flush:
            fitted = tuple([(self._flush_start(line, room), code(line)) for line in lines])
        else:
            fitted = tuple([(self._start, code(line)) for line in lines])
        self[text] = fitted
        return fitted

    def _flush_start(self, line: str, room: float) -> str:
        width = self._letters.width(line, self._size)
        if width <= room + TIGHT:
            return f"1 0 0 1 {self._right - width:.2f}"
        return f"{room / width:.4f} 0 0 1 {self._left:.2f}"


@dataclass(frozen=True)
class Form:
    """What rows of one kind look like. `tags`: tag, attributes and colour operator by cell."""

    cells: Sequence[Cells]
    tags: Sequence[tuple[str, str, str]]
    style: Style
    pad: float  # above and below, points
    line: tuple[str, float]  # colour and weight of the line below

    def fit(self, texts: Sequence[str]) -> Fitted:
        """Errors: ValueError for a row with another number of cells."""
        return [cells[text] for cells, text in zip(self.cells, texts, strict=True)]

    def height(self, fitted: Fitted) -> float:
        return max(1, *map(len, fitted)) * self.style.leading + 2 * self.pad


class Grid:
    """Draws rows. `head`, once it is set, comes again on each page, as an artifact."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.head: tuple[Form, Fitted] | None = None
        self._lines: list[str] = []
        self._line = ("", 0.0)

    def put(self, form: Form, fitted: Fitted, parent: Element, *, kept: float = 0.0) -> None:
        """Draw one row as a kid of `parent`, on a new page if it needs one.

        `kept`: points that should stay free below it for what belongs to it. A row that is taller
        than a page is split, or it would never be drawn.
        """
        height, few = form.height(fitted), SPLIT_LINES * form.style.leading
        long = height > self._page_room() + TIGHT
        if (few if long else height + kept) > self._flow.room + TIGHT:
            self._turn()
        if long:
            self._put_split(form, fitted, parent)
        else:
            self._put_whole(form, fitted, parent)
            self._end_row(form, height)

    def _page_room(self) -> float:
        """Return the points that rows have on a page of their own."""
        head = self.head[0].height(self.head[1]) if self.head else 0.0
        return TOP - BOTTOM - head

    def _put_whole(self, form: Form, fitted: Fitted, parent: Element) -> None:
        file, page = self._flow.file, self._flow.page
        row = file.reserve(1 + len(fitted))
        cells = range(row + 1, row + 1 + len(fitted))
        packed, here = file.packed, f"/Pg {page.number} 0 R/K "
        for number, mark, (tag, more, _) in zip(
            cells, self._set(form, fitted, cells), form.tags, strict=True
        ):
            where = here + mark if mark else ""
            packed[number] = f"<</S/{tag}/P {row} 0 R{more}{where}>>"
        kids = " ".join([f"{number} 0 R" for number in cells])
        packed[row] = f"<</S/TR/P {parent.number} 0 R/K[{kids}]>>"
        parent.kids.append(f"{row} 0 R")

    def _set(self, form: Form, fitted: Fitted, owners: Sequence[int]) -> list[str]:
        """Set a row's lines below `y`; return the mark of each cell, "" for an empty one."""
        flow, page = self._flow, self._flow.page
        face, leading = flow.letters(form.style).face, form.style.leading
        base = flow.y - form.pad - form.style.base(face.ascent, face.descent)
        bases = [f"{base - at * leading:.2f}" for at in range(max(1, *map(len, fitted)))]
        mark, marks, drawn = len(page.owners), [], [flow.opening(form.style)]
        for lines, owner, (tag, _, colour) in zip(fitted, owners, form.tags, strict=True):
            if not lines:
                marks.append("")
                continue
            shown = " ".join(
                [f"{start} {y} Tm<{code}>Tj" for (start, code), y in zip(lines, bases)]  # noqa: B905
            )
            drawn.append(f"/{tag}<</MCID {mark}>>BDC {colour}{shown} EMC\n")
            page.owners.append(owner)
            marks.append(str(mark))
            mark += 1
        drawn.append("ET")
        page.drawn.append("".join(drawn))
        return marks

    def _put_split(self, form: Form, fitted: Fitted, parent: Element) -> None:
        tags, row = self._flow.tags, self._flow.tags.add("TR", parent)
        cells = [tags.add(tag, row, more) for tag, more, _ in form.tags]
        numbers = [cell.number for cell in cells]
        done, count = 0, max(map(len, fitted))
        while done < count:
            if done:
                self._turn()
            fits = max(1, int((self._flow.room - 2 * form.pad) / form.style.leading))
            part = [lines[done : done + fits] for lines in fitted]
            for cell, mark in zip(cells, self._set(form, part, numbers), strict=True):
                if mark:
                    cell.mark(self._flow.page.number, int(mark))
            self._end_row(form, form.height(part))
            done += fits

    def _end_row(self, form: Form, height: float) -> None:
        if form.line != self._line:
            self.close()
            self._line = form.line
        self._flow.y -= height
        self._lines.append(f"{LEFT:.2f} {self._flow.y:.2f} m {RIGHT:.2f} {self._flow.y:.2f} l")

    def close(self) -> None:
        """Draw the lines between the rows so far."""
        self._flow.rule(*self._line, self._lines)
        self._lines = []

    def _turn(self) -> None:
        self.close()
        self._flow.turn()
        if self.head:
            form, fitted = self.head
            self._set_again(form, fitted)

    def _set_again(self, form: Form, fitted: Fitted) -> None:
        """Draw the head without tags: it was read out on the table's first page."""
        flow = self._flow
        face = flow.letters(form.style).face
        base = flow.y - form.pad - form.style.base(face.ascent, face.descent)
        shown = [
            f"{start} {base - at * form.style.leading:.2f} Tm<{codes}>Tj"
            for lines in fitted
            for at, (start, codes) in enumerate(lines)
        ]
        flow.page.drawn.append(f"/Artifact BMC {flow.opening(form.style)}{' '.join(shown)} ET EMC")
        self._end_row(form, form.height(fitted))
        self.close()
