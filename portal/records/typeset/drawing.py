"""From a Paper to a PDF: PDF/A-3a and PDF/UA-1, with the field for the seal.

The same paper gives the same bytes, with the same versions of the font, HarfBuzz and zlib.
"""

from collections.abc import Iterator, Sequence

from django.utils import translation
from django.utils.translation import gettext as _

from portal.records.pdf import SEAL_FIELD, SEAL_LABEL, MissingGlyph
from portal.records.typeset import fonts, xmp
from portal.records.typeset.attached import embed
from portal.records.typeset.blocks import Facts, Heading, Paper, Paragraph
from portal.records.typeset.bookmarks import bookmarks
from portal.records.typeset.flow import Flow
from portal.records.typeset.frame import Frame, Words
from portal.records.typeset.letters import Letters
from portal.records.typeset.look import HEIGHT, WIDTH
from portal.records.typeset.pdf_file import PdfFile, references, string
from portal.records.typeset.pieces import SealBox, pieces
from portal.records.typeset.signature import Seal
from portal.records.typeset.tags import Tags

Box = tuple[float, float, float, float]
ALWAYS = " ·0123456789"  # letters of the frame's own


def draw(paper: Paper, seal: Seal | None = None) -> bytes:
    """Return the PDF with a tagged seal field: empty, or with a seal that lacks only its CMS.

    Errors: MissingGlyph for characters that the font cannot draw or that must not be in print
    (control and direction marks, loose accents); ValueError for a naive time, a row with another
    number of cells than its table, or two attachments of one name.
    """
    if paper.made_at.tzinfo is None:
        raise ValueError("made_at needs a time zone")
    with translation.override(paper.language):
        words = Words.of(paper)
        heading = _("Seal")
        text = _(
            "%(bank_name)s seals this document electronically. The seal covers every page and every attachment: if anything is changed afterwards, the check at the address below says so."  # noqa: E501  (as in base.html)
        ) % {"bank_name": paper.bank}
    characters = _characters(paper, [*vars(words).values(), heading, text])
    file = PdfFile()
    regular = Letters(fonts.face(bold=False), characters, "F1")
    bold = Letters(fonts.face(bold=True), characters, "F2")
    flow = Flow(file, Tags(file), regular, bold)
    place = SealBox(flow, heading, text)
    for piece in pieces(flow, paper, place):
        piece.draw()
    return _finish(paper, flow, Frame(paper, words, regular, bold), place.box, seal)


def _characters(paper: Paper, more: Sequence[str]) -> set[str]:
    """Return all that will be printed. Errors: MissingGlyph with each that cannot be."""
    lines = {paper.title, paper.number, paper.code, paper.bank, ALWAYS, *more}
    found = set().union(*lines) | (set("".join(_texts(paper))) - {"\n"})
    faces = [fonts.face(bold=bold) for bold in (False, True)]
    if missing := [c for c in sorted(found) if not all(face.shape(c) for face in faces)]:
        raise MissingGlyph("".join(missing))
    return found


def _texts(paper: Paper) -> Iterator[str]:
    """Yield the texts of the blocks; a line feed in them begins a new line."""
    for block in paper.blocks:
        if isinstance(block, Heading | Paragraph):
            yield block.text
        elif isinstance(block, Facts):
            for row in block.rows:
                yield from row
        else:
            yield block.caption
            yield from (column.label for column in block.columns)
            yield from block.total
            for cells in block.rows:
                yield from cells


def _finish(paper: Paper, flow: Flow, frame: Frame, box: Box, seal: Seal | None) -> bytes:
    """Put pages, field, tags, bookmarks and the catalog; return the file."""
    file = flow.file
    tree = file.reserve()
    resources, field = file.reserve(), file.reserve()
    faces = {letters: file.reserve() for letters in (flow.regular, flow.bold)}
    shown = frame.write(file, resources)
    _pages(flow, frame, tree, resources, field)
    form = _field(flow, field, box, seal)
    for letters, number in faces.items():
        letters.write(file, number)
    named = "".join(f"/{letters.resource} {number} 0 R" for letters, number in faces.items())
    file.put(resources, f"<</Font<<{named}>>/XObject<</Frame {shown} 0 R>>>>")
    root = file.add(
        f"<</Type/Catalog/Pages {tree} 0 R/Lang{string(paper.language)}/MarkInfo<</Marked true>>"
        "/ViewerPreferences<</DisplayDocTitle true>>/PageMode/UseNone"
        f"/Metadata {xmp.metadata(file, paper)} 0 R/OutputIntents{xmp.colours(file)}"
        f"/StructTreeRoot {flow.tags.write()} 0 R/Outlines {bookmarks(file, flow.outline)} 0 R"
        f"{form}{embed(file, paper.attachments, paper.made_at)}>>"
    )
    return file.write(root=root, info=xmp.info(file, paper))


def _pages(flow: Flow, frame: Frame, tree: int, resources: int, field: int) -> None:
    file, count = flow.file, len(flow.pages)
    for at, page in enumerate(flow.pages, 1):
        content = "\n".join([frame.page(at, count), *page.drawn])
        drawn = file.stream("", content.encode("ascii"))
        last = f"/Annots[{field} 0 R]" if at == count else ""
        file.put(
            page.number,
            f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Contents {drawn} 0 R"
            f"/Resources {resources} 0 R/Tabs/S/StructParents {flow.tags.own_page(page.owners)}"
            f"{last}>>",
        )
    kids = references(page.number for page in flow.pages)
    file.put(tree, f"<</Type/Pages/Count {count}/Kids{kids}>>")


def _field(flow: Flow, field: int, box: Box, seal: Seal | None) -> str:
    """Put the signature field, and the seal; return the catalog's entries for them.

    An empty field has an appearance too, as PDF/A-3 asks (6.3.3).
    """
    file, page = flow.file, flow.page.number
    left, bottom, right, top = box
    size = f"{right - left:.2f} {top - bottom:.2f}"
    shown = file.stream(
        f"/Type/XObject/Subtype/Form/BBox[0 0 {size}]/Resources<<>>",
        seal.picture.encode("ascii") if seal else b"",
    )
    number = seal.put(file) if seal else 0
    value = f"/V {number} 0 R" if seal else ""
    key = flow.tags.own_field(field, page, SEAL_LABEL)
    file.put(
        field,
        f"<</Type/Annot/Subtype/Widget/FT/Sig/T{string(SEAL_FIELD)}/TU{string(SEAL_LABEL)}/F 132"
        f"/Rect[{left:.2f} {bottom:.2f} {right:.2f} {top:.2f}]/P {page} 0 R/StructParent {key}"
        f"/AP<</N {shown} 0 R>>{value}>>",
    )
    lock = f"/Perms<</DocMDP {number} 0 R>>" if seal else ""
    return f"/AcroForm<</Fields[{field} 0 R]/SigFlags {3 if seal else 1}>>{lock}"
