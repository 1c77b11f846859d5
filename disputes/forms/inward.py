"""What reached the bank by phone, letter or at a branch about a case that is there already."""

from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.files.forms import AddFilesForm
from disputes.models import Dispute, Upload
from portal.kit.forms import CleanText, DateField

WHAT = {
    "answer": _("An answer, or something to add"),
    "withdraw": _("They withdraw the case"),
    "review": _("They ask for a second review"),
}


class InwardForm(forms.Form):
    """`may`: which of WHAT the case takes now."""

    what = forms.ChoiceField(label=_("What they want"), widget=forms.RadioSelect)
    channel = forms.ChoiceField(
        label=_("How it came"),
        choices=[each for each in Dispute.Channel.choices if each[0] != "portal"],
        widget=forms.RadioSelect,
    )
    received_on = DateField(
        label=_("The day it was received"),
        help_text=_("A withdrawal ends the case on this day. A second review counts from it."),
    )
    text = CleanText(
        label=_("In the cardholder's own words"),
        help_text=_("The cardholder sees this here as theirs. A withdrawal needs no words."),
        longest=4000,
        lines=True,
        required=False,
    )

    def __init__(self, *args: Any, may: list[str], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, WHAT[name]) for name in may]
        cast(forms.ChoiceField, self.fields["what"]).choices = choices
        self.fields["text"].either = True  # type: ignore[attr-defined]  # not called optional
        cast(DateField, self.fields["received_on"]).latest = today

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        wordless = facts.get("what") in (None, "withdraw")
        if not wordless and not facts.get("text") and "text" not in self.errors:
            self.add_error("text", _("Write down what they said."))
        return facts


class PapersForm(AddFilesForm):
    """Papers that a colleague scanned: what they are is asked, not known from the page."""

    purpose = forms.ChoiceField(
        label=_("What they are"), choices=Upload.Purpose.choices, widget=forms.RadioSelect,
        initial=Upload.Purpose.EVIDENCE,
    )  # fmt: skip
    field_order = ("purpose", "sensitive", "file")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, key="papers", **kwargs)
        self.fields["sensitive"].label = _(
            "They show health or something else that is sensitive, and the cardholder agreed that "
            "it is used to decide this case."
        )
