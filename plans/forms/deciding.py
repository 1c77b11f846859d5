"""What the agent fills in to decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plans import rules
from plans.forms.schedule import ScheduleForm
from portal.kit.errors import Refused
from portal.kit.forms import CleanText, IntField, said

ASKED = {
    "each": "amount",
    "months": "months",
    "first_on": "first_on",
}  # a Choice, as initial names it


class OfferForm(ScheduleForm):
    """What the agent offers: the same terms, or others with a word of explanation."""

    findings = forms.MultipleChoiceField(
        label=_("What you have found"),
        choices=[
            (
                "exceeds_ability",
                _("What is overdue is more than the cardholder can repay at once."),
            ),
            ("still_willing", _("The cardholder is still willing to repay.")),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    explanation = CleanText(
        label=_("If you offer other terms than asked for: why"),
        help_text=_("The cardholder reads this."),
        longest=2000,
        lines=True,
        required=False,
    )
    basis_version = IntField(widget=forms.HiddenInput, least=1, most=999_999_999)

    def clean(self) -> dict[str, Any]:
        facts = super().clean()
        asked = rules.Choice(**{n: self.initial[v] for n, v in ASKED.items()})
        if not self.errors and self.choice != asked and not facts["explanation"]:
            self.add_error("explanation", _("Say why the terms differ from what was asked."))
        try:
            rules.check_findings(facts.get("findings", []), required=self.pack["plan.findings"])
        except Refused as no:
            self.add_error("findings", said(no))
        return facts


class RefuseForm(forms.Form):
    reason = CleanText(
        label=_("Why not, and what the cardholder can do instead"),
        help_text=_("The cardholder reads this. Be plain and kind."),
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
