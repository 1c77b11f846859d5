"""What the signatures in a PDF say: pyHanko's verdict, our own coverage, what came after the seal.

No Django in here: a stranger's file is examined by this very file in a child process (apart.py).
"""

import asyncio
import base64
import io
import json
import resource
import sys
import types
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

MEMORY = 1_000_000_000  # bytes of address space for a stranger's file
SECONDS = 3  # of processor time
MOST_SIGNATURES = 5
MOST_TIMESTAMPS = 20  # a document is renewed every few years
APPENDED = ("appended",)  # something after the seal, and the comparison found no part changed
TIMESTAMP = ("timestamp",)  # that, and it is nothing but proof of time


@dataclass(frozen=True)
class Examined:
    """Facts about a file and the seal in it. Without a seal of ours the last ones are empty."""

    readable: bool = False
    signed: bool = False  # there is some signature, perhaps damaged, perhaps not ours
    trusted: bool = False  # its certificate leads to one of our roots
    intact: bool = False  # the bytes that it covers are the ones that were sealed
    certified: bool = False  # and it permits no changes, as each seal of ours does
    covers_all: bool = False  # and these are all bytes of the file
    only_time: bool = False  # or all that follows proves time, and a timestamp covers every byte
    signer: str = ""
    signed_at: str = ""  # ISO 8601, by the clock of who sealed
    authority: str = ""  # who timestamped the sealed bytes first, if we trust it
    proved_at: str = ""  # ISO 8601, by the authority's clock
    covered: int = 0  # bytes from the start up to where the sealed version ends
    changes: tuple[str, ...] = ()  # what came after the seal:
    # differences.PARTS, or differences.UNKNOWN, APPENDED, TIMESTAMP
    accepted_with: str = ""  # how the person accepted what was sealed, see assertion.Accepted
    accepted_fault: str = ""


def examine(data: bytes, roots: list[bytes], authorities: Sequence[bytes] = ()) -> Examined:
    """Return what the file's signatures say. Junk is only not readable.

    `roots` vouch for our seals, `authorities` for timestamps (DER).
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        if reader.encrypted:
            return Examined()
        signatures = list(reader.embedded_signatures)
    except Exception:
        return Examined()
    seals = [each for each in signatures if each.sig_object_type != "/DocTimeStamp"]
    found = [_seal(data, each, roots, authorities) for each in seals[:MOST_SIGNATURES]]
    if not found:
        return Examined(readable=bool(signatures) or _has_pages(data), signed=bool(signatures))
    best = next((i for i, each in enumerate(found) if each.trusted), 0)
    if not (found[best].trusted and found[best].intact):
        return found[best]
    found[best] = _with_person(found[best], data)
    later = [s for s in signatures if s.signed_revision > seals[best].signed_revision]
    return _with_time(found[best], data, seals[best], later, authorities)


def _seal(data: bytes, embedded: Any, roots: list[bytes], authorities: Sequence[bytes]) -> Examined:
    """Validate one signature. A damaged one is signed, and nothing else."""
    from pyhanko.sign.fields import MDPPerm
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    try:
        status, trusted = asyncio.run(_validated(embedded, roots, authorities))
        end = int(embedded.byte_range[2]) + int(embedded.byte_range[3])
        certified = embedded.docmdp_level == MDPPerm.NO_CHANGES
    except Exception:
        return Examined(readable=True, signed=True)
    intact = bool(status.intact and status.valid)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and end == len(data)
    stamped = status.timestamp_validity
    proved = stamped if stamped and stamped.trusted and stamped.intact else None
    return Examined(
        readable=True,
        signed=True,
        trusted=trusted,
        intact=intact,
        certified=certified,
        covers_all=whole,
        signer=_name(status.signing_cert),
        signed_at=_iso(status.signer_reported_dt),
        authority=_name(proved.signing_cert) if proved else "",
        proved_at=_iso(proved.timestamp) if proved else "",
        covered=end,
        changes=() if whole or not intact else _changes(data, end),
    )


def _changes(data: bytes, end: int) -> tuple[str, ...]:
    from portal.records import differences

    return differences.changes(data[:end], data) or APPENDED


def _with_person(found: Examined, data: bytes) -> Examined:
    """Add how the cardholder accepted. Only an unbroken seal of ours says whose key that was."""
    from portal.records import assertion

    accepted = assertion.of_document(data[: found.covered])
    return replace(found, accepted_with=accepted.method, accepted_fault=accepted.fault)


def _name(certificate: Any) -> str:
    return str(certificate.subject.native.get("common_name", ""))


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _trusting(roots: Sequence[bytes], moment: datetime | None) -> Any:
    from asn1crypto import x509
    from pyhanko_certvalidator import ValidationContext

    trusted = [x509.Certificate.load(root) for root in roots]
    return ValidationContext(trust_roots=trusted, allow_fetching=False, moment=moment)


async def _validated(
    embedded: Any, roots: list[bytes], authorities: Sequence[bytes]
) -> tuple[Any, bool]:
    """Ask pyHanko, as of the time of the seal: a seal outlives its certificate.

    Returns its status, and whether the certificate leads to a root: of a broken signature pyHanko
    does not ask that, but people must know whose seal was broken.
    """
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko_certvalidator import CertificateValidator
    from pyhanko_certvalidator.errors import PathError, ValidationError

    at = embedded.self_reported_timestamp
    context = _trusting(roots, at)
    # What came after the seal is judged below: pyHanko's comparison alone waves a title through.
    status = await async_validate_pdf_signature(
        embedded, context, ts_validation_context=_trusting(authorities, at), skip_diff=True
    )
    if status.intact and status.valid:
        return status, bool(status.trusted)
    others = embedded.other_embedded_certs
    path = CertificateValidator(embedded.signer_cert, others, validation_context=context)
    try:
        await path.async_validate_path()
    except (PathError, ValidationError):
        return status, False
    return status, True


def _with_time(
    found: Examined, data: bytes, seal: Any, later: list[Any], authorities: Sequence[bytes]
) -> Examined:
    """Add what the timestamps after the seal prove, and whether there is nothing but them."""
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    try:
        if any(each.sig_object_type != "/DocTimeStamp" for each in later[:MOST_TIMESTAMPS]):
            return found
        stamps = [asyncio.run(_timestamp(s, authorities)) for s in later[:MOST_TIMESTAMPS]]
    except Exception:
        return found
    proof = next((s for s in stamps if s.intact and s.valid and s.trusted), None)
    if proof and not found.authority:
        moment, authority = _iso(proof.timestamp), _name(proof.signing_cert)
        found = replace(found, authority=authority, proved_at=moment)
    if found.changes != APPENDED or not stamps or len(stamps) < len(later):
        return found
    last, end = stamps[-1], int(later[-1].byte_range[2]) + int(later[-1].byte_range[3])
    whole = last.coverage == SignatureCoverageLevel.ENTIRE_FILE and end == len(data)
    if whole and last.intact and last.valid and _only_validation_data(seal):
        return replace(found, only_time=True, changes=TIMESTAMP)
    return found


async def _timestamp(embedded: Any, authorities: Sequence[bytes]) -> Any:
    """Ask pyHanko about one timestamp, as of its own time: it outlives its certificate too."""
    from pyhanko.sign.validation import async_validate_pdf_timestamp

    token = embedded.signed_data["encap_content_info"]["content"].parsed
    context = _trusting(authorities, token["gen_time"].native)
    return await async_validate_pdf_timestamp(embedded, context, skip_diff=True)


def _only_validation_data(seal: Any) -> bool:
    """Apply pyHanko's difference policy to all that was appended after the seal.

    Its search for other uses of each replaced object reads the whole sealed version (8 s for
    15,000 structure elements); it matters where an enemy made that version, and this answer is
    used only where that version is in our register. Hence a resolver that knows of no other uses.
    """
    from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    if seal.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return False
    sealed = seal.reader.get_historical_resolver(seal.signed_revision)
    sealed._indirect_object_access_cache = {}
    result = DEFAULT_DIFF_POLICY.review_file(seal.reader, sealed, doc_mdp=seal.docmdp_level)
    if not isinstance(result, DiffResult):
        return False
    return bool(result.modification_level <= ModificationLevel.LTA_UPDATES)


def _has_pages(data: bytes) -> bool:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return bool(pdf.pages)
    except Exception:
        return False


def main() -> None:
    """The child: bounds first, then the file from standard input, then JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    client = types.ModuleType("aiohttp")  # not here: a third of pyHanko's start, and a way out
    client.__getattr__ = lambda name: object  # type: ignore[method-assign]
    sys.modules["aiohttp"] = client
    bare = types.ModuleType("portal")  # the package itself would start Celery and Django
    bare.__path__ = [str(Path(__file__).parents[1])]
    sys.modules.setdefault("portal", bare)
    given = json.loads(sys.stdin.buffer.readline())
    roots, authorities = ([base64.b64decode(root) for root in each] for each in given)
    print(json.dumps(asdict(examine(sys.stdin.buffer.read(), roots, authorities))))


if __name__ == "__main__":
    main()
