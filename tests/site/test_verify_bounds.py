"""/verify/: how large a file may be, and how many an address may send."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal import verify
from portal.records import documents, verification
from portal.records.verification import MEGABYTES, Outcome, check
from tests.records.samples import file, sealed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]


def send(data: bytes, ip: str = "127.0.0.1"):
    visitor = Client(REMOTE_ADDR=ip, headers={"accept-language": "en"})
    return visitor.post("/verify/", {"file": SimpleUploadedFile("a.pdf", data)})


def test_what_is_in_the_register_is_checked_whatever_its_size(monkeypatch):
    file(sealed())
    monkeypatch.setattr(verification, "LARGEST", 1000)
    assert check(sealed()).outcome == Outcome.VALID
    assert check(sealed() + b"\n").outcome == Outcome.UNREADABLE


def test_the_bound_is_said_alike_before_and_after(monkeypatch):
    page = Client(headers={"accept-language": "en"}).get("/verify/").content.decode()
    assert f"Up to {MEGABYTES} MB" in page
    monkeypatch.setattr(verify, "LARGEST", 1000)
    answer = send(bytes(1001))
    assert answer.status_code == 413
    assert f"smaller than {MEGABYTES} MB" in answer.content.decode()


def test_a_connection_counts_once_whatever_ipv6_addresses_it_takes(monkeypatch):
    monkeypatch.setattr(verify, "MOST_PER_HOUR", 3)
    answers = [send(b"", f"2001:db8:0:1::{n:x}").status_code for n in range(1, 5)]
    assert answers == [422, 422, 422, 429]
    assert send(b"", "2001:db8:0:2::1").status_code == 422


def test_who_holds_a_right_code_sees_its_page_even_after_a_neighbours_guesses(monkeypatch):
    monkeypatch.setattr(verify, "MOST_PER_HOUR", 0)
    document = file(sealed())
    visitor = Client(headers={"accept-language": "en"})
    assert visitor.get(f"/verify/{documents.new_code()}/").status_code == 429
    assert visitor.get(f"/verify/{document.code}/").status_code == 200
