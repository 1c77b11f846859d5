"""Who is in a made feed: twelve fixed accounts to show things with, and any number of others.

Nobody here can be mistaken for a person: identity numbers begin with 000000, which no district
has, addresses are at example.com, telephone numbers are those set aside for fiction.
"""

from dataclasses import dataclass, replace
from datetime import date
from random import Random

from accounts.feed.made_ledger import PRODUCTS, Terms

FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = ("示例", "样例", "甲", "乙", "丙", "丁", "子虚", "乌有", "某", "一例", "二例", "三例")
AGENCIES = {"AG1": "Fictional Collections", "AG2": "示例催收服务公司"}


@dataclass(frozen=True)
class Holder:
    ref: str
    full_name: str
    born_on: date
    email: str = ""
    language: str = "zh-hans"

    @property
    def id_number(self) -> str:
        return f"000000{self.born_on:%Y%m%d}{int(self.ref[1:]) % 1000:03d}X"


@dataclass(frozen=True)
class Story:
    """How one account goes: how its last bills past due were paid; those before were in full."""

    holder: Holder
    terms: Terms
    currency: str = "CNY"
    habits: tuple[str, ...] = ()
    status: str = "open"
    agency: str = ""
    new: bool = False  # opened this month: no statement yet
    wrong_record: bool = False  # reported overdue although paid
    reverse_fee: bool = False
    by_night: bool = False  # contacted outside permitted hours
    overcharge: int = 0  # in whole yuan: the last statement's interest is too high by it
    pressed: bool = False  # contacted five times in one day, then by night
    spend: int = 1


def _fixed(number: int, name: str, language: str = "zh-hans") -> Holder:
    return Holder(f"C{number:07d}", name, date(1979 + number, number, 10 + number), "", language)


def archetypes() -> list[Story]:
    """Return the first twelve accounts A0000001 … A0000012, the same for every seed.

    1 two months behind, CNY, interest on the full balance; 2 up to date; 3 credit balance;
    4 new, no statement yet; 5 seven months behind, written off, with an agency that called
    five times in one day and then by night;
    6 CNY, one month behind, charged ¥20.00 too much interest in the last statement (which adds
    up), and 7 USD, up to date: the same cardholder, who reads English;
    8 behind for two months, then repaid; 9 rare characters in the name, three months behind;
    10 JPY, one month behind; 11 reported overdue although paid; 12 frozen, with an agency,
    paid late once with the fee reversed, then in parts, contacted at night.
    Nobody has an e-mail address. Born on 1980-01-11, 1981-02-12 … 1991-12-22 (as _fixed has it).
    """
    classic, gold, platinum, student = PRODUCTS
    steady = ("minimum",) * 3
    six = _fixed(6, "Example Person Six", "en")
    stories = [
        Story(_fixed(1, "示例甲"), classic, habits=(*steady, "none", "none")),
        Story(_fixed(2, "示例乙"), gold),
        Story(_fixed(3, "示例丙"), platinum, habits=("over",)),
        Story(_fixed(4, "示例丁"), student, new=True),
        Story(_fixed(5, "示例戊"), classic, habits=(*steady, *("none",) * 7), status="written_off",
              agency="AG1", pressed=True),
        Story(six, gold, habits=(*steady, "none"), overcharge=20),
        Story(six, platinum, "USD"),
        Story(_fixed(8, "示例辛"), classic, habits=(*steady, "none", "none", "full")),
        Story(_fixed(9, "示例䶮𠮷"), gold, habits=(*steady, "none", "none", "none")),
        Story(_fixed(10, "Example Person Ten", "en"), platinum, "JPY", habits=(*steady, "none")),
        Story(_fixed(11, "示例寅"), classic, wrong_record=True),
        Story(_fixed(12, "示例卯"), student, habits=("late", *steady, "part", "part", "part"),
              status="frozen", agency="AG2", reverse_fee=True, by_night=True),
    ]  # fmt: skip
    return [replace(story, spend=4) for story in stories]


def someone(number: int, rng: Random, currency: str) -> Story:
    """Return an account like most of a bank's, and some like the few that make the trouble."""
    family, given = rng.choice(FAMILY), rng.choice(GIVEN)
    born = date(rng.randint(1950, 2006), rng.randint(1, 12), rng.randint(1, 28))
    email = f"holder{number}@example.com" if rng.random() < 0.5 else ""
    holder = Holder(f"C{number:07d}", family + given, born, email)
    draw, code = rng.random(), rng.random()
    code_of = "USD" if code < 0.02 else "JPY" if code < 0.03 else currency
    habits, status, agency = _course(draw, rng)
    return Story(
        holder, rng.choice(PRODUCTS), code_of, habits, status, agency,
        new=draw > 0.985, wrong_record=0.40 < draw < 0.405, reverse_fee=rng.random() < 0.3,
        by_night=rng.random() < 0.03,
    )  # fmt: skip


def _course(draw: float, rng: Random) -> tuple[tuple[str, ...], str, str]:
    """Return the habits of the last months, the status and the agency for a number from 0 to 1."""
    if draw < 0.60:
        return (rng.choice(("full", "minimum", "minimum")),) * rng.randint(0, 5), "open", ""
    if draw < 0.72:
        return ("minimum",) * rng.randint(0, 4) + ("none",) * rng.randint(1, 2), "open", ""
    if draw < 0.80:
        return tuple(rng.choice(("part", "none")) for _ in range(rng.randint(2, 5))), "open", ""
    if draw < 0.84:
        return ("none",) * rng.randint(3, 6), "frozen", rng.choice(("", *AGENCIES))
    if draw < 0.86:
        return ("none",) * rng.randint(7, 9), "written_off", rng.choice(tuple(AGENCIES))
    if draw < 0.92:
        return ("none",) * rng.randint(1, 3) + ("full",), "open", ""
    if draw < 0.95:
        return ("late", "full", "late"), "open", ""
    if draw < 0.97:
        return ("over", "idle"), "open", ""
    return (("settle", "settle", "idle"), "closed", "") if draw < 0.985 else ((), "open", "")
