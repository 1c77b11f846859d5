"""What the cardholder fills in to ask: by kind, or in their own words."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, cast

from django import forms
from django.forms import widgets
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.rules import Position
from plans.fitting import Option
from plans.forms.kinds import OTHER
from plans.forms.schedule import ScheduleForm
from plans.rules import EQUAL, NEVER, STEPPED, TOKEN, Choice, months_for
from portal.kit import money
from portal.kit.forms import CleanText, DateField, MoneyField

LABELS = {
    "low": _("How much can you pay each month at first?"),
    "low_months": _("For how many months?"),
    "sum_now": _("How much can you pay in all?"),
    "payments": _("In how many payments?"),
    "token": _("How much can you pay each month for now?"),
    "token_months": _("For how many months?"),
}
LENGTH = {STEPPED: _("Number of monthly payments in all")}


class PlanForm(ScheduleForm):
    """What the cardholder asks for: a plan of one kind."""

    reason = CleanText(
        label=_("Is there anything you want us to know?"),
        help_text=_("In your own words. Only people at the bank who work on requests see it."),
        longest=2000,
        lines=True,
        required=False,
    )

    def __init__(self, *args: Any, kind: str = EQUAL, **kwargs: Any) -> None:
        super().__init__(*args, kinds=(kind,), **kwargs)
        self.fields.pop("review_on", None)  # it follows from the months
        for name in LABELS.keys() & self.fields.keys():
            self.fields[name].label = LABELS[name]
        if kind in LENGTH:
            self.fields["months"].label = LENGTH[kind]
        first_on = cast(DateField, self.fields["first_on"])
        first_on.help_text = _(
            "From %(earliest)s to %(usual)s you choose. A later day, up to %(latest)s, is for a "
            "person at the bank to decide."
        ) % {
            "earliest": date_format(cast(date, first_on.earliest)),
            "usual": date_format(self.usual_latest),
            "latest": date_format(cast(date, first_on.latest)),
        }

    @property
    def usual_latest(self) -> date:
        """The last day for the first payment that needs nobody's word."""
        return self.on + timedelta(days=self.policy.first_within)

    @property
    def is_deferred(self) -> bool:
        return self.chosen.first_on > self.usual_latest

    @property
    def rest(self) -> Decimal:
        """What a token plan leaves for its review."""
        return self.position.overdue - self.total - self.chosen.waived.total

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Each payment as it is read: its day and its amount."""
        write = money.writer(self.position.currency, get_language())
        return [(date_format(due.on), write(due.amount)) for due in self.dues]

    @property
    def each_typed(self) -> str:
        """The amount a month as it was typed, whatever it is."""
        name = {EQUAL: "amount", STEPPED: "low", TOKEN: "token"}.get(self.kind, "")
        return str(self[name].value() or "") if name and name not in self._passed_over else ""

    @property
    def _passed_over(self) -> set[str]:
        """Which of amount and length was not chosen, where one of them is."""
        return {"amount", "months"} - {self["by"].value()} if "by" in self.fields else set()

    @property
    def typed(self) -> str:
        """Every answer as it was typed, a line each: to go on with in the person's own words."""
        passed_over = {"by", "reason", *self._passed_over}
        boxes = [self[name] for name in self.fields if name not in passed_over]
        lines = [f"{box.label}: {box.value()}" for box in boxes if box.value()]
        said = self["reason"].value() or ""
        return "\n".join([*lines, str(said)]).strip()


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
