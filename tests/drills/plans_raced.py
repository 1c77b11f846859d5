"""Many at once on one plan: accept, decline, take back, feed, policy: exactly one truth is left.

    .venv/bin/python -m tests.drills.plans_raced
    .venv/bin/python -m tests.drills.plans_raced --database postgres://postgres@127.0.0.1:5432/
    .venv/bin/python -m tests.drills.plans_raced --without claim      (must end with exit 1)
    .venv/bin/python -m tests.drills.plans_raced --without basis      (must end with exit 1)
    … --database postgres://… --without lock     (must end with exit 1; SQLite has one writer)

Real processes on a scratch database, all let go at the same moment. First two agents decide on a
request while it is withdrawn and the policy changes; then one agent, in two windows, proposes an
offer to a second person and refuses the request; then an open offer is accepted twice, declined,
taken back and run out of time, while a repayment comes in with a feed. `--without` takes one guard
out: the conditional update of a status, the look at the account's version, or the account's lock.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from tests.drills.plans_racers import work
from tests.drills.worker_killed import database, set_up

LEAD = 0.25  # seconds in which every process is ready before all start
SPREAD = 0.2  # sealing takes its time: others start up to so much later than who is slow
SLOW = ("accept", "propose")
RACERS = 7
GUARDS = ("claim", "basis", "lock")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--database", default="", help="a PostgreSQL server's URL")
    options.add_argument("--without", choices=GUARDS, help="take this guard out")
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="portal-drill-") as scratch,
        database(given.database, scratch) as url,
    ):
        set_up(scratch, url, "filesystem://")
        spawned = get_context("spawn")
        with ProcessPoolExecutor(RACERS, spawned, ready, (given.without or "",)) as pool:
            list(pool.map(time.sleep, [LEAD] * RACERS))  # every process is up
            return drill(pool, given.rounds)


def ready(without: str) -> None:
    """Set a racer up; take a guard out of it if the drill is to fail."""
    import django

    django.setup()
    from accounts.models import CardAccount
    from plans.actions import deciding
    from portal.records import moves, sealing

    sealing.seal_facts()  # pyHanko is loaded before the race
    deciding._wake_renderer = lambda: None  # the drill draws by itself
    if without == "claim":
        moves.move.__globals__["record"] = _unclaimed(moves.record)
    if without == "basis":
        from plans import signing

        signing.check_acceptable = lambda offer, at: None
    if without == "lock":
        deciding.locked = lambda request: CardAccount.objects.get(pk=request.account_id)


def _unclaimed(record: Callable[..., Any]) -> Callable[..., Any]:
    """Put back what the conditional update refused: as if a status were simply saved."""
    from django.db.models import QuerySet

    update = QuerySet.update

    def blind(rows: Any, **changes: Any) -> int:
        done = update(rows, **changes)
        if not done and "status" in changes and rows.query.where.children:
            key = next(c.rhs for c in rows.query.where.children if c.lhs.target.primary_key)
            done = update(rows.model.objects.filter(pk=key), **changes)
        return done

    QuerySet.update = blind  # type: ignore[method-assign]
    return record


# == the rounds


def drill(pool: ProcessPoolExecutor, rounds: int) -> int:
    began, ends, wrong = time.monotonic(), Counter[str](), 0
    for turn in range(rounds):
        for name, race in (("request", decide), ("proposal", propose), ("offer", sign)):
            outcome, problems = race(pool, turn)
            ends[f"{name} {outcome}"] += 1
            wrong += len(problems)
            for problem in problems:
                print(f"  round {turn}, {name}: {problem}")
    print(f"{rounds} rounds of three races in {time.monotonic() - began:.0f} s, {wrong} wrong")
    for end, times in sorted(ends.items()):
        print(f"  {end}: {times}")
    return 1 if wrong else 0


def race(
    pool: ProcessPoolExecutor,
    jobs: list[tuple[str, int, int]],
    turn: int,
    *,
    spread: float = SPREAD,
) -> list[str]:
    """Let all jobs go at once, but for a short chance; return what each said."""
    chance = random.Random(turn)
    go_at = time.time() + LEAD
    starts = [go_at + chance.random() * spread * (job[0] not in SLOW) for job in jobs]
    waiting: list[Future[str]] = [
        pool.submit(work, *job, start) for job, start in zip(jobs, starts, strict=True)
    ]
    return [done.result(timeout=60) for done in waiting]


def decide(pool: ProcessPoolExecutor, turn: int) -> tuple[str, list[str]]:
    """Two agents offer, one refuses, the cardholder withdraws, the policy changes."""
    from plans.models import Offer, PlanRequest
    from tests.people import staff

    scene = behind(f"ASK{turn}")
    asked, other = scene.taken(), staff("agent")
    jobs = [(name, asked.pk, scene.agent.pk) for name in ("offer", "offer", "refuse")]
    jobs += [("withdraw_request", asked.pk, scene.holder.pk), ("policy", turn, other.pk)]
    said = race(pool, jobs, turn)
    asked = PlanRequest.objects.get(pk=asked.pk)
    offers = list(Offer.objects.filter(request=asked))
    live = asked.status == PlanRequest.Status.OFFERED
    problems = list(faults(said))
    if len(offers) != live:
        problems.append(f"the request is {asked.status} and has {len(offers)} offers")
    if asked.status not in ("offered", "refused", "withdrawn"):
        problems.append(f"the request is still {asked.status}")
    problems += [f"{verb}: {n} events" for verb, n in events(asked).items() if n > 1]
    return asked.status, problems


def propose(pool: ProcessPoolExecutor, turn: int) -> tuple[str, list[str]]:
    """One agent proposes an offer in one window and refuses the request in several others."""
    from plans.models import Offer, PlanRequest

    scene = behind(f"TWO{turn}")
    asked = scene.taken()
    jobs = [(name, asked.pk, scene.agent.pk) for name in ("propose", *["refuse"] * (RACERS - 1))]
    said = race(pool, jobs, turn, spread=0.1)
    asked = PlanRequest.objects.get(pk=asked.pk)
    waits = Offer.objects.filter(request=asked, status=Offer.Status.PROPOSED).count()
    problems = list(faults(said))
    if (asked.status, waits) not in (("under_review", 1), ("refused", 0)):
        problems.append(f"the request is {asked.status} and {waits} offers are proposed on it")
    return asked.status, problems


def sign(pool: ProcessPoolExecutor, turn: int) -> tuple[str, list[str]]:
    """Two tabs accept while a feed comes in; in every other round the offer also ends otherwise."""
    from plans.models import Offer

    scene = behind(f"SIGN{turn}")
    offer = scene.offered()
    own, agent = scene.holder.pk, scene.agent.pk
    jobs = [("accept", offer.pk, own), ("accept", offer.pk, own), ("feed", scene.account.pk, 0)]
    if turn % 2:
        jobs += [("decline", offer.pk, own), ("withdraw_offer", offer.pk, agent),
                 ("expire", offer.pk, 0)]  # fmt: skip
    said = race(pool, jobs, turn)
    offer = Offer.objects.get(pk=offer.pk)
    return offer.status, [*faults(said), *contradictions(offer)]


def behind(ref: str) -> Any:
    """A cardholder two statements behind, and an agent."""
    from tests.people import cardholder, staff
    from tests.plans.scene import Scene, account_of

    holder = cardholder()
    return Scene(holder, staff("agent"), account_of(holder, ref=ref))


def contradictions(offer: Any) -> Iterator[str]:
    """Yield what does not fit the one state that the offer is in."""
    from accounts.models import Hold
    from plans.models import Agreement
    from portal.records.models import AuditEvent, OutboxEvent

    agreements = list(Agreement.objects.filter(account=offer.account))
    signed = offer.status == "accepted"
    if len(agreements) != signed:
        yield f"the offer is {offer.status} and there are {len(agreements)} agreements"
    holds = Hold.objects.filter(account=offer.account, until_at=None).count()
    if holds != signed:
        yield f"the offer is {offer.status} and there are {holds} holds"
    told = OutboxEvent.objects.filter(account_ref=offer.account.ref, type="plan.accepted").count()
    if told != signed:
        yield f"the offer is {offer.status} and the bank was told {told} times"
    yield from (f"{verb}: {n} events" for verb, n in events(offer).items() if n > 1)
    for agreement in agreements:
        dues = list(agreement.instalments.all())
        if sum(due.amount for due in dues) != agreement.total:
            yield "the instalments are not the total"
        began = AuditEvent.objects.filter(verb="plans.agreement.active").order_by("-pk")[0]
        fed = AuditEvent.objects.filter(verb="drill.fed", subject=f"drill:{offer.account_id}")
        if fed.filter(pk__lt=began.pk).exists():
            yield "it was signed although less was overdue by then"


def events(thing: Any) -> Counter[str]:
    from portal.records.audit import subject_of
    from portal.records.models import AuditEvent

    subject = subject_of(thing)
    return Counter(AuditEvent.objects.filter(subject=subject).values_list("verb", flat=True))


def faults(said: list[str]) -> Iterator[str]:
    """Yield what a racer ended with that is neither done nor a refusal we know."""
    known = {"done", "Stale", "IllegalMove", "Refused"}
    yield from (f"ended with {word}" for word in said if word not in known)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    sys.exit(main())
