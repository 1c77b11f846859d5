"""Pages that fill from top to bottom, and marked text on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from portal.records.typeset.letters import Letters
from portal.records.typeset.look import BOTTOM, LEFT, TOP, Style
from portal.records.typeset.pdf_file import PdfFile
from portal.records.typeset.tags import Element, Tags


@dataclass
class Page:
    """One page in the making: its drawing, and whose (object number) each mark on it is."""

    number: int
    drawn: list[str] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)


class Mark(NamedTuple):
    """A heading for the bookmarks: where it begins."""

    tag: str
    text: str
    page: int  # object number
    top: float


class Flow:
    """Where the next thing goes. `y` is the lower edge of what is already there, in points."""

    def __init__(self, file: PdfFile, tags: Tags, regular: Letters, bold: Letters) -> None:
        self.file, self.tags = file, tags
        self.regular, self.bold = regular, bold
        self.pages: list[Page] = []
        self.outline: list[Mark] = []
        self._gap = 0.0  # what the last thing wants below itself
        self.turn()

    def letters(self, style: Style) -> Letters:
        return self.bold if style.bold else self.regular

    @property
    def page(self) -> Page:
        return self.pages[-1]

    @property
    def room(self) -> float:
        return self.y - BOTTOM

    def turn(self) -> None:
        """Begin a new page."""
        self.pages.append(Page(self.file.reserve()))
        self.y = TOP
        self._gap = 0.0

    def begin(self, before: float, least: float) -> None:
        """Leave the larger of two margins; turn the page if `least` does not fit below it.

        At a page's top there is no margin; what is taller than a page begins at its top.
        """
        gap = max(before, self._gap) if self.y < TOP else 0.0
        if self.y < TOP and gap + least > self.room + 0.01:
            self.turn()
        else:
            self.y -= gap
        self._gap = 0.0

    def end(self, after: float) -> None:
        self._gap = after

    def write(self, element: Element, style: Style, lines: Sequence[str]) -> None:
        """Set lines at the left margin as content of `element`; they must fit."""
        letters = self.letters(style)
        y = self.y - style.base(letters.face.ascent, letters.face.descent)
        page = self.page
        element.mark(page.number, len(page.owners))
        shown = [
            f"1 0 0 1 {LEFT:.2f} {y - at * style.leading:.2f} Tm<{letters.code(line)}>Tj"
            for at, line in enumerate(lines)
        ]
        page.drawn.append(
            f"/{element.kind}<</MCID {len(page.owners)}>>BDC {self.opening(style)}"
            f"{' '.join(shown)} ET EMC"
        )
        page.owners.append(element.number)
        self.y -= len(lines) * style.leading

    def opening(self, style: Style) -> str:
        """Return the operators that begin text in this style."""
        return f"BT /{self.letters(style).resource} {style.size:g} Tf {style.colour} rg "

    def rule(self, colour: str, weight: float, segments: Sequence[str]) -> None:
        """Draw lines that mean nothing to a reader."""
        if segments:
            self.page.drawn.append(
                f"/Artifact BMC {colour} RG {weight:g} w {' '.join(segments)} S EMC"
            )
