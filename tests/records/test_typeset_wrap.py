"""Where lines end: nothing lost, nothing too wide, the rules of Chinese and Latin print kept."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.records.typeset.wrap import longest, measure, wrap

WIDTHS: dict[str, int] = defaultdict(lambda: 10, dict.fromkeys(map(chr, range(32, 127)), 5))
LETTERS = st.text(st.sampled_from("ab c-1,.中文字。，、（）“”《》\u00a0\u3000𠮷¥%"), max_size=80)


@given(LETTERS, st.integers(10, 400))
def test_nothing_is_lost_and_no_line_is_too_wide(text, room):
    lines = wrap(text, WIDTHS, room)
    assert "".join(lines) == text
    assert lines and (all(lines) or not text)
    assert all(measure(line, WIDTHS) <= room for line in lines)


@given(LETTERS)
def test_with_no_room_each_line_has_one_letter_and_it_ends(text):
    lines = wrap(text, WIDTHS, 0)
    assert "".join(lines) == text
    assert all(len(line.rstrip(" ")) <= 1 for line in lines)


@given(
    st.lists(
        st.sampled_from(["中", "文字", "文。", "字，", "（文", "中）", "《文字》"]), max_size=40
    ),
    st.integers(50, 200),
)
def test_no_line_begins_with_a_stop_or_ends_with_an_opening_bracket(parts, room):
    lines = wrap("".join(parts), WIDTHS, room)
    assert not any(line[0] in "。，）》" for line in lines[1:])
    assert not any(line[-1] in "（《" for line in lines[:-1])


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("", 50, [""]),
        ("中文字中文字", 30, ["中文字", "中文字"]),
        ("中文字。中文", 30, ["中文", "字。中", "文"]),
        ("中文（字）中", 30, ["中文", "（字）", "中"]),
        ("two words", 25, ["two ", "words"]),
        ("two   words", 25, ["two   ", "words"]),
        ("well-known", 30, ["well-", "known"]),
        ("unbreakable", 25, ["unbre", "akabl", "e"]),
        ("中文abc字", 30, ["中文", "abc字"]),
        ("1,234.56元", 45, ["1,234.56", "元"]),
        ("10\u00a0000", 25, ["10\u00a00", "00"]),
        ("2026-01-02", 30, ["2026-", "01-02"]),
        ("a -5", 10, ["a ", "-5"]),
        ("“中文”中", 30, ["“中", "文”中"]),
    ],
)
def test_lines_end_where_a_reader_expects_it(text, room, lines):
    assert wrap(text, WIDTHS, room) == lines


def test_the_longest_word_is_a_whole_date_but_one_ideograph():
    assert longest("on 2026-01-02 or", WIDTHS) == 50
    assert longest("中文字", WIDTHS) == 10
    assert longest("", WIDTHS) == 0
