"""Schedule of 60 instalments with its annual rate, CPU: python -m benchmarks.plans"""

import time
from datetime import date
from decimal import Decimal
from statistics import median

from plans import rules
from portal.packs import load

TODAY = date(2026, 11, 22)
ROUNDS = 200


def once() -> None:
    longest = load("cn", on=TODAY)["plan.longest"]
    total, cent = Decimal("41208.37"), Decimal("0.01")
    each = rules.each_for(total, 60, unit=cent)
    dues = rules.schedule(
        total,
        rules.Choice(each, 60, date(2026, 12, 10)),
        agreed_on=TODAY,
        unit=cent,
        longest=longest,
    )
    with_interest = [due.amount * Decimal("1.1") for due in dues]
    rules.annual_rate(total, with_interest)


def main() -> None:
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        once()
        spent.append((time.process_time() - started) * 1000)
    print(f"60 instalments and their annual rate: {median(spent):.2f} ms CPU (target < 2)")


if __name__ == "__main__":
    main()
