"""The form of a schedule, for every kind of plan: amounts, a length, and from when."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.rules import Position
from plans import rules
from plans.forms.kinds import ASKS, as_filled, choice_of
from plans.models import Kind, PlanRequest
from plans.policy import Policy
from plans.rules import EQUAL, SETTLEMENT, STEPPED, TOKEN
from portal.kit import money
from portal.kit.errors import Refused
from portal.kit.forms import DateField, IntField, MoneyField, said
from portal.packs import Pack

# Which box a refusal is about, where it is about one.
REFUSED_AT = {
    "PLAN-FIRST": dict.fromkeys(ASKS, "first_on"),
    "PLAN-STEP": {STEPPED: "low"},
    "PLAN-SUM": {SETTLEMENT: "sum_now", TOKEN: "token"},
    "ARITH-2": {SETTLEMENT: "payments", TOKEN: "token_months"},
}


def as_asked(asked: PlanRequest) -> dict[str, Any]:
    """Return what a request chose, as a form's first values."""
    filled = as_filled(asked.choice, asked.total, currency=asked.account.currency)
    return filled | {"reason": asked.reason}


class ScheduleForm(forms.Form):
    """What a plan is asked for or offered with; the rest of it follows.

    `kinds`: which kinds it asks about; with one, only that kind's boxes. Answers to boxes of
    another kind than the one chosen are passed over. After is_valid(): `choice`, `dues`.
    Amounts in the account's currency.
    """

    kind = forms.ChoiceField(
        label=_("How it is repaid"), widget=forms.RadioSelect, initial=EQUAL, required=False
    )
    by = forms.ChoiceField(
        label=_("What do you want to choose?"),
        choices=[
            ("amount", _("How much I pay each month")),
            ("months", _("How many months it takes")),
        ],
        widget=forms.RadioSelect,
        initial="months",
        required=False,
    )
    low = MoneyField(label=_("Amount of each smaller payment"), required=False)
    low_months = IntField(label=_("Number of smaller payments"), required=False, least=1, most=1)
    amount = MoneyField(label=_("Amount each month"), required=False)
    months = IntField(label=_("Number of monthly payments"), required=False, least=1, most=1)
    sum_now = MoneyField(label=_("Sum that is paid in all"), required=False)
    payments = IntField(label=_("Number of payments to settle"), required=False, least=1, most=1)
    token = MoneyField(label=_("Amount each month until the review"), required=False)
    token_months = IntField(
        label=_("Number of months until the review"), required=False, least=1, most=1
    )
    review_on = DateField(label=_("Day of the review"), required=False)
    first_on = DateField(label=_("Date of the first payment"))

    def __init__(
        self,
        *args: Any,
        position: Position,
        pack: Pack,
        policy: Policy,
        on: date,
        kinds: tuple[str, ...] = tuple(ASKS),
        **kwargs: Any,
    ) -> None:
        self.position, self.pack, self.policy, self.on = position, pack, policy, on
        self.kinds, self.kind = kinds, kinds[0]
        self.dues: list[rules.Due] = []
        self.choice: rules.Choice | None = None
        super().__init__(*args, **kwargs)
        boxes = {name for kind in kinds for name in ASKS[kind]}
        for name in {name for asked in ASKS.values() for name in asked} - boxes:
            del self.fields[name]
        if len(kinds) == 1:
            del self.fields["kind"]
        else:
            kind = cast(forms.ChoiceField, self.fields["kind"])
            kind.choices = [(code, Kind(code).label) for code in kinds]
        self._bound_amounts()
        self._bound_lengths()

    def _bound_amounts(self) -> None:
        currency, overdue = self.position.currency, self.position.overdue
        least = {"amount": self.least(self.longest), "low": self.floor(), "sum_now": self.floor()}
        most = money.formatted(overdue, currency)
        for name in {"token", *least} & self.fields.keys():
            box = cast(MoneyField, self.fields[name])
            box.currency, box.most, box.either = currency, overdue, True
            box.help_text = _("Up to %(longest)s.") % {"longest": most}
            if name in least:
                box.least = least[name]
                names = {"least": money.formatted(least[name], currency), "most": most}
                box.help_text = _("Between %(least)s and %(most)s.") % names

    def _bound_lengths(self) -> None:
        most = {
            "months": self.longest,
            "low_months": max(self.longest - 1, 1),
            "payments": min(self.policy.settlement_payments, self.longest),
            "token_months": min(self.policy.token_months, self.longest),
        }
        for name in most.keys() & self.fields.keys():
            box = cast(IntField, self.fields[name])
            box.most, box.either = most[name], True  # needed, if this kind is chosen
            box.help_text = _("Up to %(longest)s.") % {"longest": box.most}
        first_on = cast(DateField, self.fields["first_on"])
        first_on.earliest = self.on + timedelta(days=self.policy.first_after)
        first_on.latest = self.on + timedelta(days=self.policy.deferral_within)

    @property
    def longest(self) -> int:
        """The most months that law and policy allow."""
        return min(self.pack["plan.longest"].value, self.policy.longest)

    def floor(self) -> Decimal:
        """Return the policy's smallest regular instalment; a smaller debt is one payment."""
        least = self.policy.least_instalment(self.position.currency)
        return min(max(least, money.unit(self.position.currency)), self.position.overdue)

    def least(self, longest: int) -> Decimal:
        """Return the smallest amount a month that repays the sum in `longest` payments."""
        needed = self.position.overdue / longest
        rounded_up = needed.quantize(money.unit(self.position.currency), ROUND_UP)
        return min(max(self.floor(), rounded_up), self.position.overdue)

    def granted(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return the `rate` and what is `waived`, where the form asks for them (choice_of)."""
        return {}

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if "kind" in self.errors:
            return facts
        self.kind = facts.get("kind") or self.kinds[0]
        asked = self._asked(facts)
        for name in {name for boxes in ASKS.values() for name in boxes} - asked:
            self.errors.pop(name, None)
        for name in asked & self.fields.keys() - self.errors.keys() - {"review_on"}:
            if facts.get(name) in (None, ""):
                self.add_error(name, _("Fill in this answer."))
        if not self.errors:
            self._divide(facts)
        return facts

    def _asked(self, facts: Mapping[str, Any]) -> set[str]:
        """Return which boxes the kind asks about; of an amount and a length, the one chosen."""
        asked = set(ASKS[self.kind])
        if self.kind == EQUAL:
            asked -= {"amount", "months"} - {facts.get("by")}
        return asked

    def _divide(self, facts: dict[str, Any]) -> None:
        try:
            choice = choice_of(self.kind, facts, self.position, on=self.on, **self.granted(facts))
            if self._is_too_small(choice):
                return
            total = rules.plan_sum(self.position.overdue, choice)
            self.dues = rules.schedule(
                total, choice, agreed_on=self.on, unit=money.unit(self.position.currency),
                longest=self.pack["plan.longest"],
            )  # fmt: skip
            self.choice = choice
        except Refused as no:
            field = REFUSED_AT.get(no.rule, {}).get(self.kind)
            self.add_error(field, said(no))

    def _is_too_small(self, choice: rules.Choice) -> bool:
        """Say so where the regular payment is below the policy's least; a token plan may be."""
        if choice.kind == TOKEN or choice.months == 1 or choice.each >= self.floor():
            return False
        text = _("Each payment would be below %(least)s. Choose fewer payments.")
        least = money.formatted(self.floor(), self.position.currency)
        field = "payments" if choice.kind == SETTLEMENT else "months"
        self.add_error(field, text % {"least": least})
        return True

    @property
    def chosen(self) -> rules.Choice:
        """The choice of a valid form."""
        if self.choice is None:
            raise ValueError("the form is not valid")
        return self.choice

    @property
    def last(self) -> Decimal:
        """The last instalment, once the form is valid."""
        return self.dues[-1].amount

    @property
    def total(self) -> Decimal:
        """What the plan repays, without its own interest."""
        return rules.plan_sum(self.position.overdue, self.chosen)

    @property
    def interest(self) -> Decimal:
        """The plan's own interest, over all payments."""
        return sum((due.interest for due in self.dues), Decimal(0))

    @property
    def payable(self) -> Decimal:
        """All that is paid, interest included."""
        return sum((due.amount for due in self.dues), Decimal(0))

    @property
    def rate(self) -> str:
        """The annual rate in percent, as printed: worked out from the schedule itself."""
        rate = rules.annual_rate_of(self.total, self.dues, agreed_on=self.on)
        return f"{rate * 100:.2f}"
