"""Many at once on one plan: accept, decline, take back, feed, policy: exactly one truth is left.

    .venv/bin/python -m tests.drills.plans_raced
    .venv/bin/python -m tests.drills.plans_raced --database postgres://postgres@127.0.0.1:5432/
    .venv/bin/python -m tests.drills.plans_raced --without claim      (must end with exit 1)
    .venv/bin/python -m tests.drills.plans_raced --without basis      (must end with exit 1)

Real processes on a scratch database, all let go at the same moment. First two agents decide on a
request while it is withdrawn and the policy changes; then an open offer is accepted twice,
declined, taken back and run out of time, while a repayment comes in with a feed. `--without`
takes one guard out: the conditional update of a status, or the look at the account's version.
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
from datetime import datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from typing import Any

from tests.drills.worker_killed import database, set_up

LEAD = 0.25  # seconds in which every process is ready before all start
SPREAD = 0.2  # sealing takes its time: others start up to so much later than who signs
RACERS = 7
GUARDS = ("claim", "basis")


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
    from plans.actions import deciding
    from portal.records import moves, sealing

    sealing.seal_facts()  # pyHanko is loaded before the race
    deciding._wake_renderer = lambda: None  # the drill draws by itself
    if without == "claim":
        moves.move.__globals__["record"] = _unclaimed(moves.record)
    if without == "basis":
        from plans import signing

        signing.check_acceptable = lambda offer, at: None


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
        for name, race in (("request", decide), ("offer", sign)):
            outcome, problems = race(pool, turn)
            ends[f"{name} {outcome}"] += 1
            wrong += len(problems)
            for problem in problems:
                print(f"  round {turn}, {name}: {problem}")
    print(f"{rounds} rounds of two races in {time.monotonic() - began:.0f} s, {wrong} wrong")
    for end, times in sorted(ends.items()):
        print(f"  {end}: {times}")
    return 1 if wrong else 0


def race(pool: ProcessPoolExecutor, jobs: list[tuple[str, int, int]], turn: int) -> list[str]:
    """Let all jobs go at once, but for a short chance; return what each said."""
    chance = random.Random(turn)
    go_at = time.time() + LEAD
    starts = [go_at + chance.random() * SPREAD * (job[0] != "accept") for job in jobs]
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


# == what a racer does


def work(name: str, key: int, by: int, go_at: float) -> str:
    """Do one job at the given moment; return how it ended."""
    from django.db import close_old_connections

    from accounts.models import User
    from portal.kit.errors import IllegalMove, Refused, Stale

    close_old_connections()
    user = User.objects.filter(pk=by).first()
    job = prepared(name, key, user)
    while time.time() < go_at:
        time.sleep(0.001)
    try:
        job()
    except (Stale, IllegalMove, Refused) as no:
        return type(no).__name__
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"[:200]
    return "done"


def prepared(name: str, key: int, user: Any) -> Callable[[], object]:
    """Read what the job is about, as a page that was opened before; return the act itself."""
    from django.utils.timezone import now

    from accounts.models import CardAccount
    from plans import actions, signing
    from plans.models import Offer, PlanRequest
    from tests.plans.scene import FINDINGS

    if name == "policy":
        return lambda: new_policy(key, user)
    if name == "feed":
        account = CardAccount.objects.get(pk=key)
        return lambda: repayment_came_in(account)
    if name in ("offer", "refuse", "withdraw_request"):
        asked = PlanRequest.objects.select_related("account__cardholder").get(pk=key)
        version = asked.account.version
        return {
            "offer": lambda: actions.make_offer(
                asked, asked.choice, findings=FINDINGS, explanation="", basis_version=version,
                by=user, at=now(),
            ),
            "refuse": lambda: actions.refuse(asked, reason="No.", by=user, at=now()),
            "withdraw_request": lambda: actions.withdraw_request(asked, by=user, at=now()),
        }[name]  # fmt: skip
    offer = Offer.objects.select_related("account__cardholder__user").get(pk=key)
    draft = offer.drafts.get(language="en")
    signature = signing.Signature("Test Person", "email-code", ["agree"], "s", "a")
    return {
        "accept": lambda: signing.accept(offer, draft, signature=signature, by=user, at=now()),
        "decline": lambda: actions.decline(offer, reason="", by=user, at=now()),
        "withdraw_offer": lambda: actions.withdraw_offer(offer, reason="", by=user, at=now()),
        "expire": lambda: actions.expire([offer], at=offer.expires_at + timedelta(days=1)),
    }[name]


def repayment_came_in(account: Any) -> None:
    """What a night's feed does to one account: a repayment, a raised version, an event."""
    from django.db import transaction
    from django.db.models import F
    from django.utils.timezone import now

    from accounts.models import CardAccount
    from portal.records.audit import record
    from tests.accounts.books import post

    with transaction.atomic():
        CardAccount.objects.filter(pk=account.pk).update(version=F("version") + 1)
        post(account, "paid", str(account.as_of), "repayment", Decimal(-900))
        record("drill.fed", subject=f"drill:{account.pk}", by=None, at=now())


def new_policy(turn: int, user: Any) -> None:
    """Another version of the policy comes into force while agents decide."""
    from django.utils.timezone import localdate, now

    from plans.models import PolicyVersion
    from plans.policy import FIRST

    at: datetime = now()
    PolicyVersion.objects.create(
        name=f"drill-{turn}", status="approved", made_by=user, made_at=at, approved_at=at,
        effective_from=localdate() - timedelta(days=1 + turn), data=FIRST | {"offer_valid": 13},
        approved_by=type(user).objects.exclude(pk=user.pk).first(),
    )  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    sys.exit(main())
