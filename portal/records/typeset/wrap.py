"""Where a line may end: between ideographs, after spaces and hyphens, else anywhere. Pure."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
NOT_FIRST = re.escape("。，、；：？！）〕］｛｝」』】》〉〗〙”’…—·％．･ー々〻),.;:?!]}%°")
NOT_LAST = re.escape("（〔［｛「『【《〈〖〘“‘([{¥￥$£€")
BETWEEN_WORDS = (
    r"(?<=[ \u3000])(?=[^ \u3000])"  # after spaces; they hang at the end of the line
    rf"|(?<=[{WIDE}])(?<![{NOT_LAST}])(?=[^\u00a0 \u3000{NOT_FIRST}])"
    rf"|(?<=[^\u00a0{NOT_LAST}])(?=[{WIDE}])(?=[^\u3000{NOT_FIRST}])"
)
WORDS = re.compile(BETWEEN_WORDS)
BREAKS = re.compile(rf"{BETWEEN_WORDS}|(?<=[^ ]-)(?=[^ {NOT_FIRST}])")  # and after a hyphen


def wrap(text: str, widths: Mapping[str, int], room: float) -> list[str]:
    """Cut a text into lines; together they are the text, spaces included.

    `room` and `widths` have one unit; spaces at a line's end do not count. A line has at least one
    character, even where that is wider than the room.
    """
    ends = list(accumulate(map(widths.__getitem__, text), initial=0))
    if ends[-1] <= room:
        return [text]
    breaks = [found.start() for found in BREAKS.finditer(text)]
    lines, start = [], 0
    while start < len(text):
        end = max(bisect_right(ends, ends[start] + room) - 1, start + 1)
        while end < len(text) and text[end] == " ":
            end += 1
        if end < len(text):
            last = bisect_right(breaks, end)
            if last and breaks[last - 1] > start:
                end = breaks[last - 1]
        lines.append(text[start:end])
        start = end
    return lines or [""]


def longest(text: str, widths: Mapping[str, int]) -> int:
    """Return the width of the longest word; a date is one, whole."""
    parts = (part for line in text.split("\n") for part in WORDS.split(line))
    return max((measure(part, widths) for part in parts), default=0)


def measure(line: str, widths: Mapping[str, int]) -> int:
    """Return a line's width without the spaces at its end."""
    return sum(map(widths.__getitem__, line.rstrip(" ")))
