"""What a document says, block by block; draw() decides where it stands. Texts are ready."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Heading:
    """A section's heading; it enters the bookmarks and never stands alone at a page's end."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text, wrapped. `note`: small print."""

    text: str
    note: bool = False


@dataclass(frozen=True)
class Facts:
    """Names and their values in two columns; values wrap."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Column:
    """`width` is a share of the whole; `money` is set flush right and never wrapped."""

    label: str
    width: float
    money: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of texts, as many as there are; the head comes again on each page, cells wrap.

    `total` is a last row set apart. A row is never split over two pages.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] = ()


Block = Heading | Paragraph | Facts | Table


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF with the same facts for machines (AFRelationship /Data)."""

    name: str
    media_type: str
    data: bytes
    description: str


@dataclass(frozen=True)
class Paper:
    """One document. The same paper gives the same bytes; `made_at` is its only date (aware)."""

    number: str
    code: str
    verify_url: str
    language: str  # of settings.LANGUAGES
    bank: str  # the bank's name in that language
    title: str
    made_at: datetime
    is_test: bool
    blocks: Sequence[Block]
    attachments: Sequence[Attachment] = ()
