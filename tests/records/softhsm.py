"""A token of SoftHSM2 of a test's own, with one key in it."""

import os
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest

MODULES = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"]
MODULE = next((path for path in MODULES if os.path.exists(path)), "")
TOKEN, PIN, KEY = "portal-test", "4711471", "seal"


class NoHsm(UserWarning):
    """Shown in pytest's summary: a skipped test of the HSM is no proof."""


def need_softhsm() -> None:
    """Skip, and say so in the summary too; in CI (.ci/run installs it) fail."""
    if MODULE:
        return
    missing = "SoftHSM2 is not installed (Debian: softhsm2): sealing with an HSM was NOT tested"
    if os.environ.get("CI"):
        pytest.fail(missing)
    with warnings.catch_warnings():
        warnings.simplefilter("always", NoHsm)  # the suite makes errors of warnings
        warnings.warn(missing, NoHsm, stacklevel=2)
    pytest.skip(missing)


def make_token(folder: Path) -> None:
    """Make the token; the environment must name `folder` before the library is loaded."""
    (folder / "tokens").mkdir(parents=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(conf)
    add_token(TOKEN)


def add_token(label: str) -> None:
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN,
         "--so-pin", "12345678"], check=True, capture_output=True,
    )  # fmt: skip


def put(key: Any, label: str, folder: Path) -> None:
    """Import a private key, as a bank's ceremony would make one inside."""
    from cryptography.hazmat.primitives import serialization

    pem = folder / f"{label}.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    subprocess.run(
        ["softhsm2-util", "--import", pem, "--token", TOKEN, "--label", label, "--pin", PIN,
         "--id", label.encode().hex()], check=True, capture_output=True,
    )  # fmt: skip
