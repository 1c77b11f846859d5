"""Whether a plan lies within the policy, point by point: pure, to be read aloud."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from plans.policy import COMPONENTS, Policy
from plans.rules import EQUAL, SETTLEMENT, STEPPED, TOKEN, Choice, Due, Waived, add_months

ZERO = Decimal(0)
Verdict = Literal["ok", "second", "no"]  # within; a second person must agree; outside for all


@dataclass(frozen=True)
class Facts:
    """What a plan is checked against. Amounts in `currency`."""

    currency: str
    overdue: Waived  # the overdue, undisputed sum by component
    bucket: int  # 0 for M0, 3 for M3
    left: Decimal | None  # left each month; None: not told
    role: str  # of who proposes: "agent" or "supervisor"
    on: date
    longest: int  # months the law allows
    promised: Decimal = ZERO  # what the next payments of the person's other plans take of `left`


@dataclass(frozen=True)
class Check:
    """One point: its code (plans.words says it), the verdict, and its figures."""

    code: str
    verdict: Verdict
    value: object = None
    limit: object = None


def checks(choice: Choice, dues: Sequence[Due], facts: Facts, policy: Policy) -> list[Check]:
    """Return every point of the policy for a plan, in the order in which it is read.

    `dues`: the schedule of `choice`, interest included. Days are counted from `facts.on`.
    """
    return [
        *_length(choice, facts, policy),
        _least(choice, dues, facts, policy),
        _first(choice, facts, policy),
        _rate(choice, policy),
        *_waivers(choice, facts, policy),
        _sum(facts, policy),
        _share(dues, facts, policy),
    ]


def _length(choice: Choice, facts: Facts, policy: Policy) -> Iterator[Check]:
    own = {SETTLEMENT: policy.settlement_payments, TOKEN: policy.token_months}
    limit = min(own.get(choice.kind, policy.longest), policy.longest, facts.longest)
    code = {SETTLEMENT: "settlement_payments", TOKEN: "token_months"}.get(choice.kind, "months")
    yield Check(code, "ok" if choice.months <= limit else "no", choice.months, limit)
    if choice.kind == TOKEN:
        latest, review = add_months(choice.first_on, choice.months), choice.review_on
        in_time = review is not None and choice.first_on <= review <= latest
        yield Check("review_on", "ok" if in_time else "no", review, latest)


def _least(choice: Choice, dues: Sequence[Due], facts: Facts, policy: Policy) -> Check:
    """The last one takes the remainder, so it may be smaller; then so may a small debt, paid once.

    A token plan is small by its nature: below the minimum, two people agree on it.
    """
    least = policy.least_instalment(facts.currency)
    if len(dues) == 1:
        return Check("paid_once", "ok", dues[0].amount, least)
    smallest = min(due.amount for due in dues[:-1])
    below: Verdict = "second" if choice.kind == TOKEN else "no"
    return Check("least", "ok" if smallest >= least else below, smallest, least)


def _first(choice: Choice, facts: Facts, policy: Policy) -> Check:
    earliest = facts.on + timedelta(days=policy.first_after)
    usual = facts.on + timedelta(days=policy.first_within)
    deferred = facts.on + timedelta(days=policy.deferral_within)
    if choice.first_on < earliest:
        return Check("first_on", "no", choice.first_on, earliest)
    if choice.first_on <= usual:
        return Check("first_on", "ok", choice.first_on, earliest)
    return Check(
        "deferral", "ok" if choice.first_on <= deferred else "no", choice.first_on, deferred
    )


def _rate(choice: Choice, policy: Policy) -> Check:
    return Check("rate", "ok" if choice.rate in policy.rates else "no", choice.rate, policy.rates)


def _waivers(choice: Choice, facts: Facts, policy: Policy) -> Iterator[Check]:
    """What is given up, by component; nothing said of a component that is kept whole."""
    own = policy.waiver_limit(facts.role, facts.bucket)
    highest = policy.waiver_limit("supervisor", facts.bucket)
    for name in COMPONENTS:
        waived, part = getattr(choice.waived, name), getattr(facts.overdue, name)
        if waived <= 0:
            continue
        limit, most = part * getattr(own, name), part * getattr(highest, name)
        verdict: Verdict = "ok" if waived <= limit else "second" if waived <= most else "no"
        yield Check(f"waived_{name}", verdict, waived, most if verdict == "no" else limit)


def _sum(facts: Facts, policy: Policy) -> Check:
    """A currency for which no sum is set is for two people always."""
    total, most = facts.overdue.total, policy.agent_most.get(facts.currency)
    within = most is not None and total <= most
    return Check("agent_most", "ok" if within else "second", total, most)


def _share(dues: Sequence[Due], facts: Facts, policy: Policy) -> Check:
    if facts.left is None:
        return Check("share", "ok")
    free = facts.left - facts.promised
    highest, limit = max(due.amount for due in dues), max(free * policy.share, ZERO)
    code = "share_beside" if facts.promised else "share"
    return Check(code, "ok" if highest <= limit else "second", highest, limit)


def verdict(found: Sequence[Check]) -> Verdict:
    """Return the strictest of several points."""
    order: list[Verdict] = ["ok", "second", "no"]
    return max((check.verdict for check in found), key=order.index, default="ok")


def may_offer_at_once(choice: Choice, dues: Sequence[Due], facts: Facts, policy: Policy) -> bool:
    """Tell whether the policy may make this offer without an agent (CN-PI-07 then applies).

    Only a plan that is within on every point, gives up nothing, defers nothing, is short and
    small; and only where what was told bears out the findings of CN-PLAN-01: the sum is more than
    what is left each month. What needs judgement is left to a person.
    """
    most = policy.auto_most.get(facts.currency)
    return (
        policy.auto
        and most is not None
        and facts.overdue.total <= most
        and choice.kind in (EQUAL, STEPPED)
        and choice.months <= policy.auto_longest
        and choice.waived.total == 0
        and choice.first_on <= facts.on + timedelta(days=policy.first_within)
        and facts.left is not None
        and facts.left < facts.overdue.total
        and verdict(checks(choice, dues, facts, policy)) == "ok"
    )
