"""The broker of files: a message is there whole or not at all."""

import json
import threading

import pytest
from kombu import Connection

from portal import broker


@pytest.fixture
def channel(tmp_path):
    folders = {"data_folder_in": tmp_path, "data_folder_out": tmp_path, "control_folder": tmp_path}
    with Connection("filesystem://", transport_options=folders) as connection:
        yield connection.channel()


def test_a_message_is_never_seen_half_written(channel, monkeypatch):
    """A reader looks while the message is on its way to the disk."""
    seen, replace = [], broker.os.replace

    def looked(*names):
        try:
            seen.append(channel._get("work"))
        except broker.filesystem.Empty:
            seen.append(None)
        replace(*names)

    monkeypatch.setattr(broker.os, "replace", looked)
    channel._put("work", {"id": 1})
    assert seen == [None] and channel._get("work") == {"id": 1}


def test_many_writers_and_a_reader_lose_nothing(channel):
    writers = [
        threading.Thread(target=lambda i=i: [channel._put("work", [i, n]) for n in range(50)])
        for i in range(4)
    ]
    for each in writers:
        each.start()
    got = []
    while len(got) < 200:
        try:
            got.append(json.dumps(channel._get("work")))
        except broker.filesystem.Empty:
            continue
    assert len(set(got)) == 200
