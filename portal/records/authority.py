"""The timestamp authority (RFC 3161) and the revocation services: all that stamping ever asks.

Addresses: TSA_URL, and what certificates of a chain that leads to one of our roots name. Nothing
else, no redirect, no proxy. Every answer has a bound in bytes and in seconds. Imports pyHanko.
"""

import asyncio
from base64 import b64encode
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from asn1crypto import cms, core, crl, ocsp, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.util import get_ocsp_urls

T = TypeVar("T")
TOKEN_SIZE = 10_000  # bytes; what a timestamp may take in the file, with its certificates
REVOCATION_SIZE = 500_000  # bytes; a revocation list goes into every document
DRIFT = timedelta(minutes=10)  # between the authority's clock and ours; more, and one is wrong


class Unanswered(Exception):
    """Something outside did not give what it should; the text says who and what."""


class NoTimestamp(Unanswered):
    """The authority gave no timestamp that can be relied on."""


class NoRevocationData(Unanswered):
    """Whether a certificate was revoked could not be learned in full."""


@dataclass(frozen=True)
class Stamp:
    """What a timestamp says."""

    at: datetime
    authority: str  # its certificate's common name
    ends_at: datetime  # when the first certificate of its chain ends


@dataclass(frozen=True)
class Service:
    """Where timestamps come from, and whom to trust for them."""

    url: str
    roots: tuple[bytes, ...]  # DER
    timeout: int  # seconds for one answer
    login: tuple[str, str] | None = field(default=None, repr=False)


class Unawaited(ThreadPoolExecutor):
    """For the resolver: a name server that is silent is left behind, not waited for."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait=False, cancel_futures=True)


def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Run all of a step's questions. Errors: TimeoutError after `seconds`, whatever hangs.

    asyncio.run by itself joins the thread that looks a name up, which no timeout ends.
    """

    async def bounded() -> T:
        asyncio.get_running_loop().set_default_executor(Unawaited())
        async with asyncio.timeout(seconds):
            return await work

    return asyncio.run(bounded())


class Authority(TimeStamper):
    """One document's client. A token is looked through before it gets anywhere near a file."""

    def __init__(self, service: Service, *, at: datetime) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.service, self.at = service, at
        self.stamp: Stamp | None = None

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        """Return a token for a digest. Errors: NoTimestamp."""
        nonce, request = self.request_cms(  # type: ignore[no-untyped-call]
            message_digest, md_algorithm
        )
        try:
            answer = await ask(
                self.service.url, request.dump(), kind="timestamp", service=self.service
            )
            token = _token(answer, nonce)
            self.stamp = await self._checked(token, message_digest, md_algorithm)
        except Unanswered as error:
            raise NoTimestamp(f"The timestamp authority {error}.") from error
        except Exception as error:  # junk breaks asn1crypto and pyHanko in many ways
            raise NoTimestamp(
                f"The timestamp authority sent what cannot be read ({type(error).__name__})."
            ) from error
        return token

    async def _checked(self, token: Any, digest: bytes, algorithm: str) -> Stamp:
        def imprint(used: str) -> bytes:
            return digest if used == algorithm else b""

        status = await status_of(token["content"], imprint, roots=self.service.roots, at=self.at)
        if not (status.intact and status.valid):
            raise Unanswered("stamped something else, or its signature is broken")
        if not status.trusted:
            raise Unanswered("is not one that TSA_ROOTS vouches for")
        stamp = stamp_of(status)
        if abs(stamp.at - self.at) > DRIFT:
            raise Unanswered(f"says it is {stamp.at:%Y-%m-%d %H:%M:%S}, our clock says otherwise")
        if len(token.dump()) > TOKEN_SIZE:
            raise Unanswered("sent a timestamp too large for its place")
        return stamp


class Answer(core.Sequence):  # type: ignore[misc]
    """A TimeStampResp; asn1crypto's own does not know that a refusal has no token."""

    _fields = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def _token(answer: bytes, nonce: Any) -> Any:
    """Return the token in an answer, if it is granted and answers our very question."""
    response = Answer.load(answer, strict=True)
    said = response["status"]["status"].native
    if said != "granted":
        raise Unanswered(f"refused ({said})")
    token = response["time_stamp_token"]
    info = token["content"]["encap_content_info"]["content"].parsed
    if info["nonce"].native != nonce:
        raise Unanswered("answered another question: the nonce is wrong")
    return token


async def status_of(
    signed_data: Any, imprint: Any, *, roots: tuple[bytes, ...], at: datetime
) -> TimestampSignatureStatus:
    """Return pyHanko's verdict on a token as of `at`, for the digest that imprint(name) gives."""
    context = ValidationContext(
        trust_roots=[asn1.Certificate.load(root) for root in roots],
        allow_fetching=False,
        moment=at,
    )
    return TimestampSignatureStatus(**await validate_tst_signed_data(signed_data, context, imprint))


def stamp_of(status: TimestampSignatureStatus) -> Stamp:
    """Return the facts of a timestamp that leads to a root."""
    names = status.signing_cert.subject.native
    return Stamp(
        at=status.timestamp,
        authority=str(names.get("common_name") or status.signing_cert.subject.human_friendly)[:200],
        ends_at=min(each.not_valid_after for each in status.validation_path or ()),
    )


async def ask(url: str, data: bytes | None, *, kind: str, service: Service) -> bytes:
    """Return the whole answer to a POST of `data` (a GET without). Errors: Unanswered."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise Unanswered("has an address that is not http")
    ours = kind == "timestamp"  # only the authority gets our password
    headers = {"Accept-Encoding": "identity"}
    if data is not None:
        headers["Content-Type"] = f"application/{kind}-{'query' if ours else 'request'}"
    if ours and service.login:
        headers["Authorization"] = _basic(*service.login)
    limit = TOKEN_SIZE * 2 if ours else REVOCATION_SIZE
    try:
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=service.timeout), auto_decompress=False
            ) as session,
            session.request(
                "GET" if data is None else "POST",
                url,
                data=data,
                headers=headers,
                allow_redirects=False,
            ) as answer,
        ):
            if answer.status != 200:
                raise Unanswered(f"answered {answer.status}")
            return await _bounded(answer, limit)
    except TimeoutError as error:
        raise Unanswered(f"did not answer within {service.timeout} s") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unanswered(f"could not be reached ({type(error).__name__})") from error


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


async def _bounded(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        body += chunk
        if len(body) > limit:
            raise Unanswered(f"answered with more than {limit} bytes")
    return bytes(body)


async def revocation(
    certificate: asn1.Certificate, issuer: asn1.Certificate, *, service: Service
) -> ocsp.OCSPResponse | crl.CertificateList | None:
    """Return what the services named in a certificate say of it; None if it names none.

    Call it for certificates of a chain that leads to one of our roots only. OCSP first: lists are
    long. Errors: NoRevocationData.
    """
    problem = None
    for url in get_ocsp_urls(certificate):
        try:
            return _ocsp(
                await ask(url, _request(certificate, issuer), kind="ocsp", service=service)
            )
        except (Unanswered, ValueError, TypeError) as error:
            problem = error
    for url in _lists(certificate):
        try:
            answer = await ask(url, None, kind="crl", service=service)
            return crl.CertificateList.load(answer, strict=True)
        except (Unanswered, ValueError, TypeError) as error:
            problem = error
    if problem is None:
        return None
    name = certificate.subject.native.get("common_name", "a certificate")
    said = problem if isinstance(problem, Unanswered) else "sent what cannot be read"
    raise NoRevocationData(f"The revocation service for {name} {said}.")


def _request(certificate: asn1.Certificate, issuer: asn1.Certificate) -> bytes:
    asked, above = (x509.load_der_x509_certificate(each.dump()) for each in (certificate, issuer))
    # SHA-1 only names the certificate here; services need not know another name.
    built = OCSPRequestBuilder().add_certificate(asked, above, hashes.SHA1()).build()  # noqa: S303
    return built.public_bytes(Encoding.DER)


def _ocsp(answer: bytes) -> ocsp.OCSPResponse:
    response = ocsp.OCSPResponse.load(answer, strict=True)
    if (said := response["response_status"].native) != "successful":
        raise Unanswered(f"answered {said}")
    return response


def _lists(certificate: asn1.Certificate) -> list[str]:
    """Return the addresses of a certificate's revocation lists."""
    points = certificate.crl_distribution_points
    return [url for point in points if (url := point.url) and url.startswith(("http:", "https:"))]
