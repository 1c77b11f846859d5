"""A cardholder with a small ledger who asks for documents; they need the development seal."""

import pytest

from tests.accounts.evidence_pages.scene import Scene


@pytest.fixture(autouse=True)
def sealing(development_seal: None) -> None:
    pass


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene.made()


@pytest.fixture(autouse=True)
def nobody_wakes_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks run where they are called: within the request that woke them. Tests call them."""
    monkeypatch.setattr("accounts.tasks.prepare_evidence.delay", lambda: None)
