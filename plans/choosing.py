"""What a cardholder chooses from: read for the pages on which they ask."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from accounts.held import Held, standing
from accounts.models import CardAccount
from accounts.rules import undisputed
from plans import fitting, policies, queries
from plans.fitting import Option
from plans.forms.asking import OptionForm, WishForm
from plans.forms.kinds import OTHER, as_filled
from plans.forms.schedule import PlanForm
from plans.models import Agreement, PlanRequest
from plans.rules import EQUAL, SETTLEMENT, STEPPED, TOKEN, each_for
from plans.situation.queries import told_by
from plans.situation.rules import Sums, Told, left_each_month, sums
from portal import packs
from portal.kit import money
from portal.kit.exact import percent
from portal.kit.http import law

Data = Mapping[str, Any] | None
FIRST_VALUES: dict[str, dict[str, Any]] = {
    EQUAL: {"by": "months", "months": 12},
    STEPPED: {"low_months": 3, "months": 12},
    SETTLEMENT: {"payments": 1},
    TOKEN: {"token_months": 3},
    OTHER: {},
}


def draft_of(account: CardAccount) -> PlanRequest | None:
    """Return what was begun on an account and not sent yet."""
    drafts = account.plan_requests.filter(status=PlanRequest.Status.DRAFT)
    return drafts.select_related("account", "revises").first()


def revised_by(request: PlanRequest | None) -> Agreement | None:
    """Return the live plan that a request asks to change; None if there is none any more."""
    plan = request.revises if request else None
    return plan if plan and plan.status == Agreement.Status.ACTIVE else None


class TooHigh(NamedTuple):
    """The highest payment of a plan, above the `share` (as printed) of what is left each month."""

    payment: Decimal
    share: str


def too_high(draft: PlanRequest, told: Told, *, on: date) -> TooHigh | None:
    """Tell whether a draft asks for more a month than the share of what the budget leaves.

    None where nothing is known of what is left, and for what is not paid from it month by month:
    a settlement, and a wish in own words.
    """
    left = left_each_month(told, currency=draft.account.currency)
    if left is None or draft.kind not in (EQUAL, STEPPED, TOKEN):
        return None
    highest, share = max(draft.each, draft.low), policies.in_force(on).share
    return TooHigh(highest, percent(share)) if highest > left * share else None


class Choosing:
    """An account on which a plan is asked for, on a day. What a page does not use is not read."""

    def __init__(self, held: Held, *, on: date) -> None:
        self.account, self.on = held.account, on
        self.position = undisputed(standing(held))
        self.policy = policies.in_force(on)
        self.pack = packs.load(law(), on=on)

    @cached_property
    def draft(self) -> PlanRequest | None:
        return draft_of(self.account)

    @cached_property
    def first_on(self) -> date:
        """The first date to begin with: the draft's while it can be had freely, or a usual one."""
        begun = self.draft.first_on if self.draft else None
        earliest, latest = (
            self.on + timedelta(days=days)
            for days in (self.policy.first_after, self.policy.first_within)
        )
        if begun and earliest <= begun <= latest:
            return begun
        return min(max(queries.usual_first_day(self.account, on=self.on), earliest), latest)

    @cached_property
    def told(self) -> Told:
        return told_by(self.account.cardholder)

    @cached_property
    def left(self) -> Decimal | None:
        """What is left each month; None if the budget is not complete, or in another currency."""
        return left_each_month(self.told, currency=self.account.currency)

    @cached_property
    def sums(self) -> Sums:
        """The budget so far, and how sure it is."""
        return sums(self.told)

    @property
    def share(self) -> str:
        """How much of what is left a plan takes at most, as printed."""
        return percent(self.policy.share)

    @cached_property
    def options(self) -> list[Option]:
        """Up to three plans, the most affordable first.

        None is suggested while an outgoing has no figure: less may be left than it seems.
        """
        found = fitting.options(
            self.position.overdue,
            self.left,
            share=self.policy.share,
            terms=self.policy.terms,
            least=self.policy.least_instalment(self.account.currency),
            on=self.on,
            first_on=self.first_on,
            unit=money.unit(self.account.currency),
            longest=self.pack["plan.longest"],
        )
        return [replace(each, suggested=False) for each in found] if self.sums.unknown else found

    @property
    def only_one(self) -> bool:
        """Not even two equal payments are possible: they would be too small."""
        unit = money.unit(self.account.currency)
        least = self.policy.least_instalment(self.account.currency)
        return each_for(self.position.overdue, 2, unit=unit) < max(least, unit)

    def option_form(self, data: Data = None) -> OptionForm:
        """Nothing is chosen beforehand but what the person chose before."""
        begun = self.draft.choice if self.draft else None
        chosen = [str(each.choice.months) for each in self.options if each.choice == begun]
        return OptionForm(data, options=self.options, initial={"option": "".join(chosen)})

    def form(
        self, kind: str, data: Data = None, typed: Mapping[str, Any] | None = None
    ) -> PlanForm | WishForm:
        """Return the form of a kind: with `data`, with what was `typed` elsewhere, or begun."""
        initial = {} if data is not None else dict(typed or self._begun(kind))
        if kind == OTHER:
            return WishForm(data, initial=initial, position=self.position, first_on=self.first_on)
        return PlanForm(
            data, kind=kind, initial=initial, position=self.position, pack=self.pack,
            policy=self.policy, on=self.on,
        )  # fmt: skip

    def _begun(self, kind: str) -> dict[str, Any]:
        """First values: what was begun; of a draft of another kind, the person's own words."""
        draft = self.draft
        if draft is None or draft.kind != kind:
            reason = draft.reason if draft else ""
            return {**FIRST_VALUES[kind], "first_on": self.first_on, "reason": reason}
        if kind == OTHER:
            return {"reason": draft.reason, "amount": draft.each or None}
        filled = as_filled(draft.choice, draft.total, currency=draft.account.currency)
        return filled | {"reason": draft.reason}
