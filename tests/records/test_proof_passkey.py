"""The proof pack of a document that a passkey signed: its own steps are run as printed."""

import json
import re
import subprocess

import pytest

from portal.records import documents, proof
from tests.records import signed
from tests.records.samples import AT, draft, file
from tests.records.test_proof import LANGUAGES, run, unpacked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]
FILES = ["acceptance.json", "passkey-client.json", "passkey-key.pem", "passkey-signature.bin",
         "passkey-signed.bin"]  # fmt: skip


def pack_of(data: bytes, folder):
    documents.store(data)
    return unpacked(proof.pack(file(data), at=AT), folder)


def steps(readme: str) -> list[str]:
    """The commands of the passkey's section, its script among them."""
    section = readme[readme.index(f"head -c {len(draft())} ") :]
    script = re.search(r"python3 - <<'END'\n.*?\nEND\n", section, re.DOTALL)[0]
    plain = section.replace(script, "")
    return [*re.findall(r"^(?:    )?((?:head|openssl) .*)$", plain, re.MULTILINE), script]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_steps_of_the_readme_prove_the_signature(tmp_path, language):
    folder = pack_of(signed.by_passkey(), tmp_path)
    said = "\n".join(run(step, folder) for step in steps(readme_of(folder, language)))
    sha256 = documents.digest(draft())
    assert said.count(sha256) == 2 and "Verified OK" in said
    assert f"The device was asked to sign this document: {sha256}" in said


def readme_of(folder, language="en"):
    return (folder / f"README.{language}.txt").read_text()


def of_another_document(folder):
    path = folder / "acceptance.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"draft_sha256": "ab" * 32}))


def at_another_site(folder):
    path = folder / "passkey-signed.bin"
    path.write_bytes(b"\0" * 32 + path.read_bytes()[32:])


def by_nobody(folder):
    path = folder / "passkey-signed.bin"
    data = bytearray(path.read_bytes())
    data[32] = 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("lie", [of_another_document, at_another_site, by_nobody])
def test_a_lie_in_the_pack_is_called_broken(tmp_path, lie):
    folder = pack_of(signed.by_passkey(), tmp_path)
    *_, openssl, script = steps(readme_of(folder))
    lie(folder)
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1 and "BROKEN" in done.stderr
    if lie is not of_another_document:  # those bytes are signed themselves
        assert subprocess.run(["bash", "-c", openssl], cwd=folder).returncode == 1


def test_without_a_signature_that_fits_the_pack_promises_none(tmp_path):
    folder = pack_of(signed.by_another_key(), tmp_path)
    assert not [name for name in FILES if (folder / name).exists()]
    assert "passkey" not in readme_of(folder)
