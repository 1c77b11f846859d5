"""The bank's seal on a finished PDF: evidence attached, then a PAdES certification.

Both steps append: the draft that was read stays, byte for byte, the beginning of the sealed file.
pyHanko is imported inside the functions.
"""

import asyncio
import io
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.timezone import localtime

from portal.records.pdf import SEAL_FIELD
from portal.records.seal_drawing import drawing
from portal.records.seal_key import SealFacts, make_development_seal, seal_facts, signer

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSigner

__all__ = ["SealFacts", "attach", "make_development_seal", "seal", "seal_facts"]

RESERVED = (
    16_384  # bytes for the CMS: fixed, so that no trial signature is needed to learn its size
)
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
    ImproperlyConfigured without a key.
    """
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
    style = drawing(moment, is_test=seal_facts().is_test)
    worker = PdfSigner(about, signer(), stamp_style=style)
    return asyncio.run(_sign(worker, IncrementalPdfFileWriter(io.BytesIO(pdf)), moment))


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
