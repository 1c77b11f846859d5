"""Placing a legal hold: on whom or what, and why; lifting it: why not any more."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import retention
from portal.kit.forms import CleanText, CodeField
from portal.records.audit import subject_of


class HoldForm(forms.Form):
    """`subject` is what the reference names, once the form is valid."""

    what = forms.ChoiceField(
        label=_("What is to be kept"),
        choices=[
            ("person", _("A person, with every account")),
            ("account", _("One account, with what is kept of its holder")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a person or an account.")},
    )
    reference = CodeField(
        label=_("Reference of the person or account"),
        error_messages={"required": _("Enter the reference.")},
    )
    reason = CleanText(
        label=_("Reason"),
        longest=400,
        lines=True,
        help_text=_("Name the case or the order. Staff who may see this page can read it."),
        error_messages={"required": _("Say why it must be kept.")},
    )
    subject = ""

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if typed.get("what") and typed.get("reference"):
            found = retention.found(typed["what"], typed["reference"])
            if found is None:
                self.add_error("reference", _("There is no such reference. Check it once more."))
            else:
                self.subject = subject_of(found)
        return typed


class LiftForm(forms.Form):
    reason = CleanText(
        label=_("Why it is no longer needed"),
        longest=400,
        lines=True,
        help_text=_("Name what settled it, without names of people: this is kept for good."),
        error_messages={"required": _("Say why it is no longer needed.")},
    )
