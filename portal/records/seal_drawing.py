"""What the seal looks like on paper: a red frame with the bank's names and the time.

The letters are drawn as outlines, cut once per process: setting them as text would embed a CJK
font in every seal (100 to 200 ms). A screen reader is told by the field's label instead.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings

from portal.records.typeset.fonts import find

WIDTH, HEIGHT = 226.77, 68.03  # points: #seal in templates/documents/base.html, 8 by 2.4 cm
RED = "0.72 0.07 0.11"
KIND = {True: "测试印章 无法律效力 TEST SEAL, no legal effect", False: "电子印章 Electronic seal"}


def drawing(at: datetime, *, is_test: bool) -> Any:
    """Return `picture` as pyHanko's stamp style."""
    from pyhanko.pdf_utils.content import RawContent
    from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
    from pyhanko.stamp import StaticStampStyle

    drawn = picture(at, is_test=is_test).encode()
    return StaticStampStyle(
        border_width=0,
        background=RawContent(drawn, box=BoxConstraints(WIDTH, HEIGHT)),
        background_opacity=1.0,
        background_layout=SimpleBoxLayoutRule(
            AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins(0, 0, 0, 0)
        ),
    )


def picture(at: datetime, *, is_test: bool) -> str:
    """Return one seal as PDF path operators. `at` is printed as it is, with its zone."""
    names = settings.BANK["name"]
    return _still_part(names["zh-hans"], names["en"], is_test) + line(
        at.isoformat(sep=" ", timespec="seconds"), left=10, base=23, size=9
    )


@lru_cache
def _still_part(chinese: str, english: str, is_test: bool) -> str:
    """The frame and the lines that are the same in every seal of this process."""
    frame = f"{RED} RG {RED} rg 1.5 w 1.5 1.5 {WIDTH - 3} {HEIGHT - 3} re S\n"
    return (
        frame
        + line(chinese, left=10, base=48, size=13)
        + line(english, left=10, base=36, size=8)
        + line(KIND[is_test], left=10, base=9, size=8)
    )


def line(text: str, *, left: float, base: float, size: float) -> str:
    """Return one line of text as PDF path operators, made narrower where it would leave the frame.

    Errors: KeyError for a character that the font does not have.
    """
    shapes = [_shape(character) for character in text]
    scale = size / 1000
    across = sum(width for width, _ in shapes) * scale
    narrower = min(1.0, (WIDTH - left - 8) / across) if across else 1.0
    drawn, x = [], 0.0
    for width, path in shapes:
        if path:
            drawn.append(f"q 1 0 0 1 {x:g} 0 cm {path} f Q")
        x += width
    return f"q {scale * narrower:.6f} 0 0 {scale:g} {left} {base} cm\n" + "\n".join(drawn) + "\nQ\n"


@lru_cache(maxsize=512)
def _shape(character: str) -> tuple[float, str]:
    """Return a character's width and outline in thousandths of its size."""
    from fontTools.pens.basePen import BasePen

    glyphs, names = _font()
    glyph = glyphs[names[ord(character)]]
    steps: list[str] = []

    class Outline(BasePen):  # type: ignore[misc]  # it has no types
        def _moveTo(self, pt: tuple[float, float]) -> None:
            steps.append("{:g} {:g} m".format(*pt))

        def _lineTo(self, pt: tuple[float, float]) -> None:
            steps.append("{:g} {:g} l".format(*pt))

        def _curveToOne(
            self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
        ) -> None:
            steps.append("{:g} {:g} {:g} {:g} {:g} {:g} c".format(*pt1, *pt2, *pt3))

        def _closePath(self) -> None:
            steps.append("h")

    glyph.draw(Outline(glyphs))
    return float(glyph.width), " ".join(steps)


@lru_cache
def _font() -> tuple[Any, dict[int, str]]:
    """Open the bold face where fontconfig keeps it. Errors: OSError if it is not installed."""
    from fontTools.ttLib import TTFont

    path, index = find(bold=True)
    font = TTFont(path, fontNumber=index, lazy=True)
    if font["head"].unitsPerEm != 1000:
        raise OSError(f"{path} is not drawn in thousandths")
    return font.getGlyphSet(), font.getBestCmap()
