"""The form of a schedule: an amount or a length, and from when."""

from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.rules import Position
from plans import rules
from plans.models import PlanRequest
from plans.policy import Policy
from portal.kit import money
from portal.kit.errors import Refused
from portal.kit.forms import DateField, IntField, MoneyField, said
from portal.packs import Pack


def as_asked(asked: PlanRequest) -> dict[str, Any]:
    """Return what a request chose, as a form's first values."""
    unit = money.unit(asked.account.currency)
    return {
        "by": rules.chosen_by(asked.total, asked.each, asked.months, unit=unit),
        "amount": asked.each.quantize(unit),  # as its field takes it: no cents for yen
        "months": asked.months,
        "first_on": asked.first_on,
        "reason": asked.reason,
    }


class ScheduleForm(forms.Form):
    """How much a month or how many payments, and from when; one follows from the other.

    After is_valid(): `dues`, `each`, `payments`. Amounts in the account's currency.
    """

    by = forms.ChoiceField(
        label=_("What do you want to choose?"),
        choices=[
            ("amount", _("How much I pay each month")),
            ("months", _("How many months it takes")),
        ],
        widget=forms.RadioSelect,
        initial="months",
    )
    amount = MoneyField(label=_("Amount each month"), required=False)
    months = IntField(label=_("Number of monthly payments"), required=False, least=1, most=1)
    first_on = DateField(label=_("Date of the first payment"))

    def __init__(
        self, *args: Any, position: Position, pack: Pack, policy: Policy, on: date, **kwargs: Any
    ) -> None:
        self.position, self.pack, self.policy, self.on = position, pack, policy, on
        self.dues: list[rules.Due] = []
        self.choice: rules.Choice | None = None
        super().__init__(*args, **kwargs)
        longest = pack["plan.longest"].value
        amount = cast(MoneyField, self.fields["amount"])
        months = cast(IntField, self.fields["months"])
        first_on = cast(DateField, self.fields["first_on"])
        amount.currency, amount.most = position.currency, position.overdue
        amount.least = self.least(longest)
        amount.help_text = _("Between %(least)s and %(most)s.") % {
            "least": money.formatted(amount.least, position.currency),
            "most": money.formatted(position.overdue, position.currency),
        }
        amount.either = months.either = True  # neither is optional: one of them is needed
        months.most = longest
        months.help_text = _("Up to %(longest)s.") % {"longest": longest}
        first_on.earliest = on + timedelta(days=self.policy.first_after)
        first_on.latest = on + timedelta(days=self.policy.first_within)

    def floor(self) -> Decimal:
        """Return the policy's smallest regular instalment; a smaller debt is one payment."""
        least = self.policy.least_instalment(self.position.currency)
        return min(max(least, money.unit(self.position.currency)), self.position.overdue)

    def least(self, longest: int) -> Decimal:
        """Return the smallest amount a month that repays the sum in `longest` payments."""
        needed = self.position.overdue / longest
        rounded_up = needed.quantize(money.unit(self.position.currency), ROUND_UP)
        return min(max(self.floor(), rounded_up), self.position.overdue)

    @property
    def last(self) -> Decimal:
        """The last instalment, once the form is valid."""
        return self.dues[-1].amount

    @property
    def rate(self) -> str:
        """The annual rate in percent, as printed: worked out from the schedule itself."""
        rate = rules.annual_rate(self.position.overdue, [due.amount for due in self.dues])
        return f"{rate * 100:.2f}"

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        chosen = facts.get("by")
        if chosen and chosen not in self.errors and facts.get(chosen) is None:
            self.add_error(chosen, _("Fill in this answer."))
        if not self.errors:
            try:
                self._divide(facts)
            except Refused as no:
                field = "first_on" if no.rule == "PLAN-FIRST" else None
                self.add_error(field, said(no))
        return facts

    def _divide(self, facts: dict[str, Any]) -> None:
        total, unit = self.position.overdue, money.unit(self.position.currency)
        if facts["by"] == "amount":
            each, payments = facts["amount"], rules.months_for(total, facts["amount"])
        else:
            payments = facts["months"]
            each = rules.each_for(total, payments, unit=unit)
            if each < self.floor() and payments > 1:
                least = money.formatted(self.floor(), self.position.currency)
                text = _("Each payment would be below %(least)s. Choose fewer payments.")
                self.add_error("months", text % {"least": least})
                return
        self.choice = rules.Choice(each, payments, facts["first_on"])
        longest = self.pack["plan.longest"]
        self.dues = rules.schedule(
            total, self.choice, agreed_on=self.on, unit=unit, longest=longest
        )

    @property
    def chosen(self) -> rules.Choice:
        """The choice of a valid form."""
        if self.choice is None:
            raise ValueError("the form is not valid")
        return self.choice
