"""Files that are written once and never half: temporary file, fsync, link, fsync of the folder."""

import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage


class WriteOnceFileStorage(FileSystemStorage):
    """Local files under their final name only when whole; a second writer of a name loses quietly.

    Names are content hashes (portal.records.documents), so whoever was first wrote the same bytes.
    """

    def _save(self, name: str, content: "File[Any]") -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, partial = tempfile.mkstemp(dir=target.parent, prefix=".partial-")
        try:
            with os.fdopen(handle, "wb") as out:
                for chunk in content.chunks():
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            try:
                os.link(partial, target)
            except FileExistsError:
                pass
        finally:
            os.unlink(partial)
        for folder in (target.parent, target.parent.parent):  # the name, and the folder's own
            _flush(folder)
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name


def _flush(folder: Path) -> None:
    """Have the names in a folder on the disk: without this a power cut may lose a whole file."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
