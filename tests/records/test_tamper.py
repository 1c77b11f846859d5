"""docs/tamper-matrix.md is true: each row of it is tried again."""

import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from portal.records import apart
from portal.records.verification import Outcome
from tests.records import later_stamps, tamper_matrix, tampering

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]
PAGE = Path(django_settings.BASE_DIR) / "docs" / "tamper-matrix.md"
VALID = {
    "nothing *", "our earlier key, within its time *", "our own timestamps *",
    "signed with a passkey *",
}  # fmt: skip


@pytest.fixture
def found(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(apart, "PATIENCE", 60)  # a busy machine may take long to start the child
    settings.SEAL_ROOTS = tampering.earlier_root(tmp_path)
    settings.TSA_ROOTS = later_stamps.roots_file(tmp_path)
    return tamper_matrix.rows(tmp_path, tamper_matrix.register())


def without_pdfsig(page: str) -> str:
    return re.sub(r"[^|]*\|$", "", page, flags=re.MULTILINE)


def test_the_matrix_is_true_and_only_what_we_issued_is_valid(found):
    """One test for all: the files are sealed and looked at once."""
    valid = {row.case for row in found if row.ours == Outcome.VALID}
    assert valid - {row.case for row in found if "does not fit" in row.person} == VALID
    for row in found:
        if row.ours == Outcome.VALID:
            assert row.pyhanko.startswith("valid")
        if row.changes == "timestamp":  # our quicker comparison agrees with pyHanko's whole one
            assert row.pyhanko == "valid (LTA_UPDATES)"
    bad = [row for row in found if row.ours != Outcome.VALID]
    assert any(row.pyhanko.startswith("valid") for row in bad)  # neither would do alone
    now, recorded = tamper_matrix.table(found), PAGE.read_text()
    assert without_pdfsig(now) == without_pdfsig(recorded)
    if not shutil.which("pdfsig"):
        pytest.skip("poppler-utils is not installed: its column was not compared")
    assert any(row.pdfsig.endswith("Signature is Valid") for row in bad)
    assert now == recorded
