"""Head and foot of every page: bank, number, test mark; page, code, address and QR code.

They are artifacts: a screen reader reads the document, not its margins. All but the page's number
is drawn once and shown on each page.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.records.typeset.blocks import Paper
from portal.records.typeset.letters import Letters
from portal.records.typeset.look import (
    BANK,
    BOTTOM,
    CODE,
    FOOT,
    HEAD,
    HEIGHT,
    LEFT,
    MM,
    NAVY,
    RED,
    RIGHT,
    TEST,
    WIDTH,
    Style,
)
from portal.records.typeset.pdf_file import PdfFile

BASE = HEIGHT - 59.5  # the head's base line
RULE = HEIGHT - 24 * MM
QR = 26 * MM
FOOT_ACROSS = 142 * MM
BORDER = 4  # modules of white around the QR code (ISO/IEC 18004)
ARTIFACT = "/Artifact<</Type/Pagination>>BDC"
SPREAD = 0.04  # of the size: more space between the letters of the code


@dataclass(frozen=True)
class Words:
    """The frame's texts in the paper's language."""

    number: str
    test: str
    page: str  # with %(page)s and %(pages)s
    code: str
    address: str

    @classmethod
    def of(cls, paper: Paper) -> "Words":
        """Take them in the language that is active now."""
        check = _("Anyone can check this document: scan the square, or open")
        return cls(
            number=f"{_('Document')} {paper.number}",
            test=_("Test seal: no legal effect") if paper.is_test else "",
            page=_("Page %(page)s of %(pages)s"),
            code=_("Verification code"),
            address=f"{check} {paper.verify_url}",
        )


class Frame:
    """Draws the frame of one paper's pages."""

    def __init__(self, paper: Paper, words: Words, regular: Letters, bold: Letters) -> None:
        self._paper, self._words = paper, words
        self._faces = {False: regular, True: bold}

    def write(self, file: PdfFile, resources: int) -> int:
        """Put what is the same on every page; return its number."""
        content = "\n".join([*self._head(), *self._address(), self._qr()])
        return file.stream(
            f"/Type/XObject/Subtype/Form/BBox[0 0 {WIDTH} {HEIGHT}]/Resources {resources} 0 R",
            content.encode("ascii"),
        )

    def page(self, page: int, pages: int) -> str:
        """Return the operators for one page's frame, its line with the page's number included."""
        said = self._words.page % {"page": page, "pages": pages}
        before = f"{said} · {self._words.code} "
        y = BOTTOM - 4 * MM - self._base(FOOT)
        x = LEFT + self._width(before, FOOT, hanging=True)
        return (
            f"{ARTIFACT} /Frame Do {self._text(before, FOOT, LEFT, y)}"
            f" {self._text(self._paper.code, CODE, x, y, spaced=SPREAD)} EMC"
        )

    def _head(self) -> list[str]:
        number_at = RIGHT - self._width(self._words.number, HEAD)
        shown = [
            self._text(self._words.number, HEAD, number_at, BASE),
            f"{NAVY} RG .6 w {LEFT:.2f} {RULE:.2f} m {RIGHT:.2f} {RULE:.2f} l S",
        ]
        mark = self._width(self._words.test, TEST) if self._words.test else 0
        edge = number_at - 4 * MM - (mark + 6 * MM if mark else 0)
        bank = self._width(self._paper.bank, BANK)
        narrower = min(1.0, (edge - LEFT) / bank)
        shown.append(self._text(self._paper.bank, BANK, LEFT, BASE, across=narrower))
        if mark:
            x = LEFT + bank * narrower + 4.5 * MM
            shown.append(self._text(self._words.test, TEST, x, BASE))
            shown.append(
                f"{RED} RG .6 w {x - 1.5 * MM:.2f} {BASE - 2.9:.2f} {mark + 3 * MM:.2f} 12.2 re S"
            )
        return shown

    def _address(self) -> list[str]:
        lines = self._faces[False].lines(self._words.address, FOOT.size, FOOT_ACROSS)
        y = BOTTOM - 4 * MM - self._base(FOOT) - FOOT.leading
        return [
            self._text(line, FOOT, LEFT, y - at * FOOT.leading) for at, line in enumerate(lines)
        ]

    def _qr(self) -> str:
        """Return the code as squares, drawn as runs from left to right."""
        import segno

        rows = [bytes(row) for row in segno.make(self._paper.verify_url, error="m").matrix]
        side = QR / (len(rows) + 2 * BORDER)
        left, top = RIGHT - QR, BOTTOM - 3 * MM
        shown = [f"q {side:.4f} 0 0 {-side:.4f} {left:.2f} {top:.2f} cm 0 g"]
        for y, row in enumerate(rows, BORDER):
            x = 0
            while (x := row.find(1, x)) >= 0:
                end = row.find(0, x) if 0 in row[x:] else len(row)
                shown.append(f"{x + BORDER} {y} {end - x} 1 re")
                x = end
        return " ".join([*shown, "f Q"])

    def _base(self, style: Style) -> float:
        face = self._faces[style.bold].face
        return style.base(face.ascent, face.descent)

    def _width(self, text: str, style: Style, *, hanging: bool = False) -> float:
        letters = self._faces[style.bold]
        end = len(text) - len(text.rstrip(" ")) if hanging else 0
        return letters.width(text, style.size) + end * letters.widths[" "] * style.size / 1000

    def _text(
        self, text: str, style: Style, x: float, y: float, *,
        across: float = 1.0, spaced: float = 0.0,
    ) -> str:  # fmt: skip
        letters = self._faces[style.bold]
        return (
            f"BT /{letters.resource} {style.size:g} Tf {style.colour} rg {spaced * style.size:g} Tc"
            f" {across:.4g} 0 0 1 {x:.2f} {y:.2f} Tm<{letters.code(text)}>Tj 0 Tc ET"
        )
