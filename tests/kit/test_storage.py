"""Files are whole or not there."""

import errno
import os
import threading

import pytest
from django.core.files.base import ContentFile

from portal.kit.storage import WriteOnceFileStorage


@pytest.fixture
def store(tmp_path):
    return WriteOnceFileStorage(location=tmp_path)


def files(path):
    return sorted(p.name for p in path.rglob("*") if p.is_file())


def test_a_file_is_kept_under_its_name(store, tmp_path):
    assert store.save("ab/abc.pdf", ContentFile(b"one")) == "ab/abc.pdf"
    assert store.open("ab/abc.pdf").read() == b"one"
    assert files(tmp_path) == ["abc.pdf"]


def test_a_second_writer_changes_nothing(store, tmp_path):
    store.save("ab/abc.pdf", ContentFile(b"one"))
    assert store.save("ab/abc.pdf", ContentFile(b"two")) == "ab/abc.pdf"
    assert store.open("ab/abc.pdf").read() == b"one"
    assert files(tmp_path) == ["abc.pdf"]


def test_eight_writers_at_once_leave_one_whole_file(store, tmp_path):
    gate = threading.Barrier(8)

    def write(number):
        gate.wait()
        store.save("ab/abc.pdf", ContentFile(bytes([number]) * 100_000))

    writers = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    data = store.open("ab/abc.pdf").read()
    assert len(data) == 100_000
    assert len(set(data)) == 1
    assert files(tmp_path) == ["abc.pdf"]


@pytest.mark.parametrize("step", ["fsync", "link"])
def test_a_full_disk_leaves_nothing_behind(store, tmp_path, monkeypatch, step):
    def full(*_):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="no space"):
        store.save("ab/abc.pdf", ContentFile(b"one"))
    assert files(tmp_path) == []


def test_the_name_is_on_the_disk_as_well_as_the_bytes(store, tmp_path, monkeypatch):
    """After a power cut a name that was never flushed is gone, and the file with it."""
    flushed = []
    real = os.fsync

    def fsync(handle):
        there = (tmp_path / "ab/abc.pdf").exists()
        flushed.append((os.readlink(f"/proc/self/fd/{handle}"), there))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    store.save("ab/abc.pdf", ContentFile(b"one"))
    assert flushed[1:] == [(str(tmp_path / "ab"), True), (str(tmp_path), True)]


def test_only_the_portal_may_read_a_file(store, tmp_path):
    store.save("ab/abc.pdf", ContentFile(b"one"))
    assert (tmp_path / "ab/abc.pdf").stat().st_mode & 0o077 == 0


def test_a_name_that_leaves_the_store_is_refused(store):
    with pytest.raises(Exception, match=r"path|outside"):
        store.save("../outside.pdf", ContentFile(b"one"))
