"""A seal for agreements, and a cardholder who is behind."""

from pathlib import Path

import pytest
from django.conf import settings
from django.utils.timezone import now

from portal.records.sealing import make_development_seal
from tests.plans.scene import Scene, behind


@pytest.fixture(scope="session", autouse=True)
def seal() -> None:
    make_development_seal(Path(settings.SEAL_PKCS12), passphrase="", at=now())


@pytest.fixture
def scene(db: None) -> Scene:
    return behind()
