"""The direct way to a PDF: a document as blocks, drawn without HTML (docs/documents.md)."""

from portal.records.typeset.blocks import (
    Attachment,
    Block,
    Column,
    Facts,
    Heading,
    Paper,
    Paragraph,
    Table,
)
from portal.records.typeset.drawing import draw
from portal.records.typeset.signature import Seal

__all__ = [
    "Attachment",
    "Block",
    "Column",
    "Facts",
    "Heading",
    "Paper",
    "Paragraph",
    "Seal",
    "Table",
    "draw",
]
