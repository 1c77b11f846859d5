"""Papers for the direct way to a PDF, and ways to look into what was drawn."""

import io
import subprocess
from collections.abc import Sequence
from typing import Any

import pikepdf

from portal.records.typeset import Attachment, Column, Facts, Heading, Paper, Paragraph, Table
from tests.records.samples import AT, CODE, NAME

NUMBER = "ST-2026-000123"
CSV = b"line,amount\n1,12.50\n"
JSON = '{"name": "䶮𠮷"}'.encode()
COLUMNS = (
    Column("编号", 11),
    Column("日期", 12),
    Column("说明", 44),
    Column("金额", 16, money=True),
    Column("余额", 17, money=True),
)
Row = Sequence[str]


def rows(count: int) -> list[Row]:
    return [
        (f"R-{n:06}", f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}", f"还款 第{n}笔", f"¥{n}.50", f"¥{n}")
        for n in range(1, count + 1)
    ]


def table(lines: Sequence[Row], *, total: Row = ()) -> Table:
    return Table("全部交易", COLUMNS, lines, total)


def paper(*blocks: Any, name: str = NAME, **more: Any) -> Paper:
    """A statement with these blocks; without any, with three rows and one block of each kind."""
    usual = (
        Facts([("持卡人", name), ("账号", "**** 1234")]),
        Heading("一、还款明细"),
        Paragraph("本对账单列出期间内的全部交易。"),
        table(rows(3), total=("合计", "", "", "¥6.00", "¥3.00")),
        Paragraph("时间为北京时间。", note=True),
    )
    facts = {
        "number": NUMBER, "code": CODE, "verify_url": f"http://localhost:8000/verify/{CODE}/",
        "language": "zh-hans", "bank": "示例银行", "title": "还款对账单", "made_at": AT,
        "is_test": True, "blocks": blocks or usual,
        "attachments": (
            Attachment("statement.json", "application/json", JSON, "机器可读"),
            Attachment("lines.csv", "text/csv", CSV, "逐笔明细"),
        ),
    }  # fmt: skip
    return Paper(**(facts | more))


def opened(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(data))


def kinds_of(data: bytes) -> list[str]:
    with opened(data) as file:
        return [kind for kind, _ in elements(file)]


def text_of(data: bytes, *options: str) -> str:
    command = ["pdftotext", *options, "-", "-"]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    return done.stdout.decode()


def pages_of(data: bytes) -> list[str]:
    return text_of(data, "-layout").split("\f")[:-1]


def elements(file: pikepdf.Pdf) -> list[tuple[str, pikepdf.Dictionary]]:
    """Return every element of the structure tree with its kind, in reading order."""
    found, waiting = [], [file.Root.StructTreeRoot.K]
    while waiting:
        element = waiting.pop()
        found.append((str(element.S)[1:], element))
        kids = element.get("/K", [])
        kids = kids if isinstance(kids, pikepdf.Array) else []
        waiting.extend(kid for kid in reversed(list(kids)) if "/S" in kid)
    return found
