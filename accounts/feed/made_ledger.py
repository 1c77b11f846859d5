"""The ledger of one fictitious account: months of purchases, payments, interest and fees.

Pure and driven by a Random of its own. Amounts are whole minor units of the account's currency.
Interest is the daily rate on what the bill before left, day by day, rounded half up once per
statement; late fees bear none (CN-ACC-07). Minimums include all earlier minimums not paid.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

GRACE = 20  # days from a statement to its due date
PRINCIPAL_FIRST_AFTER = 90  # days past due, as CN-ACC-01 has it
CHARGES = {"interest": "interest", "late_fee": "default_sum", "annual_fee": "fees"}


@dataclass(frozen=True)
class Terms:
    """What a product costs. Rates are fractions, as the feed writes them."""

    product: str
    daily_rate: str
    late_fee_rate: str
    minimum_rate: str
    interest_basis: str
    limit: int  # in whole CNY


PRODUCTS = (
    Terms("CLASSIC", "0.0005", "0.05", "0.10", "full", 20_000),
    Terms("GOLD", "0.00045", "0.05", "0.10", "unpaid", 50_000),
    Terms("PLATINUM", "0.00035", "0.03", "0.05", "unpaid", 150_000),
    Terms("STUDENT", "0.0003", "0.02", "0.10", "full", 5_000),
)


@dataclass
class Posting:
    on: date
    transacted_on: date
    kind: str
    amount: int
    description: str
    merchant: str = ""
    channel: str = ""
    reverses: "Posting | None" = None
    ref: str = ""


@dataclass
class Bill:
    made_on: date
    due_on: date
    opening: int
    closing: int
    minimum: int
    fees: int  # of the closing balance, what bears no interest
    paid: int = 0  # since it was made, until the next


@dataclass
class Ledger:
    """An account's months. Run `month()` for each statement, then `rest()` up to the feed's day."""

    terms: Terms
    rng: Random
    unit: int  # minor units of about one yuan's worth
    opened_on: date
    spend: int = 1  # how many times the usual is bought at once
    balance: int = 0
    postings: list[Posting] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    parts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("interest", "default_sum", "fees", "principal"), 0)
    )

    def month(
        self, made_on: date, *, habit: str, reverse_fee: bool = False, overcharge: int = 0
    ) -> None:
        """Live the days after the last statement up to `made_on`, then make the statement.

        Its interest is `overcharge` minor units more than the terms say.
        """
        begins = self._begins(made_on)
        self._live(begins, made_on, habit, reverse_fee)
        if self.bills:
            self._interest(made_on, overcharge)
        closing = self.balance
        bill = Bill(made_on, made_on + timedelta(days=GRACE), 0, closing, 0, 0)
        bill.fees = self.parts["default_sum"] + self.parts["fees"]
        unpaid = 0
        if self.bills:
            last = self.bills[-1]
            bill.opening, unpaid = last.closing, max(0, last.minimum - last.paid)
        share = _share(self.terms.minimum_rate, max(0, closing))
        bill.minimum = min(max(0, closing), share + unpaid)
        self.bills.append(bill)

    def rest(self, as_of: date, *, habit: str) -> None:
        """Live the days since the last statement; its bill is not made yet."""
        self._live(self._begins(as_of), as_of, habit, False)

    def _begins(self, end: date) -> date:
        if self.bills:
            return self.bills[-1].made_on + timedelta(days=1)
        return max(self.opened_on, end - timedelta(days=27))

    def _live(self, begins: date, ends: date, habit: str, reverse_fee: bool) -> None:
        """Post what happens between two days: what is paid of the last bill, bought, charged."""
        bill = self.bills[-1] if self.bills else None
        planned = list(self._purchases(begins, ends, habit))
        if bill and (paid := self._payment(bill, habit)) > 0:
            on = bill.due_on + timedelta(days=5 if habit == "late" else -self.rng.randint(1, 9))
            channel = self.rng.choice(("app", "counter", "transfer"))
            planned.append(Posting(on, on, "repayment", -paid, "Repayment", channel=channel))
        if bill and (fee := self._late_fee(bill, planned)):
            charged = bill.due_on + timedelta(days=1)
            posting = Posting(charged, charged, "late_fee", fee, "Late payment charge")
            planned.append(posting)
            if reverse_fee:
                on = charged + timedelta(days=2)
                planned.append(
                    Posting(on, on, "reversal", -fee, "Charged by mistake", reverses=posting)
                )
        for posting in sorted(planned, key=lambda p: p.on):
            if posting.on <= ends:
                self._post(posting)

    def _purchases(self, begins: date, ends: date, habit: str) -> Iterator[Posting]:
        if habit in ("idle", "none", "part", "over", "settle") and self.bills:
            return
        days = (ends - begins).days
        least = 1 if self.spend == 1 else 3
        for _ in range(self.rng.randint(least, 5) if days >= 0 else 0):
            on = begins + timedelta(days=self.rng.randint(0, days))
            worth = self.rng.choice((18, 45, 99, 160, 320, 560, 1_280, 2_600))
            amount = self.unit * min(worth * self.spend, self.terms.limit // 8) + self.rng.randint(
                0, self.unit
            )
            merchant = self.rng.choice(MERCHANTS)
            kind = "cash_advance" if self.rng.random() < 0.02 else "purchase"
            made = max(begins, on - timedelta(days=1))
            yield Posting(on, made, kind, amount, merchant, merchant, "pos")

    def _payment(self, bill: Bill, habit: str) -> int:
        """Return what a habit pays of the last bill."""
        closing = max(0, bill.closing)
        return {
            "full": closing,
            "late": closing,
            "settle": closing,
            "minimum": min(closing, bill.minimum),
            "part": bill.minimum * self.rng.randint(2, 6) // 10,
            "over": closing + 120 * self.unit,
        }.get(habit, 0)

    def _late_fee(self, bill: Bill, planned: Sequence[Posting]) -> int:
        in_time = -sum(p.amount for p in planned if p.kind == "repayment" and p.on <= bill.due_on)
        return _share(self.terms.late_fee_rate, max(0, bill.minimum - in_time))

    def _interest(self, made_on: date, overcharge: int) -> None:
        """Charge the days since the last bill, if its whole balance was not paid by its due date.

        Basis full: on that bill's balance throughout. Unpaid: on what is left of it each day.
        """
        last = self.bills[-1]
        since = [p for p in self.postings if p.on > last.made_on and p.kind == "repayment"]
        in_time = -sum(p.amount for p in since if p.on <= last.due_on)
        base = last.closing - last.fees
        if base <= 0 or in_time >= last.closing:
            return
        day_units = base * (made_on - last.made_on).days
        if self.terms.interest_basis == "unpaid":
            # repayments are below zero: each lowers the base from its own day to the end
            day_units += sum(p.amount * ((made_on - p.on).days + 1) for p in since)
        if (amount := _share(self.terms.daily_rate, max(0, day_units))) > 0:
            amount += overcharge
            self._post(Posting(made_on, made_on, "interest", amount, "Interest of the month"))

    def _post(self, posting: Posting) -> None:
        self.postings.append(posting)
        self.balance += posting.amount
        if posting.reverses:
            self.parts["default_sum"] += posting.amount
        elif posting.amount >= 0:
            self.parts[CHARGES.get(posting.kind, "principal")] += posting.amount
        else:
            self._allocate(-posting.amount, posting.on)
            if self.bills:
                self.bills[-1].paid -= posting.amount

    def _allocate(self, amount: int, on: date) -> None:
        order = ["interest", "default_sum", "fees", "principal"]
        if self.days_past_due(on) > PRINCIPAL_FIRST_AFTER:
            order = ["principal", "interest", "default_sum", "fees"]
        for part in order:
            taken = min(amount, max(0, self.parts[part]))
            self.parts[part] -= taken
            amount -= taken
        self.parts["principal"] -= amount

    def overdue(self, on: date) -> int:
        """Return what is missing of the last minimum past due, counting payments up to `on`."""
        past = [bill for bill in self.bills if bill.due_on < on]
        if not past:
            return 0
        paid = sum(
            p.amount for p in self.postings
            if p.kind == "repayment" and past[-1].made_on < p.on <= on
        )  # fmt: skip
        return max(0, past[-1].minimum + paid)

    def days_past_due(self, on: date) -> int:
        """Return the days since the first due date of the unbroken run of missed minimums."""
        if not self.overdue(on):
            return 0
        past = [bill for bill in self.bills if bill.due_on < on]
        first = len(past) - 1
        while first and past[first - 1].paid < past[first - 1].minimum:
            first -= 1
        return (on - past[first].due_on).days


def _share(rate: str, amount: int) -> int:
    """Return rate times amount in whole minor units, rounded half up once."""
    return int((Decimal(rate) * amount).quantize(Decimal(1), ROUND_HALF_UP))


MERCHANTS = (
    "Example Grocery", "Sample Bookshop", "Demo Railway", "Fictional Pharmacy", "Placeholder Cafe",
    "示例超市", "样例书店", "演示餐厅",
)  # fmt: skip
