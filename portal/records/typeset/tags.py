"""The tree that tells a screen reader what is what (ISO 32000-1, 14.7; PDF/UA-1, 7.1)."""

from dataclasses import dataclass, field

from portal.records.typeset.pdf_file import PdfFile, references, string

TH_COLUMN = "/A<</O/Table/Scope/Column>>"
TH_ROW = "/A<</O/Table/Scope/Row>>"


@dataclass
class Element:
    """One element; its kids are other elements and marks on pages, in reading order."""

    kind: str
    number: int
    parent: int
    more: str = ""
    kids: list[str] = field(default_factory=list)

    def mark(self, page: int, mark: int) -> None:
        self.kids.append(f"<</Type/MCR/Pg {page} 0 R/MCID {mark}>>")


class Tags:
    """The tree of one document."""

    def __init__(self, file: PdfFile) -> None:
        self._file = file
        self._root = file.reserve()
        self._elements: list[Element] = []
        self._owners: list[str] = []  # ParentTree: from a page's marks, or a field, to elements
        self.document = self._new("Document", self._root)

    def add(self, kind: str, parent: Element, more: str = "") -> Element:
        """Add an element at the end of its parent."""
        element = self._new(kind, parent.number, more)
        parent.kids.append(f"{element.number} 0 R")
        return element

    def _new(self, kind: str, parent: int, more: str = "") -> Element:
        element = Element(kind, self._file.reserve(), parent, more)
        self._elements.append(element)
        return element

    def own_page(self, owners: list[int]) -> int:
        """Say whose each mark of a page is; return the page's StructParents."""
        self._owners.append(f"{self._file.add(references(owners))} 0 R")
        return len(self._owners) - 1

    def own_field(self, field_number: int, page: int, label: str) -> int:
        """Tag a form field; return its StructParent."""
        form = self.add("Form", self.document, f"/Alt {string(label)}")
        form.kids.append(f"<</Type/OBJR/Obj {field_number} 0 R/Pg {page} 0 R>>")
        self._owners.append(f"{form.number} 0 R")
        return len(self._owners) - 1

    def write(self) -> int:
        """Put all elements; return the root's number."""
        for each in self._elements:
            self._file.packed[each.number] = (
                f"<</S/{each.kind}/P {each.parent} 0 R{each.more}/K[{' '.join(each.kids)}]>>"
            )
        numbers = " ".join(f"{key} {owner}" for key, owner in enumerate(self._owners))
        owners = self._file.add(f"<</Nums[{numbers}]>>")
        return self._file.put(
            self._root,
            f"<</Type/StructTreeRoot/K {self.document.number} 0 R/ParentTree {owners} 0 R"
            f"/ParentTreeNextKey {len(self._owners)}>>",
        )
