"""Sizes and colours, as in templates/documents/base.html: one look, two ways to a PDF. Points."""

from dataclasses import dataclass

MM = 72 / 25.4
WIDTH, HEIGHT = 595.28, 841.89  # A4
LEFT, RIGHT = 20 * MM, WIDTH - 20 * MM
TOP, BOTTOM = HEIGHT - 27 * MM, 35 * MM
ACROSS = RIGHT - LEFT

INK = "0.086 0.125 0.169"  # #16202b
NAVY = "0.122 0.227 0.373"  # #1f3a5f
RED = "0.612 0.071 0.125"  # #9c1220
SLATE = "0.239 0.29 0.341"  # #3d4a57
LINE = "0.725 0.765 0.804"  # #b9c3cd, between rows
FAINT = "0.859 0.882 0.906"  # #dbe1e7, between facts
FIELD = "0.957 0.965 0.973"  # #f4f6f8, where the seal will stand


@dataclass(frozen=True)
class Style:
    """How a text is set. `spread`: line height by size."""

    size: float
    spread: float
    colour: str = INK
    bold: bool = False

    @property
    def leading(self) -> float:
        return self.size * self.spread

    def base(self, ascent: int, descent: int) -> float:
        """Return how far the base line is below the line's top, as CSS centres a text in it."""
        return self.size * (self.spread + (ascent + descent) / 1000) / 2


TITLE = Style(17, 1.35, NAVY, bold=True)
HEADING = Style(11.5, 1.4, NAVY, bold=True)
BODY = Style(9.5, 1.6)
NOTE = Style(8.5, 1.6, SLATE)
FACT = Style(9.5, 1.6)
CAPTION = Style(9, 1.45, bold=True)
CELL = Style(9, 1.45)
STRONG = Style(9, 1.45, bold=True)
BANK = Style(11, 1.4, NAVY, bold=True)
HEAD = Style(8.5, 1.4)
TEST = Style(8.5, 1.4, RED, bold=True)
FOOT = Style(7.5, 1.55, SLATE)
CODE = Style(7.5, 1.55, INK, bold=True)
