"""The proof pack is unpacked, and every command of its README is run as it is printed."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from portal.records import audit, documents, proof
from portal.records.models import AuditEvent, Document
from tests.people import sign_in
from tests.plans.scene import behind
from tests.records import later_stamps, samples
from tests.records.samples import AT, NAME, file, sealed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawn_once")]
LATER = AT + timedelta(days=3)
LANGUAGES = ("zh", "en")


def filed(*, stamped: bool = False):
    documents.store(sealed())
    document = file(sealed(), subject="test:1")
    for number in range(3):
        audit.record(
            "test.done", subject="test:1", by=None, at=AT, data={"sum": "1.20", "n": [number, "期"]}
        )
    if stamped:
        later_stamps.enter(document, later_stamps.archived(sealed()))
    return document


def unpacked(packed: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert opened.testzip() is None
        opened.extractall(folder)
    return folder


def commands(readme: str) -> list[str]:
    """The indented lines that begin with a program; the script as a whole."""
    script = re.search(r"python3 - <<'END'\n.*?\nEND\n", readme, re.DOTALL)[0]
    lines = readme.replace(script, "").splitlines()
    programs = ("sha256sum", "head", "tail", "openssl", "pdfsig")
    return [ln.strip() for ln in lines if ln.startswith("    ") and ln.split()[0] in programs] + [
        script
    ]


def run(command: str, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{command}\n{said}"
    return said


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="poppler-utils is not installed")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stamped", [False, True], ids=["sealed", "timestamped"])
def test_every_command_of_the_readme_does_what_it_says(tmp_path, settings, language, stamped):
    settings.TSA_ROOTS = later_stamps.roots_file(tmp_path)
    document = filed(stamped=stamped)
    folder = unpacked(proof.pack(document, at=LATER), tmp_path / "pack")
    readme = (folder / f"README.{language}.txt").read_text()
    said = {command: run(command, folder) for command in commands(readme)}
    text = "\n".join(said.values())
    assert len(said) == (15 if stamped else 8)
    assert text.count("CMS Verification successful") == 1
    assert text.count("Verification: OK") == (2 if stamped else 0)
    assert text.count("Signature is Valid") == 1
    assert text.count("Total document signed") == 1
    assert document.sha256 in text and document.sha256 in readme
    assert "The chain holds: 3 events" in text and "The chain holds: 3 events" in readme
    assert "2026-11-22 07:38:08" in readme and ("07:40:08" in readme) == stamped  # all in UTC
    assert last_hash() in text and last_hash() in readme


def last_hash() -> str:
    return audit.AuditHead.objects.get(subject="test:1").hash


def changed(chain: dict) -> dict:
    chain["events"][1]["data"]["sum"] = "9.99"
    return chain


def without_end(chain: dict) -> dict:
    chain["events"].pop()
    return chain


def without_middle(chain: dict) -> dict:
    del chain["events"][1]
    return chain


@pytest.mark.parametrize("tamper", [changed, without_end, without_middle])
def test_a_tampered_chain_is_called_broken(tmp_path, tamper):
    folder = unpacked(proof.pack(filed(), at=LATER), tmp_path)
    chain = json.loads((folder / "audit.json").read_text())
    (folder / "audit.json").write_text(json.dumps(tamper(chain)))
    script = commands((folder / "README.en.txt").read_text())[-1]
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1 and "BROKEN" in done.stderr
    sums = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True)
    assert sums.returncode != 0


@pytest.mark.parametrize("tamper", [samples.flip_page, samples.flip_attachment])
def test_a_tampered_document_fails_in_openssl(tmp_path, tamper):
    folder = unpacked(proof.pack(filed(), at=LATER), tmp_path)
    paper = folder / "AG-2026-000123.pdf"
    paper.write_bytes(tamper(paper.read_bytes()))
    *_, verify = (c for c in made(folder))
    done = subprocess.run(["bash", "-c", verify], cwd=folder, capture_output=True, text=True)
    assert done.returncode != 0 and "failure" in done.stderr.lower()


def made(folder: Path):
    """Make signed.bin as the README says; yield the command that checks it."""
    for command in commands((folder / "README.en.txt").read_text()):
        if "signed.bin" in command and not command.startswith("openssl"):
            run(command, folder)
        elif "cms -verify" in command:
            yield command


def test_the_same_facts_give_the_same_bytes():
    document = filed()
    packed = proof.pack(document, at=LATER)
    assert proof.pack(document, at=LATER) == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert {entry.date_time for entry in opened.infolist()} == {(2026, 11, 25, 7, 38, 8)}
        assert sorted(opened.namelist()) == [
            "AG-2026-000123.pdf", "README.en.txt", "README.zh.txt", "SHA256SUMS", "audit.json",
            "certificates.pem", "roots.pem", "signature.p7s",
        ]  # fmt: skip


def test_only_the_document_names_the_person(tmp_path):
    folder = unpacked(proof.pack(filed(), at=LATER), tmp_path)
    for path in folder.iterdir():
        if path.suffix != ".pdf":
            assert NAME.encode() not in path.read_bytes(), path.name
            assert "协议".encode() not in path.read_bytes(), path.name  # the title may name someone


def test_the_owner_downloads_the_pack_of_an_agreement_and_it_is_logged(client):
    scene = behind()
    agreement = scene.sign(scene.offered())
    me, address = sign_in(client, scene.holder), f"/plans/agreements/{agreement.number}/proof.zip"
    assert address in me.get(f"/plans/agreements/{agreement.number}/").content.decode()
    response = me.get(address)
    assert response.headers["Content-Type"] == "application/zip"
    assert f'filename="{agreement.number}.zip"' in response.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as opened:
        chain = json.loads(opened.read("audit.json"))
        assert chain["subject"] == agreement.document.subject
        assert chain["events"][-1]["verb"] == "plans.offer.accepted"
        person = scene.account.cardholder.person.full_name.encode()
        assert not [n for n in opened.namelist() if n[-3:] != "pdf" and person in opened.read(n)]
    assert AuditEvent.objects.filter(verb="plans.agreement.downloaded").count() == 1
    Document.objects.filter(pk=agreement.document_id).update(purged_at=AT)
    assert me.get(address).status_code == 404
    assert address not in me.get(f"/plans/agreements/{agreement.number}/").content.decode()


def test_a_document_without_a_seal_has_no_pack():
    documents.store(samples.draft())
    with pytest.raises(ValueError, match="no seal"):
        proof.pack(file(samples.draft(), sealed=False), at=LATER)


@pytest.mark.parametrize("another", [False, True], ids=["no root", "another root of its name"])
def test_nothing_is_promised_of_a_timestamp_whose_authority_we_do_not_vouch_for(
    tmp_path, settings, another
):
    settings.TSA_ROOTS = later_stamps.namesake(tmp_path) if another else ""
    folder = unpacked(proof.pack(filed(stamped=True), at=LATER), tmp_path / "pack")
    readme = (folder / "README.en.txt").read_text()
    assert "openssl ts -verify" not in readme and "does not name today" in readme
    assert (folder / "timestamp-1.tst").exists() and not (folder / "authorities.pem").exists()
