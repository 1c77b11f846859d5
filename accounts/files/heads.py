"""What a file is by its structure: its kind, its pixels, and whether its end is there.

Nothing is decoded, so the web process may do it. The libraries that tell kinds by magic numbers
say less: puremagic, libmagic and filetype call `FF D8 FF E0 <script>` a JPEG, and a cut one too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
LOCKED = re.compile(rb"/Encrypt\s*(\d+\s+\d+\s+R|<<)")


class Unfit(Exception):
    """It cannot be used; `problem` is a code of accounts.files.problems."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class Head:
    """A file's kind (jpeg png webp heic pdf) and the pixels it says it has; of a PDF 0."""

    kind: str
    pixels: int = 0


def head_of(data: bytes) -> Head:
    """Return what a file says it is. Errors: Unfit empty, kind, broken, heic, locked."""
    if not data:
        raise Unfit("empty")
    for magic, read in (
        (b"\xff\xd8\xff", _jpeg), (b"\x89PNG\r\n\x1a\n", _png), (b"RIFF", _webp), (b"%PDF-", _pdf),
    ):  # fmt: skip
        if data.startswith(magic):
            return read(data)
    if data[4:8] == b"ftyp":
        return _heic(data)
    raise Unfit("kind")


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, begin, end) of a JPEG's segments up to its first scan, that one included.

    Errors: Unfit broken where they do not follow one another.
    """
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data) or end < at + 4:
            break
        yield marker, at, end
        if marker == 0xDA:
            return
        at = end
    raise Unfit("broken")


def _jpeg(data: bytes) -> Head:
    pixels = 0
    for marker, at, end in segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and end - at >= 9:
            pixels = _number(data, at + 5, 2) * _number(data, at + 7, 2)
    if not pixels or data.find(b"\xff\xd9", end) < 0:
        raise Unfit("broken")
    return Head("jpeg", pixels)


def _png(data: bytes) -> Head:
    if data[12:16] != b"IHDR" or _number(data, 8, 4) != 13:
        raise Unfit("broken")
    at, name = 8, b""
    while at + 12 <= len(data) and name != b"IEND":
        name = data[at + 4 : at + 8]
        at += 12 + _number(data, at, 4)
    if name != b"IEND" or at > len(data):
        raise Unfit("broken")
    return _picture("png", _number(data, 16, 4), _number(data, 20, 4))


def _webp(data: bytes) -> Head:
    if data[8:12] != b"WEBP":
        raise Unfit("kind")
    if int.from_bytes(data[4:8], "little") + 8 > len(data) or len(data) < 30:
        raise Unfit("broken")
    if data[12:16] == b"VP8X":
        width, height = (int.from_bytes(data[i : i + 3], "little") + 1 for i in (24, 27))
    elif data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(data[i : i + 2], "little") & 0x3FFF for i in (26, 28))
    return _picture("webp", width, height)


def _heic(data: bytes) -> Head:
    """Walk the boxes: what a phone writes has its description (meta) and its data (mdat)."""
    size = _number(data, 0, 4)
    brands = {data[8:12]} | {data[i : i + 4] for i in range(16, min(size, 200), 4)}
    if not brands & HEIC_BRANDS:
        raise Unfit("kind")  # AVIF, MP4 and others
    at, boxes = 0, {}
    while at + 8 <= len(data):
        size = _number(data, at, 4)
        if size == 1:
            size = _number(data, at + 8, 8)
        elif size == 0:
            size = len(data) - at
        if size < 8:
            break
        boxes[data[at + 4 : at + 8]] = data[at : at + size]
        at += size
    if at != len(data) or not {b"meta", b"mdat"} <= boxes.keys():
        raise Unfit("heic")
    meta = boxes[b"meta"]
    sizes = [found.start() for found in re.finditer(b"ispe", meta)]
    return _picture(
        "heic",
        1,
        max((_number(meta, i + 8, 4) * _number(meta, i + 12, 4) for i in sizes), default=0),
    )


def _pdf(data: bytes) -> Head:
    if b"startxref" not in data:
        raise Unfit("broken")
    if LOCKED.search(data):
        raise Unfit("locked")
    return Head("pdf")


def _picture(kind: str, width: int, height: int) -> Head:
    if not width * height:
        raise Unfit("heic" if kind == "heic" else "broken")
    return Head(kind, width * height)


def _number(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "big")
