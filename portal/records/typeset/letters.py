"""The letters of one document in one face: texts become codes; at the end the face is cut."""

import hashlib
from collections.abc import Iterable
from itertools import filterfalse

from portal.records.typeset.fonts import Face
from portal.records.typeset.pdf_file import PdfFile
from portal.records.typeset.wrap import longest, measure, wrap

ROOM = 100  # entries that one section of a CMap may have (Adobe Technical Note 5014)
CMAP = """/CIDInit/ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo<</Registry(Adobe)/Ordering({ordering})/Supplement 0>>def
/CMapName/{name} def/CMapType {kind} def/WMode 0 def
1 begincodespacerange<0000><FFFF>endcodespacerange
{body}
endcmap CMapName currentdict/CMap defineresource pop end end"""


class Letters:
    """Codes are glyph numbers. Where two characters share a glyph (U+002D and U+00AD), the second
    has a code of its own: both come back from the file as they were."""

    def __init__(self, face: Face, characters: Iterable[str], resource: str) -> None:
        """Every character must have a shape in this face."""
        self.face, self.resource = face, resource
        self.widths: dict[str, int] = {}
        self._glyphs: dict[str, int] = {}  # by character
        self._codes: dict[str, int] = {}
        self._hex: dict[int, str] = {}
        self._used: set[str] = set()
        shapes = {c: face.shape(c) for c in sorted(characters)}
        self._glyphs = {c: shape.glyph for c, shape in shapes.items() if shape}
        self.widths = {c: shape.width for c, shape in shapes.items() if shape}
        taken = set(self._glyphs.values())
        spare = filterfalse(taken.__contains__, range(0xFFFE, 0, -1))
        given: set[int] = set()
        for character, glyph in self._glyphs.items():
            code = next(spare) if glyph in given else glyph
            given.add(code)
            self._codes[character] = code
            self._hex[ord(character)] = f"{code:04X}"

    def code(self, text: str) -> str:
        """Return the text as the file has it, between < and >."""
        self._used.update(text)
        return text.translate(self._hex)

    def lines(self, text: str, size: float, room: float) -> list[str]:
        """Wrap a text of this size into a room in points; a line feed begins a new line."""
        units = room * 1000 / size + 0.001
        parts = text.split("\n")
        return [line for part in parts for line in wrap(part, self.widths, units)]

    def longest(self, text: str, size: float) -> float:
        """Return the width in points of the longest word."""
        return longest(text, self.widths) * size / 1000

    def width(self, text: str, size: float) -> float:
        """Return the width in points, without spaces at the end."""
        return measure(text, self.widths) * size / 1000

    def write(self, file: PdfFile, number: int) -> None:
        """Put the font with the letters that were used (PDF/A-3, 6.2.11)."""
        used = sorted(self._used, key=self._codes.__getitem__)
        mark = hashlib.sha256("".join(used).encode()).digest()
        name = "".join(chr(65 + byte % 26) for byte in mark[:6]) + "+" + self.face.name
        glyphs = sorted({self._glyphs[c] for c in used})
        program = file.stream("/Subtype/CIDFontType0C", self.face.cut(glyphs))
        box = " ".join(map(str, self.face.box))
        about = file.add(
            f"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[{box}]/ItalicAngle 0"
            f"/Ascent {self.face.ascent}/Descent {self.face.descent}/CapHeight 733/StemV 80"
            f"/FontFile3 {program} 0 R>>"
        )
        widths = {self._glyphs[c]: self.widths[c] for c in used}
        shapes = file.add(
            f"<</Type/Font/Subtype/CIDFontType0/BaseFont/{name}/FontDescriptor {about} 0 R"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000"
            f"/W[{' '.join(f'{glyph}[{widths[glyph]}]' for glyph in glyphs)}]>>"
        )
        texts = file.stream("", self._to_unicode(used))
        file.put(
            number,
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding {self._encoding(file, used)}"
            f"/DescendantFonts[{shapes} 0 R]/ToUnicode {texts} 0 R>>",
        )

    def _to_unicode(self, used: list[str]) -> bytes:
        pairs = [f"<{self._codes[c]:04X}><{c.encode('utf-16-be').hex().upper()}>" for c in used]
        body = _sections("bfchar", pairs)
        return CMAP.format(ordering="UCS", name="Texts", kind=2, body=body).encode()

    def _encoding(self, file: PdfFile, used: list[str]) -> str:
        """Return what leads from codes to glyphs: an own table only where the two differ."""
        if all(self._codes[c] == self._glyphs[c] for c in used):
            return "/Identity-H"
        pairs = [f"<{self._codes[c]:04X}> {self._glyphs[c]}" for c in used]
        body = _sections("cidchar", pairs)
        data = CMAP.format(ordering="Identity", name="Codes", kind=1, body=body).encode()
        about = "/Registry(Adobe)/Ordering(Identity)/Supplement 0"
        entries = f"/Type/CMap/CMapName/Codes/CIDSystemInfo<<{about}>>/WMode 0"
        return f"{file.stream(entries, data)} 0 R"


def _sections(kind: str, pairs: list[str]) -> str:
    parts = [pairs[start : start + ROOM] for start in range(0, len(pairs), ROOM)]
    return "\n".join(f"{len(p)} begin{kind}\n" + "\n".join(p) + f"\nend{kind}" for p in parts)
