"""The form of a request for evidence: it parses, calls the rules, and says kindly what is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.evidence import rules
from accounts.evidence.actions import Wish
from accounts.models import EvidenceRequest
from portal.kit.errors import Refused
from portal.kit.forms import DateField, said

Kind = EvidenceRequest.Kind
ABOUT = {  # what each kind is good for, in one sentence
    Kind.REPAYMENTS: _(
        "Every movement of a period: what was charged, what you paid, what is left."
    ),
    Kind.OVERDUE: _("How late the account was month by month, and what was reported about it."),
    Kind.SETTLEMENT: _("That nothing is owed any more."),
    Kind.AGREEMENTS: _("The instalment agreements you signed here, word for word."),
    Kind.HOLDER: _("Who holds the account now and may speak to you about it."),
}
WITH_PERIOD = (Kind.REPAYMENTS, Kind.OVERDUE)
PERIODS = {
    "3m": _("The last 3 months"),
    "6m": _("The last 6 months"),
    "12m": _("The last 12 months"),
    "24m": _("The last 24 months"),
    "this_year": _("This year"),
    "last_year": _("Last year"),
    "all": _("Everything there is"),
    rules.OWN: _("Days of my own choice"),
}
PERIOD_FIELD = "evidence/_period_field.html"  # shown for kinds that have a period
OPTIONS = ("with_records", "with_contacts", "with_plans")


@dataclass(frozen=True)
class Choice:
    """A kind as the page offers it: its name, one sentence, and why it is not possible now."""

    name: object
    about: object
    why_not: str

    def __str__(self) -> str:
        return str(self.name)


class Kinds(forms.RadioSelect):
    """Radios of which those with a reason against them cannot be chosen."""

    def create_option(self, name: str, value: Any, label: Any, *rest: Any, **named: Any) -> Any:
        option = super().create_option(name, value, label, *rest, **named)
        if label.why_not:
            option["attrs"] |= {"disabled": True, "aria-describedby": f"why-not-{value}"}
        return option


class OwnDay(DateField):
    """A day that is asked for only with days of one's own choice (portal.css hides it before)."""

    either = True  # not called optional

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, template_name="evidence/_own_day_field.html", **kwargs)


class EvidenceForm(forms.Form):
    """Which document, for which days, for what, in which languages. After is_valid(): `wish`."""

    kind = forms.ChoiceField(label=_("Which document do you need?"), widget=Kinds)
    preset = forms.ChoiceField(
        label=_("For which time?"), choices=list(PERIODS.items()), initial="12m"
    )
    from_on = OwnDay(label=_("First day"))
    until_on = OwnDay(label=_("Last day"))
    with_records = forms.BooleanField(
        label=_("Add what was reported to the credit bureau"), required=False
    )
    with_contacts = forms.BooleanField(
        label=_("Add the calls, messages and visits made to collect"), required=False
    )
    with_plans = forms.BooleanField(label=_("Add my instalment plans"), required=False)
    purpose = forms.ChoiceField(
        label=_("What do you need it for?"),
        help_text=_("It is printed on the document. It changes nothing else."),
        choices=EvidenceRequest.Purpose.choices,
        initial=EvidenceRequest.Purpose.OWN,
    )
    languages = forms.MultipleChoiceField(
        label=_("In which languages?"),
        help_text=_("You get one document for each."),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one language.")},
    )

    def __init__(
        self, *args: Any, bounds: tuple[date, date], why_not: Mapping[str, str], **kwargs: Any
    ) -> None:
        """`bounds`: first and last day of the books; `why_not`: by kind, "" where possible."""
        self.earliest, self.as_of = bounds
        self.why_not = why_not
        super().__init__(*args, **kwargs)
        kind = cast(forms.ChoiceField, self.fields["kind"])
        kind.choices = [(k.value, Choice(k.label, ABOUT[k], why_not[k])) for k in Kind]
        kind.initial = next((k for k in Kind.values if not why_not[k]), None)
        kind.template_name = "evidence/_kind_field.html"  # type: ignore[attr-defined]  # not in the stubs
        for name in ("preset", *OPTIONS):
            self.fields[name].template_name = PERIOD_FIELD  # type: ignore[attr-defined]
        for name in ("from_on", "until_on"):
            day = cast(OwnDay, self.fields[name])
            day.earliest, day.latest = bounds
        self.fields["preset"].help_text = _(
            "Our books hold this account from %(earliest)s to %(as_of)s."
        ) % {"earliest": date_format(self.earliest), "as_of": date_format(self.as_of)}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        kind = given.get("kind")
        if kind and self.why_not[kind]:
            self.add_error("kind", self.why_not[kind])
        if kind not in WITH_PERIOD or given.get("preset") != rules.OWN:
            for field in ("from_on", "until_on"):  # not asked for: whatever was typed there
                self.errors.pop(field, None)
                given[field] = None
        if kind in WITH_PERIOD and "preset" in given and not self.errors:
            self._work_out(given)
        return given

    def _work_out(self, given: dict[str, Any]) -> None:
        """Put the period's days into from_on and until_on."""
        known = {"as_of": self.as_of, "earliest": self.earliest}
        if given["preset"] == rules.OWN:
            for field in ("from_on", "until_on"):
                if given[field] is None:
                    self.add_error(field, _("Fill in this day."))
            if self.errors:
                return
        try:
            given["from_on"], given["until_on"] = (
                rules.check_period(given["from_on"], given["until_on"], **known)
                if given["preset"] == rules.OWN
                else rules.period(given["preset"], **known)
            )
        except Refused as no:
            self.add_error("from_on" if given["preset"] == rules.OWN else "preset", said(no))

    @property
    def wish(self) -> Wish:
        """What a valid form asks for. Additions go with a repayment statement only."""
        given = self.cleaned_data
        additions = OPTIONS if given["kind"] in WITH_PERIOD else ()
        return Wish(
            kind=given["kind"],
            purpose=given["purpose"],
            languages=[code for code, _name in settings.LANGUAGES if code in given["languages"]],
            from_on=given["from_on"],
            until_on=given["until_on"],
            **{option: given[option] for option in additions},
        )
