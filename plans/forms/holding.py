"""What a colleague fills in to stop the clock of a plan."""

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.keeping.queries import QUIET
from portal.kit.forms import DateField


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
