"""Files that no row names: left by a worker that was killed between storing and filing."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.files.storage import storages

from portal.records import retention
from portal.records.models import Purge

# Longer than any draft may still be drawn again with the same bytes: whoever stores what is
# there already writes nothing, and must not lose it before its row is there.
AGE = timedelta(days=30)
FILED = re.compile(r"([0-9a-f]{64})\.pdf|\.partial-.*")


def sweep(*, at: datetime) -> int:
    """Delete them once they are AGE old, and return how many. Other files are left alone."""
    store, gone = storages["documents"], 0
    for name, sha256 in _files():
        if (sha256 and _named(sha256)) or store.get_modified_time(name) > at - AGE:
            continue
        store.delete(name)
        gone += 1
    return gone


def _files() -> Iterator[tuple[str, str]]:
    """Yield each file of ours with the hash it is named by; a half-written one has none."""
    store = storages["documents"]
    try:
        folders = store.listdir("")[0]
    except FileNotFoundError:  # nothing was ever stored
        return
    for folder in folders:
        for name in store.listdir(folder)[1]:
            if found := FILED.fullmatch(name):
                yield f"{folder}/{name}", found[1] or ""


def _named(sha256: str) -> bool:
    return retention.needed(sha256) or Purge.objects.filter(list_sha256=sha256).exists()
