"""PDF files: every object is looked at, then the whole is written anew. Runs in the child.

Names are compared as qpdf reads them, so `/J#53` is `/JS`. Objects that nothing refers to, old
revisions, and bytes behind the end are looked at where qpdf finds them, and never copied.
"""

import base64
import io
import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

from accounts.files import heads, limits
from accounts.files.verdict import Found, Verdict

KEYS = {
    "/JS": "script", "/JavaScript": "script", "/AA": "action", "/XFA": "form",
    "/EF": "attachment", "/EmbeddedFiles": "attachment", "/RichMediaContent": "media",
}  # fmt: skip
ACTIONS = {
    "/JavaScript": "script", "/Launch": "action", "/SubmitForm": "form", "/ImportData": "form",
    "/GoToE": "attachment", "/GoToR": "action", "/Rendition": "media", "/Movie": "media",
    "/Sound": "media", "/RichMediaExecute": "media",
}  # fmt: skip
SUBTYPES = {
    "/RichMedia": "media", "/Screen": "media", "/Movie": "media", "/Sound": "media",
    "/3D": "media", "/FileAttachment": "attachment",
}  # fmt: skip
DROPPED = ("/Metadata", "/PieceInfo", "/Thumb", "/OpenAction")
MOST_OF_A_STREAM = 100 * 1024 * 1024  # bytes when inflated
MOST_OF_ALL = 400 * 1024 * 1024
NESTED = 200  # arrays and dictionaries within one another


def rewritten(kind: str, data: bytes) -> tuple[Verdict, bytes]:
    """Return the PDF without metadata. Errors: Found broken, locked, pages, and the hostile ones.

    A plain link stays. An /OpenAction that only turns to a page is common and is dropped.
    """
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            if pdf.is_encrypted:
                raise Found("locked")
            pages = len(pdf.pages)
            if not pages:
                raise Found("broken")
            if pages > limits.MOST_PAGES:
                raise Found("pages")
            _look_through(pdf)
            return Verdict(media_type="application/pdf", pages=pages), _copy(pdf)
    except pikepdf.PasswordError as error:
        raise Found("locked") from error
    except pikepdf.PdfError as error:
        raise Found("broken") from error


def _look_through(pdf: pikepdf.Pdf) -> None:
    left = MOST_OF_ALL
    for thing in pdf.objects:
        for held in _held(thing):
            _look_at(held)
        if isinstance(thing, pikepdf.Stream):
            left -= _inflated(thing, at_most=min(MOST_OF_A_STREAM, left))


def _held(thing: Any) -> Iterator[Any]:
    """Yield an object's dictionaries, its own and those within it, not those it refers to."""
    waiting = [(thing, 0)]
    while waiting:
        each, depth = waiting.pop()
        if depth > NESTED:
            raise Found("crashed", hostile=True)
        if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            yield each
            inner = [value for _, value in each.items()]
        elif isinstance(each, pikepdf.Array):
            inner = list(each)
        else:
            continue
        waiting += [
            (value, depth + 1)
            for value in inner
            if isinstance(value, pikepdf.Object) and not value.is_indirect
        ]


def _look_at(held: Any) -> None:
    for key in held.keys():  # noqa: SIM118  (no mapping: iterating it means something else)
        if key in KEYS:
            raise Found(KEYS[key], hostile=True)
    for key, known in (("/S", ACTIONS), ("/Subtype", SUBTYPES)):
        if (problem := known.get(_name(held.get(key)))) is not None:
            raise Found(problem, hostile=True)
    first = held.get("/OpenAction")
    if isinstance(first, pikepdf.Dictionary) and _name(first.get("/S")) != "/GoTo":
        raise Found("action", hostile=True)
    if isinstance(held, pikepdf.Stream) and "/F" in held:  # its bytes lie in another file
        raise Found("attachment", hostile=True)


def _name(value: Any) -> str:
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _inflated(stream: Any, *, at_most: int) -> int:
    """Return how many bytes a stream has when inflated, counted in small pieces.

    Only what inflates is counted: pictures (DCT, CCITT …) are bounded by the file's own size
    until somebody draws them. No honest file inflates twice. Errors: Found swells.
    """
    filters = stream.get("/Filter", pikepdf.Array())
    names = [str(filters)] if isinstance(filters, pikepdf.Name) else [str(each) for each in filters]
    inflating = [name for name in names if name in FLATE | SLOW]
    if not inflating:
        return 0
    if len(inflating) > 1:
        raise Found("swells", hostile=True)
    raw = stream.read_raw_bytes()
    while names[0] in TEXT:
        raw = TEXT[names.pop(0)](raw)
    if names[0] in FLATE:
        return _counted(raw, at_most)
    try:  # old filters: qpdf undoes them within the child's memory
        count = len(stream.read_bytes(pikepdf.StreamDecodeLevel.generalized))
    except (pikepdf.PdfError, MemoryError) as error:
        raise Found("swells", hostile=True) from error
    if count > at_most:
        raise Found("swells", hostile=True)
    return count


def _from_base85(raw: bytes) -> bytes:
    return base64.a85decode(raw.partition(b"~>")[0], ignorechars=b" \t\n\r\x0b\x0c\0")


def _from_hex(raw: bytes) -> bytes:
    digits = b"".join(raw.partition(b">")[0].split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


FLATE, SLOW = {"/FlateDecode", "/Fl"}, {"/LZWDecode", "/LZW", "/RunLengthDecode", "/RL"}
TEXT = {
    "/ASCII85Decode": _from_base85, "/A85": _from_base85,
    "/ASCIIHexDecode": _from_hex, "/AHx": _from_hex,
}  # fmt: skip


def _counted(raw: bytes, at_most: int) -> int:
    inflate, count = zlib.decompressobj(), 0
    try:
        while raw and not inflate.eof:
            count += len(inflate.decompress(raw, 1 << 20))
            raw = inflate.unconsumed_tail
            if count > at_most:
                raise Found("swells", hostile=True)
    except zlib.error:
        pass
    return count


def _copy(pdf: pikepdf.Pdf) -> bytes:
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    for thing in pdf.objects:
        for held in _held(thing):
            for key in DROPPED:
                if key in held:
                    del held[key]
        if isinstance(thing, pikepdf.Stream) and _name(thing.get("/Filter")) == "/DCTDecode":
            _bare_photo(thing)
    out = io.BytesIO()
    pdf.save(
        out, object_stream_mode=pikepdf.ObjectStreamMode.generate, fix_metadata_version=False,
        deterministic_id=True,
    )  # fmt: skip
    return out.getvalue()


def _bare_photo(stream: Any) -> None:
    """Take EXIF and comments out of a photo in a PDF; its colours (APP0, APP2, APP14) stay."""
    raw = stream.read_raw_bytes()
    kept, last = [raw[:2]], 2
    try:
        for marker, begin, end in heads.segments(raw):
            gone = marker == 0xFE or (0xE1 <= marker <= 0xEF and marker not in (0xE2, 0xEE))
            kept.append(raw[last:begin] if gone else raw[last:end])
            last = end
    except heads.Unfit:
        return
    parms = stream.get("/DecodeParms")
    stream.write(b"".join([*kept, raw[last:]]), filter=pikepdf.Name.DCTDecode, decode_parms=parms)
