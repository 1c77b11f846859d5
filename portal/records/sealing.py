"""The bank's seal, a PAdES certification: on a draft that was read, or in a paper as it is drawn.

`attach` and `seal` append: the draft stays, byte for byte, the beginning of the sealed file. What
nobody read before is drawn with its seal: pyHanko would read the whole file to append one.
pyHanko is imported inside the functions.
"""

import asyncio
import hashlib
import io
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from django.utils.timezone import localtime

from portal.records.pdf import SEAL_FIELD
from portal.records.seal_drawing import drawing, picture
from portal.records.seal_key import SealFacts, make_development_seal, seal_facts, signer
from portal.records.typeset import Paper, Seal, draw

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSigner

__all__ = ["SealFacts", "attach", "draw_sealed", "make_development_seal", "seal", "seal_facts"]

RESERVED = 16_384  # hexadecimal digits for the CMS: fixed, so that no trial must show its size
MEDIA_TYPES = {"json": "application/json", "txt": "text/plain", "pdf": "application/pdf"}


def attach(pdf: bytes, *, name: str, data: bytes, description: str, at: datetime) -> bytes:
    """Append a file to the PDF as its source data (AFRelationship /Data); the old bytes stay.

    Errors: KeyError for a name whose ending is not in MEDIA_TYPES.
    """
    from pyhanko.pdf_utils.embed import (
        EmbeddedFileObject,
        EmbeddedFileParams,
        FileSpec,
        embed_file,
    )
    from pyhanko.pdf_utils.generic import pdf_name
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    held = EmbeddedFileObject.from_file_data(
        writer,
        data=data,
        mime_type=MEDIA_TYPES[name.rpartition(".")[2]],
        params=EmbeddedFileParams(creation_date=at, modification_date=at),
    )
    embed_file(
        writer,
        FileSpec(
            file_spec_string=name,
            file_name=name,
            embedded_data=held,
            description=description,
            af_relationship=pdf_name("/Data"),
        ),
    )
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def seal(pdf: bytes, *, at: datetime, reason: str) -> bytes:
    """Append the bank's certification (PAdES B-B, no changes permitted) in the waiting field.

    `at` is the bank's own clock. Errors: pyHanko's SigningError if the field is missing or filled;
    ImproperlyConfigured without a key, or outside the life of its certificate.
    """
    facts = alive(at=at)
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    about = PdfSignatureMetadata(
        field_name=SEAL_FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason=reason,
    )
    moment = localtime(at)
    style = drawing(moment, is_test=facts.is_test)
    worker = PdfSigner(about, signer(), stamp_style=style)
    return asyncio.run(_sign(worker, IncrementalPdfFileWriter(io.BytesIO(pdf)), moment))


def draw_sealed(paper: Paper, *, at: datetime, reason: str) -> bytes:
    """Draw a paper with the same seal as seal() would append.

    Errors: those of draw(); ImproperlyConfigured as seal(), or if the CMS does not fit RESERVED.
    """
    facts, moment = alive(at=at), localtime(at)
    shown = Seal(moment, reason, picture(moment, is_test=facts.is_test), RESERVED)
    before, after = shown.around(draw(paper, shown))
    digest = hashlib.sha256(before)
    digest.update(after)
    cms = asyncio.run(_cms(digest.digest(), moment)).hex().encode()
    if len(cms) > RESERVED:
        raise ImproperlyConfigured(
            f"The seal takes {len(cms)} digits, and {RESERVED} are reserved: is there more in the "
            "chain of its certificates than those above it? If not, raise sealing.RESERVED."
        )
    return b"".join([before, b"<", cms.ljust(RESERVED, b"0"), b">", after])


async def _cms(digest: bytes, at: datetime) -> bytes:
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    made = await signer().async_sign(
        digest,
        digest_algorithm="sha256",
        use_pades=True,
        signed_attr_settings=PdfCMSSignedAttributes(signing_time=at),
    )
    return bytes(made.dump())


def alive(*, at: datetime) -> SealFacts:
    """Return the seal's facts. Errors: ImproperlyConfigured if its certificate is over or too new.

    Such a seal would be checked as of its own time, and would never be valid.
    """
    facts = seal_facts()
    if facts.not_before <= at <= facts.not_after:
        return facts
    raise ImproperlyConfigured(
        f"The seal's certificate ({facts.subject}) is valid from {facts.not_before:%Y-%m-%d %H:%M} "
        f"to {facts.not_after:%Y-%m-%d %H:%M} UTC only: configure a new seal, and add the old "
        "root to SEAL_ROOTS."
    )


async def _sign(worker: "PdfSigner", writer: "IncrementalPdfFileWriter", at: datetime) -> bytes:
    """Do what PdfSigner.async_sign_pdf does, at a given time and with a fixed reservation."""
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    session = worker.init_signing_session(writer, existing_fields_only=True)
    session.system_time = at
    waiting = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED)
    out = io.BytesIO()
    digest, _ = waiting.digest_tbs_document(output=out)
    done = await waiting.perform_signature(
        document_digest=digest.document_digest,
        pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=at),
    )
    await done.post_signature_processing(out)
    return out.getvalue()
