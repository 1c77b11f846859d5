import gc
import hashlib
import io
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pikepdf
import pytest
from django.conf import settings

from portal.records import pdf, sealing
from tests.records.samples import AT, CODE, NAME, draft, html


def text_of(data: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def test_text_comes_back_exactly_rare_characters_included():
    assert NAME in text_of(draft())


def test_every_page_bears_number_code_page_and_test_mark():
    pages = text_of(draft(rows=60)).split("\f")[:-1]
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        assert "AG-2026-000123" in page
        assert CODE in page
        assert f"{number}" in page and "3" in page
    english = text_of(pdf.render(html(language="en"), made_at=AT))
    assert "Page 1 of 1" in english and "Test seal: no legal effect" in english
    sealed_for_real = text_of(pdf.render(html(language="en", is_test=False), made_at=AT))
    assert "Test seal" not in sealed_for_real


@pytest.mark.parametrize("character", ["\ue123", "😀", "ก", "\U000f0000"])
def test_a_character_without_a_shape_is_refused_by_name(character):
    with pytest.raises(pdf.MissingGlyph) as refused:
        pdf.render(html(name=f"测{character}试"), made_at=AT)
    assert refused.value.characters == character
    assert f"U+{ord(character):04X}" in str(refused.value)


def test_both_standards_are_marked_and_the_parts_they_need_are_there():
    with pikepdf.open(io.BytesIO(draft())) as opened:
        with opened.open_metadata() as marks:
            assert marks["pdfaid:part"] == "3"
            assert marks["pdfaid:conformance"] == "A"
            assert marks["pdfuaid:part"] == "1"
        root = opened.Root
        assert str(root.Lang).lower() == "zh-hans"
        assert root.MarkInfo.Marked
        assert root.ViewerPreferences.DisplayDocTitle
        assert root.OutputIntents[0].S == "/GTS_PDFA1"
        assert root.Outlines.Count >= 2
        assert str(opened.docinfo["/Title"]) == "分期还款协议"


@pytest.mark.parametrize("made", ["draft", "sealed"])
@pytest.mark.usefixtures("development_seal")
def test_pdf_ua_check_finds_nothing(made, tmp_path):
    path = tmp_path / "document.pdf"
    long = draft(rows=60)  # heads and feet show as such only when they come again
    path.write_bytes(long if made == "draft" else sealing.seal(long, at=AT, reason="电子印章"))
    command = [
        Path(sys.executable).with_name("outloud"),
        "--fail-on",
        "warning",
        "--skip",
        "LNK-010",
    ]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_field_for_the_seal_is_empty_labelled_and_tagged():
    with pikepdf.open(io.BytesIO(draft())) as opened:
        (field,) = opened.Root.AcroForm.Fields
        assert (field.T, field.FT) == (pdf.SEAL_FIELD, "/Sig")
        assert "/V" not in field and "/TU" in field
        left, bottom, right, top = (float(value) for value in field.Rect)
        assert right - left == pytest.approx(226.8, abs=0.5)
        assert top - bottom == pytest.approx(68, abs=0.5)
        numbers = list(opened.Root.StructTreeRoot.ParentTree.Nums)
        element = numbers[numbers.index(field.StructParent) + 1]
        assert element.S == "/Form"
        assert element.K.Obj.objgen == field.objgen


def test_a_page_without_a_place_for_the_seal_gets_a_fixed_one():
    page = "<html lang=en><title>x</title><h1>A</h1><p style='break-after: page'>x</p><p>y</p>"
    with pikepdf.open(io.BytesIO(pdf.render(page, made_at=AT))) as opened:
        assert len(opened.pages) == 2
        assert len(opened.pages[1].Annots) == 1
        assert [float(v) for v in opened.pages[1].Annots[0].Rect] == list(pdf.SEAL_PLACE)


def test_two_processes_make_the_same_bytes():
    script = (
        "import sys, hashlib, datetime; from portal.records import pdf;"
        "page = sys.stdin.read(); at = datetime.datetime.fromisoformat(sys.argv[1]);"
        "print(hashlib.sha256(pdf.render(page, made_at=at)).hexdigest())"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", script, AT.isoformat()],
            input=html(), capture_output=True, text=True, check=True, cwd=settings.BASE_DIR,
            env={"PYTHONHASHSEED": seed, "LC_ALL": "C.UTF-8", "PATH": "/usr/bin"},
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert made == {hashlib.sha256(draft()).hexdigest()}


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src='file:///etc/passwd'>",
        "<img src='http://127.0.0.1:9/x.png'>",
        "<img src='data:image/png;base64,AAAA'>",
        "<link rel=attachment href='file:///etc/passwd'>",
        "<a rel=attachment href='file:///etc/passwd'>x</a>",
        "<link rel=stylesheet href='file:///etc/passwd'>",
        "<style>@import url(file:///etc/passwd);</style>",
        "<style>@font-face{font-family:Q;src:url(file:///etc/passwd)}p{font-family:Q}</style>",
        "<p style='background:url(file:///etc/passwd)'>x</p>",
        "<svg><image href='file:///etc/passwd' width='9' height='9'/></svg>",
        "<object data='file:///etc/passwd'></object>",
        "<embed src='file:///etc/passwd'>",
    ],
)
def test_nothing_is_fetched_for_hostile_html(hostile):
    """Escaped, it is printed as text; unescaped, it stops the render or draws nothing."""
    assert "etc/passwd" not in hostile or "/etc/passwd" in text_of(
        pdf.render(html(name=hostile), made_at=AT)
    ).replace("\n", "").replace(" ", "")
    page = f'<html lang="en"><title>x</title><body><h1>x</h1>{hostile}<p>y</p>'
    try:
        made = pdf.render(page, made_at=AT)
    except pdf.RefusedSource:
        return
    with pikepdf.open(io.BytesIO(made)) as opened:
        assert not opened.attachments
        for thing in opened.objects:
            if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") != "/Image":
                assert b"root:x:0" not in thing.read_bytes()


def test_the_collector_is_on_again_after_a_render_and_after_a_failure():
    assert gc.isenabled()
    with pytest.raises(pdf.MissingGlyph):
        pdf.render(html(name="\ue123"), made_at=AT)
    assert gc.isenabled()


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        pdf.render("<p>x</p>", made_at=datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_web_process_that_makes_no_document_loads_no_pdf_library():
    script = (
        "import django, sys; django.setup();"
        "import portal.urls, portal.verify, portal.records.verification, portal.records.sealing;"
        "print([m for m in ('weasyprint', 'pikepdf', 'pyhanko', 'fontTools', 'pydyf', 'segno')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=settings.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "portal.settings", "SECRET_KEY": "x", "PATH": "/usr/bin"},
    )  # fmt: skip
    assert done.stdout.strip() == "[]", done.stderr
