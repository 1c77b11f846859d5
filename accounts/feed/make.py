"""Write a full feed of fictitious people of any size from a seed: same seed, same bytes.

Each account has a Random of its own, so that memory stays the same however many there are.
"""

import csv
import hashlib
import json
from calendar import monthrange
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from accounts.feed.made_ledger import GRACE, Ledger, Posting
from accounts.feed.made_people import AGENCIES, Story, archetypes, someone
from accounts.feed.manifest import CONTROLLED, FORMAT, NAMES
from accounts.feed.rows import specs
from portal.kit.money import PLACES

WORTH = {"CNY": 1.0, "USD": 0.15, "EUR": 0.13, "GBP": 0.11, "JPY": 20.0, "KRW": 190.0}  # of ¥1
OUTCOMES = ("answered", "no answer", "promise to pay", "number not in use")


class Sheet:
    """One CSV file on its way: writes rows, keeps their count, hash and control total."""

    def __init__(self, folder: Path, name: str, columns: list[str], control: str) -> None:
        self.name, self.columns, self.control = name, columns, control
        self.rows, self.total, self.sha = 0, Decimal(0), hashlib.sha256()
        self._file = (folder / f"{name}.csv").open("wb")
        self._writer = csv.writer(self, lineterminator="\n")
        self._writer.writerow(columns)

    def write(self, text: str) -> None:
        data = text.encode()
        self.sha.update(data)
        self._file.write(data)

    def add(self, **cells: Any) -> None:
        self.rows += 1
        if self.control:
            self.total += Decimal(cells[self.control])
        self._writer.writerow([cells.get(column, "") for column in self.columns])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def entry(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"name": f"{self.name}.csv", "rows": self.rows,
                                 "sha256": self.sha.hexdigest()}  # fmt: skip
        return entry | ({"control_total": str(self.total)} if self.name in CONTROLLED else {})


def write_feed(
    out: Path,
    *,
    accounts: int,
    seed: int,
    as_of: date,
    months: int = 12,
    currency: str = "CNY",
    special: bool = True,
) -> str:
    """Write a folder that import_feed loads, and return its feed_id.

    With `special` the first twelve accounts are those of made_people.archetypes(), as far as
    `accounts` reaches; they need ten months to tell their stories. `currency` is that of most.
    Errors: FileExistsError if the folder holds a manifest already.
    """
    out.mkdir(parents=True, exist_ok=True)
    if (out / "manifest.json").exists():
        raise FileExistsError(out / "manifest.json")
    fixed = archetypes() if special else []
    with ExitStack() as files:
        sheets = {
            name: files.enter_context(Sheet(out, name, [c.name for c in s.columns], s.control))
            for name, s in specs(as_of).items()
        }
        written: set[str] = set()  # the holders of the fixed accounts: one has two
        for number, story, rng in _stories(accounts, seed, currency, fixed):
            if story.holder.ref not in written:
                _write_holder(sheets["cardholders"], story)
            if number <= len(fixed):
                written.add(story.holder.ref)
            _write_account(sheets, f"A{number:07d}", story, rng, as_of, months)
        entries = [sheets[name].entry() for name in NAMES]
    feed_id = f"made-{seed}-{accounts}-{as_of}"
    manifest = {"format": FORMAT, "feed_id": feed_id, "kind": "full", "as_of": str(as_of),
                "institution": "DEMO", "encoding": "utf-8", "files": entries}  # fmt: skip
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return feed_id


def _stories(
    accounts: int, seed: int, currency: str, fixed: list[Story]
) -> Iterator[tuple[int, Story, Random]]:
    for number in range(1, accounts + 1):
        rng = Random(f"{seed}:{number}")  # noqa: S311  (made-up figures, no secret)
        if number <= len(fixed):
            yield number, fixed[number - 1], Random(f"fixed:{number}")  # noqa: S311
        else:
            yield number, someone(number, rng, currency), rng


def _write_holder(sheet: Sheet, story: Story) -> None:
    holder = story.holder
    sheet.add(
        cardholder_ref=holder.ref, full_name=holder.full_name, id_type="other",
        id_number=holder.id_number, date_of_birth=holder.born_on,
        mobile=f"+120255501{int(holder.ref[1:]) % 100:02d}", email=holder.email,
        postal_address=f"示例市样例路{int(holder.ref[1:])}号", language=holder.language,
    )  # fmt: skip


def _statement_days(as_of: date, day: int, months: int) -> list[date]:
    """Return the last statement days up to `as_of`, oldest first."""
    year, month = as_of.year, as_of.month
    days: list[date] = []
    while len(days) < months:
        if (made := date(year, month, day)) <= as_of:
            days.insert(0, made)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return days


def _write_account(
    sheets: dict[str, Sheet], ref: str, story: Story, rng: Random, as_of: date, months: int
) -> None:
    places = PLACES[story.currency]
    unit = max(1, round(WORTH.get(story.currency, 1.0) * 10**places))
    day = rng.randint(1, 28)
    days = [] if story.new else _statement_days(as_of, day, months)
    opened = date(rng.randint(2012, 2022), rng.randint(1, 12), rng.randint(1, 28))
    if story.new:  # so late that no statement day has come since
        last = _statement_days(as_of, day, 1)[0]
        opened = min(as_of, last + timedelta(days=1))
    begun = min(opened, days[0]) if days else opened
    ledger = Ledger(story.terms, rng, unit, begun, story.spend)
    habits = _habits(story, days, as_of)
    for number, made_on in enumerate(days):
        reverse = story.reverse_fee and habits[number] == "late"
        extra = story.overcharge * unit if made_on == days[-1] else 0
        ledger.month(made_on, habit=habits[number], reverse_fee=reverse, overcharge=extra)
    ledger.rest(as_of, habit=habits[-1])
    _write_terms(sheets["card_accounts"], ref, story, ledger, day, places)
    _write_bills(sheets, ref, ledger, places)
    _write_records(sheets["overdue_records"], ref, story, ledger, as_of, places)
    _write_contacts(sheets["contacts"], ref, story, ledger, as_of)


def _habits(story: Story, days: list[date], as_of: date) -> list[str]:
    """Return how each month pays the bill before it, the days since the last bill included."""
    past_due = sum(day + timedelta(days=GRACE) < as_of for day in days)
    habits = ["full"] * (past_due + 1 - len(story.habits)) + list(story.habits)
    again = habits[-1] if habits[-1] in ("none", "part", "full", "minimum") else "idle"
    return habits[-(past_due + 1) :] + [again] * (len(days) - past_due)


def _money(amount: int, places: int) -> str:
    return str(Decimal(amount).scaleb(-places))


def _write_terms(
    sheet: Sheet, ref: str, story: Story, ledger: Ledger, day: int, places: int
) -> None:
    terms = story.terms
    sheet.add(
        account_ref=ref, cardholder_ref=story.holder.ref, product=terms.product,
        card_last4=f"{int(ref[1:]) * 7919 % 10000:04d}", currency=story.currency,
        credit_limit=_money(terms.limit * ledger.unit, places), opened_on=ledger.opened_on,
        statement_day=day, daily_rate=terms.daily_rate, late_fee_rate=terms.late_fee_rate,
        minimum_rate=terms.minimum_rate, interest_basis=terms.interest_basis,
        status=story.status, held_by=story.agency or "bank",
        agency_name=AGENCIES.get(story.agency, ""),
    )  # fmt: skip


def _write_bills(sheets: dict[str, Sheet], ref: str, ledger: Ledger, places: int) -> None:
    for number, posting in enumerate(ledger.postings, 1):
        posting.ref = f"{ref}-{number:05d}"
    for posting in ledger.postings:
        _write_posting(sheets["postings"], ref, posting, places)
    for bill in ledger.bills:
        sheets["statements"].add(
            account_ref=ref, statement_on=bill.made_on, due_on=bill.due_on,
            opening_balance=_money(bill.opening, places),
            closing_balance=_money(bill.closing, places),
            minimum_due=_money(bill.minimum, places),
        )  # fmt: skip


def _write_posting(sheet: Sheet, ref: str, posting: Posting, places: int) -> None:
    sheet.add(
        posting_ref=posting.ref, account_ref=ref, posted_on=posting.on,
        transacted_on=posting.transacted_on, kind=posting.kind,
        amount=_money(posting.amount, places), description=posting.description,
        merchant=posting.merchant, channel=posting.channel,
        reverses=posting.reverses.ref if posting.reverses else "",
    )  # fmt: skip


def _write_records(
    sheet: Sheet, ref: str, story: Story, ledger: Ledger, as_of: date, places: int
) -> None:
    """Report each month's end with a bill past due; the bureau's code counts months begun."""
    ends = sorted({end for bill in ledger.bills if (end := _month_end(bill.due_on)) <= as_of})
    for end in ends:
        days, amount = ledger.days_past_due(end), ledger.overdue(end)
        if story.wrong_record and end == ends[-1] and not amount:
            days, amount = 27, max(1, ledger.bills[-1].minimum)
        told = ledger.rng.randint(-3, 2) if ledger.rng.random() < 0.1 else -6
        notified = min(as_of, end + timedelta(days=told)) if amount else ""
        sheet.add(
            account_ref=ref, period=f"{end:%Y-%m}", days_past_due=days,
            reported_code=str(min(7, (days + 29) // 30)) if amount else "N",
            overdue_amount=_money(amount, places), reported_on=end, bureau="DEMO-BUREAU",
            notified_on=notified,
        )  # fmt: skip


def _month_end(on: date) -> date:
    return on.replace(day=monthrange(on.year, on.month)[1])


def _write_contacts(sheet: Sheet, ref: str, story: Story, ledger: Ledger, as_of: date) -> None:
    """One to three attempts after each due date that was missed, a few of them by night."""
    rng, number = ledger.rng, 0
    for bill in ledger.bills:
        missed = bill.due_on + timedelta(days=3)
        if missed > as_of or not (late := ledger.days_past_due(missed)):
            continue
        for extra in range(rng.randint(1, 3)):
            if (on := missed + timedelta(days=extra * 4)) > as_of:
                break
            number += 1
            hour = rng.choice((6, 22, 23)) if story.by_night and extra == 0 else rng.randint(9, 19)
            sheet.add(
                contact_ref=f"{ref}-K{number:03d}", account_ref=ref,
                at=f"{on}T{hour:02d}:{rng.randint(0, 59):02d}:00+08:00",
                channel=rng.choice(("call", "sms", "letter", "email")),
                by=story.agency if story.agency and late > 60 else "bank",
                purpose="Overdue reminder", outcome=rng.choice(OUTCOMES),
            )  # fmt: skip
    if story.pressed:
        _write_pressing(sheet, ref, story, as_of, number)


def _write_pressing(sheet: Sheet, ref: str, story: Story, as_of: date, number: int) -> None:
    """Five calls in one day, and one the night after: what no rule pack permits."""
    day, next_day = as_of - timedelta(days=3), as_of - timedelta(days=2)
    times = [f"{day}T{hour:02d}:10:00" for hour in (9, 11, 13, 16, 19)] + [f"{next_day}T22:40:00"]
    for place, at in enumerate(times, number + 1):
        sheet.add(
            contact_ref=f"{ref}-K{place:03d}", account_ref=ref, at=f"{at}+08:00", channel="call",
            by=story.agency, purpose="Overdue reminder", outcome="no answer",
        )  # fmt: skip
