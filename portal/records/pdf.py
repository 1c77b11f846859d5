"""HTML to tagged PDF/A-3a + PDF/UA-1 that waits for the seal: the same input, the same bytes.

WeasyPrint and pikepdf are imported inside the functions: a web process that never renders never
pays for them. Nothing is ever fetched: fonts come from fontconfig, pictures are inline SVG.
"""

import atexit
import gc
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

FONT = "Noto Sans CJK SC"  # Debian's fonts-noto-cjk, Regular and Bold
SEAL_FIELD = "BankSeal"
SEAL_ID = "seal"  # the element of the page on which the seal is printed
SEAL_PLACE = (315.0, 60.0, 540.0, 130.0)  # points, for a page without that element
SEAL_LABEL = "银行电子印章 Bank's electronic seal"  # read aloud for the field (PDF/UA-1, 7.18.1)
VARIANT = "pdf/a-3a"
UA_MARK = (  # WeasyPrint names one standard; the second, and what PDF/A wants to know about it
    b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">'
    b"<pdfuaid:part>1</pdfuaid:part></rdf:Description>"
    b'<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    b' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    b' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>'
    b'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification'
    b"</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/"
    b"</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part'
    b"</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>"
    b"Part of ISO 14289 followed</pdfaProperty:description></rdf:li></rdf:Seq>"
    b"</pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)

_one_at_a_time = threading.Lock()  # the collector is off for the whole process during a render


class MissingGlyph(Exception):
    """The document's font has no shape for these characters: it must not be issued with boxes."""

    def __init__(self, characters: str) -> None:
        points = ", ".join(f"U+{ord(c):04X}" for c in characters)
        super().__init__(f"{FONT} cannot print {points}")
        self.characters = characters


class RefusedSource(Exception):
    """The HTML asked for something from outside itself: a file, an address, an attachment."""


@dataclass(frozen=True)
class Place:
    """Where the seal goes: page index from 0, and left, bottom, right, top in points."""

    page: int
    box: tuple[float, float, float, float]


def render(html: str, *, made_at: datetime) -> bytes:
    """Return the PDF with an empty, tagged seal field. `made_at` is its only date.

    The seal goes where an element has id="seal", otherwise to a fixed place on the last page.
    Errors: MissingGlyph; RefusedSource; ValueError for a naive time.
    """
    if made_at.tzinfo is None:
        raise ValueError("made_at needs a time zone")
    engine = _engine()
    with _one_at_a_time, _collector_off():
        try:
            drawn = engine.HTML(string=html, url_fetcher=engine.fetcher).render(
                font_config=engine.fonts, stylesheets=[engine.style], pdf_variant=VARIANT
            )
            stamp = made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            drawn.metadata.created = drawn.metadata.modified = stamp
            raw = drawn.write_pdf(pdf_variant=VARIANT, finisher=_finish)
        except engine.Blocked as blocked:
            raise RefusedSource(str(blocked)) from None
    if missing := _missing(drawn):
        raise MissingGlyph(missing)
    return prepare(raw, _seal_place(drawn))


def prepare(pdf: bytes, place: Place) -> bytes:
    """Re-save once before hashing: plain objects that validators read fast, and the seal's field.

    WeasyPrint packs all objects in one stream, which pyHanko reads in quadratic time.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        _add_seal_field(opened, place)
        out = io.BytesIO()
        opened.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            deterministic_id=True,
            preserve_pdfa=True,
        )
    return out.getvalue()


@dataclass(frozen=True)
class Engine:
    """WeasyPrint, once per process."""

    HTML: Any
    Blocked: type[BaseException]
    fetcher: Any
    fonts: Any
    style: Any


@lru_cache
def _engine() -> Engine:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Locked(URLFetcher):  # type: ignore[misc]  # it has no types
        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            raise FatalURLFetchingError(f"nothing may be fetched: {url[:80]}")

    locked = Locked(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
    fonts = FontConfiguration()
    style = CSS(string=f'html {{ font-family: "{FONT}" }}', url_fetcher=locked, font_config=fonts)
    atexit.register(_engine.cache_clear)  # it cannot be taken down any later
    return Engine(HTML, FatalURLFetchingError, locked, fonts, style)


@contextmanager
def _collector_off() -> Iterator[None]:
    """A render makes many objects and no garbage: the cyclic collector costs up to 40 % of it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _missing(drawn: Any) -> str:
    """Return the characters that our font could not draw, whether another font did or none."""
    missing: set[str] = set()
    for font in drawn.fonts.values():
        missing.update(chr(point) for point in font.missing)
        if font.family != FONT:
            missing.update("".join(font.to_unicode.values()))
    return "".join(sorted(missing))


def _finish(document: Any, pdf: Any) -> None:
    """WeasyPrint's finisher: what it leaves undone for PDF/UA-1 beside PDF/A-3a."""
    for thing in pdf.objects:
        if getattr(thing, "extra", {}).get("Type") == "/Metadata":
            thing.stream[0] = thing.stream[0].replace(b"</rdf:RDF>", UA_MARK + b"</rdf:RDF>")
    _mark_margins(pdf)


def _mark_margins(pdf: Any) -> None:
    """Mark heads and feet as artifacts (ISO 14289-1, 7.8): WeasyPrint tags them as content."""
    import pydyf

    objects = {thing.reference: thing for thing in pdf.objects}
    tree = objects[pdf.catalog["StructTreeRoot"]]
    inside = _inside(tree["K"], objects)
    numbers = objects[tree["ParentTree"]]["Nums"]
    for page, elements in zip(pdf.page_references, numbers[1::2], strict=False):
        outside = {mark for mark, element in enumerate(elements) if element not in inside}
        content = objects[objects[page]["Contents"]].stream
        for at, item in enumerate(content):
            if isinstance(item, dict) and item.get("MCID") in outside:
                content[at - 1] = "/Artifact"
                content[at] = pydyf.Dictionary({"Type": "/Pagination"})
        for mark in outside:
            elements[mark] = "null"


def _inside(kids: Any, objects: dict[Any, Any]) -> set[Any]:
    """Return the references of all elements of the structure tree."""
    found: set[Any] = set()
    waiting = list(kids)
    while waiting:
        kid = waiting.pop()
        if kid in objects and kid not in found:
            found.add(kid)
            waiting.extend(objects[kid].get("K", ()))
    return found


def _seal_place(drawn: Any) -> Place:
    """Find the element on the page (CSS pixels from the top) and turn it into points."""
    for number, page in enumerate(drawn.pages):
        if SEAL_ID in page.anchors:
            left, top, right, bottom = page.anchors[SEAL_ID]
            box = (left, page.height - bottom, right, page.height - top)
            x1, y1, x2, y2 = (round(value * 0.75, 2) for value in box)
            return Place(number, (x1, y1, x2, y2))
    return Place(len(drawn.pages) - 1, SEAL_PLACE)


def _add_seal_field(pdf: Any, place: Place) -> None:
    """Add an empty signature field with a label and a Form element in the structure tree."""
    from pikepdf import Array, Dictionary, Name, String

    page = pdf.pages[place.page].obj
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String(SEAL_FIELD),
            TU=String(SEAL_LABEL), F=132, Rect=Array(place.box), P=page,
        )
    )  # fmt: skip
    if "/Annots" not in page:
        page.Annots = Array()
    page.Annots.append(field)
    page.Tabs = Name.S
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([field]), SigFlags=1))
    tree = pdf.Root.StructTreeRoot
    top = tree.K[0] if isinstance(tree.K, Array) else tree.K
    reference = Dictionary(Type=Name.OBJR, Obj=field, Pg=page)
    element = pdf.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name.Form, P=top, Pg=page, Alt=String(SEAL_LABEL),
                   K=reference)
    )  # fmt: skip
    top.K.append(element)
    numbers = tree.ParentTree.Nums
    key = 1 + max(int(numbers[i]) for i in range(0, len(numbers), 2))
    numbers.extend([key, element])
    field.StructParent = key
    tree.ParentTreeNextKey = key + 1
