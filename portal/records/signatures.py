"""What the signatures in a PDF say: pyHanko's verdict, our own coverage, what came after the seal.

No Django in here. A file that is not in our register is examined in a child process of its own
(this very file run by Python) with bounds on memory and time: the file is a stranger's.
"""

import asyncio
import base64
import io
import json
import resource
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

MEMORY = 1_000_000_000  # bytes of address space for a stranger's file
SECONDS = 3  # of processor time
PATIENCE = 6  # seconds by the clock
AT_ONCE = threading.BoundedSemaphore(2)  # children of one web process
MOST_SIGNATURES = 5
TEST_MARK = "TEST SEAL"


@dataclass(frozen=True)
class Examined:
    """Facts about a file and the seal in it. Without a seal of ours the last ones are empty."""

    readable: bool = False
    signed: bool = False  # there is some signature, perhaps damaged, perhaps not ours
    trusted: bool = False  # its certificate leads to one of our roots
    intact: bool = False  # the bytes that it covers are the ones that were sealed
    covers_all: bool = False  # and these are all bytes of the file
    signer: str = ""
    signed_at: str = ""  # ISO 8601
    time_source: str = ""  # "clock" of the bank, or "authority" for a trusted timestamp
    covered: int = 0  # bytes from the start up to where the sealed version ends
    changes: tuple[str, ...] = ()  # what came after the seal: CHANGES below


class Busy(Exception):
    """As many strangers' files are being examined as this process takes on. Try again later."""


CHANGES = ("pages", "content", "notes", "title", "attachments", "appended")


def examine(data: bytes, roots: list[bytes]) -> Examined:
    """Return what the file's signatures say, trusting `roots` (DER). Junk is only not readable."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        if reader.encrypted:
            return Examined()
        seen = list(reader.embedded_regular_signatures)[:MOST_SIGNATURES]
    except Exception:
        return Examined()
    if not seen:
        return Examined(readable=_has_pages(data))
    found = [_signature(data, embedded, roots) for embedded in seen]
    return next((each for each in found if each.trusted), found[0])


def _signature(data: bytes, embedded: Any, roots: list[bytes]) -> Examined:
    """Validate one signature. A damaged one is signed, and nothing else."""
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    try:
        status, trusted = asyncio.run(_validated(embedded, roots))
        end = int(embedded.byte_range[2]) + int(embedded.byte_range[3])
    except Exception:
        return Examined(readable=True, signed=True)
    intact = bool(status.intact and status.valid)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and end == len(data)
    stamped = status.timestamp_validity
    trusted_time = stamped.timestamp if stamped and stamped.trusted and stamped.intact else None
    moment = trusted_time or status.signer_reported_dt
    return Examined(
        readable=True,
        signed=True,
        trusted=trusted,
        intact=intact,
        covers_all=whole,
        signer=str(status.signing_cert.subject.native.get("common_name", "")),
        signed_at=moment.isoformat() if moment else "",
        time_source=("authority" if trusted_time else "clock") if moment else "",
        covered=end,
        changes=() if whole or not intact else _changes(data[:end], data),
    )


async def _validated(embedded: Any, roots: list[bytes]) -> tuple[Any, bool]:
    """Ask pyHanko, as of the time of the seal: a seal outlives its certificate.

    Returns its status, and whether the certificate leads to a root: of a broken signature pyHanko
    does not ask that, but people must know whose seal was broken.
    """
    from asn1crypto import x509
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko_certvalidator import CertificateValidator, ValidationContext
    from pyhanko_certvalidator.errors import PathError, ValidationError

    context = ValidationContext(
        trust_roots=[x509.Certificate.load(root) for root in roots],
        allow_fetching=False,
        moment=embedded.self_reported_timestamp,
    )
    # What came after the seal we compare ourselves: pyHanko's comparison waves some of it through.
    status = await async_validate_pdf_signature(embedded, context, skip_diff=True)
    if status.intact and status.valid:
        return status, bool(status.trusted)
    path = CertificateValidator(
        embedded.signer_cert,
        intermediate_certs=embedded.other_embedded_certs,
        validation_context=context,
    )
    try:
        await path.async_validate_path()
    except (PathError, ValidationError):
        return status, False
    return status, True


def _has_pages(data: bytes) -> bool:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return len(pdf.pages) > 0
    except Exception:
        return False


def _changes(sealed: bytes, whole: bytes) -> tuple[str, ...]:
    """Return which parts of the present file differ from the sealed version of it."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(sealed)) as before, pikepdf.open(io.BytesIO(whole)) as after:
            was, now = _parts(before), _parts(after)
    except Exception:
        return ("appended",)
    found = tuple(part for part in CHANGES if was.get(part) != now.get(part))
    return found or ("appended",)


def _parts(pdf: Any) -> dict[str, Any]:
    pages = list(pdf.pages)
    return {
        "pages": len(pages),
        "content": [_raw(page.obj.get("/Contents")) for page in pages],
        "notes": [len(page.obj.get("/Annots", [])) for page in pages],
        "title": (str(pdf.docinfo.get("/Title", "")), _raw(pdf.Root.get("/Metadata"))),
        "attachments": {
            name: _raw(held.obj.get("/EF", {}).get("/F")) for name, held in pdf.attachments.items()
        },
    }


def _raw(thing: Any) -> bytes:
    """Return a stream's bytes as they lie in the file: never unpacked, so no bomb goes off."""
    import pikepdf

    if isinstance(thing, pikepdf.Array):
        return b"".join(_raw(each) for each in thing)
    return bytes(thing.read_raw_bytes()) if isinstance(thing, pikepdf.Stream) else b""


def examine_apart(data: bytes, roots: list[bytes]) -> Examined:
    """Do the same in a child process with bounds; whatever kills it leaves the file unreadable.

    Errors: Busy at once, never a wait: a web thread that waits for its turn serves nobody.
    """
    if not AT_ONCE.acquire(blocking=False):
        raise Busy
    try:
        return _from_child(data, roots)
    finally:
        AT_ONCE.release()


def _from_child(data: bytes, roots: list[bytes]) -> Examined:
    head = json.dumps([base64.b64encode(root).decode() for root in roots])
    try:
        done = subprocess.run(  # noqa: S603  (no argument comes from outside)
            [sys.executable, "-I", str(Path(__file__).resolve())],
            input=head.encode() + b"\n" + data,
            env={"LC_ALL": "C.UTF-8"},  # no secrets
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return Examined()
    facts = json.loads(done.stdout)
    return Examined(**facts | {"changes": tuple(facts["changes"])})


def when(found: Examined) -> datetime | None:
    """Return the time of the seal, aware, or None."""
    return datetime.fromisoformat(found.signed_at) if found.signed_at else None


def main() -> None:
    """The child: bounds first, then the file from standard input, then JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    roots = [base64.b64decode(root) for root in json.loads(sys.stdin.buffer.readline())]
    print(json.dumps(asdict(examine(sys.stdin.buffer.read(), roots))))


if __name__ == "__main__":
    main()
