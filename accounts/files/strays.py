"""Bytes that no row names: left by a process that was killed between storing and entering.

Each night, with what an upload left in the folder for files on their way in.
"""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import storages

from accounts.files import rooms
from accounts.files.model import AbstractUpload
from accounts.files.store import ORIGINAL

AGE = timedelta(days=1)  # a row follows its bytes within seconds
OURS = re.compile(r"([0-9a-f-]{36})\.(original|[0-9a-f]{64})|\.partial-.*")


def sweep(*, at: datetime) -> int:
    """Delete what is older than AGE and return how many. Other files are left alone."""
    store, gone = storages["evidence"], 0
    for name, ref, part in _files():
        if store.get_modified_time(name) > at - AGE or (ref and _named(ref, part)):
            continue
        store.delete(name)
        gone += 1
    for path in Path(settings.INCOMING_DIR).glob("*.upload"):
        if path.stat().st_mtime < (at - AGE).timestamp():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _files() -> Iterator[tuple[str, str, str]]:
    store = storages["evidence"]
    try:
        folders = store.listdir("")[0]
    except FileNotFoundError:  # nothing was ever stored
        return
    for folder in folders:
        for name in store.listdir(folder)[1]:
            if found := OURS.fullmatch(name):
                yield f"{folder}/{name}", found[1] or "", found[2] or ""


def _named(ref: str, part: str) -> bool:
    facts: dict[str, Any] = {"ref": uuid.UUID(ref), "removed_at": None}
    found = [model._default_manager.filter(**facts) for model in rooms.ROOMS]
    if part == ORIGINAL:
        return any(rows.exclude(status=AbstractUpload.Status.REJECTED).exists() for rows in found)
    return any(rows.filter(copy_sha256=part).exists() for rows in found)
