"""Files beside a budget: they can show an illness, so they are kept only with consent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.files.forms import AddFilesForm
from plans.situation.papers import CONSENT


class PapersForm(AddFilesForm):
    """`consented`: files are here already, so the person agreed before (CN-PI-01)."""

    def __init__(self, *args: Any, consented: bool, **kwargs: Any) -> None:
        super().__init__(*args, key="papers", **kwargs)
        if consented:
            del self.fields["sensitive"]
            return
        self.fields["sensitive"] = forms.BooleanField(
            label=_(
                "I agree that the bank keeps what I send here and uses it only to decide on my "
                "plan. It can show my accounts, my health or my private life."
            ),
            help_text=_("Tick this first. Remove the files to take it back."),
            error_messages={"required": gettext_lazy(CONSENT)},
        )
        self.order_fields(["sensitive", "file"])
