"""What files of a case are, beside themselves."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.files.forms import AddFilesForm
from disputes.models import Upload


class UploadForm(AddFilesForm):
    """Files of one purpose, which the page knows."""

    purpose = forms.ChoiceField(
        choices=Upload.Purpose.choices, required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, key: str = Upload.Purpose.EVIDENCE, **kwargs: Any) -> None:
        super().__init__(*args, key=key, initial={"purpose": key}, **kwargs)
        self.fields["sensitive"].label = _(
            "What I send now shows my health or something else that is sensitive. "
            "I agree that it is used only to decide this case."
        )
