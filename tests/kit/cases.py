"""What people and programs type into our fields, and what must come of it.

ACCEPT rows: (typed, value). REFUSE rows: typed. The fields stand in FIELDS; amounts are in CNY with
5,000.00 owed, months run to 60, dates from 2024-01-01 to 2025-01-31.
"""

from datetime import date
from decimal import Decimal

from portal.kit import forms as kit

FIELDS = {
    "amount": lambda: kit.MoneyField(currency="CNY", most=Decimal(5000)),
    "months": lambda: kit.IntField(least=1, most=60),
    "date": lambda: kit.DateField(earliest=date(2024, 1, 1), latest=date(2025, 1, 31)),
    "name": lambda: kit.CleanText(longest=120),
    "text": lambda: kit.CleanText(longest=4000, lines=True),
    "email": kit.EmailAddressField,
    "code": kit.CodeField,
}

ZERO_WIDTH, BOM, FILLER, NBSP, ESC = "\u200b", "\ufeff", "\u3164", "\u00a0", "\u001b"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"

ACCEPT = {
    "amount": [
        ("1234.5", Decimal("1234.50")), ("1,234.50", Decimal("1234.50")), ("5\n", Decimal("5.00")),
        ("0.01", Decimal("0.01")), ("5000", Decimal("5000.00")), ("007", Decimal("7.00")),
        ("¥100", Decimal("100.00")), ("\uffe5100", Decimal("100.00")), ("¥ 100", Decimal("100.00")),
        ("１２３．５", Decimal("123.50")), ("１，２３４", Decimal("1234.00")),
        ("\u3000100\u3000", Decimal("100.00")), (f"100{NBSP}", Decimal("100.00")),
    ],
    "months": [("1", 1), ("60", 60), (" 12 ", 12), ("０６", 6)],
    "date": [
        ("2024-02-29", date(2024, 2, 29)), ("2024-1-1", date(2024, 1, 1)),
        ("2024年1月1日", date(2024, 1, 1)), ("２０２４-０１-０１", date(2024, 1, 1)),
        ("2024－01－31", date(2024, 1, 31)), (" 2024-12-31 ", date(2024, 12, 31)),
    ],
    "name": [
        ("محمد علي", "محمد علي"), ("אבג ABC 123", "אבג ABC 123"), ("O’Brien", "O’Brien"),
        ("O'Brien", "O'Brien"), ("İstanbul", "İstanbul"), ("ᗩdmin", "ᗩdmin"),
        ("X Æ A-12", "X Æ A-12"), ("Null", "Null"), ("𠮷田", "𠮷田"), ("e\u0301", "é"),
        ("  李 雷  ", "李 雷"),
    ],
    "text": [
        (f"{BOM}abc", "abc"), (f"a{ZERO_WIDTH}b", f"a{ZERO_WIDTH}b"), (FAMILY, FAMILY),
        ("line1\r\nBcc: x@y.z", "line1\nBcc: x@y.z"), ("{{7*7}}{% debug %}", "{{7*7}}{% debug %}"),
        ("${jndi:ldap://127.0.0.1/a}", "${jndi:ldap://127.0.0.1/a}"), ("%00", "%00"),
        ("javascript:alert(1)", "javascript:alert(1)"), ("a\tb", "a\tb"),
        ('<img src="file:///etc/passwd">', '<img src="file:///etc/passwd">'),
        ("𠮷" * 4000, "𠮷" * 4000), ("=1+1", "=1+1"),
    ],
    "email": [
        ("A@B.COM", "a@b.com"), (" a@b.com ", "a@b.com"), ("o'brien+bank@mail.b.com",) * 2,
    ],
    "code": [
        (" AB-1234 5678 ", "AB12345678"), ("ab12345678", "AB12345678"), ("ＢＣＤＦ", "BCDF"),
        ("bcdf–ghjk", "BCDFGHJK"), (f"BCDF{ZERO_WIDTH}GHJK", "BCDFGHJK"),
        ("BCDF\u00adGHJK\n", "BCDFGHJK"),
    ],
}  # fmt: skip

REFUSE = {
    "amount": [
        "NaN", "sNaN", "Infinity", "-Infinity", "1e5", "1e", "0e99999999", "1_000", "-1", "--1",
        "+5", "-0.00", "0", "0.00", "0.004", "1.005", "0x10", "5.", ".5", ".", "", " ",
        "1 000", f"1{NBSP}000", "1,00", "12,34.5", "1,2345", "1.234,50", "١٢٣", "१२", "½", "²",
        "元100", "100元", "¥¥100", "$100", "100 CNY", "−100", "\0", "5\0", "5000.01",
        "9999999999.99", "10000000000.00", "9" * 5000, "1' OR '1'='1", "=1+1", "<b>5</b>",
        "一百", "5;6", "1.2.3",
    ],
    "months": [
        "0", "-1", "61", "1.5", "1.0", "1e3", "1_0", "+3", "١٢", "²", "true", "3;DROP TABLE plan",
        "99999999999999999999", "9" * 5000, "", "1 2", "12\0", "0x1", "十二", "None",
    ],
    "date": [
        "2024-02-30", "2023-02-29", "0000-01-01", "9999-12-31", "10000-01-01", "2024-13-01",
        "2024-00-10", "01/02/2024", "2024/01/02", "Jan 1 2024", "20240101", "2024-01-01T00:00",
        "2024-01-01\0", "99999999999", "-1", "tomorrow", "", "2023-12-31", "2025-02-01",
        "2024-W01-1", "٢٠٢٤-٠١-٠١", "0024-01-01",
    ],
    "name": [
        ZERO_WIDTH, FILLER, "\u2800", "\u00a0", "", f"{ESC}[31mred", "a\nb", "a\0b",
        "\u0085x\u0085y", "\u202eabc", "abc\u2066", "a" * 121, "\ud800", f"{BOM}{BOM}", "\u200e",
    ],
    "text": [
        ZERO_WIDTH, f"{ESC}[31mred", "a" * 4001, "a" * 3_000_000, "a" + "\u0301" * 200, "a\0b",
        "\u202eevil", "\r\n\r\n", "a\x08b", "\x7f",
    ],
    "email": [
        "a@b.com,c@d.com", "a@[127.0.0.1]", "<a@b.com>", "ａ@b.com", "аdmin@b.com",
        "a@b", "a b@c.com", "a@b.com\nBcc: x@y.z", "", "a@b.com\0", "a@" + "b" * 400 + ".com",
        "a@bücher.example", "@b.com", "a@@b.com",
    ],
    "code": ["", " - ", "ab\0cd", f"{ESC}[31m", "a" * 41],
}  # fmt: skip
