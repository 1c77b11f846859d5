"""The blocks of a paper, each measured before it is drawn: how much must stand together."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from typing import Protocol

from portal.records.typeset import blocks
from portal.records.typeset.columns import share
from portal.records.typeset.flow import Flow, Mark
from portal.records.typeset.grid import Cells, Fitted, Form, Grid
from portal.records.typeset.look import (
    ACROSS,
    BODY,
    CAPTION,
    CELL,
    FACT,
    FAINT,
    FIELD,
    HEADING,
    LEFT,
    LINE,
    MM,
    NAVY,
    NOTE,
    RIGHT,
    SLATE,
    STRONG,
    TITLE,
    Style,
)
from portal.records.typeset.tags import TH_COLUMN, TH_ROW, Element

SIDE = 1.5 * MM  # between a cell's edge and its letters
FACT_NAMES = 46 * MM  # width of the first column
LOOKED_AT = 20  # rows, for the words of a column: enough to see dates and references
LONG_WORD = 30 * MM  # a longer one may be broken
SHORT_LINE = 20 * MM  # a shorter one is not: 28 Sep 2026
KEPT_LINES = 2  # of a paragraph that is split, on either page


class Piece(Protocol):
    """A block that can be drawn. `least`: points that its beginning needs on one page."""

    @property
    def least(self) -> float: ...

    def draw(self) -> None: ...


@dataclass
class Headline:
    """The title (`H1`) or a section's heading; `next_least` is the beginning of what follows."""

    flow: Flow
    text: str
    tag: str = "H2"
    before: float = 6 * MM
    next_least: float = 0.0

    @cached_property
    def _lines(self) -> list[str]:
        return self.flow.letters(self._style).lines(self.text, self._style.size, ACROSS)

    @property
    def _style(self) -> Style:
        return TITLE if self.tag == "H1" else HEADING

    @property
    def least(self) -> float:
        return len(self._lines) * self._style.leading + self._after + self.next_least

    @property
    def _after(self) -> float:
        return (5 if self.tag == "H1" else 2) * MM

    def draw(self) -> None:
        flow = self.flow
        flow.begin(self.before, self.least)
        flow.outline.append(Mark(self.tag, self.text, flow.page.number, flow.y))
        flow.write(flow.tags.add(self.tag, flow.tags.document), self._style, self._lines)
        flow.end(self._after)


@dataclass
class Text:
    """A paragraph. Where it is split, two lines at least stay on either page."""

    flow: Flow
    text: str
    style: Style = BODY

    @cached_property
    def _lines(self) -> list[str]:
        return self.flow.letters(self.style).lines(self.text, self.style.size, ACROSS)

    @property
    def whole(self) -> float:
        return len(self._lines) * self.style.leading

    @property
    def least(self) -> float:
        count = len(self._lines)
        return self.style.leading * (count if count < 2 * KEPT_LINES else KEPT_LINES)

    def draw(self) -> None:
        flow, left = self.flow, self._lines
        flow.begin(0, self.least)
        element = flow.tags.add("P", flow.tags.document)
        while left:
            fits = int((flow.room + 0.01) / self.style.leading)
            if fits < len(left):
                fits = max(1, min(fits, len(left) - KEPT_LINES))
            flow.write(element, self.style, left[:fits])
            left = left[fits:]
            if left:
                flow.turn()
        flow.end(2.2 * MM)


class FactRows:
    """Names and values: a table of two columns whose first one heads the rows."""

    def __init__(self, flow: Flow, block: blocks.Facts) -> None:
        self._flow = flow
        edge = LEFT + FACT_NAMES
        cells = (
            Cells(flow, FACT, LEFT, edge - 2 * MM),
            Cells(flow, FACT, edge, RIGHT),
        )
        tags = (("TH", TH_ROW, f"{SLATE} rg "), ("TD", "", f"{FACT.colour} rg "))
        self._form = Form(cells, tags, FACT, 0.7 * MM, (FAINT, 0.4))
        self._rows = [self._form.fit(row) for row in block.rows]

    @property
    def least(self) -> float:
        return self._form.height(self._rows[0]) if self._rows else 0.0

    def draw(self) -> None:
        if not self._rows:
            return
        flow = self._flow
        flow.begin(0, self.least)
        grid = Grid(flow)
        table = flow.tags.add("Table", flow.tags.document)
        for row in self._rows:
            grid.put(self._form, row, table)
        grid.close()
        flow.end(4 * MM)


class TableRows:
    """A table: caption, head and first row stand together, and so do the last row and the total."""

    def __init__(self, flow: Flow, block: blocks.Table) -> None:
        self._flow, self._block = flow, block
        if any(len(row) != len(block.columns) for row in block.rows):
            raise ValueError(f"a row of {block.caption!r} has another number of cells")
        widths = share(
            [column.width for column in block.columns],
            [self._need(at) for at in range(len(block.columns))],
            ACROSS,
        )
        edges = [LEFT + sum(widths[:at]) for at in range(len(widths) + 1)]
        self._edges = list(pairwise(edges))
        self._body = self._form(CELL, "TD", (LINE, 0.4))
        self._head = self._form(STRONG, "TH", (NAVY, 0.8), wrapped=True)
        self._foot = self._form(STRONG, "TD", (LINE, 0.4))
        self._labels = self._head.fit([column.label for column in block.columns])
        self._total = self._foot.fit(block.total) if block.total else None

    def _form(
        self, style: Style, tag: str, line: tuple[str, float], *, wrapped: bool = False
    ) -> Form:
        cells = [
            Cells(
                self._flow, style, left + SIDE, right - SIDE,
                flush=column.money, whole=column.money and not wrapped,
            )
            for column, (left, right) in zip(self._block.columns, self._edges, strict=True)
        ]  # fmt: skip
        tags = [(tag, TH_COLUMN if tag == "TH" else "", "")] * len(cells)
        return Form(cells, tags, style, 1.1 * MM, line)

    def _need(self, at: int) -> float:
        """Return the width of a column's longest amount or, in the first rows, longest part."""
        column, block = self._block.columns[at], self._block
        regular, strong = self._flow.letters(CELL), self._flow.letters(STRONG)
        total = [block.total[at]] if block.total else []
        label = strong.longest(column.label, STRONG.size)
        if column.money:
            texts = set(map(itemgetter(at), block.rows))
            amounts = [regular.width(text, CELL.size) for text in texts]
            return 2 * SIDE + max(
                label, *amounts, *(strong.width(text, STRONG.size) for text in total), 0
            )
        lines = [line for row in block.rows[:LOOKED_AT] for line in row[at].split("\n")]
        short = [width for line in lines if (width := regular.width(line, CELL.size)) < SHORT_LINE]
        words = [label, *(regular.longest(line, CELL.size) for line in lines)]
        return 2 * SIDE + max((*short, *(word for word in words if word < LONG_WORD)), default=0)

    @property
    def _caption(self) -> list[str]:
        letters = self._flow.letters(CAPTION)
        return letters.lines(self._block.caption, CAPTION.size, ACROSS)

    @property
    def least(self) -> float:
        first = self._body.fit(self._block.rows[0]) if self._block.rows else self._total
        return (
            (len(self._caption) * CAPTION.leading + 1.5 * MM if self._block.caption else 0)
            + self._head.height(self._labels)
            + (self._body.height(first) if first else 0)
        )

    def draw(self) -> None:
        flow, block = self._flow, self._block
        flow.begin(2 * MM, self.least)
        table = flow.tags.add("Table", flow.tags.document)
        if block.caption:
            flow.write(flow.tags.add("Caption", table), CAPTION, self._caption)
            flow.y -= 1.5 * MM
        grid = Grid(flow)
        grid.put(self._head, self._labels, flow.tags.add("THead", table))
        grid.close()
        grid.head = (self._head, self._labels)
        if block.rows:
            body = flow.tags.add("TBody", table)
            for row in block.rows[:-1]:
                grid.put(self._body, self._body.fit(row), body)
            kept = self._foot.height(self._total) if self._total else 0.0
            grid.put(self._body, self._body.fit(block.rows[-1]), body, kept=kept)
        if self._total:
            self._draw_total(grid, self._total, table)
        grid.close()
        flow.end(4 * MM)

    def _draw_total(self, grid: Grid, total: Fitted, table: Element) -> None:
        flow = self._flow
        grid.put(self._foot, total, flow.tags.add("TFoot", table))
        grid.close()  # or its line would lie on ours
        top = flow.y + self._foot.height(total)
        flow.rule(NAVY, 0.8, [f"{LEFT:.2f} {top:.2f} m {RIGHT:.2f} {top:.2f} l"])


class SealBox:
    """The last section: who seals, and the empty field; it is never split."""

    WIDE, HIGH = 80 * MM, 24 * MM

    def __init__(self, flow: Flow, heading: str, text: str) -> None:
        self._flow = flow
        self._text = Text(flow, text)
        after = self._text.whole + 2.2 * MM + self.HIGH
        self._heading = Headline(flow, heading, before=9 * MM, next_least=after)
        self.box = (0.0, 0.0, 0.0, 0.0)

    @property
    def least(self) -> float:
        return self._heading.least

    def draw(self) -> None:
        flow = self._flow
        self._heading.draw()
        self._text.draw()
        flow.begin(0, self.HIGH)
        flow.y -= self.HIGH
        self.box = (LEFT, flow.y, LEFT + self.WIDE, flow.y + self.HIGH)
        flow.page.drawn.append(
            f"/Artifact BMC {FIELD} rg {LEFT:.2f} {flow.y:.2f} {self.WIDE:.2f} {self.HIGH:.2f} re f"
            " EMC"
        )


def pieces(flow: Flow, paper: blocks.Paper, seal: SealBox) -> list[Piece]:
    """Return what is drawn, in order; each heading knows how much must stay with it."""
    made: list[Piece] = [Headline(flow, paper.title, "H1", before=0)]
    made += [_piece(flow, block) for block in paper.blocks] + [seal]
    for heading, following in reversed(list(pairwise(made))):
        if isinstance(heading, Headline):
            heading.next_least = following.least
    return made


def _piece(flow: Flow, block: blocks.Block) -> Piece:
    if isinstance(block, blocks.Heading):
        return Headline(flow, block.text)
    if isinstance(block, blocks.Paragraph):
        return Text(flow, block.text, NOTE if block.note else BODY)
    if isinstance(block, blocks.Facts):
        return FactRows(flow, block)
    return TableRows(flow, block)
