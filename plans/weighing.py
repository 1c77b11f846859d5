"""What a plan would be on an account, and what the policy says of it: for pages and for actions."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal

from django.conf import settings
from django.utils.timezone import localdate

from accounts import queries as ledger
from accounts.models import CardAccount, User
from accounts.models.people import Role
from accounts.rules import Position
from plans import checks, policies, rules, words
from plans.agreement import Terms
from plans.checks import ZERO, Check, Facts, Verdict
from plans.fitting import Option, compared
from plans.models import Agreement, Instalment, Offer, PlanRequest
from plans.policy import Policy
from plans.rules import Choice, Waived
from plans.situation.queries import told_with
from plans.situation.rules import Told, left_each_month
from portal import packs
from portal.kit import money
from portal.kit.errors import Refused, gettext_noop
from portal.packs import Pack, Rule


@dataclass(frozen=True)
class Ground:
    """What plans on an account are weighed by on a day. `position`: without what is in dispute."""

    position: Position
    policy: Policy
    pack: Pack
    told: Told | None  # None: the request came without a budget
    on: date
    promised: Decimal = ZERO  # the next payments of the person's plans on other accounts

    @property
    def currency(self) -> str:
        return self.position.currency

    @property
    def unit(self) -> Decimal:
        return money.unit(self.currency)

    @property
    def longest(self) -> Rule:
        return self.pack["plan.longest"]

    @property
    def left(self) -> Decimal | None:
        """Left each month; None if it was not told."""
        return left_each_month(self.told, currency=self.currency) if self.told else None

    def facts(self, role: str) -> Facts:
        """Return what the policy asks. `role`: of who proposes, as role_of."""
        parts = self.position.overdue_by_component
        return Facts(
            currency=self.currency,
            overdue=Waived(parts.principal, parts.interest, parts.default_sum, parts.fees),
            bucket=int(self.position.bucket[1]),
            left=self.left,
            role=role,
            on=self.on,
            longest=self.longest.value,
            promised=self.promised,
        )


def ground(asked: PlanRequest, account: CardAccount, *, on: date) -> Ground:
    """Read what a plan for a request is weighed by. Errors: InvalidTag for an altered budget."""
    return Ground(
        position=ledger.plannable(account),
        policy=policies.in_force(on),
        pack=packs.load(settings.JURISDICTION, on=on),
        told=told_with(asked),
        on=on,
        promised=_promised(account, on=on),
    )


def _promised(account: CardAccount, *, on: date) -> Decimal:
    """Return the sum of the next instalments of the other plans in an account's currency."""
    others = Instalment.objects.filter(
        agreement__status=Agreement.Status.ACTIVE,
        agreement__account__cardholder=account.cardholder_id,
        agreement__account__currency=account.currency,
        due_on__gte=on,
    ).exclude(agreement__account=account)
    latest_first = others.order_by("-due_on").values_list("agreement", "amount")
    return sum(dict(latest_first).values(), ZERO)


def role_of(user: User | None) -> str:
    """Return the role whose limits hold for someone who proposes; the policy alone: an agent's."""
    return "supervisor" if user and user.role == Role.SUPERVISOR else "agent"


@dataclass(frozen=True)
class Weighed:
    """A plan, and every point of the policy on it. `total`: what it repays, interest aside."""

    option: Option
    total: Decimal
    found: list[Check]
    currency: str
    left: Decimal | None

    @property
    def verdict(self) -> Verdict:
        return checks.verdict(self.found)

    @property
    def verdict_said(self) -> object:
        return words.VERDICTS[self.verdict]

    def codes(self, verdict: Verdict) -> list[str]:
        return [check.code for check in self.found if check.verdict == verdict]

    @property
    def points(self) -> list[tuple[Check, str, object, str]]:
        """Each point as it is read: the check, its name, its verdict and its sentence."""
        return [
            (
                check,
                words.name(check.code),
                words.VERDICTS[check.verdict],
                words.sentence(check, self.currency),
            )
            for check in self.found
        ]

    @property
    def highest(self) -> Decimal:
        return max(due.amount for due in self.option.dues)

    @property
    def share(self) -> int | None:
        """What the highest payment takes of what is left each month, in whole percent, not less.

        None where nothing is left or it was not told.
        """
        if not self.left or self.left < 0:
            return None
        return int((self.highest / self.left * 100).quantize(Decimal(1), ROUND_UP))


def weigh(choice: Choice, ground: Ground, *, role: str) -> Weighed:
    """Return the plan that a choice makes. Errors: Refused by the rules (plans.rules.schedule)."""
    if choice.kind not in (rules.EQUAL, rules.STEPPED, rules.SETTLEMENT, rules.TOKEN):
        raise Refused("PLAN-KIND", gettext_noop("Choose what kind of plan you offer."))
    total = rules.plan_sum(ground.position.overdue, choice)
    dues = rules.schedule(
        total, choice, agreed_on=ground.on, unit=ground.unit, longest=ground.longest
    )
    option = compared(total, choice, dues, agreed_on=ground.on)
    found = checks.checks(choice, dues, ground.facts(role), ground.policy)
    return Weighed(option, total, found, ground.currency, ground.left)


def check_within(weighed: Weighed) -> None:
    """Errors: Refused PLAN-POLICY, naming each point that nobody may go beyond."""
    outside = [said for check, _name, _verdict, said in weighed.points if check.verdict == "no"]
    if outside:
        raise Refused(
            "PLAN-POLICY",
            gettext_noop("This lies outside the policy. %(points)s"),
            points=" ".join(outside),
        )


def of_offer(offer: Offer) -> Weighed:
    """Return an offer weighed as it was on the day it was made, by the policy of that day.

    Errors: InvalidTag if its terms, or the budget with its request, were altered.
    """
    terms, on = Terms.unsealed(offer.number, offer.sealed_terms), localdate(offer.made_at)
    told, policy = told_with(offer.request), policies.in_force(on)
    left = left_each_month(told, currency=terms.currency) if told else None
    parts = Waived(terms.principal, terms.interest, terms.default_sum, terms.fees)
    longest = packs.load(settings.JURISDICTION, on=on)["plan.longest"].value
    facts = Facts(terms.currency, parts, 0, left, role_of(offer.made_by), on, longest)
    option = compared(offer.total, offer.choice, terms.dues, agreed_on=on)
    found = checks.checks(offer.choice, terms.dues, facts, policy)
    return Weighed(option, offer.total, found, terms.currency, left)
