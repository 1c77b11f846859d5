"""manifest.json: what a feed claims to be, and whether its files are what it claims.

Nothing here opens a file as CSV. Row counts and control totals are compared in load.py as the
rows are staged, before anything is written to the ledger.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from portal.kit.errors import Refused

FORMAT = "card-arrears-feed/1"
NAMES = ("cardholders", "card_accounts", "statements", "postings", "overdue_records", "contacts")
CONTROLLED = {"card_accounts", "statements", "postings", "overdue_records"}
LARGEST = 1_000_000  # bytes of manifest.json itself


class Unreadable(Exception):
    """The folder, its manifest or a file cannot be read at all (exit 2)."""


class Fault(Refused):
    """What is wrong with one file as a whole. The others are read all the same, to say it all."""


@dataclass(frozen=True)
class Entry:
    """One file as the manifest names it. `rows` leaves out the header."""

    name: str
    rows: int
    sha256: str
    control_total: str | None

    @property
    def stem(self) -> str:
        return self.name.removesuffix(".gz").removesuffix(".csv")


@dataclass(frozen=True)
class Manifest:
    folder: Path
    feed_id: str
    kind: str
    as_of: date
    institution: str
    encoding: str
    files: tuple[Entry, ...]

    @property
    def sha256(self) -> str:
        """Return the hash of what is claimed, whatever the spacing and order it is written in."""
        claims = {k: v for k, v in asdict(self).items() if k != "folder"}
        claims["files"] = sorted(claims["files"], key=lambda entry: str(entry["name"]))
        return hashlib.sha256(json.dumps(claims, sort_keys=True, default=str).encode()).hexdigest()


def read(folder: Path) -> Manifest:
    """Return the manifest of a feed folder.

    Errors: Unreadable if there is none or it is not JSON; Refused FEED-1 for what it says.
    """
    path = folder / "manifest.json"
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror}") from problem
    if len(raw) > LARGEST:
        raise Unreadable(f"{path} is larger than {LARGEST} bytes.")
    try:
        claims = json.loads(
            raw.decode("utf-8-sig"), object_pairs_hook=_no_twins, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"{path} is not the JSON we expect: {problem}") from problem
    if not isinstance(claims, dict):
        raise Unreadable(f"{path} does not hold an object.")
    return _manifest(folder, claims)


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError("a name stands twice")
    return keys


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def refuse(problem: str, kind: type[Refused] = Refused) -> Refused:
    return kind("FEED-1", f"The manifest is refused: {problem}.")


def _text(claims: dict[str, Any], name: str, pattern: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise refuse(f"{name} is missing or not valid")
    return value


def _manifest(folder: Path, claims: dict[str, Any]) -> Manifest:
    _text(claims, "format", re.escape(FORMAT))
    try:
        as_of = date.fromisoformat(_text(claims, "as_of", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"))
    except ValueError:
        raise refuse("as_of is not in the calendar") from None
    files = claims.get("files")
    if not isinstance(files, list) or not all(isinstance(entry, dict) for entry in files):
        raise refuse("files is not a list of objects")
    manifest = Manifest(
        folder=folder,
        feed_id=_text(claims, "feed_id", r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}"),
        kind=_text(claims, "kind", "full|delta"),
        as_of=as_of,
        institution=_text(claims, "institution", r"[A-Za-z0-9._-]{1,40}"),
        encoding=_text(claims, "encoding", "utf-8|gb18030"),
        files=tuple(sorted((_entry(e) for e in files), key=_in_order)),
    )
    _names(manifest)
    return manifest


def _in_order(entry: Entry) -> int:
    return NAMES.index(entry.stem)


def _entry(claims: dict[str, Any]) -> Entry:
    name = _text(claims, "name", f"({'|'.join(NAMES)})\\.csv(\\.gz)?")
    rows = claims.get("rows")
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
        raise refuse(f"the rows of {name} are not a count")
    entry = Entry(name, rows, _text(claims, "sha256", "[0-9a-f]{64}"), claims.get("control_total"))
    if entry.stem in CONTROLLED:
        _text(claims, "control_total", r"-?[0-9]{1,25}(\.[0-9]{1,3})?")
    elif entry.control_total is not None:
        raise refuse(f"{name} has no control column and so no control_total")
    return entry


def _names(manifest: Manifest) -> None:
    """Refuse a file named twice, missing from a full feed, or lying there unnamed."""
    stems = [entry.stem for entry in manifest.files]
    if len(set(stems)) != len(stems):
        raise refuse("a file is named twice")
    if missing := [name for name in NAMES if name not in stems and manifest.kind == "full"]:
        raise refuse(f"a full feed needs {missing[0]}.csv")
    named = {entry.name for entry in manifest.files}
    for name in (f"{stem}.csv{gz}" for stem in NAMES for gz in ("", ".gz")):
        if name not in named and (manifest.folder / name).exists():
            raise refuse(f"{name} lies in the folder and is not named")


def verify(manifest: Manifest) -> None:
    """Compare the sha256 of every file as it lies. Errors: Unreadable; Refused FEED-1."""
    others = []
    for entry in manifest.files:
        try:
            with (manifest.folder / entry.name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as problem:
            raise Unreadable(f"{entry.name}: {problem.strerror}") from problem
        if found != entry.sha256:
            others.append(entry.name)
    if others:
        raise changed(*others)


def changed(*names: str) -> Refused:
    files = f"{names[0]} is" if len(names) == 1 else f"{', '.join(names)} are"
    return refuse(f"{files} not the file it names (sha256), perhaps half copied")


def agree(entry: Entry, *, rows: int, total: int) -> None:
    """Compare what was read with the claims; `total` in thousandths. Errors: Fault FEED-1."""
    if rows != entry.rows:
        raise refuse(f"{entry.name} has {rows} rows, not {entry.rows}", Fault)
    if entry.control_total is not None and Decimal(entry.control_total) * 1000 != total:
        raise refuse(
            f"the control total of {entry.name} is {Decimal(total) / 1000}, "
            f"not {entry.control_total}",
            Fault,
        )
