"""The seal's dictionary in a file that is sealed as it is drawn (ISO 32000-1, 12.8.1)."""

from dataclasses import dataclass
from datetime import datetime

from portal.records.typeset.pdf_file import PdfFile, date, string


@dataclass(frozen=True)
class Seal:
    """What is drawn of the seal. Its CMS comes last, into a hole: it covers all but the hole."""

    at: datetime  # aware
    reason: str
    picture: str  # drawing operators; the field's lower left corner is 0 0
    room: int  # hexadecimal digits for the CMS

    def put(self, file: PdfFile) -> int:
        """Put the dictionary: PAdES, and a certification after which no change is permitted."""
        return file.add(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached"
            f"/M{date(self.at)}/Reason{string(self.reason)}"
            "/Reference[<</Type/SigRef/TransformMethod/DocMDP"
            f"/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]{self._open}>>"
        )

    def around(self, data: bytes) -> tuple[bytes, bytes]:
        """Return what stands before and after the hole, with the ByteRange that says so.

        No text can look like the hole: texts are packed, hexadecimal or, in the XMP, escaped.
        Errors: ValueError for a file that was not drawn with this seal.
        """
        start, after = data.split(self._open.encode())
        at = len(start) + self._open.index("<")
        return start + _head(at, at + self.room + 2, len(after)).encode(), after

    @property
    def _open(self) -> str:
        return f"{_head(0, 0, 0)}<{'0' * self.room}>"


def _head(hole: int, end: int, rest: int) -> str:
    """Return what stands before the hole; equally long for all numbers."""
    return f"/ByteRange[0 {hole:010} {end:010} {rest:010}]/Contents"
