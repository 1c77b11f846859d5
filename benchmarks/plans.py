"""The sums of plans, CPU: python -m benchmarks.plans [--rounds 200]

A schedule of 60 instalments with interest and its annual rate; then the page that works offers out
anew (POST …/preview/) against the same request that only signs someone in (benchmarks/pages.py).
Settings as there: DATABASE_URL=postgres://… REDIS_URL=redis://…
"""

import argparse
import time
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from benchmarks import pages
from plans import rules
from portal.packs import load

TODAY, FIRST = date(2026, 11, 22), date(2026, 12, 10)
CENT, RATE = Decimal("0.01"), Decimal("0.06")


def once() -> None:
    longest = load("cn", on=TODAY)["plan.longest"]
    total = Decimal("41208.37")
    terms = {"rate": RATE, "agreed_on": TODAY, "first_on": FIRST}
    each = rules.each_for(total, 60, unit=CENT, **terms)
    choice = rules.Choice(each, 60, FIRST, rate=RATE)
    dues = rules.schedule(total, choice, agreed_on=TODAY, unit=CENT, longest=longest)
    assert rules.annual_rate_of(total, dues, agreed_on=TODAY) > 0


def sums(rounds: int) -> None:
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        once()
        spent.append((time.process_time() - started) * 1000)
    print(f"60 instalments and their annual rate: {median(spent):.2f} ms CPU (target < 2)")


def previews(rounds: int) -> None:
    from django.db import connection
    from django.utils.timezone import localdate

    database = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        client = pages.make_account()
        first_on = (localdate() + timedelta(days=20)).isoformat()
        asked = {"kind": "equal", "by": "months", "months": "6", "first_on": first_on}

        def preview() -> float:
            started = time.process_time()
            response = client.post(  # type: ignore[attr-defined]
                "/plans/request/AC0001/preview/", asked, headers={"HX-Request": "true"}
            )
            spent = time.process_time() - started
            assert response.status_code == 200, response.status_code
            assert response.content.count(b"<tr>") > 6 and b"</html>" not in response.content
            return spent

        taken = [(pages.cpu(client, "auth-bare"), preview()) for _ in range(20 + rounds)][20:]
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)
    bare, worked_out = (median(each) * 1000 for each in zip(*taken, strict=True))
    ratio = median(bare / preview for bare, preview in taken)
    print(f"{connection.vendor}: auth-bare {bare:.2f} ms, offers anew {worked_out:.2f} ms CPU")
    print(f"auth-bare / offers anew: {ratio:.2f} (target ≥ 0.30)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    sums(rounds)
    pages.prepare()
    previews(rounds)


if __name__ == "__main__":
    main()
