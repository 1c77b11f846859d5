"""What files of a case are, beside themselves."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.files.forms import AddFilesForm


class UploadForm(AddFilesForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sensitive"].label = _(
            "What I send now shows my health or something else that is sensitive. "
            "I agree that it is used only to decide this case."
        )
