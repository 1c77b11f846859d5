"""The parts of the pipeline without a database: heads, names, the child, the scanner's answers."""

import io
import time

import pikepdf
import pytest
from PIL import Image

from accounts.files import apart, clamd, limits, names
from accounts.files.heads import Head, Unfit, head_of
from accounts.files.problems import PROBLEMS, said
from tests import hostile
from tests.clamd import closed_port, fake_scanner


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (hostile.picture(), Head("jpeg", 64 * 48)),
        (hostile.picture(progressive=True), Head("jpeg", 64 * 48)),
        (hostile.photo_with_secrets(), Head("jpeg", 64 * 48)),
        (hostile.picture("PNG"), Head("png", 64 * 48)),
        (hostile.picture("WEBP"), Head("webp", 64 * 48)),
        (hostile.picture("WEBP", lossless=True), Head("webp", 64 * 48)),
        (hostile.picture("WEBP", exif=b"x" * 20), Head("webp", 64 * 48)),
        (hostile.HEIC, Head("heic", 64 * 64)),  # before it is cropped
        (hostile.pdf(), Head("pdf")),
    ],
)
def test_a_file_says_what_it_is(data, head):
    assert head_of(data) == head


@pytest.mark.parametrize(
    "magic", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"\0\0\0\x18ftypheic"]
)
@pytest.mark.parametrize("length", [0, 1, 9, 40, 400])
def test_no_beginning_makes_a_file(magic, length):
    with pytest.raises(Unfit):
        head_of(magic + bytes(length))


@pytest.mark.parametrize(("came", "shown"), hostile.NAMES.values(), ids=hostile.NAMES)
def test_names_are_harmless(came, shown):
    # A line break ends a header, so nothing behind it is part of the name any more.
    assert names.shown(came.splitlines()[0]) == shown


@pytest.mark.parametrize(
    ("came", "shown"),
    [("a\r\nX: 1.pdf", "aX_ 1.pdf"), ("\x00\u200b\u2066", "file"), ("C:\\x\\y.jpg", "y.jpg"),
     ("e\u0301.jpg", "é.jpg"), ("发票.pdf", "发票.pdf"), ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
     ("NUL.tar.gz", "_NUL.tar.gz"), ("..", "file"), ("a  b\tc.pdf", "a bc.pdf")],
)  # fmt: skip
def test_names_of_all_sorts(came, shown):
    assert names.shown(came) == shown


def test_a_copy_is_offered_as_what_it_is():
    assert names.offered("IMG_1.HEIC", "image/jpeg") == "IMG_1.jpg"
    assert names.offered("no ending", "application/pdf") == "no ending.pdf"


# == the child


def test_a_photo_comes_out_upright_and_bare():
    verdict, copy = apart.check("jpeg", hostile.photo_with_secrets() + b"PK\x03\x04")
    with Image.open(io.BytesIO(copy)) as seen:
        assert (verdict.problem, seen.format, seen.size) == ("", "JPEG", (48, 64))
        assert not seen.getexif() and "comment" not in seen.info
    assert not any(secret in copy for secret in (b"SECRET", b"<?php", b"PK\x03\x04", b"Exif"))


def test_a_heic_becomes_a_bare_jpeg():
    verdict, copy = apart.check("heic", hostile.HEIC)
    assert verdict.media_type == "image/jpeg"
    assert b"SECRET" in hostile.HEIC and b"SECRET" not in copy
    with Image.open(io.BytesIO(copy)) as seen:
        assert seen.size == (64, 48)
        assert seen.getpixel((5, 5)) == pytest.approx((30, 140, 90), abs=6)


def test_a_large_picture_is_made_smaller_and_what_is_clear_becomes_white():
    out = io.BytesIO()
    Image.new("RGBA", (5000, 50), (0, 0, 0, 0)).save(out, "PNG")
    verdict, copy = apart.check("png", out.getvalue())
    with Image.open(io.BytesIO(copy)) as seen:
        assert (verdict.media_type, seen.size) == ("image/png", (limits.LONGEST_SIDE, 40))
        assert seen.getpixel((9, 9)) == (255, 255, 255)


def test_a_pdf_is_written_anew_without_who_made_it():
    came = hostile.pdf(hostile.with_photo) + hostile.zipped()
    verdict, copy = apart.check("pdf", came)
    assert (verdict.problem, verdict.pages) == ("", 1)
    with pikepdf.open(io.BytesIO(copy)) as made:
        photo = made.pages[0].Resources.XObject.Im0
        assert b"SECRET" not in photo.read_raw_bytes()
        assert Image.open(io.BytesIO(photo.read_raw_bytes())).size == (64, 48)
        assert "/Info" not in made.trailer and "/Metadata" not in made.Root
    assert b"SECRET" not in copy and b"a.exe" not in copy


def test_a_page_is_drawn_as_a_picture():
    _, copy = apart.check("pdf", hostile.pdf(hostile.with_photo))
    with Image.open(io.BytesIO(apart.drawn("application/pdf", copy, 1))) as seen:
        assert (seen.format, max(seen.size)) == ("PNG", 1600)
    with pytest.raises(RuntimeError):
        apart.drawn("application/pdf", b"%PDF-nonsense", 1)


@pytest.mark.parametrize(
    ("does", "problem"),
    [("bytearray(600 << 20)", "memory"), ("while True: pass", "time"), ("1 / 0", "crashed"),
     ("os.kill(os.getpid(), 9)", "killed"), ("os.kill(os.getpid(), 11)", "crashed"),
     ("__import__('tempfile').TemporaryFile(buffering=0).write(b'x')", "crashed")],
)  # fmt: skip
def test_a_parser_that_goes_wild_is_a_verdict(monkeypatch, does, problem):
    """The real child with a parser of ours in the place of the real one, and a second to live."""
    body = (
        "import os\nfrom accounts.files.verdict import Verdict\n"
        f"def rewritten(kind, data):\n    {does}\n    return Verdict(), b''\n"
    )
    start = (
        "import sys, types; from accounts.files import child; child.SECONDS = 1\n"
        f"wild = types.ModuleType('accounts.files.pdfs'); exec({body!r}, wild.__dict__)\n"
        "sys.modules['accounts.files.pdfs'] = wild; child.bound(); child.check('pdf')"
    )
    run = apart.subprocess.run

    def wild(command, **how):
        return run([*command[:4], "-c", start], **how)

    monkeypatch.setattr(apart.subprocess, "run", wild)
    began = time.monotonic()
    verdict, copy = apart.check("pdf", b"%PDF-")
    assert (verdict.problem, verdict.hostile, copy) == (problem, True, b"")
    assert time.monotonic() - began < apart.PATIENCE / 2  # ended by its bounds, not by the clock


def test_a_child_that_cannot_start_is_no_verdict(monkeypatch):
    monkeypatch.setattr(apart.sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError):
        apart.check("pdf", hostile.pdf())


def test_a_child_gets_no_secrets(monkeypatch):
    seen = {}

    def run(command, **how):
        seen.update(how)
        raise apart.subprocess.TimeoutExpired("child", 1)

    monkeypatch.setattr(apart.subprocess, "run", run)
    assert apart.check("pdf", b"")[0].problem == "time"
    assert set(seen["env"]) == {"LC_ALL", "PATH"}


# == the scanner


@pytest.mark.parametrize(
    ("answer", "found"),
    [("stream: OK", ""), ("stream: Test.Eicar.UNOFFICIAL FOUND", "Test.Eicar.UNOFFICIAL")],
)
def test_the_scanner_says(settings, answer, found):
    def reply(data: bytes) -> str:
        return answer if len(data) == 200_000 else "stream: not all of it FOUND"

    with fake_scanner(reply) as settings.CLAMD_URL:
        assert clamd.scan(bytes(200_000)) == found


@pytest.mark.parametrize(
    "answer", ["INSTREAM size limit exceeded. ERROR", "stream: Can't allocate ERROR", "", "OK"]
)
def test_anything_else_is_no_verdict(settings, answer):
    with fake_scanner(lambda data: answer) as settings.CLAMD_URL, pytest.raises(clamd.Unavailable):
        clamd.scan(b"x")


def test_a_scanner_that_is_down_is_no_verdict(settings, tmp_path):
    for settings.CLAMD_URL in (closed_port(), f"unix://{tmp_path}/none"):
        with pytest.raises(clamd.Unavailable):
            clamd.scan(b"x")


def test_every_problem_says_what_to_do():
    assert all(len(said(code)) > 50 and "%" not in said(code) for code in PROBLEMS)
    assert said("unheard of") == said("crashed")
