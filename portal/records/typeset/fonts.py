"""The faces of the documents' font: where fontconfig keeps them, what they can draw, their cut.

uharfbuzz is imported inside the functions. A face is opened once per process and only mapped into
memory: of its 65,535 shapes the process reads those that it prints.
"""

import struct
import subprocess
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from portal.records.pdf import FONT

# What would be hidden, reorder its neighbours, or stand beside the letter it belongs on.
UNPRINTABLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mc", "Me", "Mn", "Zl", "Zp"})
KEPT = frozenset({b"CFF ", b"head", b"hhea", b"hmtx", b"maxp"})  # tables of a cut


class Shape(NamedTuple):
    """A character's number in the font and its width in thousandths of the size."""

    glyph: int
    width: int


def find(*, bold: bool) -> tuple[str, int]:
    """Return the font's file and its place in it. Errors: OSError if it is not installed."""
    found = subprocess.run(  # noqa: S603  (no argument comes from outside)
        ["fc-match", "--format=%{file}\t%{index}\t%{family}", FONT + ":bold" * bold],  # noqa: S607
        capture_output=True, text=True, check=True, timeout=30,
    ).stdout  # fmt: skip
    path, index, family = found.split("\t")
    if FONT not in family:
        raise OSError(f"{FONT} is not installed (Debian: fonts-noto-cjk)")
    return path, int(index)


@lru_cache
def face(*, bold: bool) -> "Face":
    """Return the regular or the bold face, opened once per process."""
    return Face(*find(bold=bold))


class Face:
    """One face. Safe to share between threads: it only ever learns more of the same."""

    def __init__(self, path: str, index: int) -> None:
        import uharfbuzz as hb  # type: ignore[import-untyped]

        self._hb: Any = hb
        self._face = hb.Face(hb.Blob.from_file_path(path), index)
        self._font = hb.Font(self._face)
        if self._face.upem != 1000 or "CFF " not in self._face.table_tags:
            raise OSError(f"{path} is not drawn in thousandths with CFF outlines")
        self.name = self._face.get_name(6).replace(" ", "")  # its PostScript name
        head = self._face.reference_table("head").data
        self.box: tuple[int, ...] = struct.unpack(">4h", head[36:44])
        extents = self._font.get_font_extents("ltr")
        self.ascent, self.descent = int(extents.ascender), int(extents.descender)
        self._shapes: dict[str, Shape | None] = {}

    def shape(self, character: str) -> Shape | None:
        """Return the character's shape; None if it has none or must not be printed."""
        try:
            return self._shapes[character]
        except KeyError:
            shape = self._shapes[character] = self._look_up(character)
            return shape

    def _look_up(self, character: str) -> Shape | None:
        if unicodedata.category(character) in UNPRINTABLE:
            return None
        glyph = self._font.get_nominal_glyph(ord(character))
        return Shape(glyph, self._font.get_glyph_h_advance(glyph)) if glyph else None

    def cut(self, glyphs: Iterable[int]) -> bytes:
        """Return a CFF font program with these glyphs only; each keeps its number (CID)."""
        hb = self._hb
        wanted = hb.SubsetInput()
        wanted.sets(hb.SubsetInputSets.GLYPH_INDEX).update(glyphs)
        wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
        wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(
            int.from_bytes(tag.encode(), "big")
            for tag in self._face.table_tags
            if tag.encode() not in KEPT
        )
        return bytes(hb.subset(self._face, wanted).reference_table("CFF ").data)


def printable(text: str) -> str:
    """Return a text with [U+1F600] in place of each character that the documents cannot print.

    For texts of third parties: a person's own name must refuse instead (MissingGlyph).
    """
    if text.isascii() and text.isprintable():  # nearly every line of a long statement
        return text
    faces = [face(bold=bold) for bold in (False, True)]
    return "".join(
        each if all(one.shape(each) for one in faces) else f"[U+{ord(each):04X}]" for each in text
    )
