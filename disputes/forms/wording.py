"""The form for the bank's own wording of a paragraph."""

from typing import Any

from django import forms
from django.forms import widgets
from django.utils.translation import gettext_lazy as _

from disputes import wording
from portal.kit.errors import Refused
from portal.kit.forms import CleanText, IntField, said

LATEST = 30_000  # versions a paragraph can have: its column's bound


class WordingForm(forms.Form):
    """A title for the staff, a text for the cardholder, and the version the writer saw."""

    title = CleanText(
        label=_("Name"), longest=120, help_text=_("What handlers see in the list of paragraphs.")
    )
    body = CleanText(
        label=_("Text"), longest=3000, lines=True,
        widget=widgets.Textarea(attrs={"rows": 10}),
        help_text=_("What the cardholder reads. Fields stand in braces, like {name}."),
    )  # fmt: skip
    after = IntField(least=0, most=LATEST, widget=widgets.HiddenInput())

    def clean_body(self) -> Any:
        try:
            wording.check(self.cleaned_data["body"])
        except Refused as no:
            raise forms.ValidationError(said(no), code=no.rule) from None
        return self.cleaned_data["body"]
