"""What the cardholder fills in to sign, or to say no."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kit.forms import CleanText, CodeField


class DeclineForm(forms.Form):
    reason = CleanText(label=_("Would you tell us why?"), longest=1000, lines=True, required=False)


def same_name(typed: str, name: str) -> bool:
    """Tell whether two ways of writing a name are one: width, case, spaces and dots aside."""

    def bare(text: str) -> str:
        folded = unicodedata.normalize("NFKC", text).casefold()
        return "".join(c for c in folded if not c.isspace() and c not in "·•・.")

    return bare(typed) == bare(name)


# What is said where one is missing: the list of errors names it.
TICKS = {
    "agree": _("Tick that you agree to the agreement. You cannot sign without it."),
    "no_new_card": _(
        "Tick that you will not apply for a new credit card. You cannot sign without it."
    ),
    "electronic": _("Tick that you agree to sign electronically. You cannot sign without it."),
}


class SignForm(forms.Form):
    """Consent, and a passkey's signature or a name and a code. Nothing is ticked beforehand."""

    sha256 = CleanText(widget=forms.HiddenInput(), longest=64)
    way = CleanText(widget=forms.HiddenInput(), longest=10, required=False)
    assertion = CleanText(widget=forms.HiddenInput(), longest=20_000, required=False)
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
        self.by_passkey = self.data.get("way") == "passkey"
        for tick, missing in TICKS.items():
            self.fields[tick].error_messages["required"] = missing

    def clean_name(self) -> str:
        typed: str = self.cleaned_data["name"]
        if not same_name(typed, self.full_name):
            raise forms.ValidationError(_("Type your name as it stands in the agreement."))
        return typed

    def clean(self) -> None:
        """A passkey's signature itself says who signs: no name and no code are asked for."""
        for unasked in ("name", "code") if self.by_passkey else ():
            self.errors.pop(unasked, None)

    @property
    def ticks(self) -> list[Any]:
        return [self[tick] for tick in TICKS]

    @property
    def consents(self) -> list[str]:
        return [tick for tick in TICKS if self.cleaned_data[tick]]
