"""The sums of plans, CPU: python -m benchmarks.plans [--rounds 200]

A schedule of 60 instalments with interest and its annual rate; then the page that works offers out
anew (POST …/preview/) against the same request that only signs someone in (benchmarks/pages.py).
Last, what a version of the policy would have changed of the last 200 offers and 200 requests, each
with a budget: against the least it takes, reading these rows and decrypting what they hold once.
Settings as there: DATABASE_URL=postgres://… REDIS_URL=redis://…
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def test_database() -> Iterator[None]:
    from django.db import connection

    database = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)


def cpu(step: Callable[[], object]) -> float:
    """Return the seconds of CPU that a step takes."""
    started = time.process_time()
    step()
    return time.process_time() - started


def previews(rounds: int) -> None:
    from django.db import connection
    from django.utils.timezone import localdate

    client = pages.make_account()
    first_on = (localdate() + timedelta(days=20)).isoformat()
    asked = {"kind": "equal", "by": "months", "months": "6", "first_on": first_on}

    def preview() -> None:
        response = client.post(  # type: ignore[attr-defined]
            "/plans/request/AC0001/preview/", asked, headers={"HX-Request": "true"}
        )
        assert response.status_code == 200, response.status_code
        assert response.content.count(b"<tr>") > 6 and b"</html>" not in response.content

    taken = [(pages.cpu(client, "auth-bare"), cpu(preview)) for _ in range(20 + rounds)][20:]
    bare, worked_out = (median(each) * 1000 for each in zip(*taken, strict=True))
    ratio = median(bare / preview for bare, preview in taken)
    print(f"{connection.vendor}: auth-bare {bare:.2f} ms, offers anew {worked_out:.2f} ms CPU")
    print(f"auth-bare / offers anew: {ratio:.2f} (target ≥ 0.30)")


def simulations(rounds: int) -> None:
    from plans import policies, simulation
    from plans.agreement import Terms
    from plans.models import Offer, PlanRequest
    from plans.policy import FIRST, read
    from plans.situation.queries import told_with
    from tests.people import cardholder, staff
    from tests.plans.scene import Scene, account_of
    from tests.plans.telling import tell

    agent = staff("agent")
    for i in range(simulation.LAST):
        holder = cardholder()
        scene = Scene(holder, agent, account_of(holder, ref=f"AC1{i:03}"))
        tell(scene.account)
        scene.preparing()
    old, new = policies.first(), read("n", {**FIRST, "auto": True, "share": "0.3"})

    def judged() -> None:
        offers = simulation.of_offers(old, new)
        assert offers.looked == simulation.of_requests(old, new).looked == simulation.LAST

    def decrypted() -> None:
        for offer in Offer.objects.select_related("request__account__cardholder"):
            Terms.unsealed(offer.number, offer.sealed_terms)
            told_with(offer.request)
        for asked in PlanRequest.objects.select_related("account__cardholder"):
            told_with(asked)

    taken = [(cpu(decrypted), cpu(judged)) for _ in range(2 + rounds)][2:]
    least, whole = (median(each) * 1000 for each in zip(*taken, strict=True))
    ratio = median(whole / least for least, whole in taken)
    print(f"200 offers and 200 requests: decrypted {least:.0f} ms, judged {whole:.0f} ms CPU")
    print(f"judged / decrypted: {ratio:.2f} (target ≤ 3)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    sums(rounds)
    os.environ.setdefault("CELERY_BROKER_URL", "memory://")  # of what is offered nothing is drawn
    pages.prepare()
    with test_database():
        previews(rounds)
        simulations(max(1, rounds // 10))


if __name__ == "__main__":
    main()
