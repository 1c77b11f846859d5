"""The books of made-up accounts, without a feed or a database."""

from datetime import date
from decimal import Decimal
from random import Random

from accounts.explain import Books, Terms
from accounts.feed.made_ledger import Ledger
from accounts.feed.made_people import Story
from accounts.rules import Bill, Movement
from portal.kit.money import PLACES
from portal.packs import load

AS_OF = date(2026, 11, 20)
RULE = load("cn", on=AS_OF)["allocation.principal_first_from"]
MADE_ON = [date(2025 + (11 + i) // 12, (11 + i) % 12 + 1, 5) for i in range(12)]  # Dec to Nov


def made(story: Story, rng: Random) -> tuple[Books, Terms]:
    """Live twelve months as a story has it; its last habits pay the last bills."""
    places = PLACES[story.currency]
    ledger = Ledger(story.terms, rng, 10**places, MADE_ON[0], story.spend)
    habits = (["full"] * 12 + list(story.habits))[-12:]
    for made_on, habit in zip(MADE_ON, habits, strict=True):
        extra = story.overcharge * 10**places if made_on == MADE_ON[-1] else 0
        ledger.month(made_on, habit=habit, reverse_fee=story.reverse_fee, overcharge=extra)
    ledger.rest(AS_OF, habit=habits[-1])
    for number, posting in enumerate(ledger.postings):
        posting.ref = f"{number:05d}"
    movements = [
        Movement(p.ref, p.on, p.kind, money(p.amount, places), p.reverses.ref if p.reverses else "")
        for p in ledger.postings
    ]
    bills = [
        Bill(b.made_on, b.due_on, *(money(n, places) for n in (b.opening, b.closing, b.minimum)))
        for b in ledger.bills
    ]
    of = story.terms
    rates = (Decimal(of.daily_rate), Decimal(of.late_fee_rate), Decimal(of.minimum_rate))
    terms = Terms(story.currency, *rates, of.interest_basis)
    return Books(bills, movements, AS_OF, RULE).until(AS_OF), terms


def money(minor: int, places: int) -> Decimal:
    return Decimal(minor).scaleb(-places)
