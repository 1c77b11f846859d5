"""The period of a report."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kit.forms import DateField


class PeriodForm(forms.Form):
    """From one day until another, both included, up to `on`."""

    from_on = DateField(label=_("From"))
    until_on = DateField(label=_("Until"))

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("from_on", "until_on"):
            self.fields[name].latest = on  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if "from_on" in found and "until_on" in found and found["from_on"] > found["until_on"]:
            self.add_error("until_on", _("The period ends before it begins."))
        return found
