"""One short document, as a draft and sealed, and the ways in which a file is tampered with."""

import io
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pikepdf
from django.template import engines
from django.utils.translation import override

from portal.kit.context import bank
from portal.records import documents, pdf, sealing
from portal.records.models import Document

NAME = "䶮𠮷·司马测试"  # one character of extension A, one outside the basic plane
AT = datetime(2026, 11, 22, 7, 38, 8, tzinfo=UTC)
CODE = "7K2M9QXRBW4T"
EVIDENCE = '{"typed_name":"䶮𠮷"}'.encode()
PAGE = """{% extends "documents/base.html" %}{% block title %}分期还款协议{% endblock %}
{% block body %}<h1>分期还款协议</h1>
<dl class="facts"><dt>持卡人</dt><dd>{{ name }}</dd></dl>
<h2>还款计划</h2>
<table><thead><tr><th scope="col">期数</th><th scope="col">日期</th>
<th scope="col" class="money">金额</th></tr></thead><tbody>{% for n in rows %}
<tr><td>{{ n }}</td><td>2026年12月{{ n }}日</td><td class="money">¥1,234.{{ n }}</td></tr>
{% endfor %}</tbody></table>{% endblock %}"""


def html(*, name: str = NAME, rows: int = 3, language: str = "zh-hans", **more: Any) -> str:
    context = {
        "document_number": "AG-2026-000123",
        "code": CODE,
        "verify_url": f"http://localhost:8000/verify/{CODE}/",
        "language": language,
        "is_test": True,
        "name": name,
        "rows": range(10, 10 + rows),
        **more,
    }
    with override(language):
        return engines["django"].from_string(PAGE).render({**context, "bank": bank()})


@lru_cache
def draft(rows: int = 3) -> bytes:
    return pdf.render(html(rows=rows), made_at=AT)


@lru_cache
def attached() -> bytes:
    return sealing.attach(
        draft(), name="acceptance.json", data=EVIDENCE, description="签署记录", at=AT
    )


@lru_cache
def sealed() -> bytes:
    return sealing.seal(attached(), at=AT, reason="电子印章")


def file(data: bytes, *, code: str = CODE, number: str = "AG-2026-000123", **more: Any) -> Document:
    facts = {"subject": f"test:{number}", "title": "协议", "language": "zh-hans", "sealed": True}
    return documents.file_document(
        "plans.agreement", data, number=number, code=code, at=AT, **facts | more
    )


def flip(data: bytes, at: int) -> bytes:
    """Change one byte, into another of its kind where it is a hexadecimal digit."""
    changed = bytearray(data)
    changed[at] = ord("1") if data[at] == ord("0") else ord("0")
    return bytes(changed)


def flip_page(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as opened:
        content = opened.pages[0].obj.Contents
        raw = (content[0] if isinstance(content, pikepdf.Array) else content).read_raw_bytes()
    return flip(data, data.index(raw) + len(raw) // 2)


def flip_attachment(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as opened:
        raw = opened.attachments["acceptance.json"].obj.EF.F.read_raw_bytes()
    return flip(data, data.index(raw) + 5)


def flip_signature(data: bytes) -> bytes:
    """Change one digit of the signature value, which stands at the end of the CMS."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    embedded = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures[0]
    value = embedded.signer_info["signature"].native.hex().encode()
    return flip(data, data.lower().index(value) + 20)


def add_page(data: bytes) -> bytes:
    """Append a page by an incremental update, as an attacker with a PDF editor would."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.writer import PageObject

    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    content = writer.add_object(generic.StreamObject(stream_data=b"0 0 m 99 99 l S"))
    writer.insert_page(PageObject(contents=content, media_box=generic.ArrayObject(
        [generic.NumberObject(n) for n in (0, 0, 595, 842)]
    )))  # fmt: skip
    return _written(writer)


def change_title(data: bytes) -> bytes:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.generic import pdf_name, pdf_string
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    title = generic.DictionaryObject({pdf_name("/Title"): pdf_string("Another title")})
    writer.set_info(writer.add_object(title))
    return _written(writer)


def _written(writer: Any) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def strip_seal(data: bytes) -> bytes:
    """Save the file anew without its signature."""
    with pikepdf.open(io.BytesIO(data)) as opened:
        del opened.Root.AcroForm
        for page in opened.pages:
            page.obj.Annots = pikepdf.Array()
        out = io.BytesIO()
        opened.save(out)
    return out.getvalue()
