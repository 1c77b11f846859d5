"""What a colleague fills in to stop the clock of a plan, or to end it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.keeping.queries import QUIET
from portal.kit.forms import CleanText, DateField


class HoldForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why collection is held"),
        choices=[("", _("Choose a reason")), *((each.value, each.label) for each in QUIET)],
    )
    until = DateField(
        label=_("Last day, if it is known"),
        help_text=_("The hold ends by itself after this day. Without one, somebody lifts it."),
        required=False,
    )


class EndForm(forms.Form):
    reason = CleanText(
        label=_("Why the plan is ended, and what the cardholder can do now"),
        help_text=_("The cardholder reads this. Be plain and kind."),
        longest=2000,
        lines=True,
    )
