"""The proof pack: a document with all that an outsider needs to check it without asking us."""

import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from portal.kit.context import bank
from portal.records import documents, proof_passkey
from portal.records.models import AuditEvent, AuditHead, Document
from portal.records.seal_key import roots_in, trusted_roots

LANGUAGES = {"zh": "zh-hans", "en": "en"}
HOW = (
    "hash = SHA-256, in hexadecimal, of the UTF-8 bytes of the JSON array [subject, seq, at, verb, "
    "actor, role, data, previous], with sorted keys, no spaces, and letters as they are; previous "
    "= the hash of the event before it, empty for the first; head = the last seq and hash"
)


@dataclass(frozen=True)
class Signed:
    """One signature or timestamp in the file, and the bytes that it covers."""

    token: bytes  # CMS, DER, without the padding that surrounds it in the file
    certificates: tuple[x509.Certificate, ...]
    head: int  # bytes from the start of the file
    gap_end: int  # where the covered bytes go on
    tail: int  # bytes from there
    at: datetime
    is_timestamp: bool

    @property
    def end(self) -> int:
        """Bytes from the start of the file up to where this version of it ends."""
        return self.gap_end + self.tail

    @property
    def tail_from(self) -> int:
        """As `tail -c +N` counts: from one."""
        return self.gap_end + 1

    @property
    def moment(self) -> int:
        """Seconds since 1970, as `openssl -attime` wants it."""
        return int(self.at.timestamp())


def pack(document: Document, *, at: datetime) -> bytes:
    """Return the pack as a zip; the same document, audit chain and `at` give the same bytes.

    Errors: ValueError for a document without a seal; documents.Damaged; OSError if its bytes are
    gone (Document.purged_at).
    """
    data = documents.read(document)
    signed = _signed(data)
    seal = next((each for each in signed if not each.is_timestamp), None)
    if seal is None:
        raise ValueError(f"{document.number} bears no seal.")
    stamps = [each for each in signed if each.is_timestamp]
    roots = _above([seal], map(x509.load_der_x509_certificate, trusted_roots()))
    name, chain = f"{document.number}.pdf", _chain(document.subject)
    files = {
        name: data,
        "signature.p7s": seal.token,
        "certificates.pem": _pem(seal.certificates),
        "roots.pem": _pem(roots),
        "audit.json": json.dumps(chain, ensure_ascii=False, indent=1).encode(),
    }
    files |= {f"timestamp-{n}.tst": stamp.token for n, stamp in enumerate(stamps, 1)}
    authorities = roots_in("TSA_ROOTS")
    # A timestamp whose authority we no longer vouch for is there, but nothing is promised of it.
    proved = [(n, stamp) for n, stamp in enumerate(stamps, 1) if _above([stamp], authorities)]
    if proved:
        files["authorities.pem"] = _pem(_above(stamps, authorities))
    passkey = proof_passkey.of(data[: seal.end])
    if passkey:
        files |= passkey.files
    facts = {
        "passkey": passkey,
        "document": document, "file": name, "size": len(data), "seal": seal, "stamps": stamps,
        "proved": proved,        "head": chain["head"], "roots": roots, "at": at.astimezone(UTC),
        "sha256": documents.digest(data), "site": settings.SITE_URL,
    }  # fmt: skip
    for short, language in LANGUAGES.items():
        with override(language):
            text = render_to_string(f"proof/README.{short}.txt", {**facts, "bank": bank()})
        files[f"README.{short}.txt"] = text.encode()
    sums = "".join(f"{documents.digest(files[each])}  {each}\n" for each in sorted(files))
    return _zip({**files, "SHA256SUMS": sums.encode()}, at)


def _signed(data: bytes) -> list[Signed]:
    """Return the signatures in a file of ours, in order."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    reader = PdfFileReader(io.BytesIO(data))
    return [_one(embedded) for embedded in reader.embedded_signatures]


def _one(embedded: Any) -> Signed:
    from asn1crypto.cms import ContentInfo

    _, head, gap_end, tail = (int(each) for each in embedded.byte_range)
    is_timestamp = embedded.sig_object_type == "/DocTimeStamp"
    token = embedded.signed_data["encap_content_info"]["content"].parsed if is_timestamp else None
    moment = token["gen_time"].native if token else embedded.self_reported_timestamp
    certificates = [embedded.signer_cert, *embedded.other_embedded_certs]
    return Signed(
        token=ContentInfo.load(embedded.pkcs7_content).dump(),
        certificates=tuple(x509.load_der_x509_certificate(each.dump()) for each in certificates),
        head=head,
        gap_end=gap_end,
        tail=tail,
        at=moment.astimezone(UTC),
        is_timestamp=is_timestamp,
    )


def _above(
    signed: Sequence[Signed], roots: Iterable[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """Return those of the roots that stand above a certificate in the signatures, once each."""
    held = [certificate for each in signed for certificate in each.certificates]
    return tuple(dict.fromkeys(r for r in roots if any(_issued(each, r) for each in held)))


def _issued(certificate: x509.Certificate, root: x509.Certificate) -> bool:
    """Tell whether the root itself signed the certificate: two roots may share a name."""
    try:
        certificate.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def _chain(subject: str) -> dict[str, Any]:
    """Return a subject's audit chain with every column that its hashes are made from."""
    head = AuditHead.objects.filter(subject=subject).first() or AuditHead(subject=subject)
    events = AuditEvent.objects.filter(subject=subject, seq__lte=head.seq).order_by("seq")
    columns = ("subject", "seq", "verb", "actor", "role", "data", "previous", "hash")
    return {
        "subject": subject,
        "how": HOW,
        "head": {"seq": head.seq, "hash": head.hash},
        "events": [
            {"at": event.at.astimezone(UTC).isoformat()}
            | {column: getattr(event, column) for column in columns}
            for event in events
        ],
    }


def _zip(files: dict[str, bytes], at: datetime) -> bytes:
    out = io.BytesIO()
    moment = at.astimezone(UTC).timetuple()[:6]
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=moment)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, data)
    return out.getvalue()
