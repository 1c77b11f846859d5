"""What the person fills in, part by part. Nothing is required but whole answers.

Each form's `answers` is what is kept of it; `at_first(told)` what it starts with.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from plans.situation.rules import ROWS, Told
from plans.situation.words import FREQUENCIES, HOUSING, NEEDS, REASONS
from plans.situation.words import ROWS as LABELS
from portal.kit.forms import CleanText, IntField, MoneyField
from portal.kit.money import ZERO

LONGEST = 1000  # characters of own words
MOST_PEOPLE = 30  # not of the law: in one household


class PartForm(forms.Form):
    """One part of what is told. `version`: Situation.version when the page was made.

    `consented`: when the person agreed that support needs are kept; None: they did not.
    """

    version = IntField(widget=forms.HiddenInput, least=0, most=999_999_999)

    def __init__(
        self,
        data: Any = None,
        *,
        section: str,
        told: Told,
        consented: datetime | None,
        version: int,
    ) -> None:
        self.section, self.told, self.consented = section, told, consented
        kept = told.answers.get(section, {})
        super().__init__(data, initial={**self.at_first(kept), "version": version})

    @staticmethod
    def at_first(kept: dict[str, Any]) -> dict[str, Any]:
        return kept

    @property
    def answers(self) -> dict[str, Any]:
        """What is kept of a valid form."""
        return {name: self.cleaned_data[name] for name in self.fields if name != "version"}


class WhyForm(PartForm):
    reasons = forms.MultipleChoiceField(
        label=_("Why did it become difficult to pay?"), choices=list(REASONS.items()),
        widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_(
            "Choose all that fit. If it has to do with your health, you need not say so here: you "
            "can tell us under “Support you need”, where we ask for your consent first."
        ),
    )  # fmt: skip
    words = CleanText(
        label=_("In your own words"), longest=LONGEST, lines=True, required=False,
        help_text=_("Only people at the bank who work on plans, or check that work, see it."),
    )  # fmt: skip


class HouseholdForm(PartForm):
    adults = IntField(label=_("Adults, you included"), least=1, most=MOST_PEOPLE, required=False)
    children = IntField(label=_("Children"), least=0, most=MOST_PEOPLE, required=False)
    housing = forms.ChoiceField(
        label=_("Your home"), choices=list(HOUSING.items()), widget=forms.RadioSelect,
        required=False,
    )  # fmt: skip


class NeedsForm(PartForm):
    """Sensitive: kept only with a consent of its own, which nobody ticks for the person."""

    needs = forms.MultipleChoiceField(
        label=_("What should we know when we talk or write to you?"),
        choices=list(NEEDS.items()), widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("Choose all that fit."),
    )  # fmt: skip
    words = CleanText(
        label=_("What would help you?"), longest=LONGEST, lines=True, required=False,
        help_text=_("For example: write to me instead of calling. You need not say why."),
    )  # fmt: skip
    consent = forms.BooleanField(
        label=_("I agree that the bank keeps what I tell here, for this purpose only."),
        required=False,
    )

    def __init__(self, *args: Any, consented: datetime | None, **kwargs: Any) -> None:
        super().__init__(*args, consented=consented, **kwargs)
        if consented:
            del self.fields["consent"]

    @property
    def answers(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("needs", "words")}

    @property
    def says_something(self) -> bool:
        return any(self.answers.values())


class Box:
    """The three boxes of one row: how much, how often, and whether it is not known."""

    def __init__(self, form: "MoneyForm", row: str) -> None:
        self.label = LABELS[form.section][row][0]
        self.amount: BoundField = form[f"{row}_amount"]
        self.every: BoundField = form[f"{row}_every"]
        self.unsure: BoundField = form[f"{row}_unsure"]
        self.fields = (self.amount, self.every, self.unsure)


class MoneyForm(PartForm):
    """Rows of money in the budget's currency. An empty row is not kept: it counts as nothing."""

    def __init__(self, *args: Any, section: str, told: Told, **kwargs: Any) -> None:
        super().__init__(*args, section=section, told=told, **kwargs)
        for row in ROWS[section]:
            label, help_text = LABELS[section][row]
            self.fields[f"{row}_amount"] = MoneyField(
                label=label, help_text=help_text, currency=told.currency, least=ZERO,
                required=False,
            )  # fmt: skip
            self.fields[f"{row}_every"] = forms.ChoiceField(
                label=_("How often: %(row)s") % {"row": label},
                choices=list(FREQUENCIES.items()), initial="month", required=False,
                widget=forms.Select(attrs={"class": "w-auto"}),
            )  # fmt: skip
            self.fields[f"{row}_unsure"] = forms.BooleanField(label=_("Not sure"), required=False)

    @staticmethod
    def at_first(kept: dict[str, Any]) -> dict[str, Any]:
        return {
            f"{row}_{name}": value for row, facts in kept.items() for name, value in facts.items()
        }

    @property
    def boxes(self) -> list[Box]:
        return [Box(self, row) for row in ROWS[self.section]]

    @property
    def answers(self) -> dict[str, Any]:
        """The rows that say something and are right; the others are left out."""
        found = {row: self._row(row) for row in ROWS[self.section]}
        return {row: facts for row, facts in found.items() if facts}

    def _row(self, row: str) -> dict[str, Any] | None:
        amount = self.cleaned_data.get(f"{row}_amount")
        unsure = bool(self.cleaned_data.get(f"{row}_unsure"))
        if amount is None and not unsure:
            return None
        every = self.cleaned_data.get(f"{row}_every") or "month"
        return {"amount": None if amount is None else str(amount), "every": every, "unsure": unsure}


FORMS: dict[str, type[PartForm]] = {
    "why": WhyForm, "household": HouseholdForm, "needs": NeedsForm,
    **dict.fromkeys(ROWS, MoneyForm),
}  # fmt: skip
