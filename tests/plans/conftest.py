"""A cardholder who is behind; agreements need the development seal."""

import pytest

from tests.plans.scene import Scene, behind


@pytest.fixture(autouse=True)
def sealing(development_seal: None) -> None:
    pass


@pytest.fixture
def scene(db: None) -> Scene:
    return behind()
