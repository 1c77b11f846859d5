"""Proof of time appended to a sealed PDF: a timestamp, what a later check needs, one more on top.

Only appends; the database is not touched. PAdES: B-T is a document timestamp; B-LT certificates
and revocation data in the document security store; B-LTA an archive timestamp over both. Imports
pyHanko. Errors: authority.Unanswered for what is outside; Unfit for what is wrong with the file.
"""

import asyncio
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from asn1crypto import crl, ocsp
from asn1crypto import x509 as asn1
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from portal.records.authority import (
    TOKEN_SIZE,
    Authority,
    NoRevocationData,
    NoTimestamp,
    Service,
    Stamp,
    Unanswered,
    revocation,
    within,
)

LEVELS = B_T, B_LTA = "B-T", "B-LTA"
PATIENCE = 30  # seconds for one step, all its questions together


class TooEarly(Unanswered):
    """A renewal would gain nothing: the authority's certificate ends no later than before."""


class Unfit(Exception):
    """The file cannot be given proof of time; asking again later will not help by itself."""


@dataclass(frozen=True)
class Gain:
    """The file after a step; `stamp` is its newest timestamp."""

    data: bytes
    level: str
    stamp: Stamp


@dataclass(frozen=True)
class Trust:
    """Whom to ask, and whom to trust for the seal."""

    service: Service
    seal_roots: tuple[bytes, ...]  # DER


def gains(
    data: bytes, *, level: str, stamp: Stamp | None, goal: str, trust: Trust, at: datetime
) -> Iterator[Gain]:
    """Yield the file after each step from `level` towards `goal`; from the goal on, renew it.

    `stamp` is the newest timestamp that is in the file. Validation data (B-LT) is never left at
    the end, where nothing would cover it: it comes with an archive timestamp or not at all.
    Stops at the first error, which it raises; what was yielded before it holds.
    """
    if not stamp or level == goal == B_T:
        data, stamp = _stamped_later(data, stamp, trust, at=at)
        yield Gain(data, B_T, stamp)
    if goal == B_T and level != B_LTA:
        return
    archived = level == B_LTA
    data = with_validation_data(data, trust, only_newest=archived)
    data, stamp = _stamped_later(data, stamp if archived else None, trust, at=at)
    yield Gain(data, B_LTA, stamp)


def _stamped_later(
    data: bytes, old: Stamp | None, trust: Trust, *, at: datetime
) -> tuple[bytes, Stamp]:
    """Append a timestamp; in the place of an `old` one only if it lasts longer."""
    data, new = stamped(data, service=trust.service, at=at)
    if old and new.ends_at <= old.ends_at:
        raise TooEarly(
            f"The authority's certificate is still one that ends {new.ends_at:%Y-%m-%d}."
        )
    return data, new


def stamped(data: bytes, *, service: Service, at: datetime) -> tuple[bytes, Stamp]:
    """Append a document timestamp over the whole file. Errors: NoTimestamp, Unfit."""
    authority = Authority(service, at=at)

    writer = _writer(data)
    appending = PdfTimeStamper(authority).async_timestamp_pdf(
        writer, "sha256", bytes_reserved=TOKEN_SIZE * 2
    )
    try:
        longer = bytes(within(PATIENCE, appending).getvalue())
    except TimeoutError as error:
        raise NoTimestamp("The timestamp authority took too long.") from error
    assert authority.stamp is not None  # noqa: S101  (async_timestamp raised otherwise)
    return _longer(data, longer), authority.stamp


def with_validation_data(data: bytes, trust: Trust, *, only_newest: bool = False) -> bytes:
    """Append the certificates and revocation data of the seal and of the newest timestamp.

    `only_newest`: the seal's are in the file already, and its services may be gone by now.
    Errors: NoRevocationData if any of it is missing or says revoked; Unfit.
    """

    try:
        return _longer(data, within(PATIENCE, _gathered(data, trust, only_newest=only_newest)))
    except TimeoutError as error:
        raise NoRevocationData("The revocation services took too long.") from error


async def _gathered(data: bytes, trust: Trust, *, only_newest: bool) -> bytes:
    writer = _writer(data)
    paths: list[Any] = []
    found: list[Any] = []
    for signature, roots, moment in _subjects(writer.prev, trust, only_newest=only_newest):
        path = await _path(signature, roots, moment)
        answers = await _answers(path, trust.service)
        await _path(signature, roots, moment, answers)  # a second time: with all that is known
        paths.append(path)
        found += answers
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        sig_contents=None,
        paths=paths,
        ocsps=[each for each in found if isinstance(each, ocsp.OCSPResponse)],
        crls=[each for each in found if isinstance(each, crl.CertificateList)],
    )
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def _subjects(
    reader: Any, trust: Trust, *, only_newest: bool
) -> Iterator[tuple[Any, tuple[bytes, ...], datetime]]:
    """Yield each signature whose certificates are wanted, with its roots and its time."""
    newest = reader.embedded_timestamp_signatures[-1]
    token = newest.signed_data["encap_content_info"]["content"].parsed
    if not only_newest:
        seal = seal_in(reader)
        yield seal, trust.seal_roots, seal.self_reported_timestamp
    yield newest, trust.service.roots, token["gen_time"].native


def seal_in(reader: Any) -> Any:
    """Return the seal, which is the first signature. Errors: Unfit."""
    found = reader.embedded_regular_signatures
    if not found:
        raise Unfit("The file has no seal.")
    return found[0]


async def _path(
    signature: Any, roots: Iterable[bytes], moment: datetime, answers: Iterable[Any] | None = None
) -> Any:
    """Return the chain from a signature's certificate to one of `roots`, as of `moment`.

    With `answers`, every certificate that names a revocation service must be found good in them.
    """
    known = list(answers or ())
    context = ValidationContext(
        trust_roots=[asn1.Certificate.load(root) for root in roots],
        allow_fetching=False,
        moment=moment,
        revocation_mode="soft-fail" if answers is None else "hard-fail",
        retroactive_revinfo=True,  # asked after the signature was made
        ocsps=[each for each in known if isinstance(each, ocsp.OCSPResponse)],
        crls=[each for each in known if isinstance(each, crl.CertificateList)],
    )
    validator = CertificateValidator(
        signature.signer_cert,
        intermediate_certs=signature.other_embedded_certs,
        validation_context=context,
    )
    try:
        return await validator.async_validate_path()
    except (PathError, ValidationError) as error:
        if answers is None:
            name = signature.signer_cert.subject.native.get("common_name", "")
            raise Unfit(f"No root that we trust vouches for {name}.") from error
        raise NoRevocationData(f"Revocation data does not suffice: {error}") from error


async def _answers(path: Any, service: Service) -> list[Any]:
    chain = list(path)  # from the root down
    asked = [
        await revocation(certificate, issuer, service=service)
        for issuer, certificate in pairwise(chain)
    ]
    return [answer for answer in asked if answer is not None]


def vouched_for(data: bytes, roots: Iterable[bytes]) -> bool:
    """Return whether the seal's certificate leads to one of `roots`, whatever the file's state."""
    try:
        seal = seal_in(PdfFileReader(io.BytesIO(data), strict=False))
        asyncio.run(_path(seal, roots, seal.self_reported_timestamp))
    except Unfit:
        return False
    return True


def _writer(data: bytes) -> IncrementalPdfFileWriter:
    try:
        return IncrementalPdfFileWriter(io.BytesIO(data))
    except Exception as error:
        raise Unfit(f"The file cannot be read ({type(error).__name__}).") from error


def _longer(before: bytes, after: bytes) -> bytes:
    """Hold the promise on which everything rests: what was there stays as it is."""
    if not after.startswith(before):
        raise Unfit("Something before the end of the file would change.")
    return after
