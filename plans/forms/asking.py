"""What the cardholder fills in to ask, beside the plan itself (plans.forms.schedule)."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, cast

from django import forms
from django.forms import widgets
from django.utils.translation import gettext_lazy as _

from accounts.rules import Position
from plans.fitting import Option
from plans.forms.kinds import OTHER
from plans.rules import NEVER, Choice, months_for
from portal.kit import money
from portal.kit.forms import CleanText, MoneyField


class Card(NamedTuple):
    """A plan as it is shown, with its radio button and its annual rate as printed."""

    plan: Option
    radio: Any
    rate: str


class OptionForm(forms.Form):
    """One of the plans that are shown; none is chosen beforehand."""

    option = forms.ChoiceField(
        label=_("Which plan do you want?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose one of the plans, or another way below."),
            "invalid_choice": _("Choose one of the plans, or another way below."),
        },
    )

    def __init__(self, *args: Any, options: Sequence[Option], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = {str(option.choice.months): option for option in options}
        cast(forms.ChoiceField, self.fields["option"]).choices = [
            (code, code) for code in self.options
        ]

    @property
    def has_suggested(self) -> bool:
        return any(plan.suggested for plan in self.options.values())

    @property
    def cards(self) -> list[Card]:
        pairs = zip(self.options.values(), self["option"], strict=True)
        return [Card(plan, radio, f"{plan.annual_rate * 100:.2f}%") for plan, radio in pairs]

    @property
    def chosen(self) -> Choice:
        return self.options[self.cleaned_data["option"]].choice


class WishForm(forms.Form):
    """Anything else, in the person's own words. Amounts in the account's currency."""

    reason = CleanText(
        label=_("What would help you?"),
        help_text=_("In your own words. Only people at the bank who work on requests see it."),
        longest=2000,
        lines=True,
    )
    amount = MoneyField(label=_("What you could pay each month"), required=False)

    def __init__(self, *args: Any, position: Position, first_on: date, **kwargs: Any) -> None:
        """`first_on`: from when, as nothing is said of it."""
        super().__init__(*args, **kwargs)
        self.position, self.first_on = position, first_on
        amount = cast(MoneyField, self.fields["amount"])
        amount.currency, amount.most = position.currency, position.overdue
        amount.help_text = _("Leave it empty if you can pay nothing now, or do not know.")

    @property
    def chosen(self) -> Choice:
        """What could be paid each month, until all is repaid; 0 once where nothing was said."""
        each = self.cleaned_data["amount"] or money.ZERO
        months = min(months_for(self.position.overdue, each), NEVER) if each else 1
        return Choice(each, months, self.first_on, kind=OTHER)


class AnswerForm(forms.Form):
    """The answer to what the bank asks about a request."""

    answer = CleanText(
        label=_("Your answer"),
        help_text=_("Only people at the bank who work on requests see it."),
        longest=2000,
        lines=True,
        widget=widgets.Textarea(attrs={"rows": 4}),
    )
