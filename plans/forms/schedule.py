"""The form on which a cardholder chooses a plan of one kind, and what it comes to."""

from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any, cast

from django import forms
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.rules import Position
from plans import rules
from plans.forms.kinds import ASKS, choice_of
from plans.policy import Policy
from plans.rules import EQUAL, SETTLEMENT, STEPPED, TOKEN
from portal.kit import money
from portal.kit.errors import Refused
from portal.kit.forms import CleanText, DateField, IntField, MoneyField, said
from portal.packs import Pack

# Which box a refusal is about, where it is about one.
REFUSED_AT = {
    "PLAN-FIRST": dict.fromkeys(ASKS, "first_on"),
    "PLAN-STEP": {STEPPED: "low"},
    "PLAN-SUM": {TOKEN: "token"},
}
# Where too small a payment is said: at the number of payments.
TOO_MANY = {EQUAL: "months", STEPPED: "months", SETTLEMENT: "payments"}


class PlanForm(forms.Form):
    """What the cardholder asks for: a plan of one `kind`, with that kind's boxes only.

    After is_valid(): `choice`, `dues`, and the sums below. Amounts in the account's currency.
    """

    by = forms.ChoiceField(
        label=_("What do you want to choose?"),
        choices=[
            ("amount", _("How much I pay each month")),
            ("months", _("How many months it takes")),
        ],
        widget=forms.RadioSelect,
    )
    low = MoneyField(label=_("How much can you pay each month at first?"))
    low_months = IntField(label=_("For how many months?"), least=1, most=1)
    amount = MoneyField(label=_("Amount each month"), required=False)
    months = IntField(label=_("Number of monthly payments"), required=False, least=1, most=1)
    sum_now = MoneyField(label=_("How much can you pay in all?"))
    payments = IntField(label=_("In how many payments?"), least=1, most=1)
    token = MoneyField(label=_("How much can you pay each month for now?"))
    token_months = IntField(label=_("For how many months?"), least=1, most=1)
    first_on = DateField(label=_("Date of the first payment"))
    reason = CleanText(
        label=_("Is there anything you want us to know?"),
        help_text=_("In your own words. Only people at the bank who work on requests see it."),
        longest=2000,
        lines=True,
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        position: Position,
        pack: Pack,
        policy: Policy,
        on: date,
        kind: str = EQUAL,
        **kwargs: Any,
    ) -> None:
        self.position, self.pack, self.policy, self.on = position, pack, policy, on
        self.kind = kind
        self.dues: list[rules.Due] = []
        self.choice: rules.Choice | None = None
        super().__init__(*args, **kwargs)
        for name in {name for boxes in ASKS.values() for name in boxes} - set(ASKS[kind]):
            del self.fields[name]
        if kind == STEPPED:
            self.fields["months"].label = _("Number of monthly payments in all")
            self.fields["months"].required = True
        self._bound_amounts()
        self._bound_lengths()
        self._bound_days()

    def _bound_amounts(self) -> None:
        currency, overdue = self.position.currency, self.position.overdue
        least = {"amount": self.least(self.longest), "low": self.floor(), "sum_now": self.floor()}
        most = money.formatted(overdue, currency)
        for name in {"token", *least} & self.fields.keys():
            box = cast(MoneyField, self.fields[name])
            box.currency, box.most, box.either = currency, overdue, True
            box.help_text = pgettext_lazy("an amount", "Up to %(longest)s.") % {"longest": most}
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
            box.most, box.either = most[name], True
            text = pgettext_lazy("a number of payments", "Up to %(longest)s.")
            box.help_text = text % {"longest": box.most}

    def _bound_days(self) -> None:
        first_on = cast(DateField, self.fields["first_on"])
        first_on.earliest = self.on + timedelta(days=self.policy.first_after)
        first_on.latest = self.on + timedelta(days=self.policy.deferral_within)
        first_on.help_text = _(
            "From %(earliest)s to %(usual)s you choose. A later day, up to %(latest)s, is for a "
            "person at the bank to decide."
        ) % {
            "earliest": date_format(first_on.earliest),
            "usual": date_format(self.usual_latest),
            "latest": date_format(first_on.latest),
        }

    @property
    def usual_latest(self) -> date:
        """The last day for the first payment that needs nobody's word."""
        return self.on + timedelta(days=self.policy.first_within)

    @property
    def longest(self) -> int:
        """The most months that law and policy allow."""
        return min(int(self.pack["plan.longest"].value), self.policy.longest)

    def floor(self) -> Decimal:
        """Return the policy's smallest regular instalment; a smaller debt is one payment."""
        least = self.policy.least_instalment(self.position.currency)
        return min(max(least, money.unit(self.position.currency)), self.position.overdue)

    def least(self, longest: int) -> Decimal:
        """Return the smallest amount a month that repays the sum in `longest` payments."""
        needed = self.position.overdue / longest
        rounded_up = needed.quantize(money.unit(self.position.currency), ROUND_UP)
        return min(max(self.floor(), rounded_up), self.position.overdue)

    def clean(self) -> dict[str, Any]:
        """Of amount and length, only the one that was chosen is looked at."""
        facts = super().clean() or {}
        by = facts.get("by")
        for name in self._passed_over if by else ():
            self.errors.pop(name, None)
            facts[name] = None
        if by and by not in self.errors and facts.get(by) is None:
            self.add_error(by, _("Fill in this answer."))
        if not self.errors:
            try:
                self._divide(facts)
            except Refused as no:
                self.add_error(REFUSED_AT.get(no.rule, {}).get(self.kind), said(no))
        return facts

    def _divide(self, facts: dict[str, Any]) -> None:
        choice = choice_of(self.kind, facts, self.position)
        if self.kind in TOO_MANY and choice.months > 1 and choice.each < self.floor():
            least = money.formatted(self.floor(), self.position.currency)
            text = _("Each payment would be below %(least)s. Choose fewer payments.")
            self.add_error(TOO_MANY[self.kind], text % {"least": least})
            return
        total = rules.plan_sum(self.position.overdue, choice)
        unit, longest = money.unit(self.position.currency), self.pack["plan.longest"]
        self.dues = rules.schedule(total, choice, agreed_on=self.on, unit=unit, longest=longest)
        self.choice = choice

    # == what a valid form comes to

    @property
    def chosen(self) -> rules.Choice:
        if self.choice is None:
            raise ValueError("the form is not valid")
        return self.choice

    @property
    def is_deferred(self) -> bool:
        return self.chosen.first_on > self.usual_latest

    @property
    def last(self) -> Decimal:
        return self.dues[-1].amount

    @property
    def total(self) -> Decimal:
        """What the plan repays of the overdue sum."""
        return rules.plan_sum(self.position.overdue, self.chosen)

    @property
    def rest(self) -> Decimal:
        """What a plan with a review leaves for it."""
        return self.position.overdue - self.total - self.chosen.waived.total

    @property
    def interest(self) -> Decimal:
        """The plan's own interest, over all payments."""
        return sum((due.interest for due in self.dues), rules.ZERO)

    @property
    def payable(self) -> Decimal:
        return self.total + self.interest

    @property
    def rate(self) -> str:
        """The annual rate in percent, as printed: worked out from the schedule itself."""
        rate = rules.annual_rate_of(self.total, self.dues, agreed_on=self.on)
        return f"{rate * 100:.2f}"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Each payment as it is read: its day and its amount."""
        write = money.writer(self.position.currency, get_language())
        return [(date_format(due.on), write(due.amount)) for due in self.dues]

    # == as it was typed, whether valid or not: to go on with in the person's own words

    @property
    def each_typed(self) -> str:
        """The amount a month; "" where it was not the question."""
        name = {EQUAL: "amount", STEPPED: "low", TOKEN: "token"}.get(self.kind, "")
        return str(self[name].value() or "") if name and name not in self._passed_over else ""

    @property
    def typed(self) -> str:
        """Every answer, a line each."""
        passed_over = {"by", "reason", *self._passed_over}
        boxes = [self[name] for name in self.fields if name not in passed_over]
        lines = [f"{box.label}: {box.value()}" for box in boxes if box.value()]
        return "\n".join([*lines, str(self["reason"].value() or "")]).strip()

    @property
    def _passed_over(self) -> set[str]:
        """Which of amount and length was not chosen, where one of them is."""
        return {"amount", "months"} - {self["by"].value()} if "by" in self.fields else set()
