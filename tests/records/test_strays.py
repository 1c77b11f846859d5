"""Files that no row names go after their time; whatever a row names stays."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.utils.timezone import now

from portal.records import documents
from portal.records.models import Document
from portal.records.retention import strays

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_store(tmp_path, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "documents": {
            "BACKEND": "portal.kit.storage.WriteOnceFileStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }


def aged(data: bytes, days: int) -> Path:
    """Store bytes as if so many days ago, and return where they lie."""
    path = Path(storages["documents"].path(documents.name_of(documents.store(data))))
    return aged_file(path, days)


def aged_file(path: Path, days: int) -> Path:
    then = (now() - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))
    return path


def filed(data: bytes, **facts) -> Document:
    code = documents.new_code()
    return documents.file_document(
        "plans.agreement", data, subject=code, number=code, code=code, title="t", language="en",
        sealed=True, at=now(), **facts,
    )  # fmt: skip


def test_an_old_file_without_a_row_goes_and_a_young_one_stays():
    old, young = aged(b"old", 31), aged(b"young", 29)
    assert strays.sweep(at=now()) == 1
    assert not old.exists() and young.exists()


def test_a_filed_document_stays_whatever_its_age():
    path = aged(b"filed", 4000)
    filed(b"filed")
    assert strays.sweep(at=now()) == 0
    assert path.exists()


def test_the_file_of_a_purged_document_goes_if_a_kill_left_it():
    path = aged(b"purged", 31)
    Document.objects.filter(pk=filed(b"purged").pk).update(purged_at=now())
    assert strays.sweep(at=now()) == 1
    assert not path.exists()


def test_a_half_written_file_goes_and_a_strange_one_is_left_alone(tmp_path):
    folder = aged(b"filed", 1).parent
    half, strange = folder / ".partial-x1", folder / "notes.txt"
    for path in (half, strange):
        path.write_bytes(b"x")
        aged_file(path, 31)
    assert strays.sweep(at=now()) == 1
    assert not half.exists() and strange.exists()
