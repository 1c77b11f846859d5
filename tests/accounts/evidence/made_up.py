"""Ledgers as chance makes them: payments that bounce, bounces taken back, waivers, two due dates.

Unlike accounts.feed.made_ledger they keep to no habit; statements always add up.
"""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from accounts.book import Bill, Movement
from accounts.evidence.ledger import Entry, Ledger
from portal.packs import load

RULE = load("cn", on=date(2026, 11, 20))["allocation.principal_first_from"]
FIRST, DAYS, CENT = date(2025, 1, 1), 460, Decimal("0.01")
KINDS = ("purchase", "purchase", "interest", "late_fee", "annual_fee", "adjustment",
         "repayment", "repayment", "repayment", "waiver", "reversal", "reversal")  # fmt: skip


def books(seed: int) -> Ledger:
    bills, movements = drawn(Random(seed))
    entries = [Entry(m, m.on, "", "", "") for m in sorted(movements, key=lambda m: (m.on, m.ref))]
    return Ledger(bills, entries, FIRST + timedelta(DAYS), date(2024, 6, 1), RULE)


def drawn(rng: Random) -> tuple[list[Bill], list[Movement]]:
    balance = opened = Decimal(rng.choice([0, 0, 700]))
    bills: list[Bill] = []
    movements: list[Movement] = []
    undone: set[str] = set()
    for day in range(DAYS):
        on = FIRST + timedelta(day)
        for _ in range(rng.choice([0, 0, 0, 0, 0, 1, 1, 2])):
            movement = one(rng, on, movements, undone)
            if movement:
                movements.append(movement)
                balance += movement.amount
        if on.day == 18:
            minimum = max(Decimal(0), balance * rng.choice([1, 3, 10]) / 10).quantize(CENT)
            bills.append(Bill(on, on + timedelta(20), opened, balance, minimum))
            opened = balance
    return bills, movements


def one(rng: Random, on: date, before: list[Movement], undone: set[str]) -> Movement | None:
    """Return a movement; a reversal takes one of the last ones back in full, once."""
    kind, ref = rng.choice(KINDS), f"{rng.randrange(10**6):06}-{len(before)}"
    amount = Decimal(rng.randrange(1, 50_000)).scaleb(-2)
    if kind == "reversal":
        open_ = [m for m in before[-7:] if m.ref not in undone and m.on < on]
        if not open_:
            return None
        target = rng.choice(open_)
        undone.add(target.ref)
        return Movement(ref, on, kind, -target.amount, target.ref)
    names = rng.choice(["", "", "unknown", *(m.ref for m in before[-5:] if m.amount > 0)])
    if kind == "waiver":
        return Movement(ref, on, kind, -amount, names)
    falls = kind == "repayment" or (kind == "adjustment" and rng.random() < 0.5)
    return Movement(ref, on, kind, -amount if falls else amount)
