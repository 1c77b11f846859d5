"""What an attacker does to a sealed file, or has sealed with a key of their own."""

import asyncio
import io
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.test import override_settings
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

from portal.records import seal_key, sealing
from portal.records.pdf import SEAL_FIELD
from portal.records.seal_key import make_development_seal
from tests.records import samples
from tests.records.samples import AT, attached

ENDED = datetime(2026, 1, 31, tzinfo=UTC)  # of the seal that was used before
WITHIN = datetime(2025, 6, 1, 9, 30, tzinfo=UTC)
SUBJECT = {"ours": "TEST SEAL – Earlier", "stranger": "Someone Else Ltd"}


# == keys


@lru_cache
def _key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _certificate(name: str, issuer: str, until: datetime, *, is_ca: bool) -> x509.Certificate:
    def named(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

    usage = x509.KeyUsage(not is_ca, not is_ca, False, False, False, is_ca, is_ca, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(_key(name).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(usage, critical=True)
        .sign(_key(issuer), hashes.SHA256())
    )


@lru_cache
def _pair(whose: str) -> tuple[x509.Certificate, x509.Certificate]:
    """A certificate that ended, and its root, which did not."""
    name = SUBJECT[whose]
    root = _certificate(f"{name} Root", f"{name} Root", AT + timedelta(days=3650), is_ca=True)
    return _certificate(name, f"{name} Root", ENDED, is_ca=False), root


def earlier_root(folder: Path) -> str:
    """Write the root of the bank's earlier seal where SEAL_ROOTS can name it."""
    path = folder / "earlier.pem"
    path.write_bytes(_pair("ours")[1].public_bytes(Encoding.PEM))
    return str(path)


def _with_key(folder: Path, whose: str) -> Any:
    path = folder / f"{whose}.p12"
    leaf, root = _pair(whose)
    key = _key(SUBJECT[whose])
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, leaf, [root], NoEncryption()))
    return override_settings(SEAL_PKCS12=str(path), SEAL_PASSPHRASE="")


def sealed_by(folder: Path, whose: str) -> bytes:
    with _with_key(folder, whose):
        return sealing.seal(attached(), at=WITHIN, reason="x")


def sealed_too_late(folder: Path) -> bytes:
    """With a key of ours whose certificate is over, by a program that does not mind."""
    with _with_key(folder, "ours"):
        return _sign(attached(), field=SEAL_FIELD, lock=True)


def sealed_under_our_name(folder: Path) -> bytes:
    """By someone who made a root and a key with the very same names as ours."""
    path = folder / "same-names.p12"
    make_development_seal(path, passphrase="", at=AT - timedelta(days=1))
    with override_settings(SEAL_PKCS12=str(path), SEAL_PASSPHRASE=""):
        return sealing.seal(attached(), at=AT, reason="x")


def sealed_without_lock() -> bytes:
    """By our own key, but as a signature after which changes are allowed."""
    return _sign(attached(), field=SEAL_FIELD)


def _sign(data: bytes, *, field: str, lock: bool = False) -> bytes:
    about = PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES,
        certify=lock, docmdp_permissions=MDPPerm.NO_CHANGES,
    )  # fmt: skip
    worker = PdfSigner(about, seal_key.signer())
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    out = io.BytesIO()
    asyncio.run(worker.async_sign_pdf(writer, output=out))
    return out.getvalue()


# == appended


def _written(writer: Any) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _appending(data: bytes) -> IncrementalPdfFileWriter:
    return IncrementalPdfFileWriter(io.BytesIO(data))


def add_stamp(data: bytes) -> bytes:
    """Draw over the first page."""
    writer = _appending(data)
    over = generic.StreamObject(stream_data=b"q 1 1 1 rg 50 500 400 60 re f Q")
    writer.add_stream_to_page(0, writer.add_object(over))
    return _written(writer)


def replace_page(data: bytes) -> bytes:
    """Give the object of the first page's content another content: hide and replace."""
    writer = _appending(data)
    contents = writer.root["/Pages"]["/Kids"][0].raw_get("/Contents")
    if isinstance(contents, generic.ArrayObject):
        contents = contents.raw_get(0)
    writer.objects[(contents.generation, contents.idnum)] = generic.StreamObject(
        stream_data=b"BT ET"
    )
    return _written(writer)


def add_note(data: bytes) -> bytes:
    writer = _appending(data)
    note = generic.DictionaryObject({
        pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name("/FreeText"),
        pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (50, 500, 300, 540))),
        pdf_name("/Contents"): generic.pdf_string("Amount 0.00"),
    })  # fmt: skip
    writer.register_annotation(writer.root["/Pages"]["/Kids"].raw_get(0), writer.add_object(note))
    return _written(writer)


def change_seal_picture(data: bytes) -> bytes:
    """Replace what the seal's field shows, leaving the signature alone."""
    writer = _appending(data)
    field = next(
        each.get_object()
        for each in writer.root["/AcroForm"]["/Fields"]
        if each.get_object()["/T"] == SEAL_FIELD
    )
    shown = generic.StreamObject(stream_data=b"0 0 1 rg 0 0 200 80 re f")
    shown |= {pdf_name("/Subtype"): pdf_name("/Form"), pdf_name("/BBox"): field["/Rect"]}
    field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(shown)})
    writer.update_container(field)
    return _written(writer)


def remove_attachment(data: bytes) -> bytes:
    writer = _appending(data)
    del writer.root["/Names"]["/EmbeddedFiles"]
    writer.root.pop("/AF", None)
    writer.update_container(writer.root["/Names"])
    writer.update_root()
    return _written(writer)


def change_language(data: bytes) -> bytes:
    """Something that neither shows nor counts as content."""
    writer = _appending(data)
    writer.root[pdf_name("/Lang")] = generic.pdf_string("de")
    writer.update_root()
    return _written(writer)


def add_script(data: bytes) -> bytes:
    writer = _appending(data)
    action = {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.pdf_string("1")}
    writer.root[pdf_name("/OpenAction")] = generic.DictionaryObject(action)
    writer.update_root()
    return _written(writer)


def retitle(data: bytes, *, unreadable: bool) -> bytes:
    """Append another title where programs show it: over ours, or beside it in more languages.

    `unreadable`: with a name that is no UTF-8, over which a comparison may stumble.
    """
    with pikepdf.open(io.BytesIO(data)) as opened:
        said = opened.Root.Metadata.read_bytes()
    more = '<rdf:li xml:lang="zh">结清证明</rdf:li></rdf:Alt></dc:title>'.encode()
    changed = said.replace(b"</rdf:Alt></dc:title>", more)
    assert changed != said
    writer = _appending(data)
    kind = {pdf_name("/Type"): pdf_name("/Metadata"), pdf_name("/Subtype"): pdf_name("/XML")}
    stream = generic.StreamObject(kind, stream_data=changed)
    writer.root[pdf_name("/Metadata")] = writer.add_object(stream)
    writer.update_root()
    if unreadable:
        odd = {pdf_name("/Title"): generic.pdf_string("x"), pdf_name("/ZZ"): pdf_name("/ODDNAM")}
        writer.set_info(writer.add_object(generic.DictionaryObject(odd)))
    return _written(writer).replace(b"/ODDNAM", b"/#ff#fe")


def sign_again(data: bytes, folder: Path) -> bytes:
    """Take away the mark that forbids it, then sign in a field of one's own."""
    writer = _appending(data)
    del writer.root["/Perms"]
    writer.update_root()
    with _with_key(folder, "stranger"):
        return _sign(_written(writer), field="Approval")


def copy_seal(data: bytes) -> bytes:
    """Fill the waiting field of another document with the seal of this one."""
    writer = _appending(samples.draft(rows=4))
    seal = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures[0].sig_object
    field = next(
        each.get_object()
        for each in writer.root["/AcroForm"]["/Fields"]
        if each.get_object()["/T"] == SEAL_FIELD
    )
    field[pdf_name("/V")] = writer.add_object(writer.import_object(seal))
    writer.update_container(field)
    return _written(writer)


# == rewritten


def save_anew(data: bytes, *, without_attachment: bool = False) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as opened:
        if without_attachment:
            del opened.attachments["acceptance.json"]
        out = io.BytesIO()
        opened.save(out)
    return out.getvalue()


def _gap(data: bytes) -> tuple[int, int]:
    """Where the signature's own place begins and ends, without its brackets."""
    _, head, end, _ = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures[0].byte_range
    return int(head) + 1, int(end) - 1


def fill_padding(data: bytes) -> bytes:
    """Write into the zeros behind the signature, which nothing covers."""
    _, end = _gap(data)
    return data[: end - 400] + b"4d" * 200 + data[end:]


def write_in_capitals(data: bytes) -> bytes:
    """The same signature in other letters: not one covered byte changes."""
    start, end = _gap(data)
    return data[:start] + data[start:end].swapcase() + data[end:]


def widen_gap(data: bytes) -> bytes:
    """Say that the signature covers less than it did."""
    _, head, end, tail = (
        int(n) for n in PdfFileReader(io.BytesIO(data)).embedded_regular_signatures[0].byte_range
    )
    return data.replace(b"%d %d %d" % (head, end, tail), b"%d %d %d" % (head - 9, end, tail))
