"""Documents: our render against bare WeasyPrint, our seal against stock pyHanko; ratios in one run.

    .venv/bin/python benchmarks/documents.py [--repeat 7]

Both of a pair run in turn on the same input, warm, in one process; the figures are medians of
processor time, so that a busy machine moves both. Needs no database and no seal: it makes its own.
"""

import argparse
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

os.environ |= {
    "VAR_DIR": tempfile.mkdtemp(prefix="documents-"),
    "SECRET_KEY": "benchmark",
    "SEAL_PASSPHRASE": "benchmark",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "LOG_LEVEL": "CRITICAL",
}
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

AT = datetime(2026, 11, 22, 7, 38, 8, tzinfo=UTC)
CLAUSE = "甲乙双方经协商一致，就乙方信用卡欠款的个性化分期还款达成如下协议（年化利率 6.00%）。"
PAGE = """{% extends "documents/base.html" %}{% block title %}分期还款协议{% endblock %}
{% block body %}<h1>分期还款协议</h1>
{% for n in clauses %}<h2>第{{ n }}条</h2><p>{{ clause }}{{ clause }}</p>{% endfor %}
<table><thead><tr><th scope="col">期数</th><th scope="col">日期</th><th scope="col">本金</th>
<th scope="col">余额</th></tr></thead><tbody>{% for n in rows %}<tr><td>{{ n }}</td>
<td>2027年{{ n }}月1日</td><td class="money">¥{{ n }},234.{{ run }}</td>
<td class="money">¥{{ n }}.00</td></tr>{% endfor %}</tbody></table>{% endblock %}"""


def page(run: int) -> str:
    from django.template import engines

    from portal.kit.context import bank

    facts = {
        "document_number": f"AG-2026-{run:06}", "code": "7K2M9QXRBW4T", "language": "zh-hans",
        "verify_url": "https://portal.example/verify/7K2M9QXRBW4T/", "bank": bank(),
        "is_test": True, "clauses": range(1, 11), "rows": range(10, 70), "clause": CLAUSE,
        "run": run + 10,
    }  # fmt: skip
    return engines["django"].from_string(PAGE).render(facts)


def bare_render(html: str) -> bytes:
    from weasyprint import HTML

    return bytes(HTML(string=html).write_pdf())


def our_render(html: str) -> bytes:
    from portal.records import pdf

    return pdf.render(html, made_at=AT)


def stock_seal(data: bytes) -> bytes:
    """pyHanko as its manual has it: SimpleSigner, size by estimation, a stamp with CJK text."""
    from django.conf import settings
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.stamp import TextStampStyle

    signer = signers.SimpleSigner.load_pkcs12(
        settings.SEAL_PKCS12, passphrase=settings.SEAL_PASSPHRASE.encode()
    )
    about = signers.PdfSignatureMetadata(
        field_name="BankSeal", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES,
        certify=True, docmdp_permissions=MDPPerm.NO_CHANGES, reason="seal",
    )  # fmt: skip
    style = TextStampStyle(stamp_text="Example Bank\n%(ts)s")
    out = signers.PdfSigner(about, signer, stamp_style=style).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data)), existing_fields_only=True
    )
    return bytes(out.getvalue())


def our_seal(data: bytes) -> bytes:
    from portal.records import sealing

    return sealing.seal(data, at=AT, reason="seal")


def our_attach(data: bytes) -> bytes:
    from portal.records import sealing

    return sealing.attach(data, name="acceptance.json", data=b"{}", description="x", at=AT)


def compare(name: str, ours: Callable, other: Callable, inputs: list, most: float) -> bool:
    """Print medians in milliseconds and their ratio; False if it is above `most`."""
    ours(inputs[0]), other(inputs[0])  # warm
    spent: dict[Callable, list[float]] = {ours: [], other: []}
    for given in inputs:
        for run in (ours, other):
            start = time.process_time()
            run(given)
            spent[run].append(time.process_time() - start)
    mine, theirs = (statistics.median(spent[run]) * 1000 for run in (ours, other))
    ratio = mine / theirs
    good = ratio <= most
    print(
        f"{name:44} {mine:7.1f} ms  other {theirs:7.1f} ms  ratio {ratio:5.2f}  "
        f"(at most {most}) {'ok' if good else 'TOO SLOW'}"
    )
    return good


def main() -> int:
    import django

    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=7)
    repeat = parser.parse_args().repeat
    django.setup()
    from django.conf import settings

    from portal.records.sealing import make_development_seal

    make_development_seal(Path(settings.SEAL_PKCS12), passphrase=settings.SEAL_PASSPHRASE, at=AT)
    pages = [page(run) for run in range(repeat)]
    good = compare(
        "render, 60 rows, A-3a + UA-1 / bare WeasyPrint", our_render, bare_render, pages, 1.2
    )
    drafts = [our_render(each) for each in pages]
    print(f"{'draft':44} {len(drafts[0]) / 1000:7.0f} kB")
    good &= compare(
        "seal, visible, CJK / stock pyHanko, Latin text", our_seal, stock_seal, drafts, 0.2
    )
    start = time.process_time()
    for each in drafts:
        our_attach(each)
    print(f"{'attach':44} {(time.process_time() - start) / repeat * 1000:7.1f} ms")
    sealed = our_seal(drafts[0])
    print(f"{'sealed':44} {len(sealed) / 1000:7.0f} kB")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
