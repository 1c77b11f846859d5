"""What the cardholder fills in to ask."""

from django.utils.translation import gettext_lazy as _

from plans.forms.schedule import ScheduleForm
from portal.kit.forms import CleanText


class PlanForm(ScheduleForm):
    """What the cardholder asks for."""

    reason = CleanText(
        label=_("Is there anything you want us to know?"),
        help_text=_("In your own words. Only people at the bank who work on requests see it."),
        longest=2000,
        lines=True,
        required=False,
    )
