"""What is outside may hang or be read by others: bounds hold, secrets are not printed."""

import socket
import threading

import pytest

from portal.records import proofs
from portal.records.authority import NoTimestamp, Service
from tests.records.samples import AT, sealed


@pytest.mark.usefixtures("development_seal")
@pytest.mark.parametrize("bound", ["one answer", "the step"])
def test_a_silent_name_server_is_left_behind(monkeypatch, bound):
    answered = threading.Event()
    given_up = []

    def silent(*args, **named):
        given_up.append(answered.wait(20))  # longer than any bound here, and not for ever
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    timeout, patience = (1, 30) if bound == "one answer" else (30, 1)
    monkeypatch.setattr(proofs, "PATIENCE", patience)
    service = Service(url="http://tsa.example/", roots=(), timeout=timeout)
    with pytest.raises(NoTimestamp):
        proofs.stamped(sealed(), service=service, at=AT)
    assert not given_up  # the name server was still silent when we went on
    answered.set()


def test_a_password_is_not_in_what_a_trace_would_print():
    service = Service(url="http://tsa.example/", roots=(), timeout=1, login=("bank", "geheim"))
    assert "geheim" not in repr(service) and "geheim" not in repr(proofs.Trust(service, ()))
