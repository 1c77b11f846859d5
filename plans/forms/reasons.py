"""The one text that goes with what an agent does: a question, or why."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kit.forms import CleanText, IntField


class Basis(forms.Form):
    """What a decision rests on: the account's version, the figures and files that were shown."""

    basis_version = IntField(widget=forms.HiddenInput, least=1, most=999_999_999)
    seen = CleanText(widget=forms.HiddenInput, longest=500, required=False)
    papers = CleanText(widget=forms.HiddenInput, longest=500, required=False)


class QuestionForm(forms.Form):
    text = CleanText(
        label=_("What you need to know"),
        help_text=_("The cardholder reads this and answers here. Ask one thing, plainly."),
        longest=2000,
        lines=True,
    )


class RefuseForm(Basis):
    reason = CleanText(
        label=_("Why not, and what the cardholder can do instead"),
        help_text=_("The cardholder reads this. Be plain and kind."),
        longest=2000,
        lines=True,
    )


class ReturnForm(forms.Form):
    reason = CleanText(
        label=_("Why it goes back"),
        help_text=_("Only colleagues read this."),
        longest=2000,
        lines=True,
    )


class WithdrawOfferForm(forms.Form):
    reason = CleanText(
        label=_("Why the offer is taken back"),
        help_text=_("The cardholder reads this. Be plain and kind."),
        longest=2000,
        lines=True,
    )
