"""Documents: both our ways to a PDF and our seal against stock tools; ratios in one run.

    .venv/bin/python benchmarks/documents.py [--repeat 7]

Both of a pair run in turn on the same input, warm, in one process; the figures are medians of
processor time, so that a busy machine moves both. Needs no database and no seal: it makes its own.
ReportLab and WeasyPrint draw the same rows of a statement; ReportLab without tags, standards and
embedded font (it cannot read our font's outlines), which is less work than ours.
"""

import argparse
import gc
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


def make_seal() -> None:
    from django.conf import settings

    from portal.records.sealing import make_development_seal

    make_development_seal(Path(settings.SEAL_PKCS12), passphrase=settings.SEAL_PASSPHRASE, at=AT)


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


ROWS = """{% extends "documents/base.html" %}{% block title %}对账单{% endblock %}
{% block body %}<h1>对账单</h1><table><thead><tr>{% for c in table.columns %}
<th scope="col">{{ c.label }}</th>{% endfor %}</tr></thead><tbody>{% for row in table.rows %}<tr>
{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</tbody></table>
{% endblock %}"""
MEMORY = """import sys; sys.path.insert(0, {root!r})
from benchmarks import documents
import django; django.setup()
documents.make_seal()
documents.our_draw_sealed(documents.statement(2000, 0))
print(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])"""
WHAT = ["网上银行还款", "利息", "违约金", "分期手续费", "现金取现", "某某超市（深圳南山店）消费"]


def statement(rows: int, run: int) -> Any:
    """A paper of seven columns; most descriptions fit a line, each sixth one wraps."""
    from portal.records.typeset import Column, Paper, Table

    names = ["编号", "交易日", "入账日", "说明", "金额", "费用", "余额"]
    shares = [11, 12, 12, 27, 13, 10, 15]
    columns = [Column(n, s, money=n in names[4:]) for n, s in zip(names, shares, strict=True)]
    lines = [
        (
            f"R-{run:02}{n:04}", f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}", "2026-12-28",
            f"{WHAT[n % 6]} 第{n}笔", f"¥{n + run:,}.{n % 90 + 10}", f"¥{n % 37}.{run + 10}",
            f"¥{(n * 7919 + run) % 900_000 + 1000:,}.{n % 90 + 10}",
        )
        for n in range(rows)
    ]  # fmt: skip
    return Paper(
        number=f"ST-2026-{run:06}", code="7K2M9QXRBW4T", language="zh-hans", bank="示例银行",
        verify_url="https://portal.example/verify/7K2M9QXRBW4T/", title="对账单", made_at=AT,
        is_test=True, blocks=[Table("全部交易", columns, lines)],
    )  # fmt: skip


def our_draw(paper: Any) -> bytes:
    from portal.records.typeset import draw

    return draw(paper)


def bare_statement(paper: Any) -> bytes:
    from django.template import engines

    facts = {"document_number": paper.number, "bank": {"name": paper.bank}, "is_test": True}
    facts |= {"code": paper.code, "verify_url": paper.verify_url, "language": "zh-hans"}
    template = engines["django"].from_string(ROWS)
    return bare_render(template.render({**facts, "table": paper.blocks[0]}))


def reportlab_draw(paper: Any, *, wrapped: bool = True) -> bytes:
    """The same rows as ReportLab's manual has it: a LongTable of Paragraphs, or of bare strings."""
    from reportlab.lib.colors import grey
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate

    registerFont(UnicodeCIDFont("STSong-Light"))
    table = paper.blocks[0]
    left = ParagraphStyle("left", fontName="STSong-Light", fontSize=9, leading=13, wordWrap="CJK")
    right = ParagraphStyle("right", left, alignment=2)
    styles = [right if column.money else left for column in table.columns]

    def cells(row: Any) -> list[Any]:
        return [Paragraph(*each) for each in zip(row, styles, strict=True)] if wrapped else [*row]

    rows = [cells([column.label for column in table.columns]), *map(cells, table.rows)]
    look = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, grey),
        ("FONT", (0, 0), (-1, -1), left.fontName, 9),
    ]
    out = io.BytesIO()
    widths = [4.82 * column.width for column in table.columns]
    SimpleDocTemplate(out, pagesize=A4, leftMargin=57, rightMargin=57).build(
        [LongTable(rows, colWidths=widths, repeatRows=1, style=look)]
    )
    return out.getvalue()


def reportlab_strings(paper: Any) -> bytes:
    return reportlab_draw(paper, wrapped=False)


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


def our_draw_sealed(paper: Any) -> bytes:
    from portal.records import sealing

    return sealing.draw_sealed(paper, at=AT, reason="seal")


def our_attach(data: bytes) -> bytes:
    from portal.records import sealing

    return sealing.attach(data, name="acceptance.json", data=b"{}", description="x", at=AT)


def measured(runs: Sequence[Callable], inputs: list) -> list[list[float]]:
    """Return processor milliseconds of each, run in turn on each input, warmed with the first."""
    spent: list[list[float]] = [[] for _ in runs]
    for given in [inputs[0], *inputs]:
        for run, times in zip(runs, spent, strict=True):
            gc.collect()  # or one pays for what the one before left
            start = time.process_time()
            run(given)
            times.append((time.process_time() - start) * 1000)
    return [times[1:] for times in spent]


def compare(name: str, ours: Callable, other: Callable, inputs: list, most: float) -> bool:
    return judged(name, *map(statistics.median, measured((ours, other), inputs)), most)


def judged(name: str, mine: float, theirs: float, most: float) -> bool:
    """Print two figures in milliseconds and their ratio; False if it is above `most`."""
    good = (ratio := mine / theirs) <= most
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
    make_seal()
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
    return 0 if good & statements(repeat) & memory() else 1


def statements(repeat: int) -> bool:
    """The direct way: against ReportLab and WeasyPrint, its growth, and its seal."""
    good, each = True, {}
    for rows in (100, 500, 2000):
        papers = [statement(rows, run) for run in range(repeat if rows < 2000 else 3)]
        name = f"{rows} rows typeset /"
        good &= compare(f"{name} ReportLab, wrapped cells", our_draw, reportlab_draw, papers, 1)
        good &= compare(f"{name} ReportLab, bare strings", our_draw, reportlab_strings, papers, 1)
        if rows < 2000:
            few = papers[: repeat if rows < 500 else 2]
            good &= compare(f"{name} bare WeasyPrint", our_draw, bare_statement, few, 0.1)
        each[rows] = statistics.median(*measured([our_draw], papers)) / rows
    good &= each[2000] <= each[100]
    print(f"{'a row, of 100 and of 2,000':44} {each[100]:7.3f} ms  and   {each[2000]:7.3f} ms")
    return good & sealed_statements(repeat)


def sealed_statements(repeat: int) -> bool:
    """Our seal goes in as we draw: its part is what drawing that paper takes longer with it."""
    papers = [statement(2000, run) for run in range(repeat)]
    print(f"{'2,000 rows, sealed':44} {len(our_draw_sealed(papers[0])) / 1000:7.0f} kB")
    works = (our_draw, our_draw_sealed, lambda paper: stock_seal(our_draw(paper)))
    drawn, *sealed = measured(works, papers)
    good = judged("2,000 rows, drawn and sealed / stock", *map(statistics.median, sealed), 0.6)
    parts = [statistics.median(map(float.__sub__, each, drawn)) for each in sealed]
    return judged("its sealing alone / stock pyHanko", *parts, 0.2) & good


def memory() -> bool:
    """Print what a fresh process needs to draw and seal 2,000 rows; False above 200 MB.

    From /proc: a child inherits the ru_maxrss of its parent.
    """
    script = MEMORY.format(root=str(Path(__file__).resolve().parent.parent))
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True
    )
    used = int(done.stdout) / 1024
    print(f"{'a fresh process, 2,000 rows, sealed':44} {used:7.0f} MB  (at most 200)")
    return used <= 200


if __name__ == "__main__":
    sys.exit(main())
