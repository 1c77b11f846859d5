"""Which parts of a PDF differ from the version of it that was sealed.

No Django in here: the child process of apart.py runs it on strangers' files.
"""

import hashlib
import io
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

PARTS = ("pages", "content", "notes", "title", "attachments", "actions")
UNKNOWN = ("unknown",)  # the comparison failed, so anything may differ
TOUCHED = {  # by every program that appends: what it calls itself, and when it did so
    "/Producer", "/ModDate", "{http://ns.adobe.com/pdf/1.3/}Producer", "{adobe:ns:meta/}xmptk",
    "{http://ns.adobe.com/xap/1.0/}ModifyDate", "{http://ns.adobe.com/xap/1.0/}MetadataDate",
}  # fmt: skip
UNSEEN = {"/Annots", "/Parent", "/P", "/Pg", "/StructParent", "/StructParents", "/Popup"}
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
MARKS = {(RDF + "about", ""), (RDF + "parseType", "Resource")}  # say nothing by themselves


def changes(sealed: bytes, whole: bytes) -> tuple[str, ...]:
    """Return which PARTS of the present file differ from the sealed version of it, or UNKNOWN.

    Empty only if the comparison went through: then what follows the seal changed none of them.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(sealed)) as before, pikepdf.open(io.BytesIO(whole)) as after:
            was, now = _parts(before), _parts(after)
    except Exception:
        return UNKNOWN
    return tuple(part for part in PARTS if was[part] != now[part])


def _parts(pdf: Any) -> dict[str, Any]:
    pages = [page.obj for page in pdf.pages]
    actions = pdf.Root.get("/OpenAction"), pdf.Root.get("/Names", {}).get("/JavaScript")
    seen: set[Any] = set()
    return {
        "pages": len(pages),
        "content": [_print(page, seen) for page in pages],
        "notes": [_print(note, seen) for page in pages for note in _notes(page)],
        "title": _about(pdf),
        "attachments": {k: _print(a.obj.get("/EF"), seen) for k, a in pdf.attachments.items()},
        "actions": [_print(each, seen) for each in actions],
    }


def _notes(page: Any) -> list[Any]:
    """Return notes and fields on a page, but not the fields of timestamps, which show nothing."""
    return [
        note
        for note in page.get("/Annots", [])
        if note.get("/V", {}).get("/Type") != "/DocTimeStamp"
        or any(float(edge) for edge in note.get("/Rect", []))
    ]


def _about(pdf: Any) -> tuple[dict[str, str], list[tuple[tuple[str, ...], str]]]:
    """Return all that the file says of itself in its two places, in all languages."""
    info = pdf.trailer.get("/Info", {})
    named = {name: _print(info[name], set()) for name in info.keys() if name not in TOUCHED}  # noqa: SIM118
    metadata = pdf.Root.get("/Metadata")
    if metadata is None:
        return named, []
    return named, sorted(_said(ElementTree.fromstring(metadata.read_bytes())))  # noqa: S314


def _said(node: ElementTree.Element, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, str]]:
    """Yield each value with the properties it stands under: RDF writes the same in several ways."""
    for name, value in node.attrib.items():
        if name == RDF + "resource":
            yield path, value
        elif name not in TOUCHED and (name, value) not in MARKS:
            yield (*path, name), value
    texts = [node.text, *(child.tail for child in node)]
    yield from ((path, text.strip()) for text in texts if text and text.strip())
    for place, child in enumerate(node):
        if child.tag == RDF + "Description":
            yield from _said(child, path)
        elif child.tag not in TOUCHED:
            item = f"{child.tag} {place}" if child.tag == RDF + "li" else child.tag
            yield from _said(child, (*path, item))


def _print(thing: Any, seen: set[Any]) -> str:
    """Return a hash over all below a thing not yet in `seen`. Streams stay packed: bombs too."""
    import pikepdf

    digest, left = hashlib.sha256(), [thing]
    while left:
        each = left.pop()
        if isinstance(each, pikepdf.Object) and each.is_indirect:
            if each.objgen in seen:
                digest.update(repr(each.objgen).encode())
                continue
            seen.add(each.objgen)
        if isinstance(each, pikepdf.Stream):
            digest.update(hashlib.sha256(each.read_raw_bytes()).digest())
        if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            names = sorted(set(each.keys()) - UNSEEN)
            digest.update(repr(names).encode())
            left += [each[name] for name in names]
        elif isinstance(each, pikepdf.Array):
            digest.update(b"[%d]" % len(each))
            left += list(each)
        else:
            digest.update(repr(each).encode())
    return digest.hexdigest()
