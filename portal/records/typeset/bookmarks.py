"""The list of headings beside the pages: the title, and below it the sections."""

from collections.abc import Sequence

from portal.records.typeset.flow import Mark
from portal.records.typeset.pdf_file import PdfFile, string


def bookmarks(file: PdfFile, marks: Sequence[Mark]) -> int:
    """Put the bookmarks; return their root. The first mark is the document's title."""
    title, *sections = marks
    root, top = file.reserve(), file.reserve()
    first = file.reserve(len(sections))
    for at, mark in enumerate(sections):
        before = f"/Prev {first + at - 1} 0 R" if at else ""
        after = f"/Next {first + at + 1} 0 R" if at < len(sections) - 1 else ""
        file.put(first + at, f"<<{_shown(mark)}/Parent {top} 0 R{before}{after}>>")
    last = first + len(sections) - 1
    below = f"/First {first} 0 R/Last {last} 0 R/Count {len(sections)}" if sections else ""
    file.put(top, f"<<{_shown(title)}/Parent {root} 0 R{below}>>")
    return file.put(
        root, f"<</Type/Outlines/First {top} 0 R/Last {top} 0 R/Count {1 + len(sections)}>>"
    )


def _shown(mark: Mark) -> str:
    text = mark.text.replace("\n", " ")
    return f"/Title {string(text)}/Dest[{mark.page} 0 R/XYZ 56 {mark.top:.0f} null]"
