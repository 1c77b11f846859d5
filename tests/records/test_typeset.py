"""The direct way to a PDF: what it says, how it is read out, sealed and made again."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import segno
from django.conf import settings

from portal.records import pdf, sealing
from portal.records.typeset import Heading, Paper, Paragraph, draw
from portal.records.typeset.look import BOTTOM, HEIGHT, MM, RIGHT
from tests.records.papers import (
    NUMBER,
    opened,
    pages_of,
    paper,
    rows,
    table,
    text_of,
)
from tests.records.samples import AT, CODE, NAME


def test_text_comes_back_exactly_rare_characters_included():
    said = text_of(draw(paper()))
    assert NAME in said
    assert "本对账单列出期间内的全部交易。" in said


def test_every_page_bears_number_code_page_and_test_mark():
    pages = pages_of(draw(paper(table(rows(90)), language="en", bank="Example Bank")))
    assert len(pages) == 4
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of 4 · Verification code {CODE}" in page
        assert NUMBER in page and "Example Bank" in page
        assert "Test seal: no legal effect" in page
    real = text_of(draw(paper(language="en", is_test=False)))
    assert "Test seal" not in real


def test_texts_are_in_the_papers_language():
    assert "电子印章" in text_of(draw(paper()))
    english = text_of(draw(paper(language="en", bank="Example Bank")))
    assert "Example Bank seals this document electronically." in english
    assert str(opened(draw(paper(language="en"))).Root.Lang) == "en"


@pytest.mark.parametrize(
    "character",
    ["\ue123", "😀", "ก", "\U000f0000", "\x00", "\t", "\u202e", "\u200b", "\ufeff", "\u0301"],
)
def test_what_cannot_or_must_not_be_printed_is_refused_by_name(character):
    for asked in (
        paper(name=f"测{character}试"),
        paper(Heading(character)),
        paper(table([("", "", character, "", "")])),
        paper(title=f"{character}单"),
        paper(bank=character),
    ):
        with pytest.raises(pdf.MissingGlyph) as refused:
            draw(asked)
        assert refused.value.characters == character


def test_all_missing_characters_are_named_at_once():
    with pytest.raises(pdf.MissingGlyph) as refused:
        draw(paper(Paragraph("ก😀"), Heading("\ue123")))
    assert refused.value.characters == "ก\ue123😀"


def test_a_line_feed_is_a_new_line_in_a_block_and_refused_in_the_frame():
    assert "第一行\n第二行" in text_of(draw(paper(Paragraph("第一行\n第二行"))))
    with pytest.raises(pdf.MissingGlyph):
        draw(paper(bank="示例\n银行"))


@pytest.mark.parametrize("made", ["short", "long", "odd", "english", "sealed"])
@pytest.mark.usefixtures("development_seal")
def test_pdf_ua_check_finds_nothing(made, tmp_path):
    odd = paper(table([("R", "", "很长的说明，" * 600, "¥1", "")]), Paragraph("a-b\u2011c"))
    data = {
        "short": lambda: draw(paper()),
        "long": lambda: draw(paper(Heading("一"), table(rows(90), total=("合", "", "", "", "¥1")))),
        "odd": lambda: draw(odd),
        "english": lambda: draw(paper(table(rows(60)), language="en", bank="Example Bank")),
        "sealed": lambda: sealing.draw_sealed(paper(table(rows(90))), at=AT, reason="电子印章"),
    }[made]()
    path = tmp_path / "document.pdf"
    path.write_bytes(data)
    # On one page, its rule TAG-002 takes an English head or foot for prose: it does not come again.
    outloud = Path(sys.executable).with_name("outloud")
    command = [outloud, "--fail-on", "warning", "--skip", "LNK-010", path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_field_for_the_seal_is_empty_labelled_tagged_and_on_the_last_page():
    file = opened(draw(paper(table(rows(90)))))
    (field,) = file.Root.AcroForm.Fields
    assert (str(field.T), field.FT) == (pdf.SEAL_FIELD, "/Sig")
    assert "/V" not in field and str(field.TU) == pdf.SEAL_LABEL
    assert "/N" in field.AP
    left, bottom, right, top = (float(value) for value in field.Rect)
    assert right - left == pytest.approx(80 * MM, abs=0.1)
    assert top - bottom == pytest.approx(24 * MM, abs=0.1)
    assert bottom > BOTTOM
    numbers = list(file.Root.StructTreeRoot.ParentTree.Nums)
    element = numbers[numbers.index(field.StructParent) + 1]
    assert element.S == "/Form" and element.K[0].Obj.objgen == field.objgen
    assert [len(page.get("/Annots", [])) for page in file.pages] == [0, 0, 0, 1]
    assert {str(page.Tabs) for page in file.pages} == {"/S"}


def test_a_time_without_zone_and_a_row_of_another_length_are_refused():
    with pytest.raises(ValueError, match="zone"):
        draw(replace(paper(), made_at=datetime(2026, 1, 1)))  # noqa: DTZ001
    with pytest.raises(ValueError, match="cells"):
        draw(paper(table([*rows(2), ("one", "two")])))


def test_the_qr_code_on_the_last_page_is_the_address(tmp_path):
    asked = paper(table(rows(60)))
    path = tmp_path / "document.pdf"
    path.write_bytes(draw(asked))
    expected = [
        [bool(dark) for dark in row] for row in segno.make(asked.verify_url, error="m").matrix
    ]
    scale, side = 3, 26 * MM / (len(expected) + 8)
    done = subprocess.run(
        ["pdftoppm", "-gray", "-r", str(72 * scale), "-f", "2", "-l", "2", path],
        capture_output=True, check=True,
    )  # fmt: skip
    kind, size, _, pixels = done.stdout.split(b"\n", 3)
    width = int(size.split()[0])
    left, top = RIGHT - 26 * MM, HEIGHT - BOTTOM + 3 * MM
    seen = [
        [
            pixels[
                int((top + (y + 4.5) * side) * scale) * width
                + int((left + (x + 4.5) * side) * scale)
            ]
            < 128
            for x in range(len(expected))
        ]
        for y in range(len(expected))
    ]
    assert kind == b"P5" and seen == expected


def usual() -> Paper:
    """With characters that share a shape: which of them keeps its code must not be chance."""
    return paper(Paragraph("-\u2011·•一\u2f00"), table(rows(99)))


def test_two_processes_and_many_threads_make_the_same_bytes():
    script = (
        "import django, hashlib; django.setup();"
        "from tests.records.test_typeset import draw, usual;"
        "print(hashlib.sha256(draw(usual())).hexdigest())"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True,
            cwd=settings.BASE_DIR,
            env={
                "PYTHONHASHSEED": seed, "LC_ALL": "C.UTF-8", "PATH": "/usr/bin",
                "DJANGO_SETTINGS_MODULE": "portal.settings", "SECRET_KEY": "x",
                "VAR_DIR": str(settings.VAR_DIR),
            },
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    with ThreadPoolExecutor(4) as pool:
        drawn = pool.map(lambda _: draw(usual()), range(8))
        made |= {hashlib.sha256(data).hexdigest() for data in drawn}
    assert len(made) == 1


def test_another_fact_makes_other_bytes():
    assert len({draw(paper(name=name)) for name in ("甲", "乙")}) == 2
