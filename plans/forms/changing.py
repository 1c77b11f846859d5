"""What the cardholder fills in while a plan runs."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal.kit.forms import DateField, MoneyField

FULL, PART = "full", "part"


class EarlyForm(forms.Form):
    """A day, and everything or an amount: to be worked out only."""

    on = DateField(label=_("Day of the payment"))
    way = forms.ChoiceField(
        label=_("How much"),
        choices=[(FULL, _("Everything that is left")), (PART, _("An amount of my own"))],
        widget=forms.RadioSelect,
    )
    amount = MoneyField(label=_("Amount"), required=False)

    def __init__(self, data: Any = None, *, today: date, last: date, currency: str) -> None:
        super().__init__(data, initial={"on": today, "way": FULL})
        amount: Any = self.fields["amount"]
        amount.currency, amount.either = currency, True
        day: Any = self.fields["on"]
        day.earliest, day.latest = today, max(last, today)

    def clean(self) -> None:
        """Without an amount of one's own, none is looked at."""
        if self.cleaned_data.get("way") != PART:
            self.errors.pop("amount", None)
            self.cleaned_data["amount"] = None
        elif "amount" not in self.errors and not self.cleaned_data.get("amount"):
            self.add_error("amount", _("Enter the amount that you would pay."))


class MoveForm(forms.Form):
    """One of the days to which a payment may be moved; the second time it is meant."""

    to = forms.ChoiceField(
        label=_("New day"),
        error_messages={
            "required": _("Choose one of the days."),
            "invalid_choice": _("Choose one of the days."),
        },
    )

    def __init__(self, data: Any = None, *, days: Sequence[date]) -> None:
        super().__init__(data)
        field: Any = self.fields["to"]
        field.choices = [("", _("Choose a day"))] + [
            (day.isoformat(), date_format(day, "DATE_FORMAT")) for day in days
        ]

    @property
    def day(self) -> date:
        return date.fromisoformat(self.cleaned_data["to"])


class TakeBackForm(forms.Form):
    sure = forms.BooleanField(
        label=_("I take the agreement back, and know that collection may resume."),
        error_messages={"required": _("Tick this if you want to take the agreement back.")},
    )
