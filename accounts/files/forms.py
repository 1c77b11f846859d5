"""Choosing files, and why one is to be looked at again."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.files import limits
from accounts.files.problems import LIMITS
from portal.kit.forms import CleanText


class Several(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class FilesField(forms.FileField):
    """One file or several. What is in them is for accounts.files.actions to say."""

    widget = Several(
        attrs={"accept": "image/*,application/pdf"}
    )  # no capture: it hides the gallery

    def clean(self, data: Any, initial: Any = None) -> Any:
        if not data:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return [super(FilesField, self).clean(each, initial) for each in data]


class AddFilesForm(forms.Form):
    """`key` of the shelf is part of the ids. A room says in `sensitive` what it is used for."""

    sensitive = forms.BooleanField(
        required=False,
        help_text=_("Tick this first, if it is so. Most papers are not sensitive in this sense."),
    )
    file = FilesField(
        label=_("Photos or PDF files"),
        help_text=format_lazy(
            _(
                "JPEG, PNG, HEIC, WebP or PDF; each up to {megabytes} MB, a PDF up to {pages} "
                "pages, {files} files in all. You can choose several at once."
            ),
            **LIMITS,
            files=limits.MOST,
        ),
        allow_empty_file=True,  # our own words say better what to do
        max_length=None,
        error_messages={
            "required": _("Choose a photo or a PDF file."),
            "invalid": _("Choose a photo or a PDF file."),
        },
    )

    def __init__(self, *args: Any, key: str, **kwargs: Any) -> None:
        kwargs["auto_id"] = f"id_{key}_%s"
        super().__init__(*args, **kwargs)


class ReleaseForm(forms.Form):
    reason = CleanText(
        longest=1000,
        lines=True,
        label=_("Why it should be looked at again"),
        help_text=_("Kept as an internal note."),
        error_messages={"required": _("Say why.")},
    )
