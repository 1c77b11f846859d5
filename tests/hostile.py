"""Files that must not get through, or must come out harmless: made here, none of them real.

The ids are those of the project's list of bad inputs (area upload); what each must end as stands
with it: refused (at once, or by the worker), quarantined, or clean.
"""

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

# In two parts, so that no scanner stops this very file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

# 64 x 48 pixels of one colour, by libheif, with EXIF saying SECRETCAM: no encoder is installed.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA"
    "AAAAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB4gABAAAAAAAAABkAAgAAAAAB+wABAAAAAAAAAC4AAAA4aWlu"
    "ZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA"
    "/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
    "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAA"
    "AAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAA"
    "AA5jZHNjAAIAAQABAAAAT21kYXQAAAAVKAGvGYDvSaW//8Zyfyf7/MK1pj5uAAAABkV4aWYAAE1NACoAAAAIAAEB"
    "DwACAAAACgAAABoAAAAAU0VDUkVUQ0FNAA=="
)


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **how: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **how)
    return out.getvalue()


def photo_with_secrets() -> bytes:
    """A JPEG lying on its side, with a place, a camera and a comment of PHP."""
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 25.0)}
    exif[0x010F], exif[0x0112] = "SECRETCAM", 6
    return picture(exif=exif, comment=b"<?php SECRETCODE")


def _chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data) & 0xFFFFFFFF
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(width: int, height: int, *, lie: bool = False) -> bytes:
    """A PNG of black pixels; with `lie` only its header has them."""
    squeeze, row = zlib.compressobj(9), b"\0" * (1 + (width + 7) // 8)
    rows = 0 if lie else height
    data = b"".join(squeeze.compress(row) for _ in range(rows)) + squeeze.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def pdf(change: Callable[[pikepdf.Pdf], None] | None = None, **save: Any) -> bytes:
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    if change:
        change(made)
    made.save(out, **save)
    return out.getvalue()


def opens_with(**action: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(made: pikepdf.Pdf) -> None:
        made.Root.OpenAction = Dictionary(**action)

    return change


def annotated(**annotation: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(made: pikepdf.Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Rect=[0, 0, 9, 9], **annotation)
        made.pages[0].Annots = made.make_indirect(Array([note]))

    return change


def page_action(made: pikepdf.Pdf) -> None:
    made.pages[0].AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS="x"))


def named_script(made: pikepdf.Pdf) -> None:
    script = Dictionary(S=Name.JavaScript, JS="x")
    made.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array(["a", script])))


def attachment(made: pikepdf.Pdf) -> None:
    made.attachments["x.exe"] = b"MZ" + b"\0" * 64


def xfa(made: pikepdf.Pdf) -> None:
    made.Root.AcroForm = Dictionary(XFA="<xdp/>", Fields=Array())


def many_pages(made: pikepdf.Pdf) -> None:
    for _ in range(200):
        made.add_blank_page()


def filtered(data: bytes, *names: str) -> Callable[[pikepdf.Pdf], None]:
    """A page whose content lies behind filters; `data` is as it lies there."""

    def change(made: pikepdf.Pdf) -> None:
        stream = made.make_stream(data)
        stream.Filter = Array([Name(f"/{name}") for name in names])
        made.pages[0].Contents = stream

    return change


def nothing(mb: int) -> bytes:
    return zlib.compress(b"\0" * (mb << 20), 1)


def turns_to_a_page(made: pikepdf.Pdf) -> None:
    made.Root.OpenAction = Array([made.pages[0].obj, Name.Fit])


def with_photo(made: pikepdf.Pdf) -> None:
    """As a scanner app writes it: a photo with its EXIF, and who made the file."""
    photo = made.make_stream(photo_with_secrets())
    photo.Type, photo.Subtype, photo.Filter = Name.XObject, Name.Image, Name.DCTDecode
    photo.Width, photo.Height, photo.BitsPerComponent = 64, 48, 8
    photo.ColorSpace = Name.DeviceRGB
    made.pages[0].Resources = Dictionary(XObject=Dictionary(Im0=photo))
    made.pages[0].Contents = made.make_stream(b"64 0 0 48 0 0 cm /Im0 Do")
    made.docinfo["/Author"] = "SECRETAUTHOR"
    with made.open_metadata() as meta:
        meta["dc:creator"] = ["SECRETAUTHOR"]


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a.exe", b"MZ")
    return out.getvalue()


def filled(size: int) -> bytes:
    return (b"%PDF-1.7\n" + b"a" * size)[:size]


SVG = (
    b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>'
)


class Bad(NamedTuple):
    id: str
    make: Callable[[], bytes]
    name: str
    ends: str  # refused, rejected, quarantined, clean
    problem: str = ""  # a code of accounts.files.problems


BAD = [
    Bad("UPL-04", lambda: png(20000, 20000), "b.png", "refused", "pixels"),
    Bad("UPL-05", lambda: png(12000, 12000), "b.png", "refused", "pixels"),
    Bad("UPL-06", lambda: png(9000, 9000), "b.png", "refused", "pixels"),
    Bad("UPL-07", lambda: png(60000, 60000, lie=True), "b.png", "refused", "pixels"),
    Bad("UPL-10", lambda: picture(size=(400, 400))[:-200], "t.jpg", "refused", "broken"),
    Bad(
        "UPL-11", lambda: b"\xff\xd8\xff\xe0<script>alert(1)</script>", "x.jpg", "refused", "broken"
    ),
    Bad("UPL-12", lambda: picture() + b"PK\x03\x04xxxx", "p.jpg", "clean"),
    Bad("UPL-13", lambda: picture() + b"\n%PDF-1.7\n", "p.jpg", "clean"),
    Bad("UPL-18", lambda: SVG, "x.svg", "refused", "kind"),
    Bad("UPL-19", lambda: b"<!doctype html><script>alert(1)</script>", "x.html", "refused", "kind"),
    Bad(
        "UPL-24",
        lambda: pdf(opens_with(S=Name.Launch, F="cmd.exe")),
        "x.pdf",
        "quarantined",
        "action",
    ),
    Bad("UPL-25", lambda: pdf(page_action), "x.pdf", "quarantined", "action"),
    Bad("UPL-26", lambda: pdf(named_script), "x.pdf", "quarantined", "script"),
    Bad("UPL-27", lambda: pdf(attachment), "x.pdf", "quarantined", "attachment"),
    Bad("UPL-30", lambda: pdf(annotated(Subtype=Name.RichMedia)), "x.pdf", "quarantined", "media"),
    Bad(
        "UPL-31",
        lambda: pdf(opens_with(S=Name.SubmitForm, F="http://127.0.0.1:9/x")),
        "x.pdf",
        "quarantined",
        "action",
    ),
    Bad(
        "UPL-32",
        lambda: pdf(
            annotated(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI="http://127.0.0.1:9/"))
        ),
        "x.pdf",
        "clean",
    ),
    Bad(
        "UPL-33",
        lambda: pdf(filtered(nothing(300), "FlateDecode"), compress_streams=False),
        "x.pdf",
        "quarantined",
        "swells",
    ),
    Bad("UPL-38", lambda: b"x" * 2000 + pdf(), "x.pdf", "refused", "kind"),
    Bad("UPL-39", lambda: pdf() + zipped(), "x.pdf", "clean"),
    Bad("UPL-44", lambda: b"MZ" + b"\0" * 200, "x.pdf", "refused", "kind"),
    Bad("UPL-45", lambda: EICAR, "e.txt", "refused", "kind"),
    Bad("UPL-46", lambda: picture() + EICAR, "e.jpg", "quarantined", "virus"),
    Bad("UPL-47", lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "x.heic", "refused", "heic"),
    Bad("UPL-50", lambda: filled(10_485_761), "x.pdf", "refused", "large"),
    Bad("UPL-51", lambda: filled(31_457_280), "x.pdf", "refused", "large"),
    # beside the list
    Bad("empty", lambda: b"", "x.jpg", "refused", "empty"),
    Bad(
        "locked",
        lambda: pdf(encryption=pikepdf.Encryption(owner="o", user="u")),
        "x.pdf",
        "refused",
        "locked",
    ),
    Bad(
        "locked-open",
        lambda: pdf(encryption=pikepdf.Encryption(owner="o")),
        "x.pdf",
        "refused",
        "locked",
    ),
    Bad("cut-pdf", lambda: pdf()[:120], "x.pdf", "refused", "broken"),
    Bad("cut-png", lambda: picture("PNG")[:-12], "x.png", "refused", "broken"),
    Bad("cut-webp", lambda: picture("WEBP")[:-9], "x.webp", "refused", "broken"),
    Bad("cut-heic", lambda: HEIC[:-20], "x.heic", "refused", "heic"),
    Bad("gif", lambda: picture("GIF"), "x.gif", "refused", "kind"),
    Bad("pages", lambda: pdf(many_pages), "x.pdf", "rejected", "pages"),
    Bad("no-pixels", lambda: png(30, 30, lie=True), "x.png", "rejected", "broken"),
    Bad("xfa", lambda: pdf(xfa), "x.pdf", "quarantined", "form"),
    Bad(
        "swells-twice",
        lambda: pdf(filtered(zlib.compress(nothing(9)), "Fl", "Fl"), compress_streams=False),
        "x.pdf",
        "quarantined",
        "swells",
    ),
    Bad(
        "swells-in-text",
        lambda: pdf(
            filtered(base64.a85encode(nothing(110)) + b"~>", "ASCII85Decode", "FlateDecode"),
            compress_streams=False,
        ),
        "x.pdf",
        "quarantined",
        "swells",
    ),
    Bad(
        "text",
        lambda: pdf(
            filtered(base64.a85encode(nothing(1)) + b"~>", "ASCII85Decode", "FlateDecode"),
            compress_streams=False,
        ),
        "x.pdf",
        "clean",
    ),
    Bad("turns-to-a-page", lambda: pdf(turns_to_a_page), "x.pdf", "clean"),
    Bad("heic", lambda: HEIC, "IMG_1.HEIC", "clean"),
    Bad("webp", lambda: picture("WEBP"), "x.webp", "clean"),
    Bad("png", lambda: picture("PNG"), "x.png", "clean"),
]
BY_ID = {bad.id: bad for bad in BAD}


@cache
def built(which: str) -> bytes:
    """The bytes of one of them, made once a run."""
    return BY_ID[which].make()


NAMES = {  # what came → what is shown
    "UPL-64": ("a.pdf\r\nX-Injected: 1", "a.pdf"),
    "UPL-65": ('a".pdf', "a.pdf"),
    "UPL-66": ("\u202efdp.exe", "fdp.exe"),
    "UPL-67": ("con.pdf", "_con.pdf"),
    "UPL-70": ("a.pdf.", "a.pdf"),
    "UPL-71": ("a.pdf ", "a.pdf"),
    "UPL-72": (" .pdf", "file.pdf"),
    "UPL-73": ("a/b.pdf", "b.pdf"),
}
