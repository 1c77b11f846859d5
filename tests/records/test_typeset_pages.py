"""The direct way to a PDF: how texts and rows fall on pages."""

import pytest

from portal.records.typeset import Column, Facts, Heading, Paragraph, Table, draw
from portal.records.typeset.columns import share
from tests.records.papers import kinds_of, opened, pages_of, paper, rows, table, text_of

INSIDE = ("-x", "0", "-y", "70", "-W", "600", "-H", "670")  # points: between head and foot


def test_a_paper_without_blocks_has_title_and_seal():
    (page,) = pages_of(draw(paper(Facts([]))))
    assert "还款对账单" in page and "电子印章" in page


def test_a_table_without_rows_has_its_head_and_total():
    (page,) = pages_of(draw(paper(table([], total=("合计", "", "", "¥0", "¥0")))))
    assert "金额" in page and "合计" in page


@pytest.mark.parametrize("count", [1, 28, 29, 30, 31, 32, 33, 34, 63, 64, 65, 66, 2000])
def test_every_row_is_drawn_once_in_order_under_a_head(count):
    total = ("合计", "", "", "¥9.00", "")
    pages = pages_of(draw(paper(table(rows(count), total=total))))
    lines = [line.split()[0] for page in pages for line in page.splitlines() if "R-" in line]
    assert lines == [f"R-{n:06}" for n in range(1, count + 1)]
    for page in pages:
        assert ("R-" in page) == ("编号" in page)
    (last,) = [page for page in pages if "合计" in page]
    assert f"R-{count:06}" in last  # the total never stands without a row


def test_the_head_that_comes_again_is_not_read_out_again():
    data = draw(paper(table(rows(200))))
    kinds = kinds_of(data)
    assert len(opened(data).pages) > 5
    assert kinds.count("THead") == 1 and kinds.count("TH") == 5


def test_a_row_taller_than_a_page_is_split_and_nothing_of_it_lost():
    long = "".join(f"第{n}句，" for n in range(1200))
    data = draw(paper(table([rows(1)[0], ("长", "", long, "", ""), rows(2)[1]])))
    assert len(opened(data).pages) > 3
    said = "".join(text_of(data, "-raw", *INSIDE).split()).replace("编号日期说明金额余额", "")
    assert long in said
    kinds = kinds_of(data)
    assert kinds.count("TR") == 4


def test_a_long_row_is_kept_whole_on_the_next_page():
    long = "很长的说明，" * 60
    pages = pages_of(draw(paper(table([*rows(24), ("长", "", long, "¥1", "")]))))
    assert ["很长的说明" in page for page in pages] == [False, True]


@pytest.mark.parametrize("filler", range(20, 36))
def test_a_heading_never_stands_alone_at_a_pages_end(filler):
    for following in (Paragraph("正文。" * 200), table(rows(3)), Facts([("名", "值")])):
        blocks = (table(rows(filler)), Heading("二、标题"), following)
        first = text_of(draw(paper(*blocks)), "-f", "1", "-l", "1")
        rest = first.partition("二、标题")[2]
        assert not rest or any(word in rest for word in ("正文", "全部交易", "名"))


@pytest.mark.parametrize("count", range(20, 34))
def test_the_seals_section_is_never_split(count):
    data = draw(paper(table(rows(count))))
    pages = pages_of(data)
    file = opened(data)
    (field,) = file.Root.AcroForm.Fields
    assert "电子印章" in pages[-1] and field.P.objgen == file.pages[-1].objgen
    assert float(field.Rect[1]) >= 99.2


def test_a_paragraph_longer_than_pages_is_read_in_order():
    text = "".join(f"第{n}句。" for n in range(3000))
    data = draw(paper(Paragraph(text)))
    said = "".join(text_of(data, *INSIDE).split())
    assert text in said
    kinds = kinds_of(data)
    assert kinds.count("P") == 2  # this one and the seal's


@pytest.mark.parametrize("length", [1, 2, 20, 60])
def test_names_of_any_length_come_back_in_order(length):
    for name in (("阿卜杜勒·司马" * 9)[:length], ("Anna-Maria von Exmoor " * 3)[:length].strip()):
        said = text_of(draw(paper(name=name)))
        assert name.replace(" ", "") in "".join(said.split())


def test_money_is_never_wrapped_even_where_the_column_is_too_narrow():
    amount = "−¥1,234,567,890,123.45"
    narrow = [Column("说明", 90), *(Column(f"金额{n}", 2, money=True) for n in range(5))]
    data = draw(paper(Table("", narrow, [("消费", *[amount] * 5)])))
    assert text_of(data, "-layout").count(amount) == 5


def test_a_date_is_not_wrapped_while_the_description_has_room():
    amount = "KWD\u00a0-12,345,678.901"
    shares = {"Line": 9, "Transaction": 14, "Posted": 14, "What": 35}
    columns = [Column(label, width) for label, width in shares.items()]
    columns += [Column("Amount", 14, money=True), Column("Balance", 14, money=True)]
    what = "Spending: Example Grocery and Wholesale, card terminal"
    row = ("P-0001", "28 Sep 2026", "30 Sep 2026", what, amount, amount)
    said = text_of(draw(paper(Table("", columns, [row]), language="en")), "-layout")
    assert "28 Sep 2026" in said and "30 Sep 2026" in said
    assert said.count("-12,345,678.901") == 2


def test_money_stands_flush_right_within_its_column():
    amounts = ["¥1.00", "¥1,234.56", "¥999,999,999.99"]
    columns = [Column("说明", 80), Column("金额", 20, money=True)]
    data = draw(paper(Table("", columns, [("消费", amount) for amount in amounts])))
    boxes = text_of(data, "-bbox").splitlines()
    edges = {box.split('xMax="')[1][:5] for box in boxes if ">¥" in box}
    assert len(edges) == 1


def test_widths_follow_their_shares_until_a_column_needs_more():
    assert share([1, 1, 2], [0, 0, 0], 400) == [100, 100, 200]
    assert share([1, 1, 2], [0, 150, 0], 400) == pytest.approx([83.33, 150, 166.67], abs=0.01)
    assert sum(share([1, 1, 2], [900, 900, 900], 400)) == pytest.approx(400)
    assert share([3, 1], [0, 500], 400) == pytest.approx([150, 250])
