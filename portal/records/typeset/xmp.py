"""What the file says about itself: XMP with both standards named, the dictionary, the colours."""

from datetime import UTC
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

from portal.records.pdf import UA_MARK
from portal.records.typeset.blocks import Paper
from portal.records.typeset.pdf_file import PdfFile, date, string

PRODUCER = "Arrears portal"
HEAD = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{bank}</rdf:li></rdf:Seq></dc:creator>
<xmp:CreateDate>{at}</xmp:CreateDate><xmp:ModifyDate>{at}</xmp:ModifyDate>
<pdf:Keywords>{number}</pdf:Keywords><pdf:Producer>{producer}</pdf:Producer></rdf:Description>
"""
FOOT = '</rdf:RDF></x:xmpmeta>\n<?xpacket end="r"?>'


def metadata(file: PdfFile, paper: Paper) -> int:
    """Put the XMP packet; return its number. It is not packed, so that anything can read it."""
    facts = {
        "title": paper.title,
        "bank": paper.bank,
        "number": paper.number,
        "producer": PRODUCER,
        "at": f"{paper.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    head = HEAD.format(**{name: escape(text) for name, text in facts.items()})
    return file.stream(
        "/Type/Metadata/Subtype/XML", head.encode() + UA_MARK + FOOT.encode(), packed=False
    )


def info(file: PdfFile, paper: Paper) -> int:
    """Put the old dictionary, with the same facts."""
    at = date(paper.made_at)
    return file.add(
        f"<</Title {string(paper.title)}/Author {string(paper.bank)}"
        f"/Keywords {string(paper.number)}/Producer {string(PRODUCER)}"
        f"/CreationDate {at}/ModDate {at}>>"
    )


def colours(file: PdfFile) -> str:
    """Put what our RGB values mean (PDF/A-3, 6.2.3): the sRGB profile that WeasyPrint ships.

    Only the file is read; nothing is imported. Errors: FileNotFoundError.
    """
    found = find_spec("weasyprint")
    if found is None or found.origin is None:
        raise FileNotFoundError("the sRGB profile comes with WeasyPrint, which is not installed")
    profile = Path(found.origin).with_name("pdf") / "sRGB2014.icc"
    number = file.stream("/N 3", profile.read_bytes())
    return (
        "[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB IEC61966-2.1)"
        f"/Info(sRGB IEC61966-2.1)/DestOutputProfile {number} 0 R>>]"
    )
