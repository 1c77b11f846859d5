"""Files inside the PDF (PDF/A-3, 6.8): found by name, and associated with the document."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from portal.records.typeset.blocks import Attachment
from portal.records.typeset.pdf_file import PdfFile, date, name, references, string


def embed(file: PdfFile, attachments: Sequence[Attachment], at: datetime) -> str:
    """Put the files; return the catalog's entries for them. Errors: ValueError for a name twice."""
    by_name = {string(each.name): _specification(file, each, at) for each in attachments}
    if len(by_name) < len(attachments):
        raise ValueError("two attachments have the same name")
    if not by_name:
        return ""
    names = " ".join(f"{key} {by_name[key]} 0 R" for key in sorted(by_name))
    return f"/Names<</EmbeddedFiles<</Names[{names}]>>>>/AF{references(by_name.values())}"


def _specification(file: PdfFile, attachment: Attachment, at: datetime) -> int:
    checksum = hashlib.md5(attachment.data, usedforsecurity=False).hexdigest()  # as 7.11.4 has it
    data = file.stream(
        f"/Type/EmbeddedFile/Subtype{name(attachment.media_type)}"
        f"/Params<</Size {len(attachment.data)}/CheckSum<{checksum}>/ModDate{date(at)}>>",
        attachment.data,
    )
    title = string(attachment.name)
    return file.add(
        f"<</Type/Filespec/F{title}/UF{title}/Desc{string(attachment.description)}"
        f"/AFRelationship/Data/EF<</F {data} 0 R/UF {data} 0 R>>>>"
    )
