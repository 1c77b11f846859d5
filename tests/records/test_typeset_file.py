"""The direct way to a PDF: the parts of the file: fonts, tags, bookmarks, attachments."""

import hashlib
import re

import pikepdf
import pytest

from portal.records.typeset import Attachment, Heading, Paragraph, draw
from tests.records.papers import (
    CSV,
    JSON,
    elements,
    opened,
    paper,
    rows,
    table,
    text_of,
)


def test_characters_that_share_a_shape_come_back_as_they_were():
    alike = "a-b\u2011c·•一\u2f00"
    data = draw(paper(Paragraph(alike)))
    assert alike in text_of(data)
    file, usual = opened(data), opened(draw(paper()))
    assert [each.Encoding for each in fonts_of(usual)] == ["/Identity-H"] * 2
    assert isinstance(fonts_of(file)[0].Encoding, pikepdf.Stream)


def fonts_of(file: pikepdf.Pdf) -> list[pikepdf.Object]:
    fonts = file.pages[0].Resources.Font
    return [fonts.F1, fonts.F2]


def test_both_standards_are_marked_and_the_parts_they_need_are_there():
    file = opened(draw(paper()))
    assert str(file.docinfo.ModDate) == "D:20261122073808Z"
    with file.open_metadata() as marks:
        assert marks["pdfaid:part"] == "3"
        assert marks["pdfaid:conformance"] == "A"
        assert marks["pdfuaid:part"] == "1"
        assert marks["dc:title"] == str(file.docinfo.Title) == "还款对账单"
        assert marks["xmp:ModifyDate"] == "2026-11-22T07:38:08Z"
    assert b"pdfaExtension:schemas" in file.Root.Metadata.read_raw_bytes()  # nothing packed
    root = file.Root
    assert str(root.Lang) == "zh-hans"
    assert root.MarkInfo.Marked and root.ViewerPreferences.DisplayDocTitle
    (intent,) = root.OutputIntents
    assert intent.S == "/GTS_PDFA1"
    assert intent.DestOutputProfile.read_bytes()[36:40] == b"acsp"  # an ICC profile
    assert not file.check_pdf_syntax()


def test_both_faces_are_embedded_with_the_letters_that_are_used_only():
    file = opened(draw(paper()))
    for font in fonts_of(file):
        (inner,) = font.DescendantFonts
        assert re.fullmatch(r"/[A-Z]{6}\+NotoSansCJKsc-(Regular|Bold)", str(font.BaseFont))
        program = inner.FontDescriptor.FontFile3
        assert program.Subtype == "/CIDFontType0C"
        assert len(program.read_bytes()) < 60_000


def test_attachments_are_there_with_their_facts():
    file = opened(draw(paper()))
    assert {name: file.attachments[name].get_file().read_bytes() for name in file.attachments} == {
        "statement.json": JSON,
        "lines.csv": CSV,
    }
    assert [str(each.UF) for each in file.Root.AF] == ["statement.json", "lines.csv"]
    for each, data, kind in zip(
        file.Root.AF, (JSON, CSV), ("/application/json", "/text/csv"), strict=True
    ):
        held = each.EF.F
        assert each.AFRelationship == "/Data" and str(each.Desc)
        assert held.Subtype == kind
        assert held.Params.Size == len(data)
        assert bytes(held.Params.CheckSum) == hashlib.md5(data).digest()  # noqa: S324
        assert str(held.Params.ModDate) == "D:20261122073808Z"
    bare = opened(draw(paper(attachments=())))
    assert "/AF" not in bare.Root and not bare.attachments


def test_two_attachments_of_one_name_are_refused():
    twice = [Attachment("a.csv", "text/csv", b"", "")] * 2
    with pytest.raises(ValueError, match="same name"):
        draw(paper(attachments=twice))


def test_every_mark_on_every_page_leads_to_its_element_and_back():
    data = draw(paper(table(rows(60)), Paragraph("说明。" * 900)))
    file = opened(data)
    nums = list(file.Root.StructTreeRoot.ParentTree.Nums)
    owners = dict(zip(map(int, nums[::2]), nums[1::2], strict=True))
    marks: dict[tuple[tuple[int, int], int], tuple[int, int]] = {}
    for _, element in elements(file):
        for page, mark in own_marks(element):
            marks[page, mark] = element.objgen
    for page in file.pages:
        drawn = page.Contents.read_bytes().decode()
        found = [int(mark) for mark in re.findall(r"/MCID (\d+)", drawn)]
        assert found == list(range(len(owners[int(page.StructParents)])))
        for mark, owner in enumerate(owners[int(page.StructParents)]):
            assert marks.pop((page.objgen, mark)) == owner.objgen
    assert not marks


def own_marks(element: pikepdf.Dictionary) -> list[tuple[tuple[int, int], int]]:
    kids = element.get("/K", [])
    if isinstance(kids, int):
        return [(element.Pg.objgen, kids)]
    return [(kid.Pg.objgen, int(kid.MCID)) for kid in kids if "/MCID" in kid]


def test_the_tree_says_what_is_what():
    file = opened(draw(paper()))
    kinds = [kind for kind, _ in elements(file)]
    facts = ["Table", *["TR", "TH", "TD"] * 2]
    body = ["TBody", *["TR", *["TD"] * 5] * 3]
    foot = ["TFoot", "TR", *["TD"] * 5]
    lines = ["Table", "Caption", "THead", "TR", *["TH"] * 5, *body, *foot]
    assert kinds == ["Document", "H1", *facts, "H2", "P", *lines, "P", "H2", "P", "Form"]
    heads = [element for kind, element in elements(file) if kind == "TH"]
    assert [str(head.A.Scope) for head in heads] == ["/Row"] * 2 + ["/Column"] * 5


def test_bookmarks_lead_to_title_and_headings():
    data = draw(paper(Heading("一、明细"), table(rows(60)), Heading("二、\n说明"), Paragraph("x")))
    file = opened(data)
    with file.open_outline() as outline:
        (title,) = outline.root
        assert title.title == "还款对账单"
        assert [each.title for each in title.children] == ["一、明细", "二、 说明", "电子印章"]
        places = [each.destination[0].objgen for each in title.children]
    assert places == [file.pages[0].objgen, file.pages[-1].objgen, file.pages[-1].objgen]
