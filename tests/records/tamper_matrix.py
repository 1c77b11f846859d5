"""The tamper matrix: what we, pyHanko and poppler's pdfsig say of each tampered file.

.venv/bin/python -m tests.records.tamper_matrix > docs/tamper-matrix.md
"""

import asyncio
import io
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import environment  # first: Django reads its settings only once

HEAD = """# The tamper matrix

What is said of a file that someone tampered with: by us (`portal/records/verification.py`), by
pyHanko 0.38 alone with its own rules, and by poppler's `pdfsig -nocert` (22.12) alone. Printed by
`.venv/bin/python -m tests.records.tamper_matrix > docs/tamper-matrix.md`;
`tests/records/test_tamper.py` fails where a row is no longer true. The untouched document is in
the register. A file marked \\* is in it too, as if the register had been deceived (or because it
is ours). Files that a passkey signed are other documents, some sealed with a record that lies.
pyHanko says of its own what came after the seal: NONE or LTA_UPDATES.

"""
COLUMNS = (
    "what was done", "we say", "what we say changed", "we say of the cardholder",
    "pyHanko alone", "pdfsig alone",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One tampered file, and the verdicts on it as texts."""

    case: str
    ours: str
    changes: str
    person: str
    pyhanko: str
    pdfsig: str


def cases(folder: Path) -> dict[str, Callable[[], bytes]]:
    """Every case by name; `folder` is for keys."""
    from tests.records import later_stamps, samples, signed, tampering

    good = samples.sealed
    later = lambda: later_stamps.archived(good())  # noqa: E731
    return {
        "nothing *": good,
        "one byte of a page": lambda: samples.flip_page(good()),
        "one byte of the attachment": lambda: samples.flip_attachment(good()),
        "one digit of the signature": lambda: samples.flip_signature(good()),
        "a page added": lambda: samples.add_page(good()),
        "a page added *": lambda: samples.add_page(good()),
        "drawn over a page": lambda: tampering.add_stamp(good()),
        "a page's content replaced": lambda: tampering.replace_page(good()),
        "a note added": lambda: tampering.add_note(good()),
        "the seal's picture replaced": lambda: tampering.change_seal_picture(good()),
        "the title changed": lambda: samples.change_title(good()),
        "a script added": lambda: tampering.add_script(good()),
        "junk after the end": lambda: good() + b"\n%junk\n",
        "one byte after the end *": lambda: good() + b"\n",
        "cut short": lambda: good()[:-700],
        "cut back to the draft": lambda: good()[: len(samples.draft())],
        "the attachment removed, appended": lambda: tampering.remove_attachment(good()),
        "the attachment removed, rewritten": lambda: tampering.save_anew(
            good(), without_attachment=True
        ),
        "saved anew by another program": lambda: tampering.save_anew(good()),
        "the signature stripped": lambda: samples.strip_seal(good()),
        "signed by someone else *": lambda: tampering.sealed_by(folder, "stranger"),
        "our name, another root *": lambda: tampering.sealed_under_our_name(folder),
        "our earlier key, within its time *": lambda: tampering.sealed_by(
            folder, "ours"),
        "our earlier key, after its time *": lambda: tampering.sealed_too_late(folder),
        "our key, never entered": lambda: tampering.sealed_by(folder, "ours"),
        "our key, changes allowed *": tampering.sealed_without_lock,
        "a second signature by a stranger": lambda: tampering.sign_again(good(), folder),
        "our seal copied into another file": lambda: tampering.copy_seal(good()),
        "the zeros behind the signature filled": lambda: tampering.fill_padding(good()),
        "the signature in other letters": lambda: tampering.write_in_capitals(good()),
        "the byte range changed": lambda: tampering.widen_gap(good()),
        "our own timestamps *": later,
        "our own timestamp and data, not covered *": lambda: later_stamps.with_validation_data(
            later_stamps.stamp(good())
        ),
        "a stranger's timestamp": lambda: later_stamps.stamp(good()),
        "a stranger's timestamp on ours": lambda: later_stamps.stamp(later()),
        "the title changed, then a timestamp": lambda: later_stamps.stamp(
            samples.change_title(good())
        ),
        "a title in one more language, then a timestamp": lambda: later_stamps.stamp(
            tampering.retitle(good(), unreadable=False)
        ),
        "titles and an unreadable name, then a timestamp": lambda: later_stamps.stamp(
            tampering.retitle(good(), unreadable=True)
        ),
        "a page added, then a timestamp": lambda: later_stamps.stamp(samples.add_page(good())),
        "a timestamp, then a byte": lambda: later_stamps.stamp(good()) + b"\n",
        "one byte of a page, then a timestamp": lambda: later_stamps.stamp(
            samples.flip_page(good())
        ),
        "signed with a passkey *": signed.by_passkey,
        "signed with a passkey, one byte of its record": lambda: samples.flip_attachment(
            signed.by_passkey()
        ),
        "another document's passkey signature sealed in *": signed.of_another_draft,
        "the same, and the record names this document *": signed.under_this_hash,
        "another's public key sealed in *": signed.by_another_key,
        "a page added after the signature, before the seal *": signed.with_a_page_more,
    }  # fmt: skip


def judged(name: str, data: bytes) -> Row:
    """Return the row of a file, with the register as it stands."""
    from portal.records.verification import check

    verdict = check(data)
    changes = ", ".join(verdict.changes)
    return Row(
        name, str(verdict.outcome), changes, person(verdict), pyhanko(data), pdfsig(data)
    )  # fmt: skip


def person(verdict: Any) -> str:
    """Say what the check says of how the cardholder accepted."""
    if verdict.accepted_fault:
        return f"does not fit ({verdict.accepted_fault})"
    return f"{verdict.accepted_with} fits" if verdict.accepted_with else ""


def pyhanko(data: bytes) -> str:
    """Say what pyHanko makes of the signatures, with its own difference policy."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        found = [_status(each) for each in reader.embedded_regular_signatures]
    except Exception:
        return "cannot read it"
    return " / ".join(found) or "no signature"


def _status(embedded: object) -> str:
    from asn1crypto import x509
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    from portal.records.seal_key import trusted_roots

    roots = [x509.Certificate.load(root) for root in trusted_roots()]
    moment = embedded.self_reported_timestamp  # type: ignore[attr-defined]
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=moment)
    try:
        status = asyncio.run(async_validate_pdf_signature(embedded, context))
    except Exception:
        return "cannot read it"
    if status.bottom_line:
        return f"valid ({status.modification_level.name})"
    if not (status.intact and status.valid):
        return "not intact"
    return "changed" if status.trusted else "not trusted"


def pdfsig(data: bytes) -> str:
    """Say what pdfsig prints about each signature."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.pdf"
        path.write_bytes(data)
        command = ["pdfsig", "-nocert", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    words = r"Signature Validation: (.*?)\.?$|^\s*- ((?:Total|Not total) document signed)"
    said = [a or b for a, b in re.findall(words, done.stdout, re.MULTILINE)]
    return ", ".join(said) or ("no signature" if "not contain any" in done.stdout else "no answer")


def rows(folder: Path, enter: Callable[[bytes, str], None]) -> list[Row]:
    """Judge every case; `enter(data, name)` puts a file into the register, or takes it out."""
    found = []
    for name, make in cases(folder).items():
        data = make()
        enter(data, name)
        found.append(judged(name, data))
    return found


def table(found: list[Row]) -> str:
    """Return the matrix as a Markdown page."""
    lines = [" | ".join(COLUMNS), " | ".join("---" for _ in COLUMNS)]
    lines += [" | ".join((row.case.replace("*", r"\*"), *astuple(row)[1:])) for row in found]
    return HEAD + "".join(f"| {line} |\n" for line in lines)


def register() -> Callable[[bytes, str], None]:
    """Return `enter`: it files the untouched document, and each marked one for its own case."""
    from portal.records.models import Augmentation, Document
    from tests.records import later_stamps, samples

    samples.file(samples.sealed())

    def enter(data: bytes, name: str) -> None:
        Augmentation.objects.all().delete()
        Document.objects.exclude(code=samples.CODE).delete()
        if name.startswith("our own timestamp"):
            later_stamps.enter(Document.objects.get(code=samples.CODE), data)
        elif name.endswith("*") and data != samples.sealed():
            samples.file(data, code="TAMPERED2222", number="AG-2026-000999")

    return enter


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django
    from django.conf import settings
    from django.db import connection
    from django.test.utils import override_settings

    django.setup()
    from portal.records import apart
    from portal.records.seal_key import make_development_seal
    from tests.records import later_stamps, tampering
    from tests.records.samples import AT

    apart.PATIENCE = 60
    make_development_seal(Path(settings.SEAL_PKCS12), passphrase="", at=AT)
    connection.creation.create_test_db(verbosity=0)
    folder = Path(environment.VAR_DIR)
    roots = {
        "SEAL_ROOTS": tampering.earlier_root(folder),
        "TSA_ROOTS": later_stamps.roots_file(folder),
    }
    with override_settings(**roots):
        print(table(rows(folder, register())), end="")
    environment.pytest_unconfigure()


if __name__ == "__main__":
    main()
