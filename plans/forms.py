"""Forms of the plans room. They parse, call the rule, and turn its refusal into an error."""

import unicodedata
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.rules import Position
from plans import rules
from plans.models import PlanRequest
from plans.policy import CURRENT
from portal.kit import money
from portal.kit.errors import Refused
from portal.kit.forms import CleanText, CodeField, DateField, IntField, MoneyField, said
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

    def __init__(self, *args: Any, position: Position, pack: Pack, on: date, **kwargs: Any) -> None:
        self.position, self.pack, self.on = position, pack, on
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
        first_on.earliest = on + timedelta(days=CURRENT.first_after)
        first_on.latest = on + timedelta(days=CURRENT.first_within)

    def floor(self) -> Decimal:
        """Return the policy's smallest regular instalment; a smaller debt is one payment."""
        least = CURRENT.least_instalment(self.position.currency)
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


class PlanForm(ScheduleForm):
    """What the cardholder asks for."""

    reason = CleanText(
        label=_("Is there anything you want us to know?"),
        help_text=_("In your own words. Only people at the bank who work on requests see it."),
        longest=2000,
        lines=True,
        required=False,
    )


ASKED = {
    "each": "amount",
    "months": "months",
    "first_on": "first_on",
}  # a Choice, as initial names it


class OfferForm(ScheduleForm):
    """What the agent offers: the same terms, or others with a word of explanation."""

    findings = forms.MultipleChoiceField(
        label=_("What you have found"),
        choices=[
            (
                "exceeds_ability",
                _("What is overdue is more than the cardholder can repay at once."),
            ),
            ("still_willing", _("The cardholder is still willing to repay.")),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    explanation = CleanText(
        label=_("If you offer other terms than asked for: why"),
        help_text=_("The cardholder reads this."),
        longest=2000,
        lines=True,
        required=False,
    )
    basis_version = IntField(widget=forms.HiddenInput, least=1, most=999_999_999)

    def clean(self) -> dict[str, Any]:
        facts = super().clean()
        asked = rules.Choice(**{n: self.initial[v] for n, v in ASKED.items()})
        if not self.errors and self.choice != asked and not facts["explanation"]:
            self.add_error("explanation", _("Say why the terms differ from what was asked."))
        try:
            rules.check_findings(facts.get("findings", []), required=self.pack["plan.findings"])
        except Refused as no:
            self.add_error("findings", said(no))
        return facts


class RefuseForm(forms.Form):
    reason = CleanText(
        label=_("Why not, and what the cardholder can do instead"),
        help_text=_("The cardholder reads this. Be plain and kind."),
        longest=2000,
        lines=True,
    )


class WithdrawOfferForm(forms.Form):
    reason = CleanText(
        label=_("Why the offer is taken back"),
        help_text=_("The cardholder reads this. Be plain and kind."),
        longest=2000,
        lines=True,
    )


class DeclineForm(forms.Form):
    reason = CleanText(label=_("Would you tell us why?"), longest=1000, lines=True, required=False)


def same_name(typed: str, name: str) -> bool:
    """Tell whether two ways of writing a name are one: width, case, spaces and dots aside."""

    def bare(text: str) -> str:
        folded = unicodedata.normalize("NFKC", text).casefold()
        return "".join(c for c in folded if not c.isspace() and c not in "·•・.")

    return bare(typed) == bare(name)


class SignForm(forms.Form):
    """Consent, name and code. Nothing is ticked beforehand."""

    sha256 = CleanText(widget=forms.HiddenInput(), longest=64)
    agree = forms.BooleanField(label=_("I have read the agreement and I agree to it."))
    no_new_card = forms.BooleanField(
        label=_("I will not apply for a credit card at any bank until everything in it is settled.")
    )
    electronic = forms.BooleanField(label=_("I agree to sign it electronically."))
    name = CleanText(label=_("Type your full name to sign"), longest=60)
    code = CodeField(label=_("Code"))

    def __init__(self, *args: Any, full_name: str, **kwargs: Any) -> None:
        self.full_name = full_name
        super().__init__(*args, **kwargs)
        for tick in ("agree", "no_new_card", "electronic"):
            self.fields[tick].error_messages["required"] = _(
                "Tick this if you agree. You cannot sign without it."
            )

    def clean_name(self) -> str:
        typed: str = self.cleaned_data["name"]
        if not same_name(typed, self.full_name):
            raise forms.ValidationError(_("Type your name as it stands in the agreement."))
        return typed

    @property
    def consents(self) -> list[str]:
        return [tick for tick in ("agree", "no_new_card", "electronic") if self.cleaned_data[tick]]
